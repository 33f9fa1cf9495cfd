"""Retention: devices written once, resting at temperature, measured on the way without being written again."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.arrays.resting import rested
from ferrion.arrays.words import TOP_LEVEL
from ferrion.chip.chip import Chip
from ferrion.core.constants import BOLTZMANN_EV
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, normals
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.params.card import Card
from ferrion.physics import filament

Floats = NDArray[np.float64]
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Levels of memristors, as shares of the range."""


def checked(times: Floats, temperatures: Floats) -> None:
    """Raises ConfigError unless times [s] rise from above 0 and temperatures [K] are above 0."""
    if times.size == 0 or not np.isfinite(times).all() or times[0] <= 0 or (np.diff(times) <= 0).any():
        raise ConfigError(f"times {times.tolist()} s: give times above 0, each longer than the one before")
    if temperatures.size == 0 or not (np.isfinite(temperatures) & (temperatures > 0)).all():
        raise ConfigError(f"temperatures {temperatures.tolist()} K: give temperatures above 0 K (-273.15 °C)")


def fecap_retention(card: Card, count: int, times: Floats, temperatures: Floats, seed: int) -> xr.Dataset:
    """window (temperature, time, device) [V] that woken capacitors would read after so long, and as they were written, fresh (device,): the same at every temperature."""
    checked(times, temperatures)
    windows = []
    for temperature in temperatures:
        caps = FeCap(count, card, seed)
        caps.cycle(caps.operation.wake_up)
        fresh = caps.window(caps.fraction() * caps.up)
        for rest in np.diff(times, prepend=0.0):
            caps.rest(rest, temperature)
            windows.append(caps.window(caps.fraction() * caps.up))
    found = _labelled("window", "V", np.array(windows).reshape(temperatures.size, times.size, count), times, temperatures, card)
    return found.assign(fresh=("device", fresh, {"units": "V"}))


def memristor_retention(card: Card, count: int, times: Floats, temperatures: Floats, seed: int) -> xr.Dataset:
    """conductance (temperature, time, level, device) [S] of memristors SET to `SHARES` of the range; the same memristors at every temperature."""
    checked(times, temperatures)
    found = []
    for temperature in temperatures:
        devices = Memristor(len(SHARES) * count, card, seed)
        devices.set(np.repeat(SHARES, count) * devices.filament.g_max * devices.filament.v_set)
        for rest in np.diff(times, prepend=0.0):
            devices.rest(rest, temperature)
            found.append(devices.conductance)
    values = np.array(found).reshape(temperatures.size, times.size, len(SHARES), count)
    return _labelled("conductance", "S", values, times, temperatures, card).assign_coords(level=("level", np.array(SHARES), {"units": "1"}))


def chip_retention(chip: Chip, times: Floats, temperatures: Floats, seed: int) -> xr.Dataset:
    """weight (temperature, time, level, device): freshly drawn devices of an array at rest after one transfer of every level, as shares of the full scale."""
    checked(times, temperatures)
    p, written = chip.devices, np.array([chip.transferred(level, seed) for level in range(TOP_LEVEL + 1)])
    directions = normals(seed, Stream.REST, 1, written.size).reshape(written.shape)
    values = np.array([[rested(written, directions, float(filament.equivalent(time, kelvin, p.filament)), p) for time in times] for kelvin in temperatures])
    return _labelled("weight", "1", values, times, temperatures, chip.card).assign_coords(level=("level", np.arange(TOP_LEVEL + 1.0) / TOP_LEVEL, {"units": "1"}))


def activation(times: Floats, temperatures: Floats) -> float:
    """Activation energy [eV] of times [s] to the same loss, each at a temperature [K]: the slope of ln t over 1 / k T; NaN where fewer than two are known."""
    known = np.isfinite(times)
    if known.sum() < 2:
        return float("nan")
    return float(np.polyfit(1.0 / (BOLTZMANN_EV * temperatures[known]), np.log(times[known]), 1)[0])


def time_to(values: Floats, times: Floats, level: float) -> float:
    """When falling `values` (time,) reach `level` [s], between measurements by ln t; NaN if they do not, or had before."""
    below = np.flatnonzero(values <= level)
    if below.size == 0 or below[0] == 0:
        return float("nan")
    k = below[0]
    part = (values[k - 1] - level) / (values[k - 1] - values[k])
    return float(times[k - 1] * (times[k] / times[k - 1]) ** part)


def _labelled(name: str, unit: str, values: Floats, times: Floats, temperatures: Floats, card: Card) -> xr.Dataset:
    names = ("temperature", "time", "level", "device") if values.ndim == 4 else ("temperature", "time", "device")
    coordinates = {"temperature": ("temperature", temperatures, {"units": "K"}), "time": ("time", times, {"units": "s"})}
    return xr.Dataset({name: (names, values, {"units": unit})}, coordinates, {"card": card.name, "title": card.title})
