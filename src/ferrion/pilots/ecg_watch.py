"""A heart that is watched sample by sample: a beat is found, told by a chip as soon as its samples are there, and ectopy is answered; a signal that is lost is not guessed.

A beat that somebody has named is learned once it was told.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ferrion.chip.stimulator import Stimulator
from ferrion.circuits.beats import BEAT, CROSSED, SEARCH, SEEN, forget, moment, resting, sense
from ferrion.core.errors import DataError
from ferrion.pilots.ecg_fronts import AFTER, BEFORE, CLIP, RECENT, converted, joined
from ferrion.pilots.ecg_score import MATCH, V
from ferrion.pilots.learners import Learner
from ferrion.workloads.ecg import CLASSES
from ferrion.workloads.holter import RATE
from ferrion.workloads.streams.lines import Reading

BRIDGED, RECOVERS = 13, 0.125
"""Samples that may be missing, or no number, at once: half of a QRS complex; the last one stands for them. Each that comes makes up for so much of one."""
MOST = 1000.0
"""Millivolts beyond which a value is taken for no number: no electrode gives as much."""
AT_RAILS = 0.25
"""Share of a beat's samples at the ends of the drivers beyond which it is no heart's, or in other units, and counts as a loss of the signal."""
ROOM = BEFORE + AFTER + round(SEARCH * RATE) + 1
"""Samples that are kept."""


class Said(NamedTuple):
    """Of one beat."""

    number: int
    """Of the line that was its middle, or where it was stimulated."""
    ventricular: bool
    stimulus: bool
    """Whether this is a stimulus, and no beat that was told."""
    label: int | None = None
    """Its class, as somebody says, of `workloads.ecg.CLASSES`: it was learned."""


class Open(NamedTuple):
    """A beat whose samples are not all there."""

    moment: int
    due: int
    """Sample at which it is told."""
    between: int
    """Samples since the beat before."""


class HeartWatch:
    """One lead, one chip; the times of its readings are numbers of samples, which say what is missing and nothing else."""

    def __init__(self, own: Learner, stimulator: Stimulator | None = None) -> None:
        """stimulator: one that remembers what was given before; None: a new one."""
        self.own, self.stimulator, self.lost, self.misnamed = own, stimulator or Stimulator(), 0, 0
        """`lost`: how often the signal was; `misnamed`: beats whose label is no class."""
        self._sensed, self._n, self._taken = resting(RATE), 0, 0
        self._time, self._missing, self._blind, self._value = math.nan, 0.0, False, 0.0
        self._recent: deque[tuple[float, int, int | None]] = deque(maxlen=ROOM)
        self._open: deque[Open] = deque()
        self._last: int | None = None
        self._named_last = -1
        self._between: deque[int] = deque(maxlen=RECENT)

    def take(self, reading: Reading) -> Iterator[Said]:
        """One more. Raises DataError for a clock that does not number samples."""
        step, value = self._step(reading), reading.values[0]
        silent = reading.held or abs(value) > MOST
        self._value = self._value if silent else value
        self._taken += 1
        missing = self._missing + (step if silent else step - 1)
        broken = step < 1 or missing > BRIDGED
        if broken and not self._blind:
            self._lose()
        self._blind = silent and (broken or self._blind)
        self._missing = missing if silent else 0.0 if broken else max(missing - RECOVERS, 0.0)
        if self._blind:
            return
        for _ in range(0 if broken or not self._recent else step - 1):
            yield from self._sample(*self._recent[-1][:2], None)
        yield from self._sample(self._value, reading.number, reading.label)

    def _step(self, reading: Reading) -> int:
        """Samples since the last reading; 0 where its clock stood still or fell, or cannot be told."""
        step, before, self._time = reading.time - self._time, self._time, reading.time
        if math.isnan(step):
            return 1
        if not math.isfinite(step) or step < 0.0:
            return 0
        if not step.is_integer():
            raise DataError(f"line {reading.number}: time {reading.time:g} after {before:g}; give the number of each sample, 0, 1, 2, …, {RATE:g} a second, and no seconds")
        return int(step)

    @property
    def _now(self) -> float:
        """Seconds by the samples that came: whatever the line's clock says, no rest is shorter for it."""
        return (self._taken - 1) / RATE

    def _lose(self) -> None:
        self.lost += 1
        self.stimulator.lost(self._now)
        forget(self._sensed, self._value)
        self._open.clear()
        self._recent.clear()
        self._last = None

    def _sample(self, value: float, number: int, label: int | None) -> Iterator[Said]:
        if not self._recent:
            forget(self._sensed, value)
        self._recent.append((value, number, label))
        n, code = self._n, sense(self._sensed, value)
        if code == CROSSED and self.stimulator.crossed(self._now):
            yield Said(number, True, True)
        if code == BEAT:
            self._found(n - int(self._sensed.numbers[SEEN] - 1 - moment(self._sensed)))
        while self._open and self._open[0].due <= n:
            yield from self._told(self._open.popleft())
        self._n = n + 1

    def _found(self, middle: int) -> None:
        """A beat, if the samples before it are there."""
        if len(self._recent) > BEFORE + self._n - middle:
            self._open.append(Open(middle, max(middle + AFTER, self._n), 0 if self._last is None else middle - self._last))
            self._last = middle

    def _told(self, beat: Open) -> Iterator[Said]:
        """What a beat is, by the chip; nothing of one that is at the rails."""
        at = len(self._recent) - 1 - (self._n - beat.moment)
        pace = float(np.median(self._between)) if self._between else 0.0
        share = beat.between / pace if pace and beat.between else 1.0
        wave = converted(np.array([value for value, *_ in self._recent]), np.array([at]))
        if beat.between:
            self._between.append(beat.between)
        if (np.abs(wave) >= CLIP).mean() > AT_RAILS:
            self.lost += 1
            self.stimulator.lost(self._now)
            return
        inputs = joined(wave, np.array([share]))
        ventricular = bool(self.own.decide(inputs)[0] == V)
        self.stimulator.decided(self._now, ventricular)
        label = self._named(at)
        yield Said(self._recent[at][1], ventricular, False, label)
        if label is not None:
            self.own.learn_one(inputs, label)

    def _named(self, at: int) -> int | None:
        """The class that stands beside the sample nearest to a beat's middle, of those that are near enough to be meant and were no other beat's."""
        there = [(abs(k - at), number, label) for k, (_, number, label) in enumerate(self._recent) if label is not None and abs(k - at) <= MATCH and number > self._named_last]
        if not there:
            return None
        _, self._named_last, label = min(there)
        self.misnamed += label not in range(len(CLASSES))
        return label if label in range(len(CLASSES)) else None


def watched_on(readings: Iterable[Reading], own: HeartWatch) -> Iterator[Said]:
    """Every beat and stimulus of a stream."""
    for reading in readings:
        yield from own.take(reading)
