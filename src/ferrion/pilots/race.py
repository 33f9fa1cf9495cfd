"""A race of ion neurons: each class has some, all driven by what the arrays give for it, and the first to spike decides.

Below its supply a cell nucleates at a rate that grows as exp(V / V_T) (`physics.nucleation`), so the first of many is a draw from the softmax of the voltages over V_T = k T / q,
and comes after 1 / (sum of all rates). No cell nucleates faster than its supply of silver allows, 160 a second: a race of N cells a class lasts 1 / (160 N) s on
average where one class is driven to the top, and never less than that over the number of classes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.firing import rate
from ferrion.circuits.neuron import Neuron
from ferrion.core.compiled import compiled
from ferrion.core.noise import Stream, fork, uniforms

CENTRE, STEP = 0.75, 0.06
"""Volts for a vote of 0, and for one vote more. A lower centre is slower and makes fewer mistakes."""
HIGHEST = 1.2
"""Volts at which the drivers end."""


class Race(NamedTuple):
    """Of every sample."""

    decided: NDArray[np.int64]
    seconds: NDArray[np.float64]
    """To the first spike."""


def race(neuron: Neuron, votes: NDArray[np.float64], each: int, seed: int, centre: float = CENTRE) -> Race:
    """`votes` (samples, classes) on `each` cells a class, which are at rest and differ from device to device."""
    samples, classes = votes.shape
    shifts = neuron.shifts(classes * each, fork(seed, 0)).reshape(classes, each)
    rates = rates_of(np.clip(centre + STEP * votes, 0.0, HIGHEST), shifts, neuron.cell.temperature, neuron.cell.memristor)
    total = np.cumsum(rates, axis=1)
    first, which = uniforms(fork(seed, 1), Stream.FIRING, 0, samples), uniforms(fork(seed, 1), Stream.FIRING, 1, samples)
    return Race((which[:, None] * total[:, -1:] > total).sum(axis=1), -np.log(first) / total[:, -1])


@compiled
def rates_of(volts, shifts, temperature, memristor):
    """Nucleations a second of all cells of each class (samples, classes), nothing being left of earlier ones."""
    found = np.zeros(volts.shape)
    for i in range(volts.shape[0]):
        for k in range(volts.shape[1]):
            for j in range(shifts.shape[1]):
                found[i, k] += rate(volts[i, k] - shifts[k, j], 0.0, temperature, memristor)
    return found
