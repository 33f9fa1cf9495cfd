"""The ion neuron between two events, in closed form: gate and residue under a constant drive, and a filament that charges the gate."""

from ferrion.core.maths import log


def leak(r_control, p):
    """Share of the drive that the gate creeps to through the open switch: g_off R_c / (1 + g_off R_c)."""
    return p.g_off * r_control / (1.0 + p.g_off * r_control)


def residue_fed(w, d, kept_gate, kept, tau, p):
    """Residue added in a while: dR/dt = chi (w - d exp(-t / tau)) - gamma R from 0, where `kept_gate` is left of d and `kept` of a residue."""
    return p.chi * (w * (1.0 - kept) / p.gamma - d * (kept_gate - kept) / (p.gamma - 1.0 / tau))


def conduction(over, tau, p):
    """Time [s] in which a whole filament charges the gate until `over` [V] has fallen to the hold voltage; tau [s] is C_gate / g_on."""
    return tau * log(over / p.v_hold)


def residue_driven(v, kept_v, kept, tau, p):
    """Residue that a voltage adds which decays from v with tau: dR/dt = chi v exp(-t / tau) - gamma R from 0, where `kept_v` is left of v and `kept` of a residue."""
    return p.chi * v * (kept_v - kept) / (p.gamma - 1.0 / tau)
