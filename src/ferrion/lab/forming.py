"""Forming: a ramp on devices that have no filament yet, then the first conductance under the ramp's compliance."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, uniforms
from ferrion.devices.memristor import Memristor
from ferrion.params.card import Card
from ferrion.physics.forming import Forming, forming_voltage

Floats = NDArray[np.float64]


def forming(card: Card, count: int, ramps: Floats, compliance: float, seed: int) -> xr.Dataset:
    """voltage (ramp, device) [V] of breakdown under ramps [V/s], the same devices under each, and conductance (device,) [S] after it.

    Raises ConfigError for ramps or a compliance [A] that are not above 0, CardError for a card without [forming].
    """
    if ramps.size == 0 or not (np.isfinite(ramps) & (ramps > 0)).all() or not 0 < compliance < np.inf:
        raise ConfigError(f"ramps {ramps.tolist()} V/s, compliance {compliance:g} A: give numbers above 0")
    p = card.fill("forming", Forming)
    draws = -np.log(uniforms(seed, Stream.PROBE, 0, count))
    volts = np.array([np.maximum(forming_voltage(draws, ramp, p), 0.0) for ramp in ramps])
    devices = Memristor(count, card, seed)
    devices.set(compliance)
    variables = {"voltage": (("ramp", "device"), volts, {"units": "V"}), "conductance": ("device", devices.conductance, {"units": "S"})}
    return xr.Dataset(variables, {"ramp": ("ramp", ramps, {"units": "V/s"})}, {"card": card.name, "title": card.title})
