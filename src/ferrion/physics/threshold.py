"""A volatile threshold switch in the mean: the share x of its paths that conduct (the many-path limit of `physics.nucleation`).

Paths form at a rate that is exponential in the voltage until it saturates, and break with time. Conducting paths lower the threshold
to the hold voltage. With both equal the divergence of (node, x) is negative everywhere and no circuit of one capacitor can
oscillate (Bendixson): hysteresis is what makes it a neuron.
"""

from typing import Annotated, NamedTuple

from ferrion.core.maths import abs, exp, log


class Switch(NamedTuple):
    """Parameters of the switch."""

    g_on: Annotated[float, "S"]
    g_off: Annotated[float, "S"]
    v_th: Annotated[float, "V"]
    """Voltage at which paths form at half the greatest rate, with none conducting."""
    v_hold: Annotated[float, "V"]
    """The same with all conducting."""
    v_s: Annotated[float, "V"]
    """Voltage for a factor e of the rate."""
    rate: Annotated[float, "1/s"]
    """Greatest rate at which paths form."""
    tau: Annotated[float, "s"]
    """Time in which paths break (1/e)."""


def conductance(x, p):
    """G [S]: G_off (G_on / G_off)^x."""
    return p.g_off * exp(log(p.g_on / p.g_off) * x)


def path_rate(v, x, p):
    """dx/dt = k (1 - x) / (1 + exp((V_t(x) - |v|) / V_s)) - x / tau, with V_t = V_th - (V_th - V_hold) x."""
    return p.rate * (1.0 - x) / (1.0 + exp((p.v_th - (p.v_th - p.v_hold) * x - abs(v)) / p.v_s)) - x / p.tau
