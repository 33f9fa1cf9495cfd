"""Recovery of volatile threshold switches: resistance against time after pulses of several currents."""

from typing import ClassVar

import numpy as np
import torch

from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, LogScatter, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import recovery
from ferrion.physics.recovery import Recovery

RESISTANCE = reference(recovery.recovered)
SHARES = (0.03, 0.1, 0.3)
"""Of the last resistance, whose times are compared."""


class VolatileRecovery:
    """ln of the resistance is normal about that of `physics.recovery`."""

    card = "switch-galloni2024"
    columns: ClassVar = {"trace": "1", "time": "s", "current": "A", "resistance": "ohm"}
    together = "trace"
    nuisance: ClassVar = {"noise": LogScatter(0.3)}
    sections: ClassVar = {"recovery": Recovery}
    free: ClassVar = {"deviation": Domain.POSITIVE, "r_off": Domain.POSITIVE, "t_half": Domain.POSITIVE, "power": Domain.REAL, "steepness": Domain.POSITIVE}
    axes = Axes("current of the pulse [A]", "time to a share of the last resistance [s]", "s")

    def check(self, table: Table) -> None:
        """Raises DataError for times, currents and resistances that are not above 0."""
        for name in ("time", "current", "resistance"):
            table.demand(name, table.columns[name] > 0, "above 0")
        table.demand_rising("time", "trace")

    def start(self, table: Table, p: Parameters) -> dict[str, float]:
        """From the largest resistance and the middle of the times."""
        top = float(np.quantile(table.columns["resistance"], 0.95))
        near = np.abs(np.log(table.columns["resistance"] / (0.5 * top))) < 0.5
        late = np.log(table.columns["time"][near]) if near.any() else np.log(table.columns["time"])
        scale = p["recovery"].power * np.log(float(np.median(table.columns["current"])) / p["recovery"].i_reference)
        return {"r_off": top, "t_half": float(np.exp(late.mean() - scale)), "deviation": 0.3}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of ln R."""
        sigma = torch.as_tensor(p["noise"].deviation, dtype=torch.float64)
        z = torch.log(columns["resistance"] / RESISTANCE(columns["time"], columns["current"], p["recovery"])) / sigma
        return Parted(z, torch.log(sigma).expand_as(z))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Times at which every held-out trace comes to shares of the law's last resistance; the twin is the fitted trace of the nearest current."""
        found, own = [], p["recovery"]
        for share in SHARES:
            level = share * own.r_off
            twins = [(current, reached(time, ohms, level)) for current, time, ohms in traces(fitted)]
            for current, time, ohms in traces(held):
                measured, twin = reached(time, ohms, level), min(twins, key=lambda other: abs(np.log(other[0] / current)))[1]
                if np.isfinite(measured) and np.isfinite(twin):
                    predicted = own.t_half * (current / own.i_reference) ** own.power * (share / (1 - share)) ** (1 / own.steepness)
                    found.append(Check(f"{100 * share:g} %", current, measured, 0.0, float(predicted), twin))
        return found


def traces(table: Table) -> list[tuple[float, Floats, Floats]]:
    """Current, times and resistances of every trace."""
    rows = [table.columns["trace"] == own for own in np.unique(table.columns["trace"])]
    return [(float(table.columns["current"][own][0]), table.columns["time"][own], table.columns["resistance"][own]) for own in rows]


def reached(time: Floats, ohms: Floats, level: float) -> float:
    """When a trace that begins below `level` has risen to it; NaN otherwise."""
    above = np.flatnonzero(ohms >= level)
    return float(time[above[0]]) if above.size and above[0] > 0 else float("nan")
