"""The same neurons behind leaky nodes with all equations of their devices: creep through the open switch, filaments that form, conduct and dissolve, and joules.

Between two events a node decays exponentially, and `firing` steps the cell under chords of that decay, its time counted from the begin of each, so that no age of a chip is
too great for its steps. When a cell may nucleate is bounded as at the event level (`soma.foresee`), which asks for nothing but the greatest rate it could reach; while a filament
stands or fades its gate is not counted on, for it follows the node. Both levels use the same draws.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.firing import CLOCK, GATE, REMNANT, RESIDUE, STATES, Cell, Piece, excess, filament, proceed
from ferrion.core.compiled import compiled, inlined
from ferrion.kernels.exponential import exponential
from ferrion.kernels.ode import C

CONDUCTS, AGE, FORMED, STEP = range(4)
"""Of a filament: 1 while it forms and conducts; seconds since it began to, or to dissolve; the share of it that was formed then; the step [s] to try next."""
FILAMENT = 4
STAGES = len(C)
"""Of a step of `kernels.ode`."""
CHORD = 1.0 / 64.0
"""Share of the node's time constant for which its decay is taken for a straight line: it is nowhere off by more than CHORD^2 / 8, 30 uV of a volt."""
STRAIGHT = 1e-6
"""Volts of a node whose decay is not looked at: one chord, however long."""
RTOL = 1e-6
"""Relative tolerance of a step."""
FADED = 20.0
"""Dissolution times after which a filament carries a billionth of its current."""
FIRST_STEP = 1e-6
"""Seconds of the step that a cell at rest tries first; what it makes of it adapts."""


class Devices(NamedTuple):
    """What is known of neurons at the device level beyond what the event level knows."""

    states: NDArray[np.float64]
    """(cells, STATES), as `firing` has them."""
    filaments: NDArray[np.float64]
    """(cells, FILAMENT)."""
    room: NDArray[np.float64]
    """(2 * STAGES + 1, STATES): working memory of a step."""


def undisturbed(cells: int) -> Devices:
    """Devices that no current has been through."""
    devices = Devices(np.zeros((cells, STATES)), np.zeros((cells, FILAMENT)), np.zeros((2 * STAGES + 1, STATES)))
    discharge(devices)
    return devices


def discharge(devices: Devices) -> None:
    """Nothing of the past is left in the devices; clocks stay, and joules."""
    devices.states[:, :CLOCK], devices.filaments[...] = 0.0, 0.0
    devices.filaments[:, STEP] = FIRST_STEP


@inlined
def seen(somata, devices, j, t, p):
    """What the event loop knows of a cell: its state; while a filament stands or fades, a residue of 1 at least and no help from its gate."""
    y, line = devices.states[j], devices.filaments[j]
    somata.gate[j], somata.clock[j], somata.time[j] = y[GATE], y[CLOCK], t
    somata.residue[j], somata.remnant[j] = y[RESIDUE], y[REMNANT]
    if line[CONDUCTS] > 0.0:
        somata.residue[j], somata.remnant[j] = max(y[RESIDUE], 1.0), max(y[REMNANT], p.remnant)
    if line[CONDUCTS] > 0.0 or (line[FORMED] > 0.0 and line[AGE] < FADED * p.t_dissolve):
        somata.gate[j] = min(y[GATE], min(somata.node[j], 0.0))


@compiled
def follow(somata, devices, j, t, tau, cell):
    """Bring cell j from its own time to `t` [s], before which it does not nucleate, while its node decays with `tau` [s]."""
    y, line, p = devices.states[j], devices.filaments[j], cell.memristor
    room = devices.room[:STAGES], devices.room[STAGES : 2 * STAGES], devices.room[2 * STAGES]
    own, untraced, left = Cell(p, cell.gate, cell.stage, cell.temperature, somata.shift[j]), devices.room[:0], t - somata.time[j]
    while left > 0.0:
        end = left if abs(somata.node[j]) < STRAIGHT else min(left, CHORD * tau)
        ending = somata.node[j] * exponential(-end / tau)
        slope, now, since = (ending - somata.node[j]) / end, 0.0, -line[AGE]
        while now < end:
            piece = Piece(0.0, somata.node[j], slope, line[CONDUCTS] > 0.0, since, line[FORMED])
            if piece.nucleated and excess(now, y, own, piece, np.inf) >= 0.0:
                line[CONDUCTS], line[FORMED], line[STEP], since = 0.0, filament(now, piece, p), p.t_dissolve / 10.0, now
                piece = Piece(0.0, somata.node[j], slope, False, since, line[FORMED])
            now, line[STEP], _, _ = proceed(now, end, line[STEP], y, own, piece, np.inf, RTOL, 1.0, untraced, 0, room)
        somata.node[j], line[AGE], left = ending, end - since, left - end
    seen(somata, devices, j, t, p)


@inlined
def nucleate(somata, devices, j, t, cell):
    """A filament begins to form in cell j at t [s], at which the cell stands."""
    line, p = devices.filaments[j], cell.memristor
    line[FORMED] = filament(0.0, Piece(0.0, somata.node[j], 0.0, False, -line[AGE], line[FORMED]), p)
    line[CONDUCTS], line[AGE], line[STEP] = 1.0, 0.0, p.t_form / 10.0
    devices.states[j, CLOCK] = 0.0
    seen(somata, devices, j, t, p)
