"""Nucleation-limited switching of a polycrystalline ferroelectric (Jo et al., PRL 99, 267602).

A capacitor is a set of domains. Each switches on its own, with a waiting time whose logarithm is Lorentzian over the
domains around `log_delay`, which grows as (V_a / V)**2.
"""

from typing import Annotated, NamedTuple

from ferrion.core.maths import abs, arctan, exp, log, maximum

PI = 3.141592653589793


class Switching(NamedTuple):
    """Parameters of switching."""

    t_inf: Annotated[float, "s"]
    """Switching time at infinite field."""
    v_a: Annotated[float, "V"]
    """Activation voltage of the film: activation field times thickness."""
    width: Annotated[float, "1"]
    """Half width of the Lorentzian in natural logarithm of time."""
    n: Annotated[float, "1"]
    """Avrami exponent of one domain."""


class Capacitor(NamedTuple):
    """Parameters of one physical ferroelectric capacitor and its bit line."""

    two_pr: Annotated[float, "C/m^2"]
    """Twice the remanent polarisation: charge per area set free by a full reversal."""
    area: Annotated[float, "m^2"]
    permittivity: Annotated[float, "F/m"]
    """Absolute permittivity of the film."""
    thickness: Annotated[float, "m"]
    c_line: Annotated[float, "F"]
    """Capacitance of the bit line."""


def log_delay(v, imprint, p):
    """ln(t1 / t_inf) of the median switching time t1 under v [V] against a bias `imprint` [V]: (V_a / V)^2."""
    return (p.v_a / maximum(abs(v) - imprint, 0.01 * p.v_a)) ** 2


def switched_fraction(t, v, imprint, p):
    """Share of domains reversed after a pulse of t [s] at v [V]: 1/2 + arctan((ln t - ln t1) / w) / pi (Jo et al., eq. 4)."""
    return exposed_fraction(log(t / p.t_inf) - log_delay(v, imprint, p), p)


def exposed_fraction(log_exposure, p):
    """Share of domains reversed by a field whose exposure is the integral of dt / t1(V): 1/2 + arctan(ln exposure / w) / pi.

    A domain reverses when its exposure, over how much slower it is than the median, comes to 1; under one pulse this is Jo et al., eq. 4.
    """
    return 0.5 + arctan(log_exposure / p.width) / PI


def domain_switched(t, log_tau, p):
    """Probability that a domain with ln(tau / t_inf) = `log_tau` has switched after t [s]: 1 - exp(-(t / tau)^n)."""
    return 1.0 - exp(-exp(p.n * (log(t / p.t_inf) - log_tau)))


def released_charge(fraction, p):
    """Charge [C] a capacitor gives to its line when `fraction` of it reverses: 2 P_r A f."""
    return fraction * p.two_pr * p.area


def film_capacitance(p):
    """Linear capacitance [F] of the film: eps A / d."""
    return p.permittivity * p.area / p.thickness


def line_voltage(charge, p):
    """Memory window [V]: the released charge [C] shared between line and film, Q / (C_BL + C_FE)."""
    return charge / (p.c_line + film_capacitance(p))


def switching_energy(fraction, v, p):
    """Energy [J] that switching takes from the supply: v (2 P_r A f)."""
    return abs(v) * released_charge(fraction, p)
