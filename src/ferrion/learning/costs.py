"""From the counts of a run to ledger, latency and wear."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.geometry import Geometry
from ferrion.arrays.words import LEVEL_MASK, MSBS, UNITS, USED_FECAPS
from ferrion.chip.chip import Chip
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.network import Counts, Layout

LEVEL_UNITS = int(sum(units for bit, units in enumerate(UNITS) if LEVEL_MASK >> bit & 1))
"""FeCAPs read at each transfer of a weight: sign and three most significant bits."""


class Work(NamedTuple):
    """What the arrays of one layer have done."""

    rows: int
    """Bias lines included."""
    columns: int
    fecap_writes: int
    updates: int
    """Hidden weights read and written back."""
    pairs: int
    """Pairs programmed."""
    flags: int
    """Flags read to find the pairs to be programmed."""
    forward: int
    """Rows driven."""
    backward: int
    """Columns driven."""
    reads: int
    """Unit pulses on memristors."""
    conversions: int


def charge(ledger: Ledger, place: str, work: Work, geometry: Geometry) -> None:
    """Add what one layer is charged for.

    A layer is cut into tiles of one array each: a row of the layer is one line of every tile across, and every tile
    converts its own partial sums. An update reads the word of a weight destructively and writes it back; a transfer reads
    eight FeCAPs a pair (or, where only stale pairs are programmed, one flag a weight, written once when set and once when cleared).
    """
    down, across = geometry.tiles(work.rows, work.columns)
    ledger.add(place, Action.FECAP_WRITE, work.fecap_writes + (2 * work.pairs if work.flags else 0))
    ledger.add(place, Action.FECAP_READ, work.updates * USED_FECAPS + work.pairs * LEVEL_UNITS + work.flags)
    ledger.add(place, Action.MEMRISTOR_PROGRAM, 2 * work.pairs)
    ledger.add(place, Action.MEMRISTOR_READ, work.reads)
    ledger.add(place, Action.LINE_DRIVE, work.forward * across + work.backward * down)
    ledger.add(place, Action.ADC_SAMPLE, work.conversions)


def ledger_of(net: Layout, counts: Counts, geometry: Geometry, only_changed: bool) -> Ledger:
    """What a training run is charged for, by layer; the gradient is a digital product."""
    ledger = Ledger()
    samples, transfers = int(counts.samples[0]), int(counts.transfers[0])
    for layer in range(len(net.sizes) - 1):
        n, m = int(net.sizes[layer]), int(net.sizes[layer + 1])
        down, across = geometry.tiles(n + 1, m)
        forward, backward = int(counts.forward_rows[layer]), int(counts.backward_rows[layer])
        done = int(counts.fecap_writes[layer]), int(counts.updates[layer]), int(counts.programmed[layer])
        flags = transfers * (n + 1) * m if only_changed else 0
        work = Work(n + 1, m, *done, flags, forward, backward, 2 * (forward * m + backward * n), samples * (m * down + (n * across if layer else 0)))
        charge(ledger, f"layer {layer + 1}", work, geometry)
        ledger.add(f"layer {layer + 1}", Action.DIGITAL_MAC, forward * m)
    return ledger


def inference_ledger(net: Layout, geometry: Geometry, rows: NDArray[np.float64]) -> Ledger:
    """What one inference is charged for when `rows` rows of each layer are driven on average (the bias among them)."""
    ledger = Ledger()
    for layer in range(len(net.sizes) - 1):
        n, m = int(net.sizes[layer]), int(net.sizes[layer + 1])
        down, across = geometry.tiles(n + 1, m)
        ledger.add(f"layer {layer + 1}", Action.MEMRISTOR_READ, round(2 * rows[layer] * m))
        ledger.add(f"layer {layer + 1}", Action.LINE_DRIVE, round(rows[layer] * across))
        ledger.add(f"layer {layer + 1}", Action.ADC_SAMPLE, m * down)
    return ledger


def arrays_of(net: Layout, geometry: Geometry) -> int:
    """Arrays the network takes, a tile each."""
    return sum(geometry.arrays(int(n) + 1, int(m)) for n, m in zip(net.sizes[:-1], net.sizes[1:], strict=True))


class Rewriting(NamedTuple):
    """How often the memories were written anew."""

    updates: int
    """Hidden weights read and written back."""
    steps: int
    """Updates of all weights at once, one a sample or a batch."""
    pairs: int
    """Pairs programmed."""
    transfers: int


def rewriting(chip: Chip, arrays: int, done: Rewriting, only_changed: bool) -> float:
    """Seconds that updates and transfers take on so many arrays.

    They are spread evenly over the lines, but a step that updates at all takes one word's time at least, and so does a transfer. The ten bits of a
    word share a line and are read and written in turn, as are the four of a transfer; where only stale pairs are programmed, the flags of a line
    are read in turn.
    """
    seconds, lines = chip.prices.seconds, arrays * chip.geometry.lines
    read_and_write = seconds[Action.FECAP_READ] + seconds[Action.FECAP_WRITE]
    words, pairs = max(done.updates / lines, min(done.steps, done.updates)), max(done.pairs / lines, min(done.transfers, done.pairs))
    flags = done.transfers * chip.geometry.weights_per_line * seconds[Action.FECAP_READ] if only_changed else 0.0
    return float(words * len(UNITS) * read_and_write + pairs * ((MSBS + 1) * read_and_write + seconds[Action.MEMRISTOR_PROGRAM]) + flags)


def latency(net: Layout, counts: Counts, chip: Chip, only_changed: bool) -> float:
    """Seconds the chip takes for the run. All lines of all arrays work at once; what shares a converter queues; the layers' products come in turn."""
    seconds, samples = chip.prices.seconds, int(counts.samples[0])
    product = seconds[Action.MEMRISTOR_READ] + chip.columns_per_adc * seconds[Action.ADC_SAMPLE]
    done = Rewriting(int(counts.updates.sum()), samples, int(counts.programmed.sum()), int(counts.transfers[0]))
    return float(samples * (2 * (len(net.sizes) - 1) - 1) * product + rewriting(chip, arrays_of(net, chip.geometry), done, only_changed))


def cell_area(chip: Chip, arrays: int) -> float:
    """Of the devices of so many arrays [m^2]; drivers, wires, converters and digital control are not counted."""
    cells = {"fecap": chip.geometry.fecaps_per_line, "memristor": chip.geometry.memristors_per_line}
    return arrays * chip.geometry.lines * sum(chip.prices.area[device] * number for device, number in cells.items())
