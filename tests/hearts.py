"""Made-up hearts: narrow beats (N), wide ones twice as high that come early and pause (V), fusions of both (F), on a wandering lead with noise."""

import numpy as np

WAVES = {
    "N": ((-0.17, 0.025, 0.12), (0.0, 0.011, 1.0), (0.03, 0.011, -0.25), (0.28, 0.045, 0.3)),
    "V": ((0.0, 0.035, 2.0), (0.07, 0.03, -0.8), (0.30, 0.06, -0.9)),
    "F": ((-0.17, 0.025, 0.06), (0.0, 0.022, 1.5), (0.05, 0.02, -0.5), (0.29, 0.05, -0.3)),
}
"""Of each wave: seconds from the peak, its width and height [mV]."""
CLASS = {"N": 0, "V": 2, "F": 3}


def heart(beats, rate=360.0, seed=0, start=1.0):
    """Signal [mV], samples of the peaks and classes of a row of beats."""
    draws = np.random.default_rng(seed)
    times, now = [], start
    for kind, following in zip(beats, beats[1:] + "N", strict=True):
        times.append(now)
        now += (0.5 if following == "V" else 1.05 if kind == "V" else 0.8) * (1.0 + 0.02 * draws.normal())
    t = np.arange(round((now + 1.0) * rate)) / rate
    signal = 0.2 * np.sin(2.0 * np.pi * 0.2 * t) + 0.01 * draws.normal(size=len(t))
    for at, kind in zip(times, beats, strict=True):
        for shift, width, height in WAVES[kind]:
            near = slice(max(round((at + shift - 6 * width) * rate), 0), round((at + shift + 6 * width) * rate))
            signal[near] += height * (1.0 + 0.05 * draws.normal()) * np.exp(-0.5 * ((t[near] - at - shift) / width) ** 2)
    return signal, np.rint(np.array(times) * rate).astype(np.int64), np.array([CLASS[kind] for kind in beats])
