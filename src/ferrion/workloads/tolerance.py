"""Accuracy against read noise, from none to too much: chips trained without it, with it, and trained with it but asked in silence."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.learning.training import Plan
from ferrion.workloads.data import DataSet
from ferrion.workloads.trial import accuracy, train

Floats = NDArray[np.float64]
WAYS = ("trained in silence, asked under noise", "trained and asked under noise", "trained under noise, asked in silence")


def tolerance(chip: Chip, data: DataSet, hidden: tuple[int, ...], epochs: int, spreads: Floats, chips: int, seed: int, tell: Callable[[int], None]) -> xr.Dataset:
    """accuracy (way, noise, chip) on the test set. spreads: factors on the read noise of the memristors; noise: that of one read of a weight, as a share of the full scale.

    Raises ConfigError for factors that are negative or not finite.
    """
    if spreads.size == 0 or not np.isfinite(spreads).all() or spreads.min() < 0:
        raise ConfigError(f"noise {spreads.tolist()}: give factors of 0 or more")
    noisy = [replace(chip, read_spread=float(spread)) for spread in spreads]
    silent = replace(chip, read_spread=0.0)
    done = 0

    def trained(number: int) -> Floats:
        nonlocal done
        own, found = seed + number, np.zeros((len(WAYS), spreads.size))
        calm = train(Plan(sizes=(data.inputs.shape[1], *hidden, data.classes), chip=silent, epochs=epochs, seed=own), data)
        for place, loud in enumerate(noisy):
            other = train(Plan(sizes=(data.inputs.shape[1], *hidden, data.classes), chip=loud, epochs=epochs, seed=own), data)
            found[:, place] = accuracy(calm, data, loud.read_noise), accuracy(other, data, loud.read_noise), accuracy(other, data, 0.0)
            done += 1
            tell(done)
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        values = np.stack(list(pool.map(trained, range(chips))), axis=2)
    noise = np.array([own.read_noise for own in noisy])
    coordinates = {"way": list(WAYS), "noise": ("noise", noise, {"units": "1"}), "chip": np.arange(seed, seed + chips)}
    return xr.Dataset({"accuracy": (("way", "noise", "chip"), values, {"units": "1"})}, coordinates, {"card": chip.name, "data": data.name, "title": chip.card.title})
