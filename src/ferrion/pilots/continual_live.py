"""Gestures from samples of an armband that come as lines `number;value;…`: from a file, a pipe or a socket, over a poor line too.

Where the first line names a ninth value, `label`, the number of the gesture stands there, and the window is decided and then learned.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ferrion.chip.outlet import Outlet
from ferrion.core.errors import DataError
from ferrion.core.progress import Tell
from ferrion.pilots.continual import GESTURE
from ferrion.pilots.learners import METAPLASTICITY, Learner, course, on_chip
from ferrion.pilots.machine_faults import FAULTS
from ferrion.pilots.newcomer import WEARER
from ferrion.pilots.telling import telling
from ferrion.workloads.changing import ELECTRODES, GESTURES, LAST_REPETITION, SESSIONS, WINDOW, Front, armband, front, sessions
from ferrion.workloads.machines import Machine
from ferrion.workloads.streams.lines import Reading, Readings, lines_from

SHORT_LEARNED = 1
"""Sessions that are learned in the short form."""
NOT_LEARNED = f", not learned: give the same gesture, 0 to {GESTURES - 1}, beside each of its {WINDOW} samples, no empty field, and the units of the recordings"


class Gesture(NamedTuple):
    """One window that was decided."""

    numbers: tuple[int, ...]
    """Of the lines in it."""
    decided: int
    named: bool
    """Whether somebody says what it is."""
    label: int | None
    """The gesture that it was learned to be."""


def gestures_on(readings: Iterable[Reading], own: Learner, scaled: Front) -> Iterator[Gesture]:
    """One every `WINDOW` samples that were taken; what is left at the end is no window. Learned are those of which every sample says the same gesture, every electrode speaks
    and not all features are at the ends of the drivers, as in other units.

    Raises DataError for a stream that ends before the first.
    """
    for some in _batched(readings):
        features = scaled(np.array([reading.values for reading in some])[None])
        said = {reading.label for reading in some}
        whole = len(said) == 1 and not any(reading.held for reading in some) and np.abs(features).min() < 1.0
        label = next((label for label in said if whole and label in range(GESTURES)), None)
        yield Gesture(tuple(reading.number for reading in some), int(own.decide(features)[0]), said != {None}, label)
        if label is not None:
            own.learn_one(features, label)


def _batched(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    going_on, decided = iter(readings), False
    while len(some := list(islice(going_on, WINDOW))) == WINDOW:
        yield some
        decided = True
    if not decided:
        raise DataError(f"the stream ended after {len(some)} samples; a gesture is decided on {WINDOW} (a quarter of a second), each of {ELECTRODES} values")


def taught(short: bool) -> Learner:
    """Chip 0, consolidating, after the sessions of `WEARER`."""
    own = on_chip(GESTURE, 0, METAPLASTICITY)
    course(own, sessions(WEARER)[: SHORT_LEARNED if short else SESSIONS])
    return own


def faulty(short: bool, _folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Every fault, on the gestures that nothing was learned from: share of the windows decided rightly, by the gesture of most of their samples, and what was counted."""
    some = [segment for segment in armband() if segment.subject == WEARER and segment.repetition == LAST_REPETITION]
    emg, gesture = np.concatenate([segment.emg for segment in some]), np.repeat([segment.gesture for segment in some], [len(segment.emg) for segment in some])
    source, own, scaled, rows = Machine("armband", emg, np.zeros(len(emg), bool)), taught(short), front(WEARER), []
    for fault, garble in FAULTS.items():
        tell(f"samples with fault: {fault}")
        sent = garble(source, np.random.default_rng(0))
        readings = Readings(sent.lines, ELECTRODES)
        found = list(gestures_on(readings, own, scaled))
        right = [np.bincount(gesture[[sent.numbers[k] for k in one.numbers]]).argmax() == one.decided for one in found]
        rows.append({"fault": fault, "share": float(np.mean(right)), "decisions": len(found), **readings.counts, "dropped": sent.dropped})
    return rows


def live(source: str, silence: float, short: bool, _folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gestures of an armband as they come, by a chip that has learned `WEARER` and goes on where they are named; at the end of a stream that breaks, what was counted, too."""
    readings, own = Readings(lines_from(source, silence), ELECTRODES), taught(short)
    factory = own.joules
    decided, learned, right, not_learned, outlet = list[int](), 0, 0, 0, Outlet()

    def so_far() -> dict[str, Any]:
        return {
            "decisions": len(decided),
            "gestures": decided,
            "learned": learned,
            "learning_J": own.joules - factory,
            "right": right,
            "not_learned": not_learned,
            **readings.counts,
        }

    def said() -> Iterator[str]:
        nonlocal learned, right, not_learned
        for one in gestures_on(readings, own, front(WEARER)):
            decided.append(int(outlet.tell(one.decided)[0]))
            learned += one.label is not None
            right += one.label == one.decided
            not_learned += one.named and one.label is None
            told = NOT_LEARNED if one.named else ""
            yield f"sample {one.numbers[-1]}: gesture {one.decided}{told if one.label is None else f', learned as {one.label}'}"
        yield f"{len(decided)} windows{f', {right} of {learned} told rightly before they were learned' if learned else ''}"

    return telling(said(), so_far, outlet)
