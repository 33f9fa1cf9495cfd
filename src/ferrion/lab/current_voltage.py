"""Current against voltage: loops of ferroelectric capacitors, reads of memristors, threshold switching of ion neurons."""

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import ramp
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.devices.memristor import Memristor
from ferrion.lab.hysteresis import coercives, polarisation
from ferrion.lab.retention import SHARES
from ferrion.params.card import Card
from ferrion.physics.ferroelectric import Capacitor, Switching
from ferrion.physics.nucleation import conductance

Floats = NDArray[np.float64]
POINTS = 401
"""Samples of a loop."""


def fecap_loops(card: Card, height: float, frequencies: Floats) -> xr.Dataset:
    """voltage (time) [V], polarisation [C/m^2] and current [A] (frequency, time) of loops that repeat, coercive (frequency) [V]; time as a share of the period.

    Raises ConfigError for heights and frequencies that are not above 0.
    """
    _above(height=height, frequency=float(frequencies.min(initial=np.inf)))
    capacitor = card.fill("capacitor", Capacitor)
    p = {"capacitor": capacitor, "switching": card.fill("switching", Switching)}
    phase = np.linspace(0.0, 1.0, POINTS)
    volts = height * (1.0 - np.abs(((4.0 * phase + 1.0) % 4.0) - 2.0))
    shapes, currents, widths = [], [], []
    for number, frequency in enumerate(frequencies):
        columns = {"loop": np.full(POINTS, float(number)), "time": phase / frequency, "voltage": volts}
        own = polarisation({name: torch.from_numpy(column) for name, column in columns.items()}, p).numpy()
        shapes.append(own)
        currents.append(capacitor.area * np.gradient(own, phase / frequency))
        widths.append(coercives(columns, own)[0][1])
    grid = ("frequency", "time")
    variables = {
        "voltage": ("time", volts, {"units": "V"}),
        "polarisation": (grid, np.array(shapes), {"units": "C/m^2"}),
        "current": (grid, np.array(currents), {"units": "A"}),
        "coercive": ("frequency", np.array(widths), {"units": "V"}),
    }
    return xr.Dataset(variables, {"frequency": ("frequency", frequencies, {"units": "Hz"}), "time": phase}, {"card": card.name, "title": card.title})


def memristor_reads(card: Card, count: int, volts: Floats, seed: int) -> xr.Dataset:
    """current (level, voltage, device) [A] of memristors SET to shares of the range, each read once at every voltage: ohmic, with read noise."""
    if volts.size == 0 or not np.isfinite(volts).all() or not volts.any():
        raise ConfigError(f"volts {volts.tolist()}: give finite voltages, not all of them 0")
    devices = Memristor(len(SHARES) * count, card, seed)
    devices.set(np.repeat(SHARES, count) * devices.filament.g_max * devices.filament.v_set)
    currents = np.array([devices.read(float(v)) for v in volts]).reshape(volts.size, len(SHARES), count)
    coordinates = {"level": ("level", np.array(SHARES), {"units": "1"}), "voltage": ("voltage", volts, {"units": "V"})}
    variables = {"current": (("level", "voltage", "device"), currents.transpose(1, 0, 2), {"units": "A"})}
    return xr.Dataset(variables, coordinates, {"card": card.name, "title": card.title})


def neuron_ramps(neuron: Neuron, count: int, height: float, durations: Floats, seed: int) -> xr.Dataset:
    """threshold (duration, cell) [V]: the drive at the first spike of ramps to `height` [V] and back, NaN where none came; voltage and current (time) of the card's own device.

    current [A] is that through the memristor, (v_in - v_gate) G, in the longest ramp. Raises ConfigError for ramps of no height or length.
    """
    _above(height=height, duration=float(durations.min(initial=np.inf)))
    found = []
    for duration in durations:
        drive = ramp(height, float(duration))
        firsts = np.array([train[0] if train.size else np.nan for train in neuron.fire(drive, count=count, seed=seed)])
        found.append(np.where(np.isfinite(firsts), drive.at(np.nan_to_num(firsts)), np.nan))
    longest = float(durations.max())
    run = neuron.run(ramp(height, longest), longest / 2000, seed=seed)
    over = run["v_in"].to_numpy() - run["v_gate"].to_numpy()[0]
    current = over * np.asarray(conductance(run["filament"].to_numpy()[0], neuron.memristor))
    variables = {
        "threshold": (("duration", "cell"), np.array(found), {"units": "V"}),
        "v_in": ("time", run["v_in"].to_numpy(), {"units": "V"}),
        "over": ("time", over, {"units": "V"}),
        "current": ("time", current, {"units": "A"}),
    }
    coordinates = {"duration": ("duration", durations, {"units": "s"}), "time": ("time", run["time"].to_numpy(), {"units": "s"})}
    return xr.Dataset(variables, coordinates, {"card": neuron.card.name, "title": neuron.card.title, "height_V": height})


def _above(**given: float) -> None:
    for name, value in given.items():
        if not (np.isfinite(value) and value > 0):
            raise ConfigError(f"{name} = {value:g}: give a number above 0")
