"""The filamentary oxide memristor: SET to a compliance, RESET, spread, relaxation, drift and read noise."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import exp, log, maximum, minimum, sqrt
from ferrion.physics.heat import arrhenius


class Filament(NamedTuple):
    """Parameters of a formed memristor. Spread and relaxation scale with the full range `g_max`."""

    v_set: Annotated[float, "V"]
    """Voltage left over the filament at compliance: its conductance settles at I_c / v_set."""
    g_max: Annotated[float, "S"]
    """Top of the range to which the spread polynomials are scaled."""
    g_off: Annotated[float, "S"]
    """Median conductance after RESET."""
    off_spread: Annotated[float, "1"]
    """Standard deviation of ln G after RESET."""
    s4: Annotated[float, "1"]
    s3: Annotated[float, "1"]
    s2: Annotated[float, "1"]
    s1: Annotated[float, "1"]
    s0: Annotated[float, "1"]
    """sigma / g_max at t_first after SET is the polynomial s4 x^4 + ... + s0 of x = g / g_max."""
    d4: Annotated[float, "1"]
    d3: Annotated[float, "1"]
    d2: Annotated[float, "1"]
    d1: Annotated[float, "1"]
    d0: Annotated[float, "1"]
    """The same polynomial at t_second after SET."""
    drift: Annotated[float, "1"]
    """Mean loss of conductance, as a share of g_max, for each factor e of time, at high conductance."""
    x_still: Annotated[float, "1"]
    """Share of the range below which the mean does not drift."""
    x_drift: Annotated[float, "1"]
    """Share of the range above which it drifts in full."""
    read_noise: Annotated[float, "1"]
    """Standard deviation of one read, as a share of g_max."""
    e_drift: Annotated[float, "eV"]
    t_reference: Annotated[float, "K"]
    t_first: Annotated[float, "s"]
    """Time after SET of the first polynomial."""
    t_second: Annotated[float, "s"]
    """Time after SET of the second polynomial."""


def set_conductance(compliance, p):
    """Conductance [S] a filament settles at under a compliance current [A]: I_c / V_set."""
    return compliance / p.v_set


def reset_conductance(xi, p):
    """Conductance [S] after RESET, log-normal in the unit normal xi."""
    return p.g_off * exp(p.off_spread * xi)


def share(g, p):
    """g [S] as a share of the range, held within 0..1 where the polynomials were fitted."""
    return minimum(maximum(g / p.g_max, 0.0), 1.0)


def spread_early(x, p):
    """sigma / g_max at t_first after SET, at x = g / g_max."""
    return (((p.s4 * x + p.s3) * x + p.s2) * x + p.s1) * x + p.s0


def spread_late(x, p):
    """sigma / g_max at t_second after SET, at x = g / g_max."""
    return (((p.d4 * x + p.d3) * x + p.d2) * x + p.d1) * x + p.d0


def equivalent(time, temperature, p):
    """Time [s] at the reference temperature in which a filament relaxes as in `time` [s] at `temperature` [K]. Such times add."""
    return time * arrhenius(p.e_drift, temperature, p.t_reference)


def aged(age, p):
    """ln of the equivalent `age` [s] since SET over `t_first`, no less than 0."""
    return log(maximum(age / p.t_first, 1.0))


def programmed(g, xi, p):
    """Conductance [S] at t_first after a SET aimed at g [S], spread by the unit normal xi."""
    return maximum(g + p.g_max * spread_early(share(g, p), p) * xi, 0.0)


def drifting(x, p):
    """Share of the full drift at x = g / g_max: none in the lowest states, all of it in the upper half of the range."""
    return minimum(maximum((x - p.x_still) / (p.x_drift - p.x_still), 0.0), 1.0)


def growth(x, age, p):
    """Variance of g / g_max that relaxation has added at an equivalent `age` [s] since SET, at x = g / g_max at t_first: it grows with ln t."""
    return maximum(spread_late(x, p) ** 2 - spread_early(x, p) ** 2, 0.0) * aged(age, p) / log(p.t_second / p.t_first)


def loss(x, age, p):
    """Mean of g / g_max that drift has taken at an equivalent `age` [s] since SET, at x = g / g_max at t_first."""
    return p.drift * drifting(x, p) * aged(age, p)


def relaxed(g, xi, age, p):
    """Conductance [S] of a filament that stood at g at t_first after SET, at an equivalent `age` [s] since SET.

    Each filament goes in the direction of its own unit normal xi, and all drift down. Tails are Gaussian here; measured ones are
    heavier (excess kurtosis 5 to 37).
    """
    x = share(g, p)
    return maximum(g + p.g_max * (sqrt(growth(x, age, p)) * xi - loss(x, age, p)), 0.0)


def read_current(g, v, xi, p):
    """Current [A] of one read at v [V] with additive noise: (g + sigma_r g_max xi) v."""
    return (g + p.read_noise * p.g_max * xi) * v
