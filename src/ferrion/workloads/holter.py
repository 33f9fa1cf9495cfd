"""Continuous recordings of hearts with every beat annotated, and single beats of other patients to learn from first (MIT-BIH arrhythmia database)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError, DataError
from ferrion.workloads.data import find
from ferrion.workloads.ecg import CLASSES, MILLIVOLT, TRAIN_RECORDS, read_arrays

RECORDS = ("100", "106", "119", "208")
"""Those that are held whole; three of them are among the patients of DS1, so nobody here learns from their beats before the patient is met."""
RATE = 360.0
"""Samples a second of the database."""
LAST = 10.0
"""Seconds before a record's end in which the last annotation is."""
CODES = {"N": (1, 2, 3, 34, 11), "S": (8, 4, 7, 9), "V": (5, 10), "F": (6,), "Q": (12, 38, 13)}
"""Annotations of beats by the classes of AAMI (ANSI/AAMI EC57): codes of the MIT format for N L R e j, A a J S, V E, F, and / f Q."""
UNKNOWN = len(CLASSES)
"""The class Q: a beat that nobody is asked to name."""
PEAK, LENGTH, ZERO = 128, 256, 1024
"""Of a beat of other patients, the sample of its R peak, how many there are, and the converter's count for 0 mV."""
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True)
class Holter:
    """One lead of one patient."""

    name: str
    signal: F8
    """Millivolts, (samples,), `RATE` a second."""
    peaks: I8
    """Samples at which the annotators saw beats."""
    classes: I8
    """Of those, by `CLASSES`, and `UNKNOWN`."""


@dataclass(frozen=True)
class Others:
    """Single beats of other patients."""

    waves: F8
    """Millivolts, (beats, `LENGTH`)."""
    labels: I8
    before: F8
    """Interval before each, over the median of its patient's."""
    patient: I8
    """Whose each is: the number of a record."""


def holter(name: str) -> Holter:
    """A record of `RECORDS`, or another of the database that lies beside them.

    Raises ConfigError without the package wfdb, MissingDataError without the record, DataError for one that is not in order.
    """
    try:
        import wfdb
    except ImportError as problem:
        raise ConfigError("records of the MIT-BIH database need the package wfdb: pip install 'ferrion[ecg]'") from problem
    where = find("ecg_mitbih", tuple(f"records/{name}.{ending}" for ending in ("dat", "hea", "atr"))) / "records" / name
    try:
        record, beats = wfdb.rdrecord(str(where), channels=[0]), wfdb.rdann(str(where), "atr", return_label_elements=["label_store"])
        signal = np.asarray(record.p_signal[:, 0], np.float64)
    except (ValueError, IndexError, OSError, TypeError) as problem:
        raise DataError(f"{where} cannot be read ({problem}): cut, perhaps; it needs files .dat, .hea and .atr of PhysioNet's MIT-BIH arrhythmia database") from problem
    if record.fs != RATE or not np.isfinite(signal).all():
        raise DataError(f"{where}: {record.fs} samples a second, {np.count_nonzero(~np.isfinite(signal))} of them no number; {RATE:g} a second without gaps are needed")
    if not len(beats.sample) or len(signal) - beats.sample[-1] > LAST * RATE:
        end = beats.sample[-1] / RATE if len(beats.sample) else 0.0
        raise DataError(f"{where}.atr ends at {end:.0f} s of {len(signal) / RATE:.0f} s: it is cut, or somebody else's; copy it again from PhysioNet")
    of = {code: k for k, own in enumerate((*CLASSES, "Q")) for code in CODES[own]}
    known = [k for k, code in enumerate(beats.label_store) if code in of]
    return Holter(name, signal, beats.sample[known].astype(np.int64), np.array([of[beats.label_store[k]] for k in known], np.int64))


def others() -> Others:
    """Beats of the patients of DS1 that are not among `RECORDS`. Raises MissingDataError without them."""
    kept = read_arrays(Path(find("ecg_mitbih", ("mitbih_beats.npz",))) / "mitbih_beats.npz", ("beats", "label", "record", "rr"))
    records = kept["record"].astype(int)
    wanted = np.isin(records, [own for own in TRAIN_RECORDS if str(own) not in RECORDS]) & np.isin(kept["label"], CLASSES)
    before = kept["rr"][:, 0].astype(np.float64)
    median = {own: np.median(before[records == own]) for own in np.unique(records)}
    labels = np.array([CLASSES.index(own) for own in kept["label"][wanted]], np.int64)
    paces = before / np.array([median[own] for own in records])
    return Others((kept["beats"][wanted].astype(np.float64) - ZERO) / MILLIVOLT, labels, paces[wanted], records[wanted])
