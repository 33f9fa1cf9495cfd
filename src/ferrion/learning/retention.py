"""The analogue weights of a trained chip that has lain for a while: relaxation and drift of its memristors."""

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.hybrid import DeviceParams
from ferrion.core.noise import Stream, normals
from ferrion.learning.network import Layout
from ferrion.physics.filament import equivalent, relaxed


def lain(net: Layout, analogue: NDArray[np.float32], p: DeviceParams, seed: int, time: float, temperature: float) -> NDArray[np.float32]:
    """Weights `time` [s] after their last transfer, at `temperature` [K]."""
    full = np.repeat(net.full, np.diff(net.weights)).astype(np.float64)
    return (relaxed_shares(analogue / full, p, seed, float(equivalent(time, temperature, p.filament))) * full).astype(np.float32)


def relaxed_shares(shares: NDArray[np.float64], p: DeviceParams, seed: int, age: float) -> NDArray[np.float64]:
    """Shares of the full scale an equivalent `age` [s] after their last transfer (`physics.filament.equivalent`).

    Of each pair the memristor that was SET relaxes and drifts (`physics.filament.relaxed`); its partner in the high-resistance
    state is taken to stay. Up to `t_first` at the reference temperature nothing changes: that far the transfer's spread goes.
    """
    conductance = np.abs(shares) * p.g_span + p.filament.g_off
    xi = normals(seed, Stream.REST, 0, shares.size).reshape(shares.shape)
    later = relaxed(conductance, xi, age, p.filament)
    return np.asarray(np.sign(shares) * (later - p.filament.g_off) / p.g_span)
