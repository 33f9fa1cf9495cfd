"""A heart from lines `sample;millivolts`: from a file, a pipe or a socket, over a poor line too.

Where the first line names a second value, `label`, the class of a beat (0 to 3: N, S, V, F) stands there beside its middle, and the beat is told and then learned.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ferrion.chip.outlet import Outlet
from ferrion.chip.stimulator import Stimulator
from ferrion.core.errors import DataError
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.pilots.ecg_course import Course
from ferrion.pilots.ecg_diary import Diary
from ferrion.pilots.ecg_fronts import converted
from ferrion.pilots.ecg_hearts import FIRST
from ferrion.pilots.ecg_score import NOT_FOUND, V, answered, matched
from ferrion.pilots.ecg_watch import HeartWatch, watched_on
from ferrion.pilots.learners import METAPLASTICITY, Learner, on_chip
from ferrion.pilots.machine_faults import FAULTS
from ferrion.pilots.telling import telling
from ferrion.workloads.holter import RATE, RECORDS, Holter
from ferrion.workloads.machines import Machine
from ferrion.workloads.streams.lines import Readings, lines_from
from ferrion.workloads.streams.source import PIPE, TCP

HEART = RECORDS.index("119")
"""Whose stream is garbled, and whose beats the chip of a live stream has not learned either."""
STIMULUS = 2
"""What leaves beside 0 and 1, of a beat that is not ventricular and one that is."""
FAULTY, SHORT_FAULTY = 600.0, 120.0
"""Seconds of a stream with faults."""


def taught(course: Course) -> Learner:
    """Chip 0, after the beats of other patients."""
    inputs = course.given(converted)
    own = on_chip(course.shape(inputs), fork(0, 0), METAPLASTICITY)
    own.learn(inputs.others, 0)
    return own


def later(holter: Holter, seconds: float) -> Holter:
    """A stretch after the first minutes."""
    start, end = round(FIRST * RATE), round((FIRST + seconds) * RATE)
    here = (holter.peaks >= start) & (holter.peaks < end)
    return Holter(holter.name, holter.signal[start:end], holter.peaks[here] - start, holter.classes[here])


def faulty(short: bool, _folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Every fault, on a heart whose samples come over a line: share of the annotated beats that were found and told rightly to be ventricular or not, and what was counted."""
    course, rows = Course(0, short), []
    holter, own = later(course.hearts[HEART].holter, SHORT_FAULTY if short else FAULTY), taught(course)
    source = Machine("heart", holter.signal[:, None], np.zeros(len(holter.signal), bool))
    for fault, garble in FAULTS.items():
        tell(f"samples with fault: {fault}")
        sent = garble(source, np.random.default_rng(0))
        readings, watch = Readings(sent.lines, 1), HeartWatch(own)
        said = list(watched_on(readings, watch))
        beats = np.array([(sent.numbers[one.number], one.ventricular) for one in said if not one.stimulus], np.int64).reshape(-1, 2)
        which = matched(beats[:, 0], holter)
        told = dict(zip(which.tolist(), beats[:, 1].tolist(), strict=True))
        right = sum(told.get(k) == int(one == V) for k, one in enumerate(holter.classes))
        given = [sent.numbers[one.number] / RATE for one in said if one.stimulus]
        found = answered(holter, given, 0.0)
        counted = {"decisions": len(beats), "stimuli": len(given), "false_stimuli": found.false, "no_beats": int((which == NOT_FOUND).sum()), "lost": watch.lost}
        rows.append({"fault": fault, "share": right / len(holter.classes), **counted, **readings.counts, "dropped": sent.dropped})
    return rows


def live(source: str, silence: float, short: bool, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ventricular beats and stimuli of a heart as they come, by a chip that has learned those of other patients and learns those that are named.

    At the end of a stream that breaks, what was counted, too.

    Stimuli of a pipe or a socket are kept in `folder`, so that one that is started anew rests for them; a file is a replay, and nothing of it is.
    """
    readings, diary = Readings(lines_from(source, silence), 1), Diary(folder) if source == PIPE or source.startswith(TCP) else None
    own = taught(Course(0, short))
    factory = own.joules
    watch = HeartWatch(own, Stimulator.remembering(diary.ages if diary else ()))
    beats, learned, ventricular, stimuli, outlet = 0, 0, list[int](), list[int](), Outlet()

    def so_far() -> dict[str, Any]:
        return {
            "decisions": beats,
            "ventricular": ventricular,
            "stimuli": stimuli,
            "learned": learned,
            "learning_J": own.joules - factory,
            "misnamed": watch.misnamed,
            "lost": watch.lost,
            **readings.counts,
        }

    def said() -> Iterator[str]:
        nonlocal beats, learned
        for one in watched_on(readings, watch):
            outlet.tell(STIMULUS if one.stimulus else one.ventricular)
            beats += not one.stimulus
            learned += one.label is not None
            if one.stimulus and diary:
                diary.note()
            if one.ventricular:
                (stimuli if one.stimulus else ventricular).append(one.number)
                yield f"line {one.number}: {'STIMULUS' if one.stimulus else 'ventricular beat'}"
        if not beats:
            raise DataError(f"no beat in {readings.counts['rows']} lines, {watch.lost} losses of the signal; give some seconds of lines sample;millivolts, {RATE:g} a second")
        yield f"{beats} beats, {len(ventricular)} of them ventricular, {len(stimuli)} stimuli, {learned} beats learned"

    return telling(said(), so_far, outlet)
