"""Heart beats of the MIT-BIH arrhythmia database as inputs of a small network."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import DataError

CLASSES = ("N", "S", "V", "F")
TRAIN_RECORDS = (101, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 124, 201, 203, 205, 207, 208, 209, 215, 220, 223, 230)
"""DS1 of de Chazal et al., IEEE TBME 51, 1196 (2004): patients of the test set are in none of them."""
DECIMATE = 2
MILLIVOLT = 200.0
"""Converter counts per millivolt (MIT-BIH header files)."""


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """The arrays `names` of an npz file of recordings; raises DataError when it is damaged or lacks one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
        raise DataError(f"{path} cannot be read ({problem}); it needs plain arrays {', '.join(names)}") from problem


Rhythm = Callable[[NDArray[np.float64], NDArray[Any]], NDArray[np.float64]]
"""What is told of the intervals before and after each beat (beats, 2) and its record (beats,), record by record and in order: (beats, columns), 1 where it is as usual."""


def of_the_record(intervals: NDArray[np.float64], records: NDArray[Any]) -> NDArray[np.float64]:
    """Both intervals over their mean for the record: for who has the whole of it."""
    mean = {record: intervals[records == record].mean() for record in np.unique(records)}
    return intervals / np.array([mean[record] for record in records])[:, None]


def so_far(intervals: NDArray[np.float64], records: NDArray[Any]) -> NDArray[np.float64]:
    """The interval before a beat over the mean of its record's up to this one: all that is known when a beat is decided. Raises DataError for one that is not above 0."""
    before = intervals[:, 0]
    if not (before > 0.0).all():
        raise DataError(
            f"{np.count_nonzero(~(before > 0.0))} of {len(before)} intervals before a beat are 0, negative or no numbers: a beat comes after another; read the recordings anew"
        )
    found = np.empty(len(before))
    for record in np.unique(records):
        own = records == record
        found[own] = before[own] * np.arange(1, own.sum() + 1) / np.cumsum(before[own])
    return found[:, None]


def read_beats(path: Path, rhythm: Rhythm = of_the_record) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Training inputs and labels, then those of the test. 128 samples of 180 Hz around the R peak [mV, median removed] and what `rhythm` tells."""
    kept = read_arrays(path, ("beats", "label", "record", "rr"))
    beats, labels, records, intervals = kept["beats"], kept["label"], kept["record"], kept["rr"].astype(np.float64)
    wave = (beats - np.median(beats, axis=1, keepdims=True)) / MILLIVOLT
    wave = wave.reshape(len(wave), -1, DECIMATE).mean(axis=2)
    inputs = np.hstack([wave, np.clip(rhythm(intervals, records), 0.0, 3.0) - 1.0]).astype(np.float32)
    known = np.isin(labels, CLASSES)
    classes = np.array([CLASSES.index(label) if label in CLASSES else -1 for label in labels], np.int64)
    train = np.isin(records.astype(int), TRAIN_RECORDS)
    return inputs[known & train], classes[known & train], inputs[known & ~train], classes[known & ~train]
