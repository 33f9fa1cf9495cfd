"""SET maps: the conductance that one pulse leaves, against its gate, voltage and width."""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import torch

from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import programming
from ferrion.physics.programming import Programming

SET = reference(programming.set_by_pulse)
LEAST = 10
"""Rows that a setting must have in either half to be checked."""


class Spread(NamedTuple):
    """How cells differ."""

    deviation: Annotated[float, "S"]
    """Standard deviation of the conductance from cell to cell and pulse to pulse."""


class SetPulse:
    """The median by `physics.programming`, a spread of one size."""

    card = "rram-levy2021"
    columns: ClassVar = {"width": "s", "gate": "V", "voltage": "V", "conductance": "S"}
    together = None
    nuisance: ClassVar = {"noise": Spread(1e-5)}
    sections: ClassVar = {"programming": Programming}
    free: ClassVar = {
        "deviation": Domain.POSITIVE,
        "g_set": Domain.POSITIVE,
        "slope": Domain.REAL,
        "v_gate": Domain.POSITIVE,
        "w_gate": Domain.POSITIVE,
        "v_onset": Domain.POSITIVE,
        "w_onset": Domain.POSITIVE,
    }
    axes = Axes("gate voltage [V]", "mean conductance [S]", "S")

    def check(self, table: Table) -> None:
        """Raises DataError for pulses of no width or of the polarity that RESETs."""
        table.demand("width", table.columns["width"] > 0, "above 0")
        table.demand("voltage", table.columns["voltage"] > 0, "above 0 (a SET)")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """From the largest conductances and the least voltages."""
        top = float(np.quantile(table.columns["conductance"], 0.95))
        gate, volts = table.columns["gate"], table.columns["voltage"]
        return {
            "deviation": 0.2 * top,
            "g_set": 1.2 * top,
            "slope": 0.0,
            "v_gate": max(0.8 * float(gate.min()), 0.05),
            "w_gate": 0.3 * float(np.ptp(gate)) + 1e-3,
            "v_onset": 0.5 * float(volts.min()),
            "w_onset": 0.3 * float(np.ptp(volts)) + 1e-3,
        }

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of the conductance."""
        sigma = torch.as_tensor(p["noise"].deviation, dtype=torch.float64)
        off = columns["conductance"] - SET(columns["width"], columns["gate"], columns["voltage"], p["programming"])
        return Parted(off / sigma, torch.log(sigma).expand_as(off))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Mean conductance of every gate and voltage, over all widths."""
        columns = {name: torch.from_numpy(own) for name, own in held.columns.items()}
        expected = SET(columns["width"], columns["gate"], columns["voltage"], p["programming"]).numpy()
        found = []
        for volts in np.unique(np.round(held.columns["voltage"], 2)):
            for gate in np.unique(np.round(held.columns["gate"], 2)):
                own, twin = (_at(table, gate, volts) for table in (held, fitted))
                if min(own.sum(), twin.sum()) >= LEAST:
                    values = held.columns["conductance"][own]
                    error = float(values.std(ddof=1) / np.sqrt(values.size))
                    found.append(Check(f"{volts:g} V", float(gate), float(values.mean()), error, float(expected[own].mean()), float(fitted.columns["conductance"][twin].mean())))
        return found


def _at(table: Table, gate: float, volts: float) -> Floats:
    near = (np.abs(table.columns["gate"] - gate) < 0.005) & (np.abs(table.columns["voltage"] - volts) < 0.005)
    return np.asarray(near)
