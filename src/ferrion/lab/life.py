"""Lives of devices: log-normal, with those that outlived the measurement known only to have done so."""

from typing import ClassVar

import numpy as np
import torch

from ferrion.devices.memristor import Endurance
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table

QUANTILES = (0.9, 0.75, 0.5, 0.25)
"""Shares still alive, of Kaplan and Meier's estimate, at which lives are compared."""


class Life:
    """ln of the cycles a device lasts is normal about ln `limit`; a row with failed = 0 says that it lasted longer."""

    card = "memristor-martemucci2025"
    columns: ClassVar = {"cycles": "1", "failed": "1"}
    together = None
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"endurance": Endurance}
    free: ClassVar = {"limit": Domain.POSITIVE, "spread": Domain.POSITIVE}
    axes = Axes("share of devices alive", "cycles", "1")

    def check(self, table: Table) -> None:
        """Raises DataError for cycles that are not above 0 and a `failed` that is neither 0 nor 1."""
        table.demand("cycles", table.columns["cycles"] > 0, "above 0")
        table.demand("failed", np.isin(table.columns["failed"], (0.0, 1.0)), "0 (outlived the measurement) or 1")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """From those that failed."""
        failed = table.columns["failed"] > 0
        logs = np.log(table.columns["cycles"][failed] if failed.any() else table.columns["cycles"])
        return {"limit": float(np.exp(logs.mean())), "spread": float(logs.std()) + 0.1}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of ln cycles."""
        spread = torch.as_tensor(p["endurance"].spread, dtype=torch.float64)
        z = (torch.log(columns["cycles"]) - torch.log(torch.as_tensor(p["endurance"].limit, dtype=torch.float64))) / spread
        return Parted(z, torch.log(spread).expand_as(z), columns["failed"] == 0)

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Cycles at which so many of the held-out devices were still alive, where as many failed in both halves."""
        found = []
        for alive in QUANTILES:
            measured, twin = (outlived(table.columns["cycles"], table.columns["failed"], alive) for table in (held, fitted))
            if np.isfinite(measured) and np.isfinite(twin):
                z = float(torch.special.ndtri(torch.tensor(1 - alive, dtype=torch.float64)))
                predicted = float(p["endurance"].limit * np.exp(p["endurance"].spread * z))
                error = measured * float(p["endurance"].spread) * np.sqrt(alive * (1 - alive) / len(held)) / float(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))
                found.append(Check("lives", alive, measured, float(error), predicted, twin))
        return found


def outlived(cycles: Floats, failed: Floats, alive: float) -> float:
    """Cycles at which Kaplan and Meier's share of survivors first falls to `alive` (J. Am. Stat. Assoc. 53, 457 (1958)); NaN if it never does."""
    order = np.lexsort((1 - failed, cycles))
    left = cycles.size - np.arange(cycles.size)
    shares = np.cumprod(1.0 - failed[order] / left)
    below = np.flatnonzero(shares <= alive + 1e-12)
    return float(cycles[order][below[0]]) if below.size else float("nan")
