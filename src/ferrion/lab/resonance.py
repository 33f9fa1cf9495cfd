"""Stochastic resonance: noise carries a signal too weak to fire any neuron over the threshold, and too much of it drowns the signal."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import samples
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, fork, normals

Floats = NDArray[np.float64]
HOLD = 1e-3
"""Seconds that a sample of the added noise holds: white up to half a kilohertz."""
LONGEST = 1000.0
"""Seconds of an experiment."""
BINS = 20
"""Bins a period in which spikes are counted."""


def resonance(neuron: Neuron, base: float, swing: float, frequency: float, periods: int, noises: Floats, cells: int, seed: int) -> xr.Dataset:
    """correlation and rate [1/s] (own, noise): how well the spikes of `cells` cells follow base + swing sin(2 pi f t) [V] under added noise of so many volts.

    own: without and with the neuron's own noise. Every cell has a device and a noise voltage of its own. The correlation is that of the spikes of
    all cells in `BINS` bins a period with the signal (C_1 of Collins, Chow and Imhoff, Nature 376, 236 (1995)); 0 where nothing fires.
    Raises ConfigError for settings out of range.
    """
    if not (periods / max(frequency, 1e-300) < LONGEST and frequency * HOLD * BINS < 0.5 and periods >= 2 and cells >= 1 and (noises >= 0).all()):
        raise ConfigError(
            f"frequency {frequency:g} Hz, {periods} periods, {cells} cells, noise {noises.tolist()} V: below 25 Hz, two periods or more within {LONGEST:g} s, no negative noise"
        )
    times = (np.arange(round(periods / frequency / HOLD)) + 0.5) * HOLD
    signal = base + swing * np.sin(2 * np.pi * frequency * times)
    shifts = neuron.shifts(cells + 1, seed)[1:]
    edges = np.linspace(0.0, periods / frequency, periods * BINS + 1)
    wanted = np.sin(2 * np.pi * frequency * 0.5 * (edges[1:] + edges[:-1]))
    correlation, rate = np.zeros((2, noises.size)), np.zeros((2, noises.size))
    for own in (0, 1):
        for place, noise in enumerate(noises):
            spikes = [_fired(neuron, shifts[cell], signal + noise * normals(seed, Stream.PROBE, cell, times.size), bool(own), fork(seed, cell)) for cell in range(cells)]
            counts = np.histogram(np.concatenate(spikes), edges)[0]
            correlation[own, place] = np.corrcoef(counts, wanted)[0, 1] if counts.any() else 0.0
            rate[own, place] = counts.sum() / (cells * edges[-1])
    grid = ("own", "noise")
    return xr.Dataset(
        {"correlation": (grid, correlation, {"units": "1"}), "rate": (grid, rate, {"units": "1/s"})},
        {"own": ("own", [False, True]), "noise": ("noise", noises, {"units": "V"})},
        {"card": neuron.card.name, "title": neuron.card.title, "base_V": base, "swing_V": swing, "frequency_Hz": frequency},
    )


def _fired(neuron: Neuron, shift: float, volts: Floats, own: bool, seed: int) -> Floats:
    return neuron.shifted(shift).fire(samples(volts, HOLD), noise=own, alike=True, seed=seed)[0]
