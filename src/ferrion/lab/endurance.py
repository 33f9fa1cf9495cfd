"""Endurance: devices cycled by law, not by looping, and measured on the way."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.params.card import Card

Floats = NDArray[np.float64]


def checked(cycles: Floats) -> Floats:
    """Cycles at which to measure; raises ConfigError unless they rise from 1 or more."""
    if cycles.ndim != 1 or cycles.size == 0 or not np.isfinite(cycles).all() or cycles[0] < 1 or (np.diff(cycles) <= 0).any():
        raise ConfigError(f"cycles {cycles.tolist()}: give numbers of 1 or more, each larger than the one before")
    return cycles


def fecap_endurance(card: Card, count: int, cycles: Floats, seed: int) -> xr.Dataset:
    """window (cycles, device) [V] that capacitors read after so many full write cycles."""
    caps, windows = FeCap(count, card, seed), []
    for number in checked(cycles):
        caps.cycle(max(number - float(caps.cycles.max()), 0.0))
        windows.append(caps.read())
    return _labelled({"window": (("cycles", "device"), np.array(windows), {"units": "V"})}, cycles, card)


def memristor_endurance(card: Card, count: int, cycles: Floats, compliance: float, seed: int) -> xr.Dataset:
    """on and off (cycles, device) [S] after a SET to `compliance` [A] and a RESET in that cycle, and the cycles every memristor lasts."""
    if not (np.isfinite(compliance) and compliance > 0):
        raise ConfigError(f"compliance current {compliance:g} A: give a current above 0")
    devices, on, off = Memristor(count, card, seed), [], []
    for number in checked(cycles):
        devices.cycles = np.full(count, number - 1.0)
        devices.set(compliance)
        on.append(devices.conductance)
        devices.reset()
        off.append(devices.conductance)
    both = {name: (("cycles", "device"), np.array(found), {"units": "S"}) for name, found in (("on", on), ("off", off))}
    return _labelled({**both, "life": (("device",), devices.limit, {"units": "1"})}, cycles, card)


def neuron_endurance(neuron: Neuron, count: int, cycles: Floats, seed: int) -> xr.Dataset:
    """threshold (cycles, device) [V] after so many switchings, life (device,) until stuck on, and hold [V]: where the two meet nothing dissolves any more."""
    values = np.array([neuron.thresholds(count, seed, number) for number in checked(cycles)])
    variables = {"threshold": (("cycles", "device"), values, {"units": "V"}), "life": (("device",), neuron.lives(count, seed), {"units": "1"})}
    return _labelled(variables, cycles, neuron.card).assign_attrs(hold_V=neuron.memristor.v_hold)


def _labelled(variables: Mapping[str, object], cycles: Floats, card: Card) -> xr.Dataset:
    return xr.Dataset(variables, {"cycles": ("cycles", cycles, {"units": "1"})}, {"card": card.name, "title": card.title})
