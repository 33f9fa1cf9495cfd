"""Relaxation and drift of memristors after programming: how spread and mean of the conductance change with level and log time."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import filament
from ferrion.physics.filament import Filament

SHARE, GROWTH, LOSS = (reference(equation) for equation in (filament.share, filament.growth, filament.loss))
TINY = 1e-12
LEVELS, LEAST = 4, 20
"""Bins of level (and of log time, one a factor of ten), and the rows a bin must hold to be checked."""


class Relaxation:
    """ln-time growth of the spread by level, mean drift, and read noise of both reads. The first read is at `t_first`."""

    card = "memristor-martemucci2025"
    columns: ClassVar = {"time": "s", "programmed": "S", "conductance": "S"}
    together = None
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"filament": Filament}
    free: ClassVar = {**dict.fromkeys(("d4", "d3", "d2", "d1", "d0", "drift"), Domain.REAL), "read_noise": Domain.POSITIVE}
    axes = Axes("time after programming [s]", "standard deviation of the change of conductance [S]", "S")

    def check(self, table: Table) -> None:
        """Raises DataError for negative times (a noisy read may be negative)."""
        table.demand("time", table.columns["time"] >= 0, "0 or more")

    def start(self, table: Table, p: Parameters) -> dict[str, float]:
        """The same spread at every level."""
        f = p["filament"]
        change = (table.columns["conductance"] - table.columns["programmed"]) / f.g_max
        return {"d4": 0.0, "d3": 0.0, "d2": 0.0, "d1": 0.0, "d0": float(np.std(change)) + f.s0, "drift": 0.0, "read_noise": max(0.3 * float(np.std(change)), 1e-6)}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of the conductance from its mean, given what was read first."""
        f, x, age = p["filament"], SHARE(columns["programmed"], p["filament"]), columns["time"]
        sigma = torch.sqrt(GROWTH(x, age, f) + 2.0 * f.read_noise**2)
        change = (columns["conductance"] - columns["programmed"]) / f.g_max
        return Parted((change + LOSS(x, age, f)) / sigma, torch.log(sigma))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Standard deviation of the change, by level (quartiles of the first read) and time."""
        columns = {name: torch.from_numpy(own) for name, own in held.columns.items()}
        sigma = p["filament"].g_max * torch.exp(self.parted(columns, p).log_sigma).numpy()
        edges = np.quantile(held.columns["programmed"], np.linspace(0, 1, LEVELS + 1))
        (change, level, decade), (twin, twin_level, twin_decade) = (_sorted(table, edges) for table in (held, fitted))
        found = []
        for own in range(LEVELS):
            for at in np.unique(decade):
                rows, twins = (level == own) & (decade == at), (twin_level == own) & (twin_decade == at)
                if min(rows.sum(), twins.sum()) >= LEAST:
                    measured, fourth = float(change[rows].std()), float(np.mean((change[rows] - change[rows].mean()) ** 4))
                    error = float(np.sqrt(max(fourth - measured**4, 0.0) / rows.sum()) / (2.0 * max(measured, TINY)))
                    time = float(np.exp(np.log(held.columns["time"][rows]).mean()))
                    expected = float(np.sqrt(np.mean(sigma[rows] ** 2)))
                    found.append(Check(f"{1e6 * edges[own]:.0f} to {1e6 * edges[own + 1]:.0f} µS", time, measured, error, expected, float(twin[twins].std())))
        return found


def _sorted(table: Table, edges: Floats) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Change [S], bin of level and decade of time of every row."""
    first, time = table.columns["programmed"], table.columns["time"]
    return table.columns["conductance"] - first, np.digitize(first, edges[1:-1]), np.floor(np.log10(np.maximum(time, TINY)))
