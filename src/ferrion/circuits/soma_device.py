"""The same neurons behind leaky nodes with all equations of their devices: creep through the open switch, filaments that form, conduct and dissolve, and joules.

Between two events a node decays exponentially, and `firing` steps the cell under chords of that decay. When a cell may nucleate is bounded as at the event level
(`soma.foresee`), which asks for nothing but the greatest rate it could reach; both levels use the same draws.
"""

import numpy as np

from ferrion.circuits.firing import CLOCK, GATE, REMNANT, RESIDUE, STATES, Cell, Piece, excess, filament, proceed
from ferrion.core.compiled import compiled, inlined
from ferrion.kernels.exponential import exponential

CONDUCTS, SINCE, FORMED, STEP = range(4)
"""Of a filament: 1 while it forms and conducts; the time [s] since when it does or no longer does, the share of it that was formed then; the step [s] to try next."""
FILAMENT = 4
CHORD = 1.0 / 64.0
"""Share of the node's time constant for which its decay is taken for a straight line: it is nowhere off by more than CHORD^2 / 8, 30 uV of a volt."""
RTOL = 1e-6
"""Relative tolerance of a step."""


@inlined
def seen(somata, j, t, p):
    """What the event loop knows of a cell: its state, or that of a whole filament while one stands, which it then looks at again after a formation time."""
    y, conducts = somata.states[j], somata.filaments[j, CONDUCTS] > 0.0
    somata.gate[j], somata.clock[j], somata.time[j] = y[GATE], y[CLOCK], t
    somata.residue[j], somata.remnant[j] = (1.0, p.remnant) if conducts else (y[RESIDUE], y[REMNANT])
    somata.stands[j] = t + p.t_form if conducts else 0.0


@compiled
def follow(somata, j, t, tau, cell):
    """Bring cell j from its own time to `t` [s], before which it does not nucleate, while its node decays with `tau` [s]."""
    y, line, p = somata.states[j], somata.filaments[j], cell.memristor
    room = np.zeros((7, STATES)), np.zeros((7, STATES)), np.zeros(STATES)
    own, traces, now = Cell(p, cell.gate, cell.stage, cell.temperature, somata.shift[j]), np.empty((0, STATES + 1)), somata.time[j]
    while now < t:
        begin, end = now, min(t, now + CHORD * tau)
        ending = somata.node[j] * exponential(-(end - begin) / tau)
        slope = (ending - somata.node[j]) / (end - begin)
        while now < end:
            piece = Piece(begin, somata.node[j], slope, line[CONDUCTS] > 0.0, line[SINCE], line[FORMED])
            if piece.nucleated and excess(now, y, own, piece, np.inf) >= 0.0:
                line[CONDUCTS], line[FORMED], line[SINCE], line[STEP] = 0.0, filament(now, piece, p), now, p.t_dissolve / 10.0
                piece = Piece(begin, somata.node[j], slope, False, now, line[FORMED])
            now, line[STEP], _, _ = proceed(now, end, line[STEP], y, own, piece, np.inf, RTOL, 1.0, traces, 0, room)
        somata.node[j] = ending
    seen(somata, j, t, p)


@inlined
def nucleate(somata, j, t, cell):
    """A filament begins to form in cell j at t [s], at which the cell stands."""
    line, p = somata.filaments[j], cell.memristor
    line[FORMED] = filament(t, Piece(t, somata.node[j], 0.0, False, line[SINCE], line[FORMED]), p)
    line[CONDUCTS], line[SINCE], line[STEP] = 1.0, t, p.t_form / 10.0
    somata.states[j, CLOCK] = 0.0
    seen(somata, j, t, p)
