"""Write-verify: memristors are SET again until a read finds them near enough to their target; then they rest, and stray."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError
from ferrion.devices.memristor import Memristor
from ferrion.lab.retention import SHARES
from ferrion.params.card import Card

Floats = NDArray[np.float64]
READ_VOLTS, ROOM, DAY = 0.2, 298.15, 86400.0


def write_verify(card: Card, count: int, tolerance: float, attempts: int, seed: int) -> xr.Dataset:
    """error (attempt, level, device) [S] from the target after each round, tries (level, device) each took, later (level, device) [S]: the error a day after the last.

    A device is left alone once a read at 0.2 V is within `tolerance` [S] of its target, a share of the range. Raises ConfigError for a
    tolerance or a number of attempts that is not above 0.
    """
    if not tolerance > 0 or attempts < 1:
        raise ConfigError(f"tolerance {tolerance:g} S, {attempts} attempts: give a tolerance above 0 and one attempt or more")
    devices = Memristor(len(SHARES) * count, card, seed)
    target = np.repeat(SHARES, count) * devices.filament.g_max
    open_, tries, errors = np.ones(target.size, bool), np.zeros(target.size), []
    for _ in range(attempts):
        devices.set(target * devices.filament.v_set, open_)
        tries += open_
        open_ &= np.abs(devices.read(READ_VOLTS) / READ_VOLTS - target) > tolerance
        errors.append(devices.conductance - target)
    devices.rest(DAY, ROOM)
    grid = ("level", "device")

    def shaped(values: Floats) -> Floats:
        return values.reshape(len(SHARES), count)

    variables = {
        "error": (("attempt", *grid), np.array([shaped(own) for own in errors]), {"units": "S"}),
        "tries": (grid, shaped(tries), {"units": "1"}),
        "failed": (grid, open_.reshape(len(SHARES), count)),
        "later": (grid, shaped(devices.conductance - target), {"units": "S"}),
    }
    coordinates = {"attempt": np.arange(1, attempts + 1), "level": ("level", np.array(SHARES), {"units": "1"})}
    return xr.Dataset(variables, coordinates, {"card": card.name, "title": card.title, "tolerance_S": tolerance})
