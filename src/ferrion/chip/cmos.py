"""What of the CMOS of a chip can be counted: registers, multiplexers and gates of queues, arbiters and controllers, bits of trace memories; their floor and leakage.

Clock trees, wires, drivers and whatever tunes a node are not counted, and rows are taken as full; memories are at the floor of one macro, with its decoders.
"""

from functools import cache
from typing import NamedTuple

from ferrion.chip.controller import ARROWS, Phase
from ferrion.core.units import to_si
from ferrion.params.card import Card, load

CARD = "sky130-cells"
ARBITER_NANDS = 6
"""Of a two-way arbiter: a latch of two that excludes, and the handshakes of both sides; ours, no sourced count was found."""
ARROW_NANDS = 4
"""Of an arrow of the state machine: its phase and trigger decoded, one term for each bit of the next phase; ours."""
TRACE_BITS = 16
"""Of a trace, as its update is priced."""


class Cmos(NamedTuple):
    """Counts, by what the card calls them; they add up by `plus`."""

    flip_flop: int = 0
    multiplexer: int = 0
    nand: int = 0
    sram_bit: int = 0

    def plus(self, other: "Cmos") -> "Cmos":
        """Both."""
        return Cmos(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def area(self) -> float:
        """Square metres."""
        return self._sum("area", "m^2")

    @property
    def leakage(self) -> float:
        """Watts of registers, gates and bits of a memory that keeps what it holds; switched off, a memory leaks nothing and forgets."""
        return self._sum("leakage", "W")

    def _sum(self, section: str, unit: str) -> float:
        return sum(getattr(self, name) * to_si(number.value, number.unit, unit) for name, number in _card().section(section).items())


@cache
def _card() -> Card:
    return load(CARD)


def bits(count: int) -> int:
    """That tell `count` things apart."""
    return max(count - 1, 1).bit_length()


def link(rows: int, depth: int) -> Cmos:
    """A queue of `depth` addresses of `rows` rows: a register a bit, a multiplexer for each bit but the last to read it, two pointers and a count."""
    return Cmos(flip_flop=depth * bits(rows) + 2 * bits(depth) + bits(depth + 1), multiplexer=(depth - 1) * bits(rows))


def arbiter(cells: int) -> Cmos:
    """A tree that grants one of `cells` at a time; what encodes its address is not counted."""
    return Cmos(nand=ARBITER_NANDS * (cells - 1))


def controller(every: int) -> Cmos:
    """The state machine that is drawn, and its count of updates up to `every`."""
    return Cmos(flip_flop=bits(len(Phase)) + bits(every + 1), nand=ARROW_NANDS * len(ARROWS))


def memory(count: float) -> Cmos:
    """So many bytes that are kept."""
    return Cmos(sram_bit=round(8 * count))


def traces(count: int) -> Cmos:
    """So many traces, counters or eligibilities, in a memory."""
    return Cmos(sram_bit=TRACE_BITS * count)
