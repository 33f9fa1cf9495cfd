"""The diffusive memristor, mended: silver bridges the gap when a nucleus completes, and what a filament leaves behind makes the next easier.

Nucleation is an event. Its rate rises exponentially with the voltage over the device until the supply of silver limits it,
and the residue R of earlier filaments lowers its barrier and adds to the supply. A filament stands until the voltage over
it falls below the hold voltage, then dissolves. R = 1 is what a collapsed filament leaves; drift adds to it, time removes it.
A fresh remnant M of the filament acts as residue and is gone within some milliseconds.
"""

from typing import Annotated, NamedTuple

from ferrion.core.constants import VOLTS_PER_KELVIN
from ferrion.core.maths import exp, maximum, minimum, where


class Nucleation(NamedTuple):
    """Parameters of the mended law."""

    v_n: Annotated[float, "V"]
    """Voltage at which a clean gap nucleates at half its greatest rate."""
    kappa: Annotated[float, "V"]
    """How far R = 1 lowers that voltage."""
    charge: Annotated[float, "1"]
    """Elementary charges that cross the barrier."""
    supply: Annotated[float, "1/s"]
    """Greatest rate of nucleation in a clean gap."""
    supply_residue: Annotated[float, "1/s"]
    """What R = 1 adds to it."""
    chi: Annotated[float, "1/(V*s)"]
    """Residue that drift brings into the gap."""
    gamma: Annotated[float, "1/s"]
    """Loss of residue."""
    remnant: Annotated[float, "1"]
    """Remnant a collapsing filament leaves, in units of R."""
    gamma_m: Annotated[float, "1/s"]
    """Loss of the remnant."""
    v_hold: Annotated[float, "V"]
    """Voltage below which a filament dissolves."""
    t_form: Annotated[float, "s"]
    """Time in which a filament forms once nucleated (1/e)."""
    t_dissolve: Annotated[float, "s"]
    """Time in which it dissolves (1/e)."""
    g_on: Annotated[float, "S"]
    g_off: Annotated[float, "S"]


def thermal_voltage(temperature, p):
    """V_T [V]: k T / (z q)."""
    return VOLTS_PER_KELVIN * temperature / p.charge


def nucleation_rate(u, r, temperature, p):
    """Rate [1/s] under u [V] with residue r: (a + b r) / (1 + exp((V_n - kappa r - u) / V_T)); none in reverse."""
    overdrive = (u - p.v_n + p.kappa * r) / thermal_voltage(temperature, p)
    rate = (p.supply + p.supply_residue * r) / (1.0 + exp(minimum(-overdrive, 80.0)))
    return where(u > 0.0, rate, 0.0)


def residue_rate(r, u, p):
    """dR/dt between filaments: chi u - gamma R, drift in forward bias only."""
    return p.chi * maximum(u, 0.0) - p.gamma * r


def conductance(f, p):
    """G [S] of a filament that is formed to the share f: G_off (G_on / G_off)^f, tunnelling through what is left of the gap."""
    return p.g_off * (p.g_on / p.g_off) ** f
