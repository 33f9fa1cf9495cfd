"""Recordings as events: six sets of labelled samples, each with a test that no training sample is in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.cochlea import cochlea
from ferrion.circuits.coding import Events, level_crossing, ordered
from ferrion.core.errors import DataError
from ferrion.core.noise import permutation
from ferrion.workloads.data import find
from ferrion.workloads.ecg import CLASSES, MILLIVOLT, TRAIN_RECORDS, read_arrays, so_far

MICRO = 1e-6
SENSOR = 34
"""Pixels along each side of N-MNIST."""
SACCADES = np.array([0.0, 0.105, 0.21, 0.34])
"""Seconds at which its sensor rests: between two of them it moves one way."""
HANDS = 32
"""Pixels along each side of what is left of a DVS128 where four by four share a row."""
GLANCE, GLANCES, APART = 0.1, 14, 8
"""Seconds of a gesture that are decided at a time; how many of them a recording holds; the one that lies between those to learn from and those to decide."""
TAXELS, LETTERS = 12, 27
LOUD, CHANNELS, SOUND_STEP = 2.0**15, 40, 0.01
SPOKEN_TEST = 5
"""Of each digit and speaker the first so many recordings are the test, as the set's authors say."""
ECG_STEP, ECG_RATE, BEATS = 0.1, 360.0, (0.5, 0.7, 0.85, 0.95, 1.05, 1.15, 1.3, 1.5)
"""Millivolts, hertz, and intervals before the beat, over their mean so far, at which one more row tells."""


@dataclass(frozen=True)
class Samples:
    """Events of samples one after another; sample i is offset[i] : offset[i + 1]."""

    times: NDArray[np.float64]
    """Seconds from the start of each sample, not falling within it."""
    rows: NDArray[np.int64]
    offset: NDArray[np.int64]
    labels: NDArray[np.int64]
    group: NDArray[np.int64]
    """Who or what each sample comes from: writer, speaker, patient; -1 where it is not known."""

    def __len__(self) -> int:
        return len(self.labels)

    def events(self, sample: int) -> Events:
        """Of one sample."""
        part = slice(self.offset[sample], self.offset[sample + 1])
        return Events(self.times[part], self.rows[part])

    def take(self, chosen: NDArray[Any]) -> "Samples":
        """Some of the samples, in the order given."""
        return gathered([self.events(int(i)) for i in chosen], self.labels[chosen], self.group[chosen])


@dataclass(frozen=True)
class EventSet:
    """Samples of `classes` classes on `rows` rows, each within `seconds`."""

    name: str
    rows: int
    classes: int
    seconds: float
    training: Samples
    test: Samples
    note: str
    paired: bool = False
    """Whether every group is one recording in several guises, which stand or fall together in a test of fewer."""
    parts: int = 1
    """Equal parts of a recording that have rows of their own: steps of a counter in front of the chip (`in_parts`)."""


def gathered(events: Iterable[Events], labels: NDArray[Any], group: NDArray[Any]) -> Samples:
    """Samples of one Events each."""
    found = [Events(np.empty(0), np.empty(0, np.int64)), *events]
    times, rows = (np.concatenate(column) for column in zip(*found, strict=True))
    return Samples(
        times, rows.astype(np.int64), np.concatenate([[0], np.cumsum([len(e.times) for e in found[1:]], dtype=np.int64)]), labels.astype(np.int64), group.astype(np.int64)
    )


def part_of(times: NDArray[np.float64], seconds: float, parts: int) -> NDArray[np.int64]:
    """Which of `parts` equal parts of `seconds` each time is in; the last for those after it."""
    return np.minimum((times / seconds * parts).astype(np.int64), parts - 1)


def in_parts(events: EventSet, parts: int) -> EventSet:
    """The same events where a counter, which steps as a recording goes on, is the upper part of their addresses: row r of part k of `parts` is row k * rows + r.

    So one tile of synapses is told when, as it is told where. Raises DataError for parts below 1, and for events that are counted already.
    """
    if not isinstance(parts, int) or parts < 1 or events.parts > 1:
        raise DataError(f"parts = {parts} of events with {events.parts} parts: give a whole number of 1 or more, and events of one part")

    def addressed(samples: Samples) -> Samples:
        return replace(samples, rows=samples.rows + events.rows * part_of(samples.times, events.seconds, parts))

    return replace(events, rows=events.rows * parts, training=addressed(events.training), test=addressed(events.test), parts=parts)


