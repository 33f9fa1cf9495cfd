"""How a ferroelectric capacitor changes with cycles, time and temperature."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import exp, log
from ferrion.physics.heat import arrhenius


class Ageing(NamedTuple):
    """Parameters of wake-up, fatigue, imprint and retention."""

    pinched: Annotated[float, "1"]
    """Window of a fresh capacitor as a share of the woken one."""
    n_wake: Annotated[float, "1"]
    """Cycles of wake-up (1/e)."""
    n_fatigue: Annotated[float, "1"]
    """Cycles at which fatigue has halved the window."""
    fatigue_slope: Annotated[float, "1"]
    v_imprint: Annotated[float, "V"]
    """Shift of the loop for each factor e of time at the reference temperature."""
    t_imprint: Annotated[float, "s"]
    """Time at which imprint begins to grow."""
    tau: Annotated[float, "s"]
    """Retention time at the reference temperature."""
    stretch: Annotated[float, "1"]
    """Exponent of the stretched exponential."""
    e_retention: Annotated[float, "eV"]
    """Activation energy of retention and imprint."""
    t_reference: Annotated[float, "K"]


def wake_up(cycles, p):
    """Share of the full window after `cycles`: 1 - (1 - pinched) exp(-N / N_w)."""
    return 1.0 - (1.0 - p.pinched) * exp(-cycles / p.n_wake)


def fatigue(cycles, p):
    """Share of the window left by fatigue: 1 / (1 + (N / N_f)^s)."""
    return 1.0 / (1.0 + (cycles / p.n_fatigue) ** p.fatigue_slope)


def retention(time, temperature, p):
    """Share of the polarisation left after `time` [s] at `temperature` [K]: exp(-(t / tau)^b), tau thermally activated."""
    return exp(-((time * arrhenius(p.e_retention, temperature, p.t_reference) / p.tau) ** p.stretch))


def imprint(time, temperature, p):
    """Shift [V] of the loop towards the stored state after `time` [s] at `temperature` [K]: V_i ln(1 + t / t_i)."""
    return p.v_imprint * log(1.0 + time * arrhenius(p.e_retention, temperature, p.t_reference) / p.t_imprint)
