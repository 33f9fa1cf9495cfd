"""How a diffusive memristor wears out: silver that no longer comes home closes its hysteresis, until it is stuck on.

A filament dissolves because surface diffusion breaks up what is thin, and its lifetime rises steeply with its thickness (Wang et al., Nature
Communications 10, 81 (2019)). Silver left behind by every switching thickens the next filament and brings the threshold down; where
threshold and hold voltage meet nothing dissolves any more, and a switch without hysteresis cannot spike.
"""

from typing import Annotated, NamedTuple

from ferrion.core.maths import minimum


class Endurance(NamedTuple):
    """Parameters of wear. Lives differ from device to device by Weibull's law."""

    n_stuck: Annotated[float, "1"]
    """Switchings after which 63 % of devices are stuck on."""
    weibull: Annotated[float, "1"]
    """Slope of Weibull's law."""
    growth: Annotated[float, "1"]
    """Exponent with which wear grows over a life."""


def life(draw, p):
    """Switchings a device lasts: N_63 e^(1 / slope), e its unit exponential draw."""
    return p.n_stuck * draw ** (1.0 / p.weibull)


def worn(switchings, life, p):
    """Share of the hysteresis that has closed: (N / N_life)^growth, 1 where the device is stuck on."""
    return minimum(switchings / life, 1.0) ** p.growth


def threshold_shift(worn, v_n, v_hold):
    """Shift [V] of the nucleation voltage: -worn (V_n - V_hold)."""
    return -worn * (v_n - v_hold)
