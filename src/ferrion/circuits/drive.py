"""Input voltages: piecewise linear in time, with jumps."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.errors import ConfigError, DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """Piece k runs from edges[k] to edges[k + 1], begins at start[k] and changes by slope[k]."""

    edges: Floats
    """Seconds."""
    start: Floats
    """Volts."""
    slope: Floats
    """Volts a second."""

    @classmethod
    def pieces(cls, edges: ArrayLike, start: ArrayLike, slope: ArrayLike = 0.0) -> "Drive":
        """Raises DataError unless the edges increase from 0, every value is finite and there is one piece between two edges."""
        times, volts = np.asarray(edges, np.float64), np.asarray(start, np.float64)
        slopes = np.broadcast_to(np.asarray(slope, np.float64), volts.shape).copy()
        if times.ndim != 1 or volts.shape != (times.size - 1,) or times.size < 2:
            raise DataError(f"{times.size} edges and {volts.size} values: give one value for each piece between two edges, one piece at least")
        if times[0] != 0.0 or not np.all(np.diff(times) > 0):
            raise DataError("edges must begin at 0 s and increase; sort the times and take doubles out")
        if not (np.isfinite(times).all() and np.isfinite(volts).all() and np.isfinite(slopes).all()):
            raise DataError("the drive holds a value that is not finite; give seconds and volts only")
        return cls(times, volts, slopes)

    @property
    def duration(self) -> float:
        """Seconds it lasts."""
        return float(self.edges[-1])

    def at(self, times: ArrayLike) -> Floats:
        """Volts at `times` [s]; at a jump those after it."""
        t = np.asarray(times, np.float64)
        piece = np.clip(np.searchsorted(self.edges, t, side="right") - 1, 0, self.start.size - 1)
        return np.asarray(self.start[piece] + self.slope[piece] * (t - self.edges[piece]))


def _positive(**seconds: float) -> None:
    for name, value in seconds.items():
        if not (np.isfinite(value) and value > 0):
            raise ConfigError(f"{name} = {value}: give a finite time above 0 s")


def pulses(volts: float, width: float, period: float, duration: float) -> Drive:
    """A train of pulses of `volts` [V], `width` [s] long, one every `period` [s], for `duration` [s]."""
    _positive(width=width, period=period, duration=duration)
    if width >= period:
        raise ConfigError(f"width = {width} s, period = {period} s: a pulse must be shorter than the period; for a constant voltage use a step")
    count = int(np.ceil(duration / period - 1e-9))
    edges = (np.arange(count)[:, None] * period + np.array([0.0, width])).ravel()
    volts_of = np.tile([volts, 0.0], count)
    inside = edges < duration * (1 - 1e-12)
    return Drive.pieces(np.append(edges[inside], duration), volts_of[inside])


def step(volts: float, duration: float, after: float = 0.0) -> Drive:
    """`volts` [V] for `duration` [s], then 0 V for `after` [s]."""
    _positive(duration=duration)
    if after > 0:
        return Drive.pieces([0.0, duration, duration + after], [volts, 0.0])
    return Drive.pieces([0.0, duration], [volts])


def pair(volts: float, width: float, gap: float) -> Drive:
    """Two pulses of `volts` [V] and `width` [s], `gap` [s] apart."""
    _positive(width=width, gap=gap)
    return Drive.pieces([0.0, width, width + gap, 2 * width + gap], [volts, 0.0, volts])


def ramp(volts: float, duration: float) -> Drive:
    """From 0 V to `volts` [V] in half of `duration` [s] and back in the other."""
    _positive(duration=duration)
    half = duration / 2
    return Drive.pieces([0.0, half, duration], [0.0, volts], [volts / half, -volts / half])


def samples(volts: ArrayLike, dt: float) -> Drive:
    """Samples [V], each held for `dt` [s]."""
    _positive(dt=dt)
    values = np.asarray(volts, np.float64)
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"samples of shape {values.shape}: give a row of volts")
    return Drive.pieces(np.arange(values.size + 1) * dt, values)


def from_csv(path: Path, dt: float) -> Drive:
    """Samples [V] in the first column of a file, or times [s] and volts in its first two; a value is held until the next.

    Raises DataError when the file is no table of numbers.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = np.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2) if text.strip() else np.empty((0, 1))
    except (OSError, ValueError) as problem:
        raise DataError(f"{path} cannot be read as a table of numbers: {problem}; give one column of volts, or seconds,volts") from problem
    if table.size == 0 or not np.isfinite(table).all():
        raise DataError(f"{path} holds nothing, or a value that is no number; give one column of volts, or seconds,volts, without a heading")
    if table.shape[1] == 1:
        return samples(table[:, 0], dt)
    times = table[:, 0] - table[0, 0]
    return Drive.pieces(np.append(times, times[-1] + dt), table[:, 1])
