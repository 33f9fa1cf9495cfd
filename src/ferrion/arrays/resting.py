"""Weights of an array that rests."""

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.hybrid import DeviceParams
from ferrion.physics.filament import relaxed

Floats = NDArray[np.float64]


def rested(shares: Floats, xi: Floats, age: float, p: DeviceParams) -> Floats:
    """Shares of the full scale an equivalent `age` [s] after their last transfer (`physics.filament.equivalent`); xi: a unit normal for every pair.

    Of each pair the memristor that was SET relaxes and drifts (`physics.filament.relaxed`); its partner in the high-resistance
    state is taken to stay. Up to `t_first` at the reference temperature nothing changes: that far the transfer's spread goes.
    """
    later = relaxed(np.abs(shares) * p.g_span + p.filament.g_off, xi, age, p.filament)
    return np.asarray(np.sign(shares) * (later - p.filament.g_off) / p.g_span)
