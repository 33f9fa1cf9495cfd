"""Leakage through an insulating film: Poole and Frenkel's emission from traps (Frenkel, Phys. Rev. 54, 647 (1938))."""

from typing import Annotated, NamedTuple

from ferrion.core.constants import BOLTZMANN_EV
from ferrion.core.maths import abs, exp


class Leakage(NamedTuple):
    """Parameters of the film's leakage."""

    conductance: Annotated[float, "S/m^2"]
    """Conductance per area with no barrier left."""
    barrier: Annotated[float, "eV"]
    """Depth of the traps without a field."""
    lowering: Annotated[float, "eV/V**0.5"]
    """How far the field of one volt lowers it; it goes with the root of the voltage."""


def poole_frenkel(v, temperature, p):
    """Current density [A/m^2] under v [V] at `temperature` [K]: S v exp(-(E_t - b sqrt(|v|)) / kT)."""
    return p.conductance * v * exp(-(p.barrier - p.lowering * abs(v) ** 0.5) / (BOLTZMANN_EV * temperature))
