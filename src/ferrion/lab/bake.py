"""Temperature: the same time at every temperature (an isochronal bake), or the same drive."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.lab.retention import fecap_retention, memristor_retention
from ferrion.params.card import Card

Floats = NDArray[np.float64]


def fecap_bake(card: Card, count: int, time: float, temperatures: Floats, seed: int) -> xr.Dataset:
    """window (temperature, device) [V] after `time` [s] at each temperature [K], and fresh (device) [V]."""
    return fecap_retention(card, count, np.array([time]), temperatures, seed).isel(time=0)


def memristor_bake(card: Card, count: int, time: float, temperatures: Floats, seed: int) -> xr.Dataset:
    """conductance (temperature, level, device) [S] after `time` [s] at each temperature [K]."""
    return memristor_retention(card, count, np.array([time]), temperatures, seed).isel(time=0)


def neuron_heat(neuron_at: dict[float, Neuron], volts: float, duration: float, count: int, seed: int) -> xr.Dataset:
    """rate [1/s] and delay [s] (temperature, cell) of the same cells under a step of `volts` [V] at every temperature [K]; delay NaN where none fired."""
    if not neuron_at or not np.isfinite(volts) or not duration > 0:
        raise ConfigError(f"{len(neuron_at)} temperatures, {volts:g} V, {duration:g} s: give one temperature, a voltage and a time above 0 at least")
    trains = [neuron.fire(step(volts, duration), count=count, seed=seed) for neuron in neuron_at.values()]
    rate = np.array([[train.size / duration for train in own] for own in trains])
    delay = np.array([[train[0] if train.size else np.nan for train in own] for own in trains])
    card = next(iter(neuron_at.values())).card
    grid = ("temperature", "cell")
    coordinates = {"temperature": ("temperature", np.array(list(neuron_at)), {"units": "K"})}
    return xr.Dataset({"rate": (grid, rate, {"units": "1/s"}), "delay": (grid, delay, {"units": "s"})}, coordinates, {"card": card.name, "title": card.title})
