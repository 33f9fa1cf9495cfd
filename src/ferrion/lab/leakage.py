"""Leakage of a film against voltage and temperature."""

from typing import ClassVar

import numpy as np
import torch

from ferrion.core.constants import BOLTZMANN_EV
from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, LogScatter, Parameters, Parted
from ferrion.lab.table import Table
from ferrion.physics import conduction
from ferrion.physics.conduction import Leakage

CURRENT = reference(conduction.poole_frenkel)


class PooleFrenkel:
    """ln of the current density is normal about that of Poole and Frenkel's law."""

    card = "leakage-reference"
    columns: ClassVar = {"voltage": "V", "temperature": "K", "current_density": "A/m^2"}
    together = None
    nuisance: ClassVar = {"noise": LogScatter(0.3)}
    sections: ClassVar = {"leakage": Leakage}
    free: ClassVar = {"deviation": Domain.POSITIVE, "conductance": Domain.POSITIVE, "barrier": Domain.POSITIVE, "lowering": Domain.POSITIVE}
    axes = Axes("voltage [V]", "current density [A/m²]", "A/m^2")

    def check(self, table: Table) -> None:
        """Raises DataError for temperatures, voltages and currents that are not above 0: give magnitudes of one polarity."""
        for name in self.columns:
            table.demand(name, table.columns[name] > 0, "above 0")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """By least squares of ln (J / V), in which all three are straight; held above 0."""
        volts, kelvin, density = (table.columns[name] for name in self.columns)
        inverse = 1.0 / (BOLTZMANN_EV * kelvin)
        height, barrier, lowering = np.linalg.lstsq(np.stack([np.ones(len(table)), -inverse, np.sqrt(volts) * inverse], axis=1), np.log(density / volts), rcond=None)[0]
        return {"conductance": float(np.exp(height)), "barrier": max(float(barrier), 0.01), "lowering": max(float(lowering), 0.001)}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of ln J."""
        sigma = torch.as_tensor(p["noise"].deviation, dtype=torch.float64)
        z = torch.log(columns["current_density"] / CURRENT(columns["voltage"], columns["temperature"], p["leakage"])) / sigma
        return Parted(z, torch.log(sigma).expand_as(z))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Every held-out current; its twin is the fitted one nearest in temperature and voltage."""
        columns = {name: torch.from_numpy(own) for name, own in held.columns.items()}
        expected = CURRENT(columns["voltage"], columns["temperature"], p["leakage"]).numpy()
        found = []
        for volts, kelvin, measured, predicted in zip(*(held.columns[name] for name in self.columns), expected, strict=True):
            far = np.abs(fitted.columns["temperature"] - kelvin) / 10 + np.abs(fitted.columns["voltage"] - volts)
            found.append(Check(f"{kelvin:.0f} K", float(volts), float(measured), 0.0, float(predicted), float(fitted.columns["current_density"][int(far.argmin())])))
        return sorted(found, key=lambda check: (check.series, check.at))
