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


def equivalent(time, temperature, p):
    """Time [s] at the reference temperature that ages a stored state as `time` [s] at `temperature` [K] does. Such times add."""
    return time * arrhenius(p.e_retention, temperature, p.t_reference)


def retention(age, p):
    """Share of the polarisation left at an equivalent `age` [s] since the last reversal: exp(-(t / tau)^b)."""
    return exp(-((age / p.tau) ** p.stretch))


def imprint(age, p):
    """Shift [V] of the loop towards the stored state at an equivalent `age` [s]: V_i ln(1 + t / t_i)."""
    return p.v_imprint * log(1.0 + age / p.t_imprint)
