"""The output transistor, SPICE level 1 (Shichman and Hodges, JSSC 3, 285 (1968)), with a resistor between drain and supply."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import maximum, sqrt, where


class Stage(NamedTuple):
    """Parameters of transistor and load."""

    v_th: Annotated[float, "V"]
    gain: Annotated[float, "A/V^2"]
    """K of I = K (V_gs - V_th)^2: half of SPICE's kp."""
    r_load: Annotated[float, "ohm"]
    v_dd: Annotated[float, "V"]


def drain_current(v_gate, p):
    """Drain current [A]: K v^2 in saturation, (V_dd - V_ds) / R_l where K (2 v V_ds - V_ds^2) meets the load line; v = V_gs - V_th."""
    v = maximum(v_gate - p.v_th, 0.0)
    steep = p.gain * p.r_load
    half = 1.0 + 2.0 * steep * v
    root = sqrt(maximum(half * half - 4.0 * steep * p.v_dd, 0.0))
    triode = (p.v_dd - 2.0 * p.v_dd / (half + root)) / p.r_load
    saturated = p.gain * v * v
    return where(p.v_dd - p.r_load * saturated > v, saturated, triode)
