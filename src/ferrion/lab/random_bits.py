"""Random bits from the time an ion neuron takes to its first spike, as in the generator of Jiang et al., Nature Communications 8, 882 (2017)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.lab.sp800_22 import Bits, battery, passed

Floats = NDArray[np.float64]
BATCH = 100_000
CALIBRATED, SHOWN = 1000, 20_000
"""Trials by which threshold and clock are set, and delays kept to be shown."""
WARMER = 10.0
"""Kelvin."""


def delays(neuron: Neuron, volts: float, window: float, trials: int, seed: int) -> Floats:
    """Seconds from the edge of a step of `volts` [V] to the first spike, trial by trial of one device at rest; those without a spike within `window` [s] are left out.

    Raises ConfigError when fewer than half of the trials spike.
    """
    drive = step(volts, window)
    times = np.concatenate([neuron.first(drive, count=min(BATCH, trials - first), seed=seed + first) for first in range(0, trials, BATCH)])
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


def entropy(bits: Bits) -> float:
    """Shannon entropy a bit, by the share of ones: 1 if even."""
    share = float(bits.mean())
    return -sum(p * float(np.log2(p)) for p in (share, 1 - share) if p > 0)


def quality(neuron: Neuron, volts: float, window: float, shares: Floats, count: int, seed: int, tell: Callable[[int, int], None]) -> xr.Dataset:
    """passes (way, test), p (way, test) the least P-value of each test, entropy and ones (way) of `count` bits made in several ways from one row of delays.

    Ways: the parity of counters whose periods are `shares` of the delay's standard deviation; whether a delay is longer than a threshold set to
    the median of the first thousand; the same of a device 10 K warmer, and that one's bits made even by von Neumann's rule.
    """
    trials = int(1.2 * count)
    times = _enough(neuron, volts, window, trials, count, seed)
    median, spread = float(np.median(times[:CALIBRATED])), float(times[:CALIBRATED].std())
    ways = {f"parity, clock of {share:g} σ": parity(times[:count], share * spread) for share in shares}
    ways["longer than the median"] = late(times[:count], median)
    warm = _enough(replace(neuron, temperature=neuron.temperature + WARMER), volts, window, trials, count, seed + trials)
    ways[f"the same, {WARMER:g} K warmer"] = late(warm[:count], median)
    pool = late(_enough(replace(neuron, temperature=neuron.temperature + WARMER), volts, window, 5 * trials, 5 * count, seed + 2 * trials), median)
    ways[f"{WARMER:g} K warmer, made even"] = unbiased(pool)[:count]
    found = []
    for done, bits in enumerate(ways.values(), 1):
        found.append(battery(bits))
        tell(done, len(ways))
    passes = np.array([[passed(p) for p in own.values()] for own in found])
    least = np.array([[p.min(initial=1.0) for p in own.values()] for own in found])
    variables = {
        "passes": (("way", "test"), passes),
        "p": (("way", "test"), least, {"units": "1"}),
        "entropy": ("way", [entropy(bits) for bits in ways.values()], {"units": "bit"}),
        "ones": ("way", [float(bits.mean()) for bits in ways.values()], {"units": "1"}),
        "delay": ("trial", times[:SHOWN], {"units": "s"}),
    }
    attributes = {"card": neuron.card.name, "title": neuron.card.title, "volts": volts, "mean_delay_s": float(times.mean()), "deviation_s": spread}
    return xr.Dataset(variables, {"way": list(ways), "test": list(found[0])}, attributes)


def _enough(neuron: Neuron, volts: float, window: float, trials: int, count: int, seed: int) -> Floats:
    times = delays(neuron, volts, window, trials, seed)
    if times.size < count:
        raise ConfigError(f"{times.size:,} of {trials:,} trials spike within {window:g} s, {count:,} are needed: give more --volts or a longer --window")
    return times
