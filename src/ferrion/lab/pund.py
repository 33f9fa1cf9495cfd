"""PUND: two pulses up and two down. The first of each pair reverses domains and charges the film, the second only charges it; their difference is 2 P_r.

Domains follow nucleation-limited switching under the voltage of a triangle (`ferroelectric.exposed_fraction`), from the state the pulse before left.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError
from ferrion.devices.fecap import FeCap
from ferrion.params.card import Card
from ferrion.physics import ferroelectric

Floats = NDArray[np.float64]
PULSES = ("preset", "P", "U", "N", "D")
SIGNS = (-1.0, 1.0, 1.0, -1.0, -1.0)
POINTS = 250
"""Samples of a pulse."""


def exposed(time: Floats, volts: Floats, cap: FeCap) -> Floats:
    """Share of the domains that a pulse has reversed at every time [s], (times,): trapezia added up as logarithms, which span hundreds of decades."""
    rate = -np.asarray(ferroelectric.log_delay(volts, 0.0, cap.switching))
    steps = np.logaddexp(rate[1:], rate[:-1]) - np.log(2.0) + np.log(np.diff(time))
    log_exposure = np.logaddexp.accumulate(np.concatenate([[rate[0] + np.log(1e-3 * (time[1] - time[0]))], steps])) - np.log(cap.switching.t_inf)
    return np.asarray(ferroelectric.exposed_fraction(log_exposure, cap.switching))


def pund(card: Card, count: int, cycles: Floats, height: float, width: float, seed: int) -> xr.Dataset:
    """Triangles of `height` [V] and `width` [s], one after the other.

    voltage [V], polarisation [C/m^2], current [A], each (pulse, time), of the median capacitor fully woken; two_pr (cycles, device) [C/m^2] as P less U.
    Raises ConfigError for pulses of no height or width, and cycles that do not rise.
    """
    if not (np.isfinite(height) and height > 0 and np.isfinite(width) and width > 0):
        raise ConfigError(f"triangles of {height:g} V and {width:g} s: give a height and a width above 0")
    if cycles.size == 0 or not np.isfinite(cycles).all() or cycles[0] < 0 or (np.diff(cycles) <= 0).any():
        raise ConfigError(f"cycles {cycles.tolist()}: give numbers of 0 or more, each larger than the one before")
    caps = FeCap(count, card, seed)
    time = np.linspace(0.0, width, POINTS + 1)
    volts = height * (1.0 - np.abs(2.0 * time / width - 1.0))
    reversed_ = exposed(time, volts, caps)
    up = np.array([1.0 - reversed_, reversed_ + (1.0 - reversed_[-1]), np.ones(time.size), 1.0 - reversed_, np.full(time.size, 1.0 - reversed_[-1])])
    driven = np.outer(SIGNS, volts)
    polarisation = caps.capacitor.two_pr * (up - 0.5) + caps.capacitor.permittivity / caps.capacitor.thickness * driven
    current = caps.capacitor.area * np.gradient(polarisation, time, axis=1)
    full = caps.capacitor.two_pr * reversed_[-1]
    health = [caps.strength * np.asarray(caps.health(number)) for number in cycles]
    grid = ("pulse", "time")
    variables = {
        "voltage": (grid, driven, {"units": "V"}),
        "polarisation": (grid, polarisation, {"units": "C/m^2"}),
        "current": (grid, current, {"units": "A"}),
        "two_pr": (("cycles", "device"), full * np.array(health), {"units": "C/m^2"}),
    }
    coordinates = {"pulse": list(PULSES), "time": ("time", time, {"units": "s"}), "cycles": ("cycles", cycles, {"units": "1"})}
    return xr.Dataset(variables, coordinates, {"card": card.name, "title": card.title, "height_V": height, "width_s": width, "area_m2": caps.capacitor.area})
