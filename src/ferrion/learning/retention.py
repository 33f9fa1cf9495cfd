"""The analogue weights of a trained chip that has lain for a while: relaxation and drift of its memristors."""

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.hybrid import DeviceParams
from ferrion.arrays.resting import rested
from ferrion.core.noise import Stream, normals
from ferrion.learning.network import Layout
from ferrion.physics.filament import equivalent


def lain(net: Layout, analogue: NDArray[np.float32], p: DeviceParams, seed: int, time: float, temperature: float) -> NDArray[np.float32]:
    """Weights `time` [s] after their last transfer, at `temperature` [K]."""
    full = np.repeat(net.full, np.diff(net.weights)).astype(np.float64)
    return (relaxed_shares(analogue / full, p, seed, float(equivalent(time, temperature, p.filament))) * full).astype(np.float32)


def relaxed_shares(shares: NDArray[np.float64], p: DeviceParams, seed: int, age: float, transfers: int = 0) -> NDArray[np.float64]:
    """Shares of the full scale an equivalent `age` [s] after the last of so many further transfers, the devices of chip `seed` (`arrays.resting`)."""
    return rested(shares, normals(seed, Stream.REST, transfers, shares.size).reshape(shares.shape), age, p)
