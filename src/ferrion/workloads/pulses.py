"""Pulses in noise with their truth: an electrode beside three neurons, as spike sorters are tested on (Quian Quiroga et al., Neural Computation 16, 1661 (2004)).

As there: 24 kHz, three units of 20 pulses a second each with 2 ms between two of one unit, a peak of 1, and noise made of many small pulses of random shape, times and
height, its deviation 0.05 to 0.2 of the peak. The shapes are ours, not of their library: a peak and the slower wave of the other sign that follows it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.noise import fork

RATE = 24_000.0
"""Samples a second."""
NOISES = (0.05, 0.10, 0.15, 0.20)
"""Deviation of the noise over the peak."""
NOISE = 0.10
"""At which everything but sorting is told."""
UNITS = ((0.11e-3, 0.30, 0.32e-3, 0.22e-3), (0.15e-3, 0.45, 0.45e-3, 0.30e-3), (0.13e-3, 0.60, 0.38e-3, 0.20e-3))
"""Width of the peak [s], height of the wave after it, its delay and width [s]; the shapes correlate to 0.93 to 0.96."""
NO_UNIT = len(UNITS)
"""Class of what the trigger took and no unit sent."""
PACE, REFRACTORY = 20.0, 2e-3
"""Pulses a second of a unit, and seconds between two of one."""
DISTANT = 3000.0
"""Small pulses a second, of which the noise is made."""
LEAST, MOST = (0.08e-3, 0.2, 0.25e-3, 0.15e-3), (0.20e-3, 0.7, 0.55e-3, 0.40e-3)
"""Between which their shapes lie."""
MARGIN = 72
"""Samples on each side of a peak in which a pulse is drawn."""
NEAR = 12
"""Samples by which a peak may be off and still be the pulse's: half a millisecond."""
F8 = NDArray[np.float64]


class Recording(NamedTuple):
    """One electrode."""

    signal: F8
    """In heights of a pulse."""
    peaks: F8
    """Where pulses are [samples], between samples too, rising."""
    units: NDArray[np.int64]


class Sorted(NamedTuple):
    """How good a sorting is, over all pulses and all that was taken for one; a pulse given to another unit counts once."""

    right: float
    """Found and given to their unit, of those and all that were missed, mistaken or made up."""
    found: float
    """Pulses that something was taken for, of all pulses."""
    false: float
    """Taken for a pulse where there was none, a second."""


def recorded(noise: float, seconds: float, seed: int, drift: tuple[float, ...] = (0.0,) * len(UNITS)) -> Recording:
    """An electrode for so long; `drift`: by which share each unit's height has changed at the end."""
    draws, samples = np.random.default_rng(fork(seed, round(1000 * noise))), round(seconds * RATE)
    many = round(DISTANT * seconds)
    signal = np.zeros(samples)
    add(signal, np.sort(draws.uniform(0, samples, many)), draws.uniform(LEAST, MOST, (many, len(LEAST))), draws.uniform(-1.0, 1.0, many))
    signal *= noise / signal.std()
    times = [_train(draws, seconds) * RATE for _ in UNITS]
    order = np.argsort(np.concatenate(times))
    peaks, units = np.concatenate(times)[order], np.repeat(np.arange(len(UNITS)), [len(own) for own in times])[order]
    shapes = np.array(UNITS)
    add(signal, peaks, shapes[units], (1.0 + np.array(drift)[units] * peaks / samples) / tallest()[units])
    return Recording(signal, peaks, units)


def _train(draws: np.random.Generator, seconds: float) -> F8:
    """Times of one unit's pulses [s], none at the very ends."""
    gaps = REFRACTORY + draws.exponential(1.0 / PACE - REFRACTORY, round(2 * PACE * seconds) + 20)
    times = np.cumsum(gaps)
    return times[(times > 2 * MARGIN / RATE) & (times < seconds - 2 * MARGIN / RATE)]


def tallest() -> F8:
    """The peak of each unit's shape as it is drawn, by which its height is made 1."""
    found = []
    for shape in UNITS:
        signal = np.zeros(2 * MARGIN)
        add(signal, np.array([float(MARGIN)]), np.array([shape]), np.ones(1))
        found.append(signal.max())
    return np.array(found)


@compiled
def add(signal, peaks, shapes, heights):
    """Add pulses to a signal at `peaks` [samples]."""
    for k in range(len(peaks)):
        width, after, delay, slow = shapes[k]
        for n in range(max(int(peaks[k]) - MARGIN, 0), min(int(peaks[k]) + MARGIN, len(signal))):
            t = (n - peaks[k]) / RATE
            signal[n] += heights[k] * (np.exp(-0.5 * (t / width) ** 2) - after * np.exp(-0.5 * ((t - delay) / slow) ** 2))


def truth(recording: Recording, peaks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The unit of each of the `peaks` that were found, `NO_UNIT` for none; a pulse is given to the nearest of them only."""
    found = np.full(len(peaks), NO_UNIT)
    if not len(peaks):
        return found
    after = np.clip(np.searchsorted(peaks, recording.peaks), 1, max(len(peaks) - 1, 1))
    near = np.where(recording.peaks - peaks[after - 1] <= peaks[np.minimum(after, len(peaks) - 1)] - recording.peaks, after - 1, np.minimum(after, len(peaks) - 1))
    off = np.abs(peaks[near] - recording.peaks)
    for pulse in np.argsort(-off):
        if off[pulse] <= NEAR:
            found[near[pulse]] = recording.units[pulse]
    return found


def judged(recording: Recording, true: NDArray[np.int64], decided: NDArray[np.int64]) -> Sorted:
    """Of peaks of whose units `true` tells: what was decided of them."""
    hits = int(((true == decided) & (true != NO_UNIT)).sum())
    made_up = int(((true == NO_UNIT) & (decided != NO_UNIT)).sum())
    seconds = len(recording.signal) / RATE
    return Sorted(hits / max(len(recording.peaks) + made_up, 1), int((true != NO_UNIT).sum()) / max(len(recording.peaks), 1), made_up / seconds)
