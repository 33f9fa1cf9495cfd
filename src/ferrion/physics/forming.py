"""Forming: the one breakdown that makes a filament, under a ramp.

Time to breakdown falls exponentially with the voltage and differs by Weibull's law (the thermochemical model, McPherson and Mogul, J. Appl. Phys. 84,
1513 (1998)); under a ramp the damage adds up to it, so breakdown comes earlier the slower the ramp.
"""

from typing import Annotated, NamedTuple

from ferrion.core.maths import log


class Forming(NamedTuple):
    """Parameters of forming."""

    v_form: Annotated[float, "V"]
    """Voltage by which 63 % of the devices are formed under a ramp of `ramp`."""
    ramp: Annotated[float, "V/s"]
    acceleration: Annotated[float, "1/V"]
    """ln of the factor by which the time to breakdown falls for each volt."""
    weibull: Annotated[float, "1"]
    """Slope of Weibull's law of the times."""


def forming_voltage(draw, ramp, p):
    """Voltage [V] at which a device breaks down under a ramp [V/s]: V_63 + (ln(R / R_0) + ln(e) / slope) / acceleration, e its unit exponential draw."""
    return p.v_form + (log(ramp / p.ramp) + log(draw) / p.weibull) / p.acceleration