def load_events(name: str) -> EventSet:
    """One of `EVENT_SETS`. Raises MissingDataError when the recordings are not there and DataError when they are not in order."""
    if name not in LOADERS:
        raise DataError(f"events {name!r}: give {', '.join(EVENT_SETS)}")
    return LOADERS[name]()


def _nmnist() -> EventSet:
    where = find("nmnist_small", ("nmnist_train.npz", "nmnist_test.npz"))
    training, test = (_saccades(where / f"nmnist_{part}.npz") for part in ("train", "test"))
    return EventSet("nmnist", 2 * SENSOR**2, 10, 0.34, training, test, "N-MNIST, event camera: the first 1,000 training and 100 test recordings")


def _saccades(path: Path) -> Samples:
    kept = read_arrays(path, ("x", "y", "p", "t_us", "offset", "label"))
    rows = (kept["p"].astype(np.int64) * SENSOR + kept["y"]) * SENSOR + kept["x"]
    return Samples(kept["t_us"] * MICRO, rows, kept["offset"].astype(np.int64), kept["label"].astype(np.int64), np.full(len(kept["label"]), -1))


def _order() -> EventSet:
    """Counts tell nothing of the class: both ways a recording has the same events of every pixel, in every saccade. They are on the same side of every split, by `group`."""
    whole = _nmnist()
    training, test = (_both_ways(part) for part in (whole.training, whole.test))
    note = "N-MNIST recordings as they were (0) and with every saccade backwards in time, polarities kept (1): made for what counts cannot tell"
    return EventSet("nmnist-order", whole.rows, 2, whole.seconds, training, test, note, paired=True)


def _both_ways(samples: Samples) -> Samples:
    count = len(samples)
    events = [samples.events(k) for k in range(count)]
    return gathered([*events, *map(_backwards, events)], np.repeat([0, 1], count), np.tile(np.arange(count), 2))


def _backwards(events: Events) -> Events:
    """Every saccade from its end to its beginning."""
    which = np.searchsorted(SACCADES, events.times, side="right")
    return ordered(SACCADES[which] - (events.times - SACCADES[which - 1]), events.rows)


def _gestures() -> EventSet:
    """Ten recordings of one gesture each: what is told apart are these recordings, by a later half second of each."""
    path = find("dvs128_samples", ("dvs128_recordings.npz",)) / "dvs128_recordings.npz"
    kept = read_arrays(path, ("x", "y", "p", "t_us", "offset", "label_inferred"))
    pool, pixels = 128 // HANDS, HANDS**2
    rows = kept["p"].astype(np.int64) * pixels + kept["y"].astype(np.int64) // pool * HANDS + kept["x"].astype(np.int64) // pool
    offset = kept["offset"].astype(np.int64)
    number = np.repeat(np.arange(len(offset) - 1), offset[1:] - offset[:-1])
    glance = (kept["t_us"] * MICRO / GLANCE).astype(np.int64)
    if offset[0] != 0 or number.size != glance.size or not np.isin(np.arange(len(offset) - 1)[:, None] * GLANCES + np.arange(GLANCES), number * GLANCES + glance).all():
        raise DataError(
            f"{path}: offset {offset[[0, -1]].tolist()} over {glance.size} events; give offsets from 0 to the last event, and in each recording events in every {GLANCE} s"
        )

    def part(wanted: range) -> Samples:
        chosen = [np.flatnonzero((number == k) & (glance == g)) for k in range(number[-1] + 1) for g in wanted]
        events = [Events(kept["t_us"][own] * MICRO - g * GLANCE, rows[own]) for own, g in zip(chosen, [*wanted] * (number[-1] + 1), strict=True)]
        return gathered(events, np.repeat(kept["label_inferred"] - 1, len(wanted)), np.full(len(events), -1))

    note = "DVS128: ten recordings of one hand gesture each, 0.8 s to learn from and the half second after the next 0.1 s to decide, a tenth of a second at a time"
    return EventSet("gestures", 2 * pixels, len(kept["label_inferred"]), GLANCE, part(range(APART)), part(range(APART + 1, GLANCES)), note)


