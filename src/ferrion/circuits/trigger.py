"""A trigger: a comparator on a signal, and a line of sampling capacitors that holds what was around the peak.

The comparator fires where the signal rises through its threshold; the greatest sample of the next `SEARCH` is the peak; `AFTER` samples later the line is read, and until then
nothing else is heard: a dead time of a pulse. The threshold is a multiple of the noise, told from the median of what is mostly noise, |x| / 0.6745 (Quian Quiroga et al.,
Neural Computation 16, 1661 (2004)).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.compiled import compiled
from ferrion.core.errors import DataError

BEFORE, AFTER, SEARCH = 16, 24, 12
"""Samples held before the peak and after it, and those after a crossing among which the peak is looked for."""
LENGTH = BEFORE + 1 + AFTER
MULTIPLE, NORMAL = 4.0, 0.6745
"""Of the noise, where the comparator stands; median of |x| of a normal distribution of deviation 1."""
SEEN, PEAK, CROSSED = range(3)
IDLE = -1


class Held(NamedTuple):
    """State of one trigger."""

    recent: NDArray[np.float64]
    """The last `LENGTH` samples, a ring."""
    numbers: NDArray[np.int64]
    """Samples seen, number of the peak (`IDLE`: none), number of the crossing."""


def idle() -> Held:
    """Before the first sample."""
    return Held(np.zeros(LENGTH), np.array([0, IDLE, 0]))


def threshold(signal: ArrayLike) -> float:
    """Where the comparator stands, in units of a signal that is mostly noise. Raises DataError for one that is empty, not finite or mostly 0."""
    x = np.asarray(signal, np.float64)
    if not x.size or not np.isfinite(x).all() or not np.median(np.abs(x)) > 0.0:
        raise DataError(
            f"{x.size} samples to tell the noise from, {np.count_nonzero(~np.isfinite(x))} of them not finite, {np.count_nonzero(x == 0.0)} of them 0: give finite ones, most not 0"
        )
    return float(MULTIPLE * np.median(np.abs(x)) / NORMAL)


@compiled
def take(held, value, level):
    """One more sample; returns whether the line now holds a whole pulse."""
    n, ring = held.numbers[SEEN], held.recent.size
    before = held.recent[(n - 1) % ring]
    held.recent[n % ring] = value
    held.numbers[SEEN] = n + 1
    peak = held.numbers[PEAK]
    if peak == IDLE:
        if before < level <= value:
            held.numbers[PEAK] = held.numbers[CROSSED] = n
        return False
    if n - held.numbers[CROSSED] < SEARCH and value > held.recent[peak % ring]:
        held.numbers[PEAK] = n
        return False
    if n - peak < AFTER:
        return False
    held.numbers[PEAK] = IDLE
    return n + 1 >= ring


@compiled
def line(held):
    """What the line holds, oldest first."""
    oldest = held.numbers[SEEN] % held.recent.size
    return np.concatenate((held.recent[oldest:], held.recent[:oldest]))


@compiled
def pulses(held, signal, level):
    """All pulses of a piece of signal: numbers of their peaks, and what the line held (pulses, LENGTH)."""
    peaks, found = [np.int64(0)], [line(held)]
    for value in signal:
        if take(held, value, level):
            peaks.append(held.numbers[SEEN] - 1 - AFTER)
            found.append(line(held))
    lines = np.empty((len(found) - 1, held.recent.size))
    for k in range(len(lines)):
        lines[k] = found[k + 1]
    return np.array(peaks[1:]), lines
