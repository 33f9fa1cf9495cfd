"""Delays of diffusive memristors: at a constant voltage a device at rest switches at a constant rate, so delays are exponential."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.life import outlived
from ferrion.lab.table import Table
from ferrion.physics import nucleation
from ferrion.physics.nucleation import Nucleation

RATE = reference(nucleation.nucleation_rate)
LEAST = 5
"""Rows that a voltage must have in either half to be checked."""
INSIDE = (1e-12, 700.0)
"""Hazards between which a normal deviate of the same probability can be written down."""


class SwitchingDelay:
    """The voltage is that over the device itself, at rest before, without residue; a row with switched = 0 says that it had not switched by then."""

    card = "diffusive-zhao2025-low"
    columns: ClassVar = {"voltage": "V", "temperature": "K", "delay": "s", "switched": "1"}
    together = None
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"nucleation": Nucleation}
    free: ClassVar = {"v_n": Domain.POSITIVE, "charge": Domain.POSITIVE, "supply": Domain.POSITIVE}
    axes = Axes("voltage [V]", "median delay [s]", "s")

    def check(self, table: Table) -> None:
        """Raises DataError for voltages, temperatures and delays that are not above 0, and a `switched` that is neither 0 nor 1."""
        for name in ("voltage", "temperature", "delay"):
            table.demand(name, table.columns[name] > 0, "above 0")
        table.demand("switched", np.isin(table.columns["switched"], (0.0, 1.0)), "0 (not by then) or 1")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """The greatest rate from the shortest delays, the voltage from the middle of the measured ones."""
        switched = table.columns["switched"] > 0
        delays = table.columns["delay"][switched] if switched.any() else table.columns["delay"]
        return {"supply": 1.0 / float(np.quantile(delays, 0.1)), "v_n": float(np.median(table.columns["voltage"]))}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """As the normal deviate that is as improbable as the delay; what is left of -ln of the exponential density stands for the deviation's size."""
        rate = self._rate(columns, p)
        hazard = rate * columns["delay"]
        z = -torch.special.ndtri(torch.exp(-torch.clamp(hazard, *INSIDE)))
        return Parted(z, hazard - torch.log(rate) - 0.5 * z**2, columns["switched"] == 0)

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Kaplan and Meier's median delay at every voltage and temperature, and that of the law, ln 2 over the rate."""
        found = []
        for volts, kelvin in np.unique(np.stack([held.columns["voltage"], held.columns["temperature"]]), axis=1).T:
            rows = [(table.columns["voltage"] == volts) & (table.columns["temperature"] == kelvin) for table in (held, fitted)]
            if min(own.sum() for own in rows) >= LEAST:
                measured, twin = (outlived(table.columns["delay"][own], table.columns["switched"][own], 0.5) for table, own in zip((held, fitted), rows, strict=True))
                at = {name: torch.tensor([value], dtype=torch.float64) for name, value in (("voltage", volts), ("temperature", kelvin))}
                if np.isfinite(measured) and np.isfinite(twin):
                    predicted = float(np.log(2.0) / self._rate(at, p)[0])
                    found.append(Check(f"{kelvin:.0f} K", float(volts), measured, measured / float(np.log(2.0) * np.sqrt(rows[0].sum())), predicted, twin))
        return found

    def _rate(self, columns: Columns, p: Parameters) -> Tensor:
        return torch.as_tensor(RATE(columns["voltage"], torch.zeros(()), columns["temperature"], p["nucleation"]))
