"""The 1M1T1R neuron with the published equations of its memristor (`physics.diffusive`), stepped as published: explicit Euler.

Kept to show what these equations do, the latch above all; `circuits.firing` is the neuron to use.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.drive import Drive
from ferrion.core.compiled import compiled
from ferrion.kernels.cpu import scalar
from ferrion.physics import diffusive
from ferrion.physics.diffusive import Diffusive

DT = 2e-6
"""The published step [s]."""
OUTPUT = 0.2
"""Gate voltage [V] above which the published output is 1."""
filament_rate, residue_rate, resistance = scalar(diffusive.filament_rate), scalar(diffusive.residue_rate), scalar(diffusive.resistance)


class Course(NamedTuple):
    """What the published neuron did."""

    turned_on: NDArray[np.float64]
    """Times [s] at which the output went to 1."""
    high: float
    """Share of the time the output was 1."""
    energy: float
    """Energy [J] the input supplied until the output first went back to 0, NaN if it never did."""


def course(drive: Drive, p: Diffusive, c_gate: float, r_control: float, dt: float = DT) -> Course:
    """Run the published neuron through a drive from rest; c_gate [F], r_control [ohm], step dt [s]."""
    volts = drive.at((np.arange(round(drive.duration / dt)) + 0.5) * dt)
    turned_on = np.empty(volts.size)
    count, high, energy = _course(volts, p, c_gate, r_control, dt, turned_on)
    return Course(turned_on[:count], high, energy)


@compiled
def _course(volts, p, c_gate, r_control, dt, turned_on):
    f, r, v, count, high, energy, first = 0.0, 0.0, 0.0, 0, 0, 0.0, np.nan
    for k in range(volts.size):
        u = volts[k] - v
        current = u / resistance(f + r, p)
        energy += volts[k] * current * dt
        f, r, now = f + filament_rate(f, r, u, p) * dt, r + residue_rate(f, r, p) * dt, v + (current - v / r_control) / c_gate * dt
        if v <= OUTPUT < now:
            turned_on[count] = (k + 1) * dt
            count += 1
        if now <= OUTPUT < v and count == 1:
            first = energy
        high += now > OUTPUT
        v = now
    return count, high / volts.size, first
