"""SET by one pulse through a transistor: how far a filament grows with gate, voltage and width of the pulse. Empirical: one saturating factor for each."""

from typing import Annotated, NamedTuple

from ferrion.core.maths import exp, log, maximum


class Programming(NamedTuple):
    """Parameters of SET pulses."""

    g_set: Annotated[float, "S"]
    """Conductance after a pulse of `t_set` with gate and voltage far above their onsets."""
    slope: Annotated[float, "1"]
    """Its growth, as a share, for each factor e of the width."""
    t_set: Annotated[float, "s"]
    v_gate: Annotated[float, "V"]
    """Gate voltage at which the transistor begins to let a filament grow."""
    w_gate: Annotated[float, "V"]
    """Volts of the gate in which it saturates (1/e)."""
    v_onset: Annotated[float, "V"]
    """Voltage over the cell at which a filament begins to grow."""
    w_onset: Annotated[float, "V"]
    """Volts in which it saturates (1/e)."""


def set_by_pulse(width, gate, voltage, p):
    """Conductance [S] after one pulse: g_set (1 + a ln(t / t_set)) (1 - exp(-(V_g - V_g0) / w_g)) (1 - exp(-(V - V_0) / w_0)), 0 below an onset."""
    open_ = 1.0 - exp(-maximum(gate - p.v_gate, 0.0 * gate) / p.w_gate)
    driven = 1.0 - exp(-maximum(voltage - p.v_onset, 0.0 * voltage) / p.w_onset)
    return p.g_set * (1.0 + p.slope * log(width / p.t_set)) * open_ * driven
