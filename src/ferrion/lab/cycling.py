"""Wake-up and fatigue of ferroelectric capacitors: remanent polarisation against cycles."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferrion.devices.fecap import Operation
from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import ageing
from ferrion.physics.ageing import Ageing
from ferrion.physics.ferroelectric import Capacitor

WAKE_UP, FATIGUE = reference(ageing.wake_up), reference(ageing.fatigue)
FRESH = 1e-3
"""Cycles of a capacitor that has seen none: powers of 0 have no slope."""
BINS, LEAST = 8, 5
"""Bins of log cycles, and the rows a bin must hold to be checked."""


class Cycling:
    """2 P_r after N cycles: wake-up times fatigue, log-normal from capacitor to capacitor."""

    card = "fecap-martemucci2025"
    columns: ClassVar = {"cycles": "1", "two_pr": "C/m^2"}
    together = None
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"capacitor": Capacitor, "ageing": Ageing, "operation": Operation}
    free: ClassVar = {
        "two_pr": Domain.POSITIVE,
        "pinched": Domain.SHARE,
        "n_wake": Domain.POSITIVE,
        "n_fatigue": Domain.POSITIVE,
        "fatigue_slope": Domain.POSITIVE,
        "spread": Domain.POSITIVE,
    }
    axes = Axes("cycles", "2 P_r, geometric mean [C/m²]", "C/m^2")

    def check(self, table: Table) -> None:
        """Raises DataError for negative cycles and polarisations that are not above 0."""
        table.demand("cycles", table.columns["cycles"] >= 0, "0 or more")
        table.demand("two_pr", table.columns["two_pr"] > 0, "above 0")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """From the ends of the curve."""
        cycles, two_pr = table.columns["cycles"], table.columns["two_pr"]
        order = np.argsort(cycles)
        tenth = max(len(table) // 10, 1)
        first, top = float(np.median(two_pr[order[:tenth]])), float(np.quantile(two_pr, 0.9))
        middle = float(np.exp(np.log(np.maximum(cycles, 1.0)).mean()))
        return {
            "two_pr": top,
            "pinched": min(max(first / top, 0.05), 0.95),
            "n_wake": middle,
            "n_fatigue": 10 * float(cycles.max()),
            "fatigue_slope": 1.0,
            "spread": float(np.std(np.log(two_pr))) + 1e-3,
        }

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of ln 2 P_r."""
        spread = torch.as_tensor(p["operation"].spread, dtype=torch.float64)
        z = torch.log(columns["two_pr"] / self._median(columns["cycles"], p)) / spread
        return Parted(z, torch.log(spread).expand_as(z))

    def _median(self, cycles: Tensor, p: Parameters) -> Tensor:
        cycles = torch.clamp(cycles, min=FRESH)
        median: Tensor = p["capacitor"].two_pr * WAKE_UP(cycles, p["ageing"]) * FATIGUE(cycles, p["ageing"])
        return median

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Geometric means in bins of log cycles."""
        cycles = held.columns["cycles"]
        expected = torch.log(self._median(torch.from_numpy(cycles), p)).numpy()
        edges = np.quantile(np.log(np.maximum(cycles, 1.0)), np.linspace(0, 1, BINS + 1))[1:-1]
        (place, measured), (twin_place, twin) = (_sorted(table, edges) for table in (held, fitted))
        found = []
        for own in range(BINS):
            rows, twins = place == own, twin_place == own
            if min(rows.sum(), twins.sum()) >= LEAST:
                at, mean, error = (float(figure) for figure in (np.exp(np.log(np.maximum(cycles[rows], 1.0)).mean()), np.exp(measured[rows].mean()), measured[rows].std(ddof=1)))
                found.append(Check("capacitors", at, mean, mean * error / float(np.sqrt(rows.sum())), float(np.exp(expected[rows].mean())), float(np.exp(twin[twins].mean()))))
        return found


def _sorted(table: Table, edges: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Bin of log cycles and ln 2 P_r of every row."""
    return np.digitize(np.log(np.maximum(table.columns["cycles"], 1.0)), edges), np.log(table.columns["two_pr"])
