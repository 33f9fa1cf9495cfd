"""The analogue weights of a trained chip that has lain for a while: relaxation and drift of its memristors."""

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.hybrid import DeviceParams
from ferrion.core.noise import Stream, normals
from ferrion.learning.network import Layout
from ferrion.physics.filament import equivalent, relaxed


def lain(net: Layout, analogue: NDArray[np.float32], p: DeviceParams, seed: int, time: float, temperature: float) -> NDArray[np.float32]:
    """Weights `time` [s] after their last transfer, at `temperature` [K].

    Of each pair the memristor that was SET relaxes and drifts (`physics.filament.relaxed`); its partner in the high-resistance
    state is taken to stay. Up to `t_first` at the reference temperature nothing changes: that far the transfer's spread goes.
    """
    full = np.repeat(net.full, np.diff(net.weights)).astype(np.float64)
    conductance = np.abs(analogue) / full * p.g_span + p.filament.g_off
    xi = normals(seed, Stream.REST, 0, analogue.size)
    later = relaxed(conductance, xi, equivalent(time, temperature, p.filament), p.filament)
    return (np.sign(analogue) * (later - p.filament.g_off) / p.g_span * full).astype(np.float32)
