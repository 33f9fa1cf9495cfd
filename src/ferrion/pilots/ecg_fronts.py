"""What a classifier of heart beats is given: samples of a converter, or spikes of a bank of bio-voltage neurons, around each beat and nothing later than `AFTER` of it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ferrion.circuits.beats import middle
from ferrion.circuits.drive import Drive
from ferrion.circuits.neuron import Neuron
from ferrion.core.noise import fork
from ferrion.workloads.holter import F8, I8, LENGTH, PEAK, RATE, Others

BEFORE, AFTER = 100, 72
"""Samples of a beat before its middle and after it: 0.28 and 0.2 s."""
DECIMATE = 2
CLIP = 4.0
"""Millivolts, and intervals, at which the drivers end."""
RECENT = 8
"""Intervals whose median is a patient's pace."""
GAINS = (30.0, 60.0, 120.0, 240.0)
"""Of the amplifiers before the neurons: 60 mV, where they switch, are 2, 1, 0.5 and 0.25 mV of a lead on the skin."""
CELLS, BIN, BINS = 4, 14, 12
"""Neurons at each gain and sign; samples of a bin in which their spikes are counted (39 ms); bins, the last of which ends with `AFTER`."""
CORNER = 0.5
"""Hertz below which the electrode's wander is held off from the neurons."""
SUPPLY = 0.12
"""Volts at which the amplifiers end, those of the neurons' paper."""
F4 = NDArray[np.float32]
Front = Callable[[F8, I8], F4]
"""Of a signal [mV] and the middles of its beats, (beats, features)."""


def converted(signal: F8, moments: I8) -> F4:
    """Samples of a converter at half the rate, their median removed [mV]."""
    waves = signal[moments[:, None] + np.arange(-BEFORE, AFTER)]
    waves = waves - np.median(waves, axis=1, keepdims=True)
    return np.clip(waves.reshape(len(moments), -1, DECIMATE).mean(axis=2), -CLIP, CLIP).astype(np.float32)


class Spikes(NamedTuple):
    """Of one gain and sign."""

    times: F8
    """Seconds, of all cells, in order."""
    joules: float


class Bank:
    """Bio-voltage neurons of Fu et al. 2025 on amplified leads, some at each gain and sign: they fire while the lead is beyond their threshold."""

    def __init__(self, seed: int) -> None:
        """One seed is one bank."""
        self.neuron, self.seed = Neuron.from_card("fu-2025"), seed
        self.joules = self.seconds = 0.0
        """Of spikes so far, and of signal heard."""
        self.spikes = 0

    def __call__(self, signal: F8, moments: I8) -> F4:
        """Spikes in each bin around each beat, over the number of cells."""
        edges = (moments[:, None] + AFTER - BIN * np.arange(BINS, -1, -1)) / RATE
        found = []
        for spikes in self.heard(signal):
            found.append(np.diff(np.searchsorted(spikes.times, edges), axis=1) / CELLS)
            self.joules, self.spikes = self.joules + spikes.joules, self.spikes + len(spikes.times)
        self.seconds += len(signal) / RATE
        return np.hstack(found).astype(np.float32)

    def heard(self, signal: F8) -> list[Spikes]:
        """Of every gain and sign in turn."""
        pole = np.exp(-2.0 * np.pi * CORNER / RATE)
        lead = lfilter([1.0, -1.0], [1.0, -pole], signal, zi=[-signal[0]])[0]
        rows = [(gain, sign) for gain in GAINS for sign in (1.0, -1.0)]
        return [self._fired(np.clip(1e-3 * sign * gain * lead, 0.0, SUPPLY), fork(self.seed, k)) for k, (gain, sign) in enumerate(rows)]

    def _fired(self, volts: F8, seed: int) -> Spikes:
        drive = Drive.pieces(np.arange(len(volts)) / RATE, volts[:-1], np.diff(volts) * RATE)
        trains = self.neuron.fire(drive, count=CELLS, seed=seed)
        return Spikes(np.sort(np.concatenate(trains)), sum(charged(self.neuron, drive, train) for train in trains))


def charged(neuron: Neuron, drive: Drive, times: F8) -> float:
    """Joules that the spikes of one cell take from what drives it: each charges the capacitor from what R_c has left of the last one, C V (V - V_left)."""
    volts, gate = drive.at(times), neuron.gate
    left = np.r_[0.0, volts[:-1] * np.exp(-np.diff(times) / (gate.r_control * gate.c_gate))][: len(times)]
    return float(gate.c_gate * (volts * np.maximum(volts - left, 0.0)).sum())


def with_pace(front: Front, signal: F8, moments: I8) -> F4:
    """What a front end tells of each beat, and last the interval before it over the median of those before that."""
    between = np.diff(moments).astype(np.float64)
    paces = [between[k] / np.median(between[max(k - RECENT, 0) : k]) for k in range(1, len(between))]
    return joined(front(signal, moments), np.array([1.0, 1.0, *paces])[: len(moments)])


def of_others(front: Front, known: Others) -> F4:
    """The same of single beats of other patients, one after another."""
    waves = known.waves - np.median(known.waves, axis=1, keepdims=True)
    moments = np.array([middle(wave, PEAK, RATE) for wave in waves]) + LENGTH * np.arange(len(waves))
    return joined(front(waves.ravel(), moments), known.before)


def joined(features: F4, intervals: F8) -> F4:
    """Features and what intervals are over the pace, less 1."""
    return np.hstack([features, np.clip(intervals - 1.0, -1.0, CLIP)[:, None].astype(np.float32)])
