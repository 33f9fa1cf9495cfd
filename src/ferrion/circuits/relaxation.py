"""The relaxation neuron: input resistor, capacitor, threshold switch with a load to ground; it fires by itself at a constant input.

The benchmark's neuron. Two states, so the step of Dormand and Prince is written out; every cell steps on its own, and its spikes are
found on the step's cubic.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled, inlined
from ferrion.core.errors import CardError, ConfigError
from ferrion.kernels.cpu import scalar
from ferrion.kernels.ode import between, factor
from ferrion.params.card import load
from ferrion.physics import threshold
from ferrion.physics.threshold import Switch

conductance, path_rate = scalar(threshold.conductance), scalar(threshold.path_rate)
SCALE_V, SCALE_X = 0.01, 0.01
HALVINGS = 40
LANES = 8
"""Cells side by side: a vector of 512 bits, or two of 256."""
T, V, X, A, B, H, INPUT, FELL, FROM, SLOPE, SPAN = range(11)
FIELDS = 11
"""What a lane holds: time, state, rates, next step, input; of the last step whether the node fell through `v_spike`, from where, how steeply, how long."""
BLOCKS = 8
"""Pieces of work for every thread."""


class Node(NamedTuple):
    """The capacitor and the resistors around it."""

    r_in: Annotated[float, "ohm"]
    c: Annotated[float, "F"]
    r_load: Annotated[float, "ohm"]
    rise: Annotated[float, "s"]
    """Time in which the input rises from 0."""
    v_spike: Annotated[float, "V"]
    """A spike is counted where the node falls through this voltage."""


@inlined
def rates(t, v, x, v_in, node, p):
    """Time derivatives of node voltage and conducting share."""
    g = conductance(x, p)
    across = v / (1.0 + g * node.r_load)
    return ((v_in * min(t / node.rise, 1.0) - v) / node.r_in - across * g) / node.c, path_rate(across, x, p)


@inlined
def advanced(t, v, x, h, a1, b1, v_in, duration, rtol, node, p):
    """One tried step: (t, v, x, rates) after it, the step tried, the next to try, and whether it was good enough."""
    h = min(h, duration - t)
    h = node.rise - t if (t < node.rise) & (node.rise < t + h) else h
    a2, b2 = rates(t + h / 5, v + h * a1 / 5, x + h * b1 / 5, v_in, node, p)
    a3, b3 = rates(t + 3 * h / 10, v + h * (3 / 40 * a1 + 9 / 40 * a2), x + h * (3 / 40 * b1 + 9 / 40 * b2), v_in, node, p)
    a4, b4 = rates(t + 4 * h / 5, v + h * (44 / 45 * a1 - 56 / 15 * a2 + 32 / 9 * a3), x + h * (44 / 45 * b1 - 56 / 15 * b2 + 32 / 9 * b3), v_in, node, p)
    v5 = v + h * (19372 / 6561 * a1 - 25360 / 2187 * a2 + 64448 / 6561 * a3 - 212 / 729 * a4)
    x5 = x + h * (19372 / 6561 * b1 - 25360 / 2187 * b2 + 64448 / 6561 * b3 - 212 / 729 * b4)
    a5, b5 = rates(t + 8 * h / 9, v5, x5, v_in, node, p)
    v6 = v + h * (9017 / 3168 * a1 - 355 / 33 * a2 + 46732 / 5247 * a3 + 49 / 176 * a4 - 5103 / 18656 * a5)
    x6 = x + h * (9017 / 3168 * b1 - 355 / 33 * b2 + 46732 / 5247 * b3 + 49 / 176 * b4 - 5103 / 18656 * b5)
    a6, b6 = rates(t + h, v6, x6, v_in, node, p)
    v7 = v + h * (35 / 384 * a1 + 500 / 1113 * a3 + 125 / 192 * a4 - 2187 / 6784 * a5 + 11 / 84 * a6)
    x7 = x + h * (35 / 384 * b1 + 500 / 1113 * b3 + 125 / 192 * b4 - 2187 / 6784 * b5 + 11 / 84 * b6)
    a7, b7 = rates(t + h, v7, x7, v_in, node, p)
    error_v = h * (71 / 57600 * a1 - 71 / 16695 * a3 + 71 / 1920 * a4 - 17253 / 339200 * a5 + 22 / 525 * a6 - a7 / 40)
    error_x = h * (71 / 57600 * b1 - 71 / 16695 * b3 + 71 / 1920 * b4 - 17253 / 339200 * b5 + 22 / 525 * b6 - b7 / 40)
    worst = max(abs(error_v) / (rtol * (SCALE_V + abs(v7))), abs(error_x) / (rtol * (SCALE_X + abs(x7))))
    return t + h, v7, x7, a7, b7, h, h * factor(worst), worst <= 1.0


@compiled
def run_cells(volts, duration, rtol, node, p, spikes, counts):
    """Run cell i at the constant input volts[i] from rest; spikes (cells, most) and counts (cells,) are filled.

    LANES cells advance side by side, each by its own step, so that one instruction steps all; a lane whose cell is done takes
    the next one. No lane sees another: a cell's spikes do not depend on its company.
    """
    w = np.zeros(FIELDS * LANES)
    cell = np.full(LANES, -1)
    waiting, running = 0, 0
    for lane in range(LANES):
        w[T * LANES + lane] = duration
    while True:
        for lane in range(LANES):
            if w[T * LANES + lane] >= duration:
                if cell[lane] >= 0:
                    cell[lane], running = -1, running - 1
                if waiting < volts.size:
                    began(w, lane, volts[waiting], node, p)
                    cell[lane], waiting, running = waiting, waiting + 1, running + 1
        if running == 0:
            return
        for lane in range(LANES):
            t, v, x, a, b = w[T * LANES + lane], w[V * LANES + lane], w[X * LANES + lane], w[A * LANES + lane], w[B * LANES + lane]
            new_t, new_v, new_x, new_a, new_b, h, following, good = advanced(t, v, x, w[H * LANES + lane], a, b, w[INPUT * LANES + lane], duration, rtol, node, p)
            w[FELL * LANES + lane] = 1.0 if good & (v > node.v_spike) & (new_v <= node.v_spike) else 0.0
            w[FROM * LANES + lane], w[SLOPE * LANES + lane], w[SPAN * LANES + lane] = v, a, h
            w[T * LANES + lane] = new_t if good else t
            w[V * LANES + lane] = new_v if good else v
            w[X * LANES + lane] = new_x if good else x
            w[A * LANES + lane] = new_a if good else a
            w[B * LANES + lane] = new_b if good else b
            w[H * LANES + lane] = following
        for lane in range(LANES):
            if w[FELL * LANES + lane] > 0.0 and cell[lane] >= 0:
                h, i = w[SPAN * LANES + lane], cell[lane]
                share = crossing(node.v_spike, h, w[FROM * LANES + lane], w[SLOPE * LANES + lane], w[V * LANES + lane], w[A * LANES + lane])
                if counts[i] < spikes.shape[1]:
                    spikes[i, counts[i]] = w[T * LANES + lane] - h + h * share
                counts[i] += 1


@inlined
def began(w, lane, v_in, node, p):
    """Put a fresh cell into a lane."""
    for field in range(FIELDS):
        w[field * LANES + lane] = 0.0
    w[INPUT * LANES + lane], w[H * LANES + lane] = v_in, node.rise / 10.0
    w[A * LANES + lane], w[B * LANES + lane] = rates(0.0, 0.0, 0.0, v_in, node, p)


@inlined
def crossing(level, h, a, ka, b, kb):
    """Share of the step at which its cubic falls through `level`: bisection."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if between(middle, h, a, ka, b, kb) > level:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class RelaxationNeuron:
    """A relaxation neuron of one card."""

    switch: Switch
    node: Node

    @classmethod
    def from_card(cls, name: str | Path = "relaxation-reference") -> "RelaxationNeuron":
        """The neuron of a shipped card or of a TOML file; raises CardError when it is not in order or has no hysteresis."""
        card = load(name)
        switch = card.fill("switch", Switch)
        if not 0.0 <= switch.v_hold < switch.v_th:
            raise CardError(f"card {card.name}: v_hold = {switch.v_hold:g} V must lie below v_th = {switch.v_th:g} V: a switch without hysteresis cannot spike at a constant input")
        return cls(switch, card.fill("node", Node))

    def fire(self, volts: Sequence[float] | NDArray[np.float64], duration: float, *, rtol: float = 1e-5, threads: int | None = None) -> list[NDArray[np.float64]]:
        """Spike times [s] of one cell for every constant input of `volts` [V], for `duration` [s] from rest.

        rtol: relative tolerance of a step. threads: default all cores; the result does not depend on it. Raises ConfigError on
        settings out of range.
        """
        inputs = np.asarray(volts, np.float64)
        if inputs.ndim != 1 or not np.isfinite(inputs).all():
            raise ConfigError(f"volts of shape {inputs.shape}: give a row of finite voltages")
        if not (np.isfinite(duration) and duration > 0) or not 1e-12 <= rtol <= 1e-3:
            raise ConfigError(f"duration = {duration}, rtol = {rtol}: give a time above 0 s and a tolerance between 1e-12 and 0.001")
        most = 16 + int(2 * duration / (self.node.r_in * self.node.c))
        workers = threads or os.cpu_count() or 1

        def block(part: NDArray[np.float64]) -> list[NDArray[np.float64]]:
            spikes, counts = np.empty((part.size, most)), np.zeros(part.size, np.int64)
            run_cells(part, duration, rtol, self.node, self.switch, spikes, counts)
            if (counts > most).any():
                raise ConfigError(f"a cell fired more than {most} times in {duration} s: give a shorter duration")
            return [row[:count] for row, count in zip(spikes, counts, strict=True)]

        with ThreadPoolExecutor(workers) as pool:
            return [train for trains in pool.map(block, np.array_split(inputs, min(BLOCKS * workers, max(inputs.size, 1)))) for train in trains]
