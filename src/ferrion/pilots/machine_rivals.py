"""Networks that a watch on a machine is compared with: an int8 autoencoder, trained elsewhere on the machine's normal rows, and the chip's in float32."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import mse_loss

from ferrion.pilots.watch import F8, HIDDEN, limit_of
from ferrion.workloads.digital.costs import size
from ferrion.workloads.digital.network import IntegerNet, Recipe, fit, of

SIZES = ((2 * HIDDEN, 0.0), (2 * HIDDEN, 0.5), (4 * HIDDEN, 0.0), (4 * HIDDEN, 0.5), (HIDDEN, 0.0))
"""Hidden numbers, and the share of weights that are pruned away; twice the chip's hidden numbers first, as they are rectified."""
RECIPES = tuple(Recipe(hidden=(hidden,), sparsity=sparsity, epochs=60, batch=16, rate=5e-3, dropout=0.0) for hidden, sparsity in SIZES)
"""Of the int8 autoencoder: the one is taken that gives back held-out normal rows best."""
HELD = 5
"""The last of so many equal parts of the normal rows is held out."""


def int8_levels(normal: NDArray[np.float32], seen: NDArray[np.float32], seed: int, short: bool) -> tuple[F8, dict[str, float]]:
    """Of an int8 autoencoder trained off the device on its normal rows; and what it takes."""
    first, held = np.split(normal, [len(normal) - len(normal) // HELD])
    recipe = RECIPES[0] if short else min(RECIPES, key=lambda one: float(left(taught(first, one, seed), held).mean()))
    net = taught(normal, recipe, seed)
    return left(net, seen) / limit_of(left(net, normal)), size(net, seen)._asdict()


def taught(normal: NDArray[np.float32], recipe: Recipe, seed: int) -> IntegerNet:
    """An autoencoder that learned normal rows."""
    return of(fit(normal, normal, normal.shape[1], recipe, seed % 2**31, mse_loss))


def left(net: IntegerNet, rows: NDArray[np.float32]) -> F8:
    """Squared error of each row."""
    found: F8 = ((net.values(rows) - rows) ** 2).sum(axis=1)
    return found


def float_levels(normal: NDArray[np.float32], seen: NDArray[np.float32], seed: int) -> F8:
    """Of the chip's autoencoder in float32."""
    torch.manual_seed(seed % 2**31)
    sensors = normal.shape[1]
    net, rows = torch.nn.Sequential(torch.nn.Linear(sensors, HIDDEN), torch.nn.Linear(HIDDEN, sensors)), torch.from_numpy(normal)
    descent = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(300):
        descent.zero_grad()
        mse_loss(net(rows), rows).backward()
        descent.step()
    with torch.no_grad():
        own, watched = (((net(torch.from_numpy(part)).numpy() - part) ** 2).sum(axis=1).astype(np.float64) for part in (normal, seen))
    return watched / limit_of(own)
