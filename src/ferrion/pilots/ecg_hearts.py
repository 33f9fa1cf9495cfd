"""Hearts as a sense amplifier and a front end see them, what is learned of each, and what a stimulator does that is told of their beats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.stimulator import Stimulator
from ferrion.circuits.beats import SEARCH, resting, sensed_in
from ferrion.pilots.ecg_fronts import AFTER, BEFORE, F4
from ferrion.pilots.ecg_score import NOT_FOUND, matched
from ferrion.workloads.changing import Stage
from ferrion.workloads.holter import I8, RATE, UNKNOWN, Holter

NO_BEAT = UNKNOWN + 1
FIRST = 300.0
"""Seconds that are learned, with a cardiologist's labels, as AAMI's practice allows."""


@dataclass(frozen=True)
class Watched:
    """One heart, as the sense amplifier found its beats."""

    holter: Holter
    moments: I8
    crossed: I8
    """Samples at which the comparator said so."""
    own: I8
    """Class of each; `UNKNOWN` where no annotator knew what it was, `NO_BEAT` where none saw a beat."""

    @property
    def later(self) -> NDArray[np.bool_]:
        """Those after the first minutes."""
        return self.moments >= FIRST * RATE


def watched(record: Holter) -> Watched:
    """All beats whose samples are there."""
    moments, crossed = sensed_in(resting(RATE), record.signal)
    whole = (moments >= BEFORE) & (moments < len(record.signal) - AFTER)
    which = matched(moments[whole], record)
    return Watched(record, moments[whole], crossed[whole], np.where(which == NOT_FOUND, NO_BEAT, record.classes[which]))


def stimulated(heart: Watched, ventricular: NDArray[np.bool_]) -> Stimulator:
    """What a stimulator does that is told of each beat as soon as its samples are there, and watches after the first minutes."""
    told = np.maximum(heart.moments + AFTER, heart.crossed + round(SEARCH * RATE))
    happens = [(int(n), 0, False) for n in heart.crossed[heart.later]] + [(int(n), 1, bool(v)) for n, v in zip(told[heart.later], ventricular[heart.later], strict=True)]
    own = Stimulator()
    for n, decided, is_v in sorted(happens):
        if decided:
            own.decided(n / RATE, is_v)
        else:
            own.crossed(n / RATE)
    return own


@dataclass(frozen=True)
class Given:
    """What a front end tells of everybody."""

    known: F4
    """Of other patients."""
    labels: I8
    patient: I8
    """Whose each is."""
    hearts: list[F4]

    @property
    def others(self) -> Stage:
        """What is learned first."""
        return Stage("others", self.known, self.labels, self.known, self.labels)

    def first(self, heart: Watched, k: int) -> Stage:
        """What is learned of heart `k`: its first beats that an annotator could name."""
        some = ~heart.later & (heart.own < UNKNOWN)
        return Stage("first", self.hearts[k][some], heart.own[some], self.hearts[k], heart.own)
