"""The controller of a stimulator that answers a heart: when it arms itself, when it may stimulate, and when it must not.

Where `VENTRICULAR` of the last `BEATS` beats are ventricular (frequent ectopy; whether they alternate, as in bigeminy, does not matter) it is armed. A stimulus is given only at
the steep part of a beat, as cardioversion is, and not within `VULNERABLE` of the beat before, where its T wave may be. After one, nothing is given for `REFRACTORY`, and not more
than `HOURLY` in any hour; beats that come faster than `FASTEST` are not answered; what is armed and not given in time is forgotten; and a signal that is lost forgets all. Every
step is an arrow of `ARROWS`; one that is not among them is an error.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ferrion.core.errors import StateError

VENTRICULAR, BEATS = 3, 6
FASTEST = 3.0
"""Beats a second beyond which nothing is armed: a tachycardia, which is another device's, or noise. A choice of ours."""
VULNERABLE = 0.36
"""Seconds after a beat in which no other is stimulated: in less than that a T wave may pass for a beat (Pan and Tompkins 1985)."""
ARMED = 2.0
"""Seconds for which what was decided counts, and after which the next beat is no neighbour of the last: a beat and a pause."""
REFRACTORY, HOURLY, HOUR = 10.0, 120, 3600.0
"""Seconds of rest after a stimulus; the most in an hour. Both are choices of ours, to be set by who prescribes it."""


class Phase(Enum):
    """What the stimulator is doing."""

    WATCHING = "watching"
    ARMED = "armed"
    REFRACTORY = "refractory"
    SPENT = "spent"
    """The hour's stimuli are given."""


class Cause(Enum):
    """What makes it do something else."""

    ECTOPY = "ectopy"
    BEAT = "beat, in time and not too early"
    STALE = "no such beat in time"
    LOST = "signal lost"
    RESTED = "rest is over"
    LAST = "rest is over, the hour's last was given"
    HOUR = "the oldest is an hour ago"


class Arrow(NamedTuple):
    """One line of the drawing."""

    source: Phase
    cause: Cause
    target: Phase


ARROWS = (
    Arrow(Phase.WATCHING, Cause.ECTOPY, Phase.ARMED),
    Arrow(Phase.ARMED, Cause.BEAT, Phase.REFRACTORY),
    Arrow(Phase.ARMED, Cause.STALE, Phase.WATCHING),
    Arrow(Phase.ARMED, Cause.LOST, Phase.WATCHING),
    Arrow(Phase.REFRACTORY, Cause.RESTED, Phase.WATCHING),
    Arrow(Phase.REFRACTORY, Cause.LAST, Phase.SPENT),
    Arrow(Phase.SPENT, Cause.HOUR, Phase.WATCHING),
)
NEXT = {(arrow.source, arrow.cause): arrow.target for arrow in ARROWS}


@dataclass
class Stimulator:
    """One; times are seconds that never fall."""

    phase: Phase = Phase.WATCHING
    stimuli: list[float] = field(default_factory=list)
    """When they were given."""
    taken: dict[Arrow, int] = field(default_factory=dict)
    """How often each arrow was."""
    _said: deque[bool] = field(default_factory=lambda: deque(maxlen=BEATS))
    _beats: deque[float] = field(default_factory=lambda: deque(maxlen=BEATS))
    _armed: float = 0.0
    _beat: float = float("-inf")
    _now: float = float("-inf")

    def decided(self, now: float, ventricular: bool) -> None:
        """What a beat was is known."""
        self._pass(now)
        self._said.append(ventricular)
        if self.phase is Phase.WATCHING and sum(self._said) >= VENTRICULAR and not self._hurried:
            self._armed = now
            self._take(Cause.ECTOPY)

    def crossed(self, now: float) -> bool:
        """The steep part of a beat begins; whether it is stimulated."""
        self._pass(now)
        gap, self._beat = now - self._beat, now
        if gap > ARMED:
            self._forget()
            if self.phase is Phase.ARMED:
                self._take(Cause.STALE)
        self._beats.append(now)
        if self.phase is not Phase.ARMED or gap < VULNERABLE or self._hurried:
            return False
        self.stimuli.append(now)
        self._said.clear()
        self._take(Cause.BEAT)
        return True

    def lost(self, now: float) -> None:
        """The signal has a gap, or is no number: what was decided before it counts no more, and no beat is stimulated that may follow another unseen."""
        self._pass(now)
        self._forget()
        self._beat = now
        if self.phase is Phase.ARMED:
            self._take(Cause.LOST)

    @property
    def _hurried(self) -> bool:
        """Whether the last beats came faster than is answered."""
        return len(self._beats) > 1 and self._beats[-1] - self._beats[0] < (len(self._beats) - 1) / FASTEST

    def _forget(self) -> None:
        self._said.clear()
        self._beats.clear()

    def _pass(self, now: float) -> None:
        """Time goes on. Raises StateError where it falls or is no number."""
        if not (math.isfinite(now) and now >= self._now):
            raise StateError(f"a stimulator at {self._now:g} s was told of {now:g} s: tell it of everything in the order of time, which is finite")
        self._now = now
        if self.phase is Phase.ARMED and now - self._armed > ARMED:
            self._said.clear()
            self._take(Cause.STALE)
        if self.phase is Phase.REFRACTORY and now - self.stimuli[-1] >= REFRACTORY:
            self._take(Cause.LAST if self._given(now) >= HOURLY else Cause.RESTED)
        if self.phase is Phase.SPENT and self._given(now) < HOURLY:
            self._take(Cause.HOUR)

    def _given(self, now: float) -> int:
        return sum(now - HOUR < then for then in self.stimuli)

    @classmethod
    def remembering(cls, ages: Iterable[float]) -> "Stimulator":
        """One that begins at 0 s and knows of stimuli given so many seconds before, by itself before it was stopped: it rests for them. Raises StateError for an age below 0."""
        given = sorted(-age for age in ages if not age > HOUR)
        if not all(then <= 0.0 for then in given):
            raise StateError(f"a stimulus was given {-given[-1]:g} s ago: give seconds of 0 or more")
        return cls(Phase.REFRACTORY if given else Phase.WATCHING, given)

    def _take(self, cause: Cause) -> None:
        arrow = Arrow(self.phase, cause, NEXT[self.phase, cause])
        self.taken[arrow] = self.taken.get(arrow, 0) + 1
        self.phase = arrow.target
