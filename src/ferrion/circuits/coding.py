"""Encoders: how signals become events, each with the circuit it stands for.

A signal is (samples, channels), `dt` seconds apart. Rates and latencies code numbers in 0..1; the others follow a signal by what changes in it, so a still
signal is silent. No decision of any of them needs to know where a beat, a word or a touch begins.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import pdtrik

from ferrion.core.compiled import compiled
from ferrion.core.errors import DataError
from ferrion.core.noise import Stream, uniforms

UP = 0


class Events(NamedTuple):
    """Events in the order of their times."""

    times: NDArray[np.float64]
    """Seconds."""
    rows: NDArray[np.int64]


def poisson(shares: ArrayLike, most: float, seconds: float, seed: int) -> Events:
    """Rate code: row i fires as a Poisson process of rate shares[i] * most [1/s], on average; for shares (channels,) in 0..1."""
    values = _shares(shares)
    _positive(most=most, seconds=seconds)
    counts = pdtrik(uniforms(seed, Stream.ENCODER, 0, values.size), values * most * seconds)
    rows = np.repeat(np.arange(values.size), np.ceil(np.maximum(counts, 0.0)).astype(np.int64))
    return ordered(uniforms(seed, Stream.ENCODER, 1, rows.size) * seconds, rows)


def latency(shares: ArrayLike, seconds: float) -> Events:
    """Time to first spike: row i fires once, at seconds * (1 - shares[i]), and a share of 0 never; for shares (channels,) in 0..1."""
    values = _shares(shares)
    _positive(seconds=seconds)
    rows = np.flatnonzero(values > 0.0)
    return ordered(seconds * (1.0 - values[rows]), rows)


def level_crossing(signal: ArrayLike, dt: float, step: float) -> Events:
    """An asynchronous level-crossing converter a channel: an event at the moment the signal has moved by `step` since the last one.

    Rows 2 c are rises of channel c, rows 2 c + 1 falls. Between samples the signal is taken as a straight line, so that times are not bound to the sampling
    clock. What the events say (`followed`) is never further than a step from the signal's change since its first sample (Mark and Todd, IEEE Trans. Commun. 29, 24 (1981)).
    """
    x = _signal(signal, dt, step)
    return _listed(crossings(x, step, True), dt)


def delta(signal: ArrayLike, dt: float, step: float) -> Events:
    """Clocked delta modulation: at a sample one event a channel at most, where the signal has moved by `step`; rows as of `level_crossing`. Slopes above step / dt are lost."""
    return _listed(crossings(_signal(signal, dt, step), step, False), dt)


def sigma_delta(signal: ArrayLike, dt: float, step: float) -> Events:
    """An asynchronous sigma-delta modulator a channel: the signal is integrated, and every `step` [signal seconds] of the integral is an event and is taken off.

    Rows as of `level_crossing`: positive integrals are rises. The rate is signal / step.
    """
    x = _signal(signal, dt, step)
    integral = np.vstack([np.zeros((1, x.shape[1])), np.cumsum(0.5 * (x[1:] + x[:-1]) * dt, axis=0)])
    return _listed(crossings(integral, step, True), dt)


def followed(events: Events, channels: int, step: float, times: ArrayLike) -> NDArray[np.float64]:
    """What the events of `level_crossing` say of the signal less its first sample, at `times` [s]: (times, channels)."""
    at = np.asarray(times, np.float64)
    found = np.zeros((at.size, channels))
    for channel in range(channels):
        own = events.rows // 2 == channel
        moves = np.cumsum(np.where(events.rows[own] % 2 == UP, step, -step))
        found[:, channel] = np.r_[0.0, moves][np.searchsorted(events.times[own], at, side="right")]
    return found


@compiled
def crossings(signal, step, between):
    """Events (time in samples, row) of a signal (samples, channels): all crossings between two samples, or at most one at a sample."""
    times, rows = [np.float64(0.0)], [np.int64(0)]
    for channel in range(signal.shape[1]):
        level = signal[0, channel]
        for n in range(1, signal.shape[0]):
            before, now = signal[n - 1, channel], signal[n, channel]
            moved = int(abs(now - level) / step)
            if not between:
                moved = min(moved, 1)
            for _ in range(moved):
                rises = now > level
                level += step if rises else -step
                share = (level - before) / (now - before) if between else 1.0
                times.append(n - 1 + min(max(share, 0.0), 1.0))
                rows.append(2 * channel + (0 if rises else 1))
    return np.array(times[1:]), np.array(rows[1:])


def ordered(times: NDArray[np.float64], rows: NDArray[np.int64]) -> Events:
    """Events by time, those of one moment by row."""
    order = np.lexsort((rows, times))
    return Events(times[order], rows[order].astype(np.int64))


def _listed(found: tuple[NDArray[np.float64], NDArray[np.int64]], dt: float) -> Events:
    return ordered(found[0] * dt, found[1])


def _shares(shares: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(shares, np.float64)
    if values.ndim != 1 or not ((values >= 0.0) & (values <= 1.0)).all():
        raise DataError(f"shares of shape {values.shape}: give one number in 0..1 a row, e.g. a signal over its largest value")
    return values


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not 0.0 < value < np.inf:
            raise DataError(f"{name} = {value}: give a finite number above 0")


def _signal(signal: ArrayLike, dt: float, step: float) -> NDArray[np.float64]:
    x = np.asarray(signal, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) < 2 or not np.isfinite(x).all():
        raise DataError(f"a signal of shape {np.shape(signal)}: give (samples, channels), two samples at least, without NaN (interpolate gaps, or send them as silence)")
    _positive(dt=dt, step=step)
    return np.ascontiguousarray(x)
