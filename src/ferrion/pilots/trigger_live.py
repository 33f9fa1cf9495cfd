"""A trigger on samples that come as lines `number;value`: from a file, a pipe or a socket, over a poor line too."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.circuits.trigger import AFTER, idle, line, take, threshold
from ferrion.core.errors import DataError
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.pilots.machine_faults import FAULTS
from ferrion.pilots.sorter import Differences, Sorter
from ferrion.pilots.sorters import heard, taught
from ferrion.pilots.telling import telling
from ferrion.pilots.trigger import CALIBRATION, SHORT_CALIBRATION
from ferrion.workloads.machines import Machine
from ferrion.workloads.pulses import NO_UNIT, NOISE, RATE, Recording, judged, recorded, truth
from ferrion.workloads.streams.lines import Reading, Readings, lines_from

SETTLE = round(RATE)
"""Samples by which the comparator is set before anything is looked for: a second."""
FAULTY, SHORT_FAULTY = 10.0, 3.0
"""Seconds of a stream with faults."""


class Pulse(NamedTuple):
    """One that was sorted."""

    number: int
    """Of the line its peak came in."""
    unit: int
    """`NO_UNIT`: none."""


class Chip(NamedTuple):
    """What a stream is sorted by; its samples are in the unit of the calibration, heights of a pulse."""

    front: Differences
    sorter: Sorter


def sorted_on(readings: Iterable[Reading], own: Chip) -> Iterator[Pulse]:
    """Every pulse of a stream, told `AFTER` samples behind its peak. Raises DataError for a stream that ends before the comparator is set."""
    going_on = iter(readings)
    first = np.array([reading.values[0] for reading in islice(going_on, SETTLE)])
    if len(first) < SETTLE:
        raise DataError(f"the stream ended after {len(first)} samples; the first {SETTLE} (a second) set the comparator before any pulse is looked for")
    level, held = threshold(first), idle()
    numbers = np.zeros(AFTER + 1, np.int64)
    for k, reading in enumerate(going_on):
        numbers[k % (AFTER + 1)] = reading.number
        if take(held, reading.values[0], level):
            unit = int(own.sorter.votes(own.front(line(held)[None])).argmax())
            yield Pulse(int(numbers[(k - AFTER) % (AFTER + 1)]), unit)


def calibrated(short: bool) -> Chip:
    """Chip 0, after its calibration."""
    front, chip, _ = taught(heard(recorded(NOISE, SHORT_CALIBRATION if short else CALIBRATION, fork(0, 0))), 0, short)
    return Chip(front, chip)


def faulty(short: bool, _folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Every fault, on an electrode whose samples come over a line: share of the pulses after the first second that are sorted rightly, and what was counted."""
    recording, own, rows = recorded(NOISE, SHORT_FAULTY if short else FAULTY, fork(0, 1)), calibrated(short), []
    source = Machine("electrode", recording.signal[:, None], np.zeros(len(recording.signal), bool))
    for fault, garble in FAULTS.items():
        tell(f"samples with fault: {fault}")
        sent = garble(source, np.random.default_rng(0))
        readings = Readings(sent.lines, 1)
        found = list(sorted_on(readings, own))
        peaks = np.array([sent.numbers[pulse.number] for pulse in found], np.int64)
        rows.append(
            {
                "fault": fault,
                "share": _right(recording, peaks, np.array([pulse.unit for pulse in found], np.int64)),
                "decisions": len(found),
                **readings.counts,
                "dropped": sent.dropped,
            }
        )
    return rows


def _right(recording: Recording, peaks: NDArray[np.int64], units: NDArray[np.int64]) -> float:
    later = recording.peaks >= SETTLE
    part = recording._replace(peaks=recording.peaks[later], units=recording.units[later])
    order = np.argsort(peaks)
    return judged(part, truth(part, peaks[order]), units[order]).right


def live(source: str, silence: float, short: bool, _folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pulses of an electrode as they come, sorted by a chip that has learned its calibration; at the end of a stream that breaks, what was counted, too."""
    readings, own = Readings(lines_from(source, silence), 1), calibrated(short)
    units, numbers, outlet = list[int](), list[int](), Outlet()

    def so_far() -> dict[str, Any]:
        return {"decisions": len(units), "units": units, "samples": numbers, **readings.counts}

    def said() -> Iterator[str]:
        for pulse in sorted_on(readings, own):
            units.append(int(outlet.tell(pulse.unit)[0]))
            numbers.append(pulse.number)
            yield f"sample {pulse.number}: {'no unit' if pulse.unit == NO_UNIT else f'unit {pulse.unit}'}"
        yield f"{len(units)} pulses"

    return telling(said(), so_far, outlet)