def _braille() -> EventSet:
    path = find("braille_tactile", ("braille_events_th10.npz",)) / "braille_events_th10.npz"
    kept = read_arrays(path, ("t", "taxel", "channel", "offset", "label"))
    rows = kept["taxel"].astype(np.int64) + TAXELS * kept["channel"]
    times = kept["t"].astype(np.float64)
    every = _sorted_within(Samples(times, rows, kept["offset"].astype(np.int64), kept["label"].astype(np.int64), np.full(len(kept["label"]), -1)))
    order = permutation(0, 0, len(every))
    cut = len(every) // 5
    note = "Braille letters under a robot's fingertip: 27 letters, 200 times each, a fifth held out by a fixed shuffle"
    return EventSet("braille", 2 * TAXELS, LETTERS, 1.35, every.take(order[cut:]), every.take(order[:cut]), note)


def _sorted_within(samples: Samples) -> Samples:
    """Samples whose events are in order."""
    which = np.repeat(np.arange(len(samples)), np.diff(samples.offset))
    order = np.lexsort((samples.rows, samples.times, which))
    return Samples(samples.times[order], samples.rows[order], samples.offset, samples.labels, samples.group)


def _fsdd() -> EventSet:
    path = find("fsdd", ("fsdd_0_24.npz",)) / "fsdd_0_24.npz"
    kept = read_arrays(path, ("audio", "offset", "digit", "speaker", "index", "fs"))
    rate, offset, seconds = float(kept["fs"]), kept["offset"], 1.0
    clips = (kept["audio"][a:b][: int(seconds * rate)] / LOUD for a, b in pairwise(offset))
    _, speakers = np.unique(kept["speaker"], return_inverse=True)
    every = gathered((cochlea(_levelled(clip), rate, CHANNELS, SOUND_STEP) for clip in clips), kept["digit"], speakers)
    held = kept["index"] < SPOKEN_TEST
    note = f"spoken digits of six speakers, {CHANNELS} cochlear channels; the authors' test, the first second of each clip"
    return EventSet("fsdd", CHANNELS, 10, seconds, every.take(np.flatnonzero(~held)), every.take(np.flatnonzero(held)), note)


def _levelled(clip: NDArray[np.float64]) -> NDArray[np.float64]:
    """At a root mean square of 0.1: what an automatic gain control leaves."""
    return clip * (0.1 / max(float(np.sqrt(np.mean(clip**2))), 1e-6))


def _ecg() -> EventSet:
    path = find("ecg_mitbih", ("mitbih_beats.npz",)) / "mitbih_beats.npz"
    kept = read_arrays(path, ("beats", "label", "record", "rr"))
    known = np.isin(kept["label"], CLASSES)
    before = so_far(kept["rr"].astype(np.float64), kept["record"])[known, 0]
    beats, labels, records = (kept[key][known] for key in ("beats", "label", "record"))
    records = records.astype(np.int64)
    wave = (beats - np.median(beats, axis=1, keepdims=True)) / MILLIVOLT
    every = gathered((_beat(w, gap) for w, gap in zip(wave, before, strict=True)), np.array([CLASSES.index(label) for label in labels]), records)
    train = np.isin(records, TRAIN_RECORDS)
    note = f"MIT-BIH beats, crossings of {ECG_STEP} mV and the time since the beat before; classes N S V F, other patients in the test (DS1, DS2)"
    return EventSet("ecg", 2 + len(BEATS), len(CLASSES), 0.75, every.take(np.flatnonzero(train)), every.take(np.flatnonzero(~train)), note)


def _beat(wave: NDArray[np.float64], gap: float) -> Events:
    """Crossings of one beat, and at its start one event on each row whose interval has passed since the beat before."""
    crossed = level_crossing(wave, 1.0 / ECG_RATE, ECG_STEP)
    told = 2 + np.flatnonzero(np.array(BEATS) < gap)
    return Events(np.concatenate([np.zeros(len(told)), crossed.times]), np.concatenate([told, crossed.rows]))


LOADERS: dict[str, Callable[[], EventSet]] = {"nmnist": _nmnist, "nmnist-order": _order, "gestures": _gestures, "braille": _braille, "fsdd": _fsdd, "ecg": _ecg}
EVENT_SETS = tuple(LOADERS)
