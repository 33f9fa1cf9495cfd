"""Silver particles in the gap of a diffusive memristor: overdamped Langevin motion, tunnelling from particle to particle, Joule heat.

After Wang et al., Nature Materials 16, 101 (2017): eta dx/dt = -dU/dx + z q E + sqrt(2 eta k T) xi, C dT/dt = V^2 / R - kappa (T - T0),
R = sum R_t exp(gap / lambda). The anode at x = 0 is a reservoir of silver, the cathode stands at x = L. In U: adhesion to the reservoir, the
interfacial energy that pulls stretched silver back to it, pinning sites, and repulsion between neighbours, screened near the anode.
Current is the same through every gap, so each takes the share of the voltage that its tunnelling resistance is of the whole.
"""

from typing import Annotated, NamedTuple

from ferrion.core.constants import BOLTZMANN_EV
from ferrion.core.maths import abs, exp, maximum, sin, sqrt, where

PI = 3.141592653589793


class Silver(NamedTuple):
    """Parameters of the particles."""

    length: Annotated[float, "m"]
    """From anode to cathode."""
    diameter: Annotated[float, "m"]
    """Of a particle; pinning sites are as far apart."""
    diffusivity: Annotated[float, "m^2/s"]
    """Of a free particle at t_reference."""
    charge: Annotated[float, "1"]
    """Elementary charges a particle carries."""
    e_reservoir: Annotated[float, "eV"]
    """Adhesion to the anode."""
    reach: Annotated[float, "m"]
    """How far adhesion and screening reach (1/e)."""
    e_interface: Annotated[float, "eV"]
    """Interfacial energy of a particle at the cathode."""
    e_pin: Annotated[float, "eV"]
    """Barrier from one pinning site to the next."""
    e_repulsion: Annotated[float, "eV"]
    screening: Annotated[float, "m"]
    """How far particles repel each other (1/e)."""
    r_tunnel: Annotated[float, "ohm"]
    """Of a closed gap."""
    decay: Annotated[float, "m"]
    """Gap for a factor e of resistance."""
    least: Annotated[float, "m"]
    """What a closed gap measures for the field in it."""
    c_heat: Annotated[float, "J/K"]
    k_heat: Annotated[float, "W/K"]
    """Heat conductance to the surroundings."""
    t_reference: Annotated[float, "K"]


def energy(x, p):
    """U [eV] of one particle at x [m]: -E_s exp(-x / l) + E_i x / L + (E_p / 2) (1 - cos(2 pi x / a)), the last as E_p sin^2."""
    wave = sin(PI * x / p.diameter)
    return -p.e_reservoir * exp(-x / p.reach) + p.e_interface * x / p.length + p.e_pin * wave * wave


def pull(x, p):
    """-dU/dx [eV/m]."""
    return -p.e_reservoir / p.reach * exp(-x / p.reach) - p.e_interface / p.length - p.e_pin * PI / p.diameter * sin(2.0 * PI * x / p.diameter)


def free(x, p):
    """Share of a particle's charge that the anode does not screen."""
    return 1.0 - exp(-x / p.reach)


def repulsion(x, other, p):
    """Force [eV/m] on a particle at x by one at `other`: minus the slope of E_r f(x) f(other) exp(-|x - other| / screening), f the unscreened share."""
    near = p.e_repulsion * free(other, p) * exp(-abs(x - other) / p.screening)
    return near * (where(x > other, 1.0, -1.0) * free(x, p) / p.screening - exp(-x / p.reach) / p.reach)


def tunnel(gap, p):
    """Resistance [ohm] of a gap [m]: R_t exp(gap / lambda), closed at 0."""
    return p.r_tunnel * exp(maximum(gap, 0.0) / p.decay)


def field(volts, gap, p):
    """Field [V/m] in a gap [m] that takes `volts`."""
    return volts / (maximum(gap, 0.0) + p.least)


def moved(x, force, temperature, dt, xi, p):
    """x after dt under a force [eV/m]: x + D_0 F dt / (k T_0) + sqrt(2 D_0 (T / T_0) dt) xi, friction independent of temperature."""
    return x + p.diffusivity * force / (BOLTZMANN_EV * p.t_reference) * dt + sqrt(2.0 * p.diffusivity * temperature / p.t_reference * dt) * xi


def warming(volts, resistance, temperature, p):
    """dT/dt [K/s] = (V^2 / R - kappa (T - T_0)) / C."""
    return (volts * volts / resistance - p.k_heat * (temperature - p.t_reference)) / p.c_heat
