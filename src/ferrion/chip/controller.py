"""The CMOS controller of a tile as a state machine: what it does, when, and for how long.

A tile rests until an event is delivered, reads one row of its memristors, learns if the rule says so, and programs its memristors anew when
enough has been learned or when they have drifted for too long. Every step of the simulation is a transition of this table, and
one that the table does not have is an error: what is simulated is what is drawn.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import merged


class Phase(IntEnum):
    """What a tile is doing."""

    IDLE = 0
    READ = 1
    UPDATE = 2
    TRANSFER = 3


class Trigger(IntEnum):
    """What makes it do something else."""

    EVENT = 0
    """The link delivers an event."""
    SPIKE = 1
    """A neuron behind the tile fires, and the rule learns from that."""
    TEACHER = 2
    """A tick of the teacher's clock."""
    DONE = 3
    LEARNS = 4
    """The row has been read, and the rule learns from events."""
    FULL = 5
    """As many events as the rule waits for have been learned from."""
    STALE = 6
    """The refresh clock has run out."""


class Arrow(NamedTuple):
    """One line of the drawing."""

    source: Phase
    trigger: Trigger
    target: Phase


ARROWS = (
    Arrow(Phase.IDLE, Trigger.EVENT, Phase.READ),
    Arrow(Phase.READ, Trigger.DONE, Phase.IDLE),
    Arrow(Phase.READ, Trigger.LEARNS, Phase.UPDATE),
    Arrow(Phase.IDLE, Trigger.SPIKE, Phase.UPDATE),
    Arrow(Phase.IDLE, Trigger.TEACHER, Phase.UPDATE),
    Arrow(Phase.UPDATE, Trigger.DONE, Phase.IDLE),
    Arrow(Phase.UPDATE, Trigger.FULL, Phase.TRANSFER),
    Arrow(Phase.IDLE, Trigger.STALE, Phase.TRANSFER),
    Arrow(Phase.TRANSFER, Trigger.DONE, Phase.IDLE),
)
FORBIDDEN = -1


def _table() -> NDArray[np.int64]:
    table = np.full((len(Phase), len(Trigger)), FORBIDDEN)
    for source, trigger, target in ARROWS:
        table[source, trigger] = target
    return table


NEXT = _table()
"""(phase, trigger) -> phase; FORBIDDEN where there is no arrow."""


class Controllers(NamedTuple):
    """State and counts of the controllers of all tiles."""

    phase: NDArray[np.int64]
    taken: NDArray[np.int64]
    """(tiles, phases, triggers): how often each arrow was taken."""
    busy: NDArray[np.float64]
    """(tiles, phases): seconds spent in each phase but IDLE."""


def controllers(tiles: int) -> Controllers:
    """All idle."""
    return Controllers(np.zeros(tiles, np.int64), np.zeros((tiles, *NEXT.shape), np.int64), np.zeros((tiles, len(Phase))))


@merged
def take(controllers, tile, trigger, seconds):
    """Take an arrow; the phase it leads to lasts `seconds`."""
    old = controllers.phase[tile]
    new = NEXT[old, trigger]
    if new == FORBIDDEN:
        raise RuntimeError("the controller's table has no such arrow")
    controllers.taken[tile, old, trigger] += 1
    controllers.busy[tile, new] += seconds
    controllers.phase[tile] = new


def dot() -> str:
    """The machine in the language of Graphviz."""
    arrows = "".join(f'  {a.source.name} -> {a.target.name} [label="{a.trigger.name.lower()}"];\n' for a in ARROWS)
    return f"digraph controller {{\n  rankdir=LR;\n{arrows}}}\n"
