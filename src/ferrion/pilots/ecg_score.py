"""How a stimulator that answers ectopy is judged: against what it would have known from the annotators."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.stimulator import BEATS, HOUR, HOURLY, REFRACTORY, VENTRICULAR
from ferrion.workloads.ecg import CLASSES
from ferrion.workloads.holter import F8, I8, RATE, UNKNOWN, Holter

MATCH = round(0.15 * RATE)
"""Samples between a beat and its annotation, at most (ANSI/AAMI EC57)."""
SYNCHRONOUS = 0.06
"""Seconds from an annotated beat within which a stimulus counts as given with it: what synchronised defibrillators commonly state, not looked up in a standard."""
NOT_FOUND = -1
V, F = CLASSES.index("V"), CLASSES.index("F")


class Episode(NamedTuple):
    """One stretch of ectopy."""

    waited: float | None
    """Seconds from its onset, the beat that made it one, to the stimulus; None without one."""
    held: bool
    """Whether the stimulator rested when it began, after a stimulus that was not false."""


@dataclass(frozen=True)
class Answered:
    """One record."""

    episodes: list[Episode]
    false: int
    """Stimuli without ectopy; fusion and unknown beats count as ventricular here, as nobody is asked to tell them."""
    off: list[float]
    """Seconds from the nearest annotated beat to each stimulus, signed."""
    seconds: float
    """That were watched."""


def matched(moments: I8, holter: Holter) -> I8:
    """Number of the annotated beat that each found one is; `NOT_FOUND` for none within `MATCH`, and for all but the nearest to one beat."""
    after = np.clip(np.searchsorted(holter.peaks, moments), 1, len(holter.peaks) - 1)
    nearest = np.where(moments - holter.peaks[after - 1] < holter.peaks[after] - moments, after - 1, after)
    apart = np.abs(holter.peaks[nearest] - moments)
    order = np.lexsort((apart, nearest))
    first = np.ones(len(moments), bool)
    first[order[1:]] = nearest[order[1:]] != nearest[order[:-1]]
    return np.where((apart <= MATCH) & first, nearest, NOT_FOUND)


def ectopy(ventricular: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether `VENTRICULAR` of the last `BEATS` beats are, at each."""
    found: NDArray[np.bool_] = np.convolve(ventricular, np.ones(BEATS, int))[: len(ventricular)] >= VENTRICULAR
    return found


def answered(holter: Holter, stimuli: list[float], start: float) -> Answered:
    """A record from `start` [s] on."""
    peaks, given = holter.peaks / RATE, np.array(stimuli)
    there, may = ectopy(holter.classes == V), ectopy(np.isin(holter.classes, (V, F, UNKNOWN)))
    last = np.searchsorted(peaks, given - MATCH / RATE) - 1
    edges = np.flatnonzero(np.diff(there.astype(np.int8), prepend=0, append=0))
    wrong = ~(may[last] | may[np.maximum(last - 1, 0)])
    episodes = [_episode(int(first), int(end), peaks, given, last, wrong) for first, end in zip(edges[::2], edges[1::2], strict=True) if peaks[first] >= start]
    off = [float(t - peaks[np.abs(peaks - t).argmin()]) for t in given]
    return Answered(episodes, int(wrong.sum()), off, len(holter.signal) / RATE - start)


def _episode(first: int, end: int, peaks: F8, given: F8, last: I8, wrong: NDArray[np.bool_]) -> Episode:
    """Beats first..end - 1; a stimulus belongs to it if the beat before that of the stimulus is one of them or the next."""
    onset = float(peaks[first])
    own, before = given[(last >= first) & (last <= end)], given[given < onset]
    rests = bool(before.size) and not wrong[before.size - 1] and (onset - before[-1] < REFRACTORY or int((before > onset - HOUR).sum()) >= HOURLY)
    return Episode(float(own[0]) - onset if own.size else None, rests)


def numbers(records: list[Answered]) -> dict[str, float]:
    """Of all records together."""
    open_ = [own for record in records for own in record.episodes if not own.held]
    waits = [own.waited for own in open_ if own.waited is not None]
    off = np.array([own for record in records for own in record.off])
    hours = sum(record.seconds for record in records) / HOUR
    found = {"episodes": len(waits) / max(len(open_), 1), "held": 1.0 - len(open_) / max(sum(len(record.episodes) for record in records), 1)}
    found |= {"false stimuli": sum(record.false for record in records) / hours, "stimuli": len(off) / hours}
    if waits:
        found |= {"answered": float(np.median(waits)), "answered, late": float(np.quantile(waits, 0.99))}
    if len(off):
        found |= {"off": float(np.median(off)), "off, far": float((np.abs(off) > SYNCHRONOUS).sum()) / hours}
    return found
