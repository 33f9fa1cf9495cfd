"""The course of the ecg-loop pilot: other patients' beats, then each heart's first minutes, and how well its later beats are told and ectopy is answered."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.stimulator import HOUR
from ferrion.circuits.beats import SETTLE
from ferrion.core.noise import permutation
from ferrion.pilots.ecg_fronts import AFTER, BEFORE, Front, of_others, with_pace
from ferrion.pilots.ecg_hearts import FIRST, Given, stimulated, watched
from ferrion.pilots.ecg_score import NOT_FOUND, Answered, F, V, answered, matched, numbers
from ferrion.pilots.learners import Learner, Shape
from ferrion.pilots.personal import adapting, personal
from ferrion.workloads.ecg import CLASSES
from ferrion.workloads.holter import I8, RATE, RECORDS, UNKNOWN, holter, others
from ferrion.workloads.verdicts import FINE, detection, leads

HIDDEN, PACE, TRANSFER_EVERY, PASSES, SHORT_PASSES, SHORT_SAMPLES = 64, 0.005, 10, 3, 1, 1500
"""As of the beats of the `ecg` pilot."""


class Course:
    """Who learns from what, and how well each tells beats and answers ectopy."""

    def __init__(self, seed: int, short: bool) -> None:
        """Raises MissingDataError without the recordings, ConfigError without wfdb."""
        self.seed, self.short, self.known = seed, short, others()
        self.hearts = [watched(holter(name)) for name in RECORDS]
        self.some = permutation(seed, 0, len(self.known.labels))[: SHORT_SAMPLES if short else None]

    def given(self, front: Front) -> Given:
        """What a front end tells of all."""
        hearts = [with_pace(front, own.holter.signal, own.moments) for own in self.hearts]
        return Given(of_others(front, self.known)[self.some], self.known.labels[self.some], self.known.patient[self.some], hearts)

    def shape(self, inputs: Given) -> Shape:
        """Of a network for them."""
        return Shape(inputs.known.shape[1], HIDDEN, len(CLASSES), PACE, TRANSFER_EVERY, SHORT_PASSES if self.short else PASSES)

    def adapted(self, own: Learner, inputs: Given) -> list[Learner]:
        """A copy for each heart, after its first minutes; `own` learns the other patients."""
        own.learn(inputs.others, 0)
        return [personal(own, inputs.first(heart, k)) for k, heart in enumerate(self.hearts)]

    def told(self, classes: list[I8]) -> dict[str, Any]:
        """Of the class told of every beat of each heart: how well ventricular beats are, and what a stimulator makes of that, all hearts together."""
        said, true = self._later(classes), self._later([heart.own for heart in self.hearts])
        asked = ~np.isin(true, (F, UNKNOWN))
        called, there = said[asked] == V, true[asked] == V
        annotated = sum(int(((heart.holter.classes == V) & (heart.holter.peaks >= FIRST * RATE)).sum()) for heart in self.hearts)
        found = int((called & there).sum())
        return {"V found": found / annotated, "V precise": found / max(int(called.sum()), 1), **numbers(self._answered(classes))}

    def adapting(self, own: Learner, adapted: list[Learner], inputs: Given) -> list[dict[str, float]]:
        """As `told`, after more and more of the first minutes' beats; "beats": how many of a heart that is, on average."""
        steps = adapting(own, [inputs.first(heart, k) for k, heart in enumerate(self.hearts)], adapted)
        return [{"beats": beats, **self.told([one.decide(x) for one, x in zip(learners, inputs.hearts, strict=True)])} for beats, learners in steps]

    def waits(self, classes: list[I8]) -> list[float]:
        """Seconds from the onset of each episode to the stimulus."""
        return [own.waited for record in self._answered(classes) for own in record.episodes if own.waited is not None and not own.held]

    def confusion(self, classes: list[I8]) -> list[list[int]]:
        """Later beats by what they are and what they were told to be."""
        said, true = self._later(classes), self._later([heart.own for heart in self.hearts])
        table = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
        np.add.at(table, (true[true < UNKNOWN], said[true < UNKNOWN]), 1)
        return [[int(count) for count in row] for row in table]

    def roc(self, votes: list[NDArray[np.floating]]) -> dict[str, Any]:
        """Later ventricular beats against all else that was taken for a beat, as in `told`, by how far V leads in the votes."""
        lead = [leads(own)[:, V] for own in votes]
        scores = np.concatenate([own[heart.later] for own, heart in zip(lead, self.hearts, strict=True)])
        true = self._later([heart.own for heart in self.hearts])
        asked = ~np.isin(true, (F, UNKNOWN))
        return detection(scores[asked], true[asked] == V, FINE)

    def found(self) -> dict[str, float]:
        """Of all annotated beats, the share that the sense amplifier found; and what else it took for a beat, an hour."""
        which = [matched(heart.moments, heart.holter) for heart in self.hearts]
        asked = [(heart.holter.peaks >= SETTLE * RATE + BEFORE) & (heart.holter.peaks < len(heart.holter.signal) - AFTER) for heart in self.hearts]
        there = np.concatenate([np.isin(np.flatnonzero(own), found) for own, found in zip(asked, which, strict=True)])
        hours = sum(len(heart.holter.signal) for heart in self.hearts) / RATE / HOUR
        return {"beats": float(there.mean()), "no beats": sum(int((own == NOT_FOUND).sum()) for own in which) / hours}

    def _later(self, classes: list[I8]) -> I8:
        return np.concatenate([own[heart.later] for heart, own in zip(self.hearts, classes, strict=True)])

    def _answered(self, classes: list[I8]) -> list[Answered]:
        return [answered(heart.holter, stimulated(heart, own == V).stimuli, FIRST) for heart, own in zip(self.hearts, classes, strict=True)]
