"""Numenta's anomaly benchmark: series with windows around known anomalies, and its score (Lavin and Ahmad, ICMLA 2015, 38; NAB v1.1, nab/sweeper.py and nab/runner.py)."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferrion.core.errors import DataError
from ferrion.workloads.data import find

NAMES = (
    "machine_temperature_system_failure",
    "ambient_temperature_system_failure",
    "cpu_utilization_asg_misconfiguration",
    "ec2_request_latency_system_failure",
    "nyc_taxi",
)
"""Of NAB's realKnownCause, those of machines, of two that serve, and of a city's taxis; the two of a user's keys are not here."""
PROBATION, LONGEST = 0.15, 750
"""Share of the rows at the start that are not scored, and at most so many."""
STEEP, BEHIND = 5.0, 3.0
"""Of the sigmoid; widths of a window after which a false alarm counts whole."""
F8 = NDArray[np.float64]


class Profile(NamedTuple):
    """Of an application: what a false alarm costs, and a window that is missed."""

    false: float
    missed: float


STANDARD, FEW_FALSE, FEW_MISSED = Profile(0.11, 1.0), Profile(0.22, 1.0), Profile(0.11, 2.0)


@dataclass(frozen=True)
class Series:
    """One file."""

    name: str
    seconds: F8
    """Since the first row."""
    values: F8
    windows: tuple[tuple[int, int], ...]
    """First and last row of each, in order."""

    @property
    def probation(self) -> int:
        """Rows that are not scored, to learn from."""
        return min(int(PROBATION * len(self.values)), LONGEST)


def nab(names: tuple[str, ...] = NAMES) -> list[Series]:
    """Raises MissingDataError where they are not, DataError for one that is not in order."""
    where = find("nab", (*(f"{name}.csv" for name in names), "labels.json"))
    return [_series(where / f"{name}.csv", where / "labels.json") for name in names]


def _series(path: Path, labels: Path) -> Series:
    try:
        table, windows = pd.read_csv(path, parse_dates=["timestamp"]), json.loads(labels.read_text(encoding="utf-8"))[path.name]["windows"]
        times = table["timestamp"]
        rows = [tuple(int(np.flatnonzero(times == pd.Timestamp(edge))[0]) for edge in window) for window in windows]
        return Series(path.stem, (times - times.iloc[0]).dt.total_seconds().to_numpy(np.float64), table["value"].to_numpy(np.float64), tuple((a, b) for a, b in rows))
    except (KeyError, ValueError, IndexError, OSError) as problem:
        raise DataError(
            f"{path} or {labels.name} cannot be read ({problem}): cut, perhaps; needed are rows timestamp,value as NAB has them, and {{file: {{windows: [[start, end]]}}}}"
        ) from problem


def worth(series: Series) -> tuple[F8, NDArray[np.int64]]:
    """What an alarm at each row is worth, before the profile's weights, and the window it is in (-1: none).

    In a window the more the earlier, 1 at its first row; outside less than nothing, -1 from `BEHIND` widths after a window on.
    """
    rows = len(series.values)
    place, inside = np.full(rows, BEHIND), np.full(rows, -1)
    for k, ((first, last), (following, _)) in enumerate(pairwise([*series.windows, (rows, rows)])):
        width = last - first + 1
        place[first : last + 1] = (np.arange(first, last + 1) - last - 1) / width
        inside[first : last + 1] = k
        place[last + 1 : following] = np.arange(1, following - last) / (width - 1)
    found = np.where(place >= BEHIND, -1.0, 2.0 / (1.0 + np.exp(STEEP * np.minimum(place, BEHIND))) - 1.0)
    return np.where(inside >= 0, found / (2.0 / (1.0 + np.exp(-STEEP)) - 1.0), found), inside


class NabScore(NamedTuple):
    """Of a detector over several series, at the threshold that is best for all of them together."""

    score: float
    """100 for every window at its first row and no false alarm, 0 for silence."""
    threshold: float
    each: tuple[float, ...]
    """Raw score of each series at that threshold: its windows at most."""
    found: int
    """Windows with an alarm in them."""
    false: int
    """Rows outside windows with an alarm."""


def nab_score(levels: list[F8], series: list[Series], profile: Profile = STANDARD) -> NabScore:
    """Rows at or above a threshold are alarms; of a window, the best one counts. The threshold is swept through all levels, as NAB does over its corpus."""
    raw = [_Raw(own, one, profile) for own, one in zip(levels, series, strict=True)]
    points = sorted(((float(own[k]), n, k) for n, (own, one) in enumerate(zip(levels, series, strict=True)) for k in range(one.probation, len(own)) if own[k] > 0.0), reverse=True)
    best = _scored(raw, np.inf, series, profile)
    for k, (level, n, row) in enumerate(points):
        raw[n].alarm(row)
        if k + 1 == len(points) or points[k + 1][0] != level:
            best = max(best, _scored(raw, level, series, profile), key=lambda own: own.score)
    return best


class _Raw:
    """Of one series, as alarms are added."""

    def __init__(self, levels: F8, series: Series, profile: Profile) -> None:
        if len(levels) != len(series.values) or not np.isfinite(levels).all():
            raise DataError(
                f"{series.name}: {len(levels)} levels, {np.count_nonzero(~np.isfinite(levels))} of them no number, for {len(series.values)} rows: give a finite one a row"
            )
        (self.worth, self.inside), self.profile = worth(series), profile
        self.windows = np.full(len(series.windows), -profile.missed)
        self.false, self.alarms = 0.0, 0

    def alarm(self, row: int) -> None:
        window = self.inside[row]
        if window >= 0:
            self.windows[window] = max(self.windows[window], self.worth[row])
        else:
            self.false += self.profile.false * self.worth[row]
            self.alarms += 1

    @property
    def score(self) -> float:
        return float(self.windows.sum() + self.false)


def _scored(raw: list[_Raw], threshold: float, series: list[Series], profile: Profile) -> NabScore:
    windows, each = sum(len(own.windows) for own in series), tuple(own.score for own in raw)
    found = sum(int((own.windows > -profile.missed).sum()) for own in raw)
    return NabScore(100.0 * (sum(each) + profile.missed * windows) / ((1.0 + profile.missed) * windows), threshold, each, found, sum(own.alarms for own in raw))
