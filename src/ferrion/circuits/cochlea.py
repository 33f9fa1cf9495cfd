"""A silicon cochlea: a bank of gammatone filters, rectified and smoothed as by inner hair cells, then one modulator a channel."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, gammatone, lfilter

from ferrion.circuits.coding import UP, Events, sigma_delta
from ferrion.core.errors import DataError

LOWEST = 100.0
"""Hertz; the highest channel lies at HIGHEST of half the sampling rate."""
HIGHEST = 0.9
SMOOTHED = 200.0
"""Corner [Hz] of the low-pass behind the rectifier: a choice between following the pitch and following the syllable."""
COMPRESSION = 1.0 / 3.0
"""Exponent of the loudness of a rectified channel (cube root: Moore and Glasberg, Acustica 82, 335 (1996))."""


def centres(channels: int, lowest: float, highest: float) -> NDArray[np.float64]:
    """Centre frequencies [Hz], equally far apart in equivalent rectangular bandwidths: 21.4 log10(1 + 4.37 f / kHz) (Glasberg and Moore, Hear. Res. 47, 103 (1990))."""
    low, high = (21.4 * np.log10(1.0 + 4.37e-3 * f) for f in (lowest, highest))
    return np.asarray((10.0 ** (np.linspace(low, high, channels) / 21.4) - 1.0) / 4.37e-3)


def bank(sound: ArrayLike, rate: float, channels: int) -> NDArray[np.float64]:
    """Rectified, smoothed and compressed channels (samples, channels) of `sound` (samples,) in -1..1, sampled at `rate` [Hz]."""
    wave = np.asarray(sound, np.float64)
    if wave.ndim != 1 or wave.size < 2 or not np.isfinite(wave).all():
        raise DataError(f"a sound of shape {wave.shape}: give two samples or more of one channel, in -1..1, without NaN")
    if channels < 1 or not rate > 2.0 * LOWEST / HIGHEST:
        raise DataError(f"channels = {channels}, rate = {rate}: give one channel or more, and more than {2 * LOWEST / HIGHEST:.0f} samples a second")
    b, a = butter(2, min(SMOOTHED, 0.4 * rate), fs=rate)
    heard = [lfilter(*gammatone(f, "iir", fs=rate), wave) for f in centres(channels, LOWEST, HIGHEST * rate / 2.0)]
    smooth = lfilter(b, a, np.maximum(np.array(heard), 0.0), axis=1)
    return np.asarray(np.maximum(smooth, 0.0) ** COMPRESSION).T


def cochlea(sound: ArrayLike, rate: float, channels: int, step: float) -> Events:
    """Events of `sound`: row c is channel c, low to high; one event for every `step` [s] of the integral of the compressed channel."""
    events = sigma_delta(bank(sound, rate, channels), 1.0 / rate, step)
    rises = events.rows % 2 == UP
    return Events(events.times[rises], events.rows[rises] // 2)
