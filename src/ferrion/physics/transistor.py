"""The access transistor as a current limiter: alpha-power law of Sakurai and Newton, JSSC 25, 584 (1990)."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import maximum


class Transistor(NamedTuple):
    """Parameters of a transistor in saturation."""

    v_th: Annotated[float, "V"]
    v_full: Annotated[float, "V"]
    """Gate voltage of the full scale."""
    i_full: Annotated[float, "A"]
    """Drain current at the full scale."""
    alpha: Annotated[float, "1"]
    """2 for a long channel, towards 1 with velocity saturation."""


def compliance(v_gate, v_shift, p):
    """Saturation current [A] at a gate voltage [V], threshold moved by v_shift [V]: I_f ((V_g - V_th) / (V_f - V_th))^a."""
    return p.i_full * (maximum(v_gate - p.v_th - v_shift, 0.0) / (p.v_full - p.v_th)) ** p.alpha
