"""A sense amplifier for heart beats: the steep part of a signal crosses a level that follows the beats themselves.

Steepness is the mean over `SPAN` of |x(t) - x(t - SPAN)|: blind to the wander of an electrode, and greatest for waves as long as a QRS complex (Pan and Tompkins, IEEE Trans.
Biomed. Eng. 32, 230 (1985), from which the refractory time is, too). The level is a share of the steepness of recent beats, which it forgets slowly where none comes. A crossing is
told at once, the beat and its middle `SEARCH` later; every delay is that of a circuit that knows nothing of the future.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled

SPAN, WIDTH = 0.028, 0.084
"""Seconds: of the steep part of a QRS complex, and of all of it."""
SEARCH, REFRACTORY = 0.14, 0.2
"""Seconds after a crossing in which the middle of the beat is looked for, and in which no other begins."""
RECOVERS, TWAVE = 0.45, 0.6
"""Seconds after a crossing in which what is less steep than this share of the beat is its T wave."""
SHARE, FOLLOWS, FORGETS = 0.4, 0.25, 4.0
"""Level over the steepness of recent beats; weight of the newest of them; seconds in which the level falls to 1/e without beats."""
MOST = 3.0
"""Of the steepness of recent beats, what one beat counts at most: a glitch does not make the level deaf."""
SETTLE = 2.0
"""Seconds at the start whose steepest moment sets the first level, as if a beat had ended them."""
LEAST = 0.06
"""Millivolts of steepness that the level never falls below: noise of an electrode that has come off is no heart. A choice of ours."""
NONE, CROSSED, BEAT = range(3)
SEEN, OPEN, MIDDLE, LAST = range(4)
RECENT, STEEPEST, WIDEST, FALL = range(4)
NEVER = -1


class Sensed(NamedTuple):
    """State of one sense amplifier."""

    recent: NDArray[np.float64]
    """The last samples [mV], a ring of `SPAN` and one."""
    moves: NDArray[np.float64]
    """The last |differences| over `SPAN`, a ring of `WIDTH`."""
    levels: NDArray[np.float64]
    """Steepness of recent beats; since the crossing, the greatest, and the greatest of its mean over `WIDTH`; factor by which the first falls at a sample."""
    numbers: NDArray[np.int64]
    """Samples seen, number of the crossing (`NEVER`: no beat is open), of the beat's middle, of the last crossing."""
    waits: NDArray[np.int64]
    """Samples of `SEARCH`, `REFRACTORY`, `RECOVERS` and `SETTLE`."""


def resting(rate: float) -> Sensed:
    """Before the first of samples that come `rate` a second."""
    span, width = (max(round(seconds * rate), 1) for seconds in (SPAN, WIDTH))
    waits = np.array([round(seconds * rate) for seconds in (SEARCH, REFRACTORY, RECOVERS, SETTLE)])
    return Sensed(np.zeros(span + 1), np.zeros(width), np.array([0.0, 0.0, 0.0, np.exp(-1.0 / (FORGETS * rate))]), np.array([0, NEVER, NEVER, NEVER]), waits)


@compiled
def sense(sensed, value):
    """One more sample: NONE, CROSSED (now) or BEAT, whose middle is then `moment`."""
    n, levels, numbers = sensed.numbers[SEEN], sensed.levels, sensed.numbers
    search, refractory, recovers, settle = sensed.waits
    steep = _steepness(sensed, value)
    if n < settle:
        levels[RECENT] = levels[STEEPEST] = max(levels[RECENT], steep)
        numbers[LAST] = n
        return NONE
    if numbers[OPEN] == NEVER:
        levels[RECENT] *= levels[FALL]
        waited = n - numbers[LAST]
        level = max(SHARE * levels[RECENT], LEAST, TWAVE * levels[STEEPEST] if waited < recovers else 0.0)
        if waited < refractory or steep <= level:
            return NONE
        numbers[OPEN] = numbers[MIDDLE] = numbers[LAST] = n
        levels[STEEPEST], levels[WIDEST] = steep, 0.0
        return CROSSED
    levels[STEEPEST] = max(levels[STEEPEST], steep)
    wide = sensed.moves.mean()
    if wide > levels[WIDEST]:
        levels[WIDEST] = wide
        numbers[MIDDLE] = n
    if n - numbers[OPEN] < search:
        return NONE
    numbers[OPEN] = NEVER
    levels[RECENT] += FOLLOWS * (min(levels[STEEPEST], MOST * levels[RECENT]) - levels[RECENT])
    return BEAT


@compiled
def _steepness(sensed, value):
    """Mean over `SPAN` of |x(t) - x(t - SPAN)|, after one more sample."""
    n, span, width = sensed.numbers[SEEN], sensed.recent.size - 1, sensed.moves.size
    if n == 0:
        sensed.recent[:] = value
    sensed.recent[n % (span + 1)] = value
    sensed.moves[n % width] = abs(value - sensed.recent[(n + 1) % (span + 1)])
    sensed.numbers[SEEN] = n + 1
    steep = 0.0
    for k in range(span):
        steep += sensed.moves[(n - k) % width] / span
    return steep


@compiled
def moment(sensed):
    """Number of the sample in the middle of the last beat: the steepest `WIDTH`, the filters' delay taken off."""
    return sensed.numbers[MIDDLE] - (sensed.moves.size + sensed.recent.size) // 2


@compiled
def forget(sensed, value):
    """The signal was lost, and goes on with `value`: no step is seen in it, no beat is open, and none begins within `REFRACTORY`."""
    sensed.recent[:] = value
    sensed.moves[:] = 0.0
    sensed.numbers[OPEN], sensed.numbers[LAST] = NEVER, sensed.numbers[SEEN]


@compiled
def sensed_in(sensed, signal):
    """All beats of a piece of signal: their middles, and samples at which each had crossed."""
    moments, crossed = [np.int64(0)], [np.int64(0)]
    for value in signal:
        if sense(sensed, value) == BEAT:
            moments.append(moment(sensed))
            crossed.append(sensed.numbers[LAST])
    return np.array(moments[1:]), np.array(crossed[1:])


def middle(wave: NDArray[np.float64], near: int, rate: float) -> int:
    """Sample of the steepest `WIDTH` of a wave within half of `SEARCH` of `near`: the moment of a beat that somebody else has found."""
    span, width, reach = round(SPAN * rate), round(WIDTH * rate), round(SEARCH * rate / 2)
    whole = np.convolve(np.abs(wave[span:] - wave[:-span]), np.ones(width), "valid")
    first = max(near - reach - (width + span - 1) // 2, 0)
    return first + int(whole[first : first + 2 * reach + 1].argmax()) + (width + span - 1) // 2
