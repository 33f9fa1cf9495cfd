"""Machines that are watched: recordings of sensors with their anomalies, and how their authors score a detector."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferrion.core.errors import DataError, MissingDataError
from ferrion.workloads.data import find

SKAB_NAMES = (*(f"valve1/{k}" for k in range(16)), *(f"valve2/{k}" for k in range(4)), *(f"other/{k}" for k in range(1, 15)))
SKAB_SENSORS = ("Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature", "Thermocouple", "Voltage", "Volume Flow RateRMS")
SKAB_NORMAL = 400
"""Rows at the head of every file that are to be learned as normal, as its authors do."""


@dataclass(frozen=True)
class Machine:
    """One recording, a row a second (of `whut` a tenth of one)."""

    name: str
    values: NDArray[np.float64]
    """(rows, sensors)."""
    anomaly: NDArray[np.bool_]


WHUT_SENSORS = ("pre1", "pre2", "vib1", "vib2", "vib3", "vib4", "flow2", "flow1")
WHUT_PUMPS, WHUT_ROW = 5, 0.1
"""Pumps of the test bench; seconds a row."""
WATCHED, SWITCHED, AFTER = 1200, 300, 300
"""Rows of the state that was learned, those in which another number of pumps runs, and those of the first state again."""


def whut() -> list[Machine]:
    """A pipeline at each number of pumps, then one more or one less for half a minute, then as before: rows of the WHUT test bench, joined by us, for it has no anomalies.

    The first `SKAB_NORMAL` rows are to be learned. Raises MissingDataError where the recordings are not, DataError where one is not in order.
    """
    names = [f"{pumps}pumps.csv.gz" for pumps in range(1, WHUT_PUMPS + 1)]
    where = find("whut_pipeline", tuple(names))
    states = [_state(where / name) for name in names]
    pairs = [(k, other) for k in range(WHUT_PUMPS) for other in (k - 1, k + 1) if 0 <= other < WHUT_PUMPS]
    return [_joined(f"{k + 1} pumps, then {other + 1}", states[k], states[other]) for k, other in pairs]


def _state(path: Path) -> NDArray[np.float64]:
    try:
        values = pd.read_csv(path, usecols=list(WHUT_SENSORS))[list(WHUT_SENSORS)].dropna().to_numpy(np.float64)
    except (ValueError, OSError, EOFError) as problem:
        raise DataError(f"{path} cannot be read ({problem}); it needs columns {', '.join(WHUT_SENSORS)}, separated by commas") from problem
    if len(values) < SKAB_NORMAL + WATCHED + AFTER:
        raise DataError(f"{path} has {len(values)} rows without gaps; give {SKAB_NORMAL + WATCHED + AFTER} or more")
    return values


def _joined(name: str, own: NDArray[np.float64], other: NDArray[np.float64]) -> Machine:
    before = SKAB_NORMAL + WATCHED
    values = np.concatenate([own[:before], other[:SWITCHED], own[before : before + AFTER]])
    anomaly = np.zeros(len(values), bool)
    anomaly[before : before + SWITCHED] = True
    return Machine(name, values, anomaly)


class Score(NamedTuple):
    """Of a detector over all recordings together, as SKAB's leaderboard has it."""

    f1: float
    false_alarms: float
    """Of normal rows, the share that is told as an anomaly (FAR)."""
    missed: float
    """Of anomalous rows, the share that is not told (MAR)."""


def skab() -> list[Machine]:
    """The 34 recordings with anomalies of the Skoltech benchmark v0.9, packed or as its authors have them. Raises MissingDataError where they are not, DataError where one is
    not in order."""
    try:
        ending, where = ".csv.gz", find("skab", tuple(f"{name}.csv.gz" for name in SKAB_NAMES))
    except MissingDataError:
        ending, where = ".csv", find("skab", tuple(f"{name}.csv" for name in SKAB_NAMES))
    return [_machine(name, where / f"{name}{ending}") for name in SKAB_NAMES]


def _machine(name: str, path: Path) -> Machine:
    try:
        table = pd.read_csv(path, sep=";")
        return Machine(name, table[list(SKAB_SENSORS)].to_numpy(np.float64), table["anomaly"].to_numpy() > 0)
    except (KeyError, ValueError, OSError, EOFError) as problem:
        raise DataError(f"{path} cannot be read ({problem}); it needs columns {', '.join(SKAB_SENSORS)}, anomaly, separated by semicolons") from problem


def score(told: list[NDArray[np.bool_]], true: list[NDArray[np.bool_]]) -> Score:
    """Rows of all recordings counted together (SKAB, core/metrics.py)."""
    alarm, anomaly = (np.array(list(chain.from_iterable(parts)), bool) for parts in (told, true))
    hits, false, missed = int((alarm & anomaly).sum()), int((alarm & ~anomaly).sum()), int((~alarm & anomaly).sum())
    return Score(hits / max(hits + (false + missed) / 2, 1), false / max(int((~anomaly).sum()), 1), missed / max(int(anomaly.sum()), 1))


def delays(told: NDArray[np.bool_], true: NDArray[np.bool_]) -> list[float]:
    """Rows from the onset of each anomaly to its first alarm; infinite where it ends without one."""
    edges = np.flatnonzero(np.diff(true.astype(np.int8), prepend=0, append=0))
    found = []
    for onset, end in zip(edges[::2], edges[1::2], strict=True):
        alarms = np.flatnonzero(told[onset:end])
        found.append(float(alarms[0]) if alarms.size else float("inf"))
    return found
