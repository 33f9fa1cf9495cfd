"""Random bits from the time an ion neuron takes to its first spike, as in the generator of Jiang et al., Nature Communications 8, 882 (2017)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.core.noise import fork
from ferrion.lab.sp800_22 import Bits, battery, passed

Floats = NDArray[np.float64]
BATCH = 100_000
SHOWN = 20_000
"""Delays kept to be shown."""
WARMER = 10.0
"""Kelvin."""


def delays(neuron: Neuron, volts: float, window: float, trials: int, seed: int) -> Floats:
    """Seconds from the edge of a step of `volts` [V] to the first spike, trial by trial of one device at rest; those without a spike within `window` [s] are left out.

    Raises ConfigError when fewer than half of the trials spike.
    """
    drive = step(volts, window)
    times = np.concatenate([neuron.first(drive, count=min(BATCH, trials - first), seed=fork(seed, first // BATCH)) for first in range(0, trials, BATCH)])
    times = times[np.isfinite(times)]
    if times.size < 0.5 * trials:
        raise ConfigError(f"{times.size:,} of {trials:,} trials at {volts:g} V spike within {window:g} s: give more --volts or a longer --window")
    return times


def parity(times: Floats, clock: float) -> Bits:
    """Whether a counter of period `clock` [s] stands at an odd number."""
    return (np.floor(times / clock).astype(np.int64) & 1).astype(np.uint8)


def late(times: Floats, than: float) -> Bits:
    """Whether a delay is longer than a threshold [s]."""
    return (times > than).astype(np.uint8)


def unbiased(bits: Bits) -> Bits:
    """Von Neumann's: 01 gives 0, 10 gives 1, equal pairs nothing. Independent bits of any bias become even, and at most a quarter as many."""
    pairs = bits[: bits.size // 2 * 2].reshape(-1, 2)
    return np.ascontiguousarray(pairs[pairs[:, 0] != pairs[:, 1], 0])


def quality(neuron: Neuron, volts: float, window: float, shares: Floats, count: int, seed: int, tell: Callable[[int, int], None]) -> xr.Dataset:
    """Of `count` bits made in several ways from one row of delays: p (way, test) the least P-value of each test, NaN where it does not apply; passes (way, test); ones (way).

    Ways: the parity of counters whose periods are `shares` of the delay's standard deviation; whether a delay is longer than a threshold, the
    median of as many trials made before; the same of a device 10 K warmer, and that one's bits made even by von Neumann's rule.
    """
    trials, warm = int(1.2 * count), replace(neuron, temperature=neuron.temperature + WARMER)
    calibration = _enough(neuron, volts, window, trials, count, fork(seed, 0))
    median, spread = float(np.median(calibration)), float(calibration.std())
    times, later = _enough(neuron, volts, window, trials, count, fork(seed, 1)), _enough(warm, volts, window, trials, count, fork(seed, 2))
    ways = {f"parity, clock of {share:g} σ": parity(times[:count], share * spread) for share in shares}
    ways["longer than the median"] = late(times[:count], median)
    ways[f"the same, {WARMER:g} K warmer"] = late(later[:count], median)
    ways[f"{WARMER:g} K warmer, made even"] = unbiased(late(_enough(warm, volts, window, 5 * trials, 5 * count, fork(seed, 3)), median))[:count]
    found = []
    for done, bits in enumerate(ways.values(), 1):
        found.append(battery(bits))
        tell(done, len(ways))
    least = np.array([[p.min() if p.size else np.nan for p in own.values()] for own in found])
    variables = {
        "passes": (("way", "test"), np.array([[passed(p) for p in own.values()] for own in found])),
        "p": (("way", "test"), least, {"units": "1"}),
        "ones": ("way", [float(bits.mean()) for bits in ways.values()], {"units": "1"}),
        "delay": ("trial", times[:SHOWN], {"units": "s"}),
    }
    attributes = {"card": neuron.card.name, "title": neuron.card.title, "volts": volts, "mean_delay_s": float(times.mean()), "deviation_s": float(times.std())}
    return xr.Dataset(variables, {"way": list(ways), "test": list(found[0])}, attributes)


def _enough(neuron: Neuron, volts: float, window: float, trials: int, count: int, seed: int) -> Floats:
    times = delays(neuron, volts, window, trials, seed)
    if times.size < count:
        raise ConfigError(f"{times.size:,} of {trials:,} trials spike within {window:g} s, {count:,} are needed: give more --volts or a longer --window")
    return times
