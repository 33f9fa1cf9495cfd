"""The transfer line: FeCAP bits give a line voltage, the line voltage limits the SET current. No converter."""

from typing import Annotated, NamedTuple

from ferrion.core.compiled import inlined
from ferrion.kernels.cpu import scalar
from ferrion.physics.filament import set_conductance
from ferrion.physics.transistor import compliance

current_limit = scalar(compliance)
settled = scalar(set_conductance)


class Mismatch(NamedTuple):
    """What differs from access transistor to access transistor."""

    v_th: Annotated[float, "V"]
    """Standard deviation of the threshold."""


@inlined
def gate_voltage(charge_share, p):
    """Gate voltage [V] for the charge on the line as a share of that of seven nominal units: V_th + share (V_f - V_th)."""
    return p.v_th + charge_share * (p.v_full - p.v_th)


@inlined
def line_conductance(charge_share, v_shift, access, filament):
    """Conductance [S] aimed at by the SET that `charge_share` brings about through an access transistor off by v_shift [V]."""
    return settled(current_limit(gate_voltage(charge_share, access), v_shift, access), filament)
