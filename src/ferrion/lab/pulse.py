"""Pulses: what one pulse of a height and a width does to devices."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.params.card import Card

Floats = NDArray[np.float64]


def fecap_pulses(card: Card, volts: Floats, widths: Floats) -> xr.Dataset:
    """switched (voltage, width): share of domains that a pulse reverses in an unworn capacitor without imprint. Raises ConfigError on pulses of no height or width."""
    if min(volts.size, widths.size) == 0 or not (np.isfinite(volts).all() and np.isfinite(widths).all()) or volts.min() <= 0 or widths.min() <= 0:
        raise ConfigError(f"pulses of {volts.tolist()} V and {widths.tolist()} s: give voltages and widths above 0")
    cap = FeCap(1, card, 0)
    switched = np.array([[float(cap.fraction(v, t)[0]) for t in widths] for v in volts])
    coordinates = {"voltage": ("voltage", volts, {"units": "V"}), "width": ("width", widths, {"units": "s"})}
    return xr.Dataset({"switched": (("voltage", "width"), switched, {"units": "1"})}, coordinates, {"card": card.name, "title": card.title})


def memristor_pulses(card: Card, count: int, compliances: Floats, seed: int) -> xr.Dataset:
    """conductance (compliance, device) [S] right after one SET to each compliance current [A]. Raises ConfigError on currents that are not above 0."""
    if compliances.size == 0 or not np.isfinite(compliances).all() or compliances.min() <= 0:
        raise ConfigError(f"compliance currents {compliances.tolist()} A: give currents above 0")
    devices = Memristor(compliances.size * count, card, seed)
    devices.set(np.repeat(compliances, count))
    values = devices.conductance.reshape(compliances.size, count)
    coordinates = {"compliance": ("compliance", compliances, {"units": "A"})}
    return xr.Dataset({"conductance": (("compliance", "device"), values, {"units": "S"})}, coordinates, {"card": card.name, "title": card.title})


def neuron_pulses(neuron: Neuron, volts: Floats, widths: Floats, trials: int, seed: int) -> xr.Dataset:
    """fires (voltage, width): share of `trials` pulses on the card's own device at rest within which it spikes. Raises ConfigError on pulses of no height or width."""
    if min(volts.size, widths.size) == 0 or not (np.isfinite(volts).all() and np.isfinite(widths).all()) or volts.min() <= 0 or widths.min() <= 0:
        raise ConfigError(f"pulses of {volts.tolist()} V and {widths.tolist()} s: give voltages and widths above 0")
    longest = [neuron.first(step(float(v), float(widths.max())), count=trials, seed=seed) for v in volts]
    fires = np.array([[float((first <= width).mean()) for width in widths] for first in longest])
    coordinates = {"voltage": ("voltage", volts, {"units": "V"}), "width": ("width", widths, {"units": "s"})}
    return xr.Dataset({"fires": (("voltage", "width"), fires, {"units": "1"})}, coordinates, {"card": neuron.card.name, "title": neuron.card.title})
