"""The diffusive memristor as its makers model it: a filament and a residue of silver (Zhao et al. 2025, SI Note 4, as transcribed).

x = F + R is the share of the gap that silver bridges. With R_c of 250 megohm or more these equations latch: the residue keeps the
field term large at the smallest voltage, and the gate never discharges. `physics.nucleation` is the mended law.
"""

from typing import Annotated, NamedTuple

from ferrion.core.maths import abs, exp, maximum, minimum


class Diffusive(NamedTuple):
    """Parameters of the published equations."""

    mu: Annotated[float, "1/(V*s)"]
    """Growth of the filament by the field."""
    alpha: Annotated[float, "1"]
    """Least gap, in which the field is largest."""
    beta: Annotated[float, "1/s"]
    """Filament that turns into residue."""
    gamma1: Annotated[float, "1/s"]
    """Loss of the filament."""
    gamma2: Annotated[float, "1/s"]
    """Loss of the residue."""
    length: Annotated[float, "1"]
    """Tunnelling length as a share of the gap."""
    r_on: Annotated[float, "ohm"]
    r_off: Annotated[float, "ohm"]


def field(u, x, p):
    """Driving field [V] under u [V] over the device: forward bias only, E = u / (alpha + |1 - x|)."""
    return maximum(u, 0.0) / (p.alpha + abs(1.0 - x))


def filament_rate(f, r, u, p):
    """dF/dt = mu E - (gamma1 + beta) F."""
    return p.mu * field(u, f + r, p) - (p.gamma1 + p.beta) * f


def residue_rate(f, r, p):
    """dR/dt = beta F - gamma2 R."""
    return p.beta * f - p.gamma2 * r


def resistance(x, p):
    """R_d [ohm]: R_on x + R_off (exp((1 - x) / lambda) - 1) / (exp(1 / lambda) - 1), x held within 0..1."""
    bridged = minimum(maximum(x, 0.0), 1.0)
    return p.r_on * bridged + p.r_off * (exp((1.0 - bridged) / p.length) - 1.0) / (exp(1.0 / p.length) - 1.0)
