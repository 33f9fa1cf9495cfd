"""How a volatile threshold switch becomes insulating again after a pulse. Empirical: the resistance as a share of its last is log-logistic in time."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import exp, log


class Recovery(NamedTuple):
    """Parameters of recovery."""

    r_off: Annotated[float, "ohm"]
    """Resistance long after the pulse."""
    t_half: Annotated[float, "s"]
    """Time to half of it after a pulse of `i_reference`."""
    i_reference: Annotated[float, "A"]
    power: Annotated[float, "1"]
    """Exponent with which that time grows with the current of the pulse."""
    steepness: Annotated[float, "1"]
    """Exponent of time in the rise of the resistance."""


def recovered(time, current, p):
    """Resistance [ohm] `time` [s] after a pulse of `current` [A]: R_off / (1 + (t_1/2 / t)^m), t_1/2 going with the current's power."""
    late = log(time / p.t_half) - p.power * log(current / p.i_reference)
    return p.r_off / (1.0 + exp(-p.steepness * late))
