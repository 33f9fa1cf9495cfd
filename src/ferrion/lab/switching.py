"""Switching charge of ferroelectric capacitors along a pulse: nucleation-limited switching under a voltage that rises."""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ferrion.core.errors import DataError
from ferrion.kernels.reference import reference
from ferrion.lab.hysteresis import log_exposure
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import ferroelectric
from ferrion.physics.ferroelectric import Switching

LOG_DELAY, EXPOSED = reference(ferroelectric.log_delay), reference(ferroelectric.exposed_fraction)
SHARES = (0.25, 0.5, 0.75)
"""Of the charge of a pulse, whose voltages are compared."""


class Deviation(NamedTuple):
    """What the law leaves unexplained."""

    deviation: Annotated[float, "1"]
    """Standard deviation of the share."""


class PulseSwitching:
    """The share of a pulse's own switching charge (P less U, say) that has flowed, against time and voltage: pulses of any capacitor, whatever its polarisation."""

    card = "fecap-martemucci2025"
    columns: ClassVar = {"pulse": "1", "time": "s", "voltage": "V", "charge": "C/m^2"}
    together = "pulse"
    nuisance: ClassVar = {"noise": Deviation(0.05)}
    sections: ClassVar = {"switching": Switching}
    free: ClassVar = {"deviation": Domain.POSITIVE, "v_a": Domain.POSITIVE, "width": Domain.POSITIVE}
    axes = Axes("share of the charge", "voltage, mean over pulses [V]", "V")

    def check(self, table: Table) -> None:
        """Raises DataError when time does not rise within a pulse, or a pulse moves no charge."""
        pulse, charge = table.columns["pulse"], table.columns["charge"]
        table.demand_rising("time", "pulse")
        counts = np.unique(pulse, return_inverse=True, return_counts=True)
        table.demand("pulse", counts[2][counts[1]] > 2, "shared by three rows or more")
        ends = charge[np.append(np.flatnonzero(np.diff(pulse)), len(table) - 1)]
        if (ends == 0).any():
            raise DataError(f"{table.source}: a pulse ends with no charge: leave it out, or give the charge that has flowed since its beginning")

    def start(self, table: Table, p: Parameters) -> dict[str, float]:
        """From the middle voltage and the length of the pulses."""
        middles = [crossing(volts, share, 0.5) for _, volts, share in pulses(table)]
        longest = float(np.median([time[-1] - time[0] for time, _, _ in pulses(table)]))
        exposure = max(np.log(0.05 * longest / p["switching"].t_inf), 1.0)
        return {"v_a": float(np.nanmedian(middles) * np.sqrt(exposure)), "width": 4.0, "deviation": 0.1}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of the share of each pulse's charge."""
        last = ends(columns["pulse"])[1]
        off = columns["charge"] / columns["charge"][last] - share(columns, p)
        sigma = torch.as_tensor(p["noise"].deviation, dtype=torch.float64)
        return Parted(off / sigma, torch.log(sigma).expand_as(off))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Voltages at which a quarter, half and three quarters of the charge have flowed, by the height of the pulses."""
        expected = share({name: torch.from_numpy(column) for name, column in held.columns.items()}, p).numpy()
        sets = [_crossings(table, values) for table, values in ((held, None), (held, expected), (fitted, None))]
        found = []
        for height in sorted({key for own in sets for key in own}):
            if all(height in own for own in sets):
                for place, at in enumerate(SHARES):
                    measured, predicted, twin = (own[height][:, place] for own in sets)
                    error = float(np.nanstd(measured) / np.sqrt(measured.size))
                    found.append(Check(f"{height:g} V", at, float(np.nanmean(measured)), error, float(np.nanmean(predicted)), float(np.nanmean(twin))))
        return found


def ends(pulse: Tensor) -> tuple[Tensor, Tensor]:
    """First and last row of every row's pulse."""
    cuts = torch.nonzero(torch.diff(pulse) != 0).ravel() + 1
    edges = torch.cat([torch.zeros(1, dtype=cuts.dtype), cuts, torch.tensor([len(pulse)])])
    sizes = torch.diff(edges)
    return torch.repeat_interleave(edges[:-1], sizes), torch.repeat_interleave(edges[1:] - 1, sizes)


def share(columns: Columns, p: Parameters) -> Tensor:
    """Of the charge that each pulse moves, what has flowed: exposed domains over those at the pulse's end."""
    first, last = ends(columns["pulse"])
    switching = p["switching"]
    exposure = log_exposure(columns["time"], LOG_DELAY(columns["voltage"], 0.0, switching), first.numpy())
    exposed: Tensor = EXPOSED(exposure - torch.log(torch.as_tensor(switching.t_inf, dtype=torch.float64)), switching)
    return exposed / exposed[last]


def pulses(table: Table, values: Floats | None = None) -> list[tuple[Floats, Floats, Floats]]:
    """Time, voltage and share of the charge (or `values` in its place) of every pulse, up to its greatest voltage."""
    pulse, time, volts, charge = (table.columns[name] for name in ("pulse", "time", "voltage", "charge"))
    cuts = np.flatnonzero(np.diff(pulse) != 0) + 1
    found = []
    for t, v, own in zip(np.split(time, cuts), np.split(np.abs(volts), cuts), np.split(charge if values is None else values, cuts), strict=True):
        top = int(v.argmax()) + 1
        found.append((t[:top], v[:top], own[:top] / own[-1]))
    return found


def crossing(volts: Floats, share: Floats, level: float) -> float:
    """Voltage at which a rising share first comes to `level`; NaN if it does not."""
    above = np.flatnonzero(share >= level)
    if above.size == 0 or above[0] == 0:
        return float("nan")
    k = above[0]
    return float(volts[k - 1] + (level - share[k - 1]) / (share[k] - share[k - 1]) * (volts[k] - volts[k - 1]))


def _crossings(table: Table, values: Floats | None) -> dict[float, Floats]:
    found: dict[float, list[list[float]]] = {}
    for _, volts, own in pulses(table, values):
        found.setdefault(round(2 * float(volts.max())) / 2, []).append([crossing(volts, own, level) for level in SHARES])
    return {height: np.array(rows) for height, rows in found.items()}
