"""From the counts of a run to ledger, latency and wear."""

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import LEVEL_MASK, UNITS, USED_FECAPS
from ferrion.chip.chip import Chip
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.network import Counts, Layout

LEVEL_UNITS = int(sum(units for bit, units in enumerate(UNITS) if LEVEL_MASK >> bit & 1))
"""FeCAPs read at each transfer of a weight: sign and three most significant bits."""


def ledger_of(net: Layout, counts: Counts, only_changed: bool) -> Ledger:
    """What a training run is charged for, by layer.

    An update reads the word of a weight destructively and writes it back; a transfer reads eight FeCAPs a pair (or, where
    only stale pairs are programmed, one flag a weight, written once when set and once when cleared).
    """
    ledger = Ledger()
    samples, transfers = int(counts.samples[0]), int(counts.transfers[0])
    for layer in range(len(net.sizes) - 1):
        n, m = int(net.sizes[layer]), int(net.sizes[layer + 1])
        place, weights = f"layer {layer + 1}", int(net.weights[layer + 1] - net.weights[layer])
        pairs, updates = int(counts.programmed[layer]), int(counts.updates[layer])
        flags = (transfers * weights, 2 * pairs) if only_changed else (0, 0)
        forward, backward = int(counts.forward_rows[layer]), int(counts.backward_rows[layer])
        ledger.add(place, Action.FECAP_WRITE, int(counts.fecap_writes[layer]) + flags[1])
        ledger.add(place, Action.FECAP_READ, updates * USED_FECAPS + pairs * LEVEL_UNITS + flags[0])
        ledger.add(place, Action.MEMRISTOR_PROGRAM, 2 * pairs)
        ledger.add(place, Action.MEMRISTOR_READ, 2 * (forward * m + backward * n))
        ledger.add(place, Action.LINE_DRIVE, forward + backward)
        ledger.add(place, Action.ADC_SAMPLE, samples * (m + (n if layer else 0)))
        ledger.add(place, Action.DIGITAL_MAC, forward * m)
    return ledger


def latency(net: Layout, counts: Counts, chip: Chip) -> float:
    """Seconds the chip takes for the run. All lines of all arrays work at once; what shares a line or a converter queues.

    Products and conversions are those of the layers in turn; updates and transfers are spread evenly over the lines.
    """
    seconds, samples = chip.prices.seconds, int(counts.samples[0])
    lines = -(-int(net.weights[-1]) // chip.geometry.weights_per_line)
    products = 2 * (len(net.sizes) - 1) - 1
    conversions = products * chip.columns_per_adc
    read_and_write = seconds[Action.FECAP_READ] + seconds[Action.FECAP_WRITE]
    return float(
        samples * (products * seconds[Action.MEMRISTOR_READ] + conversions * seconds[Action.ADC_SAMPLE])
        + counts.updates.sum() / lines * read_and_write
        + counts.programmed.sum() / lines * (read_and_write + seconds[Action.MEMRISTOR_PROGRAM])
    )


def inference_ledger(net: Layout, samples: int, active: float) -> Ledger:
    """What `samples` inferences are charged for when a share `active` of each layer's inputs is not zero."""
    ledger = Ledger()
    for layer in range(len(net.sizes) - 1):
        n, m = int(net.sizes[layer]), int(net.sizes[layer + 1])
        rows = int(samples * (active * n + 1))
        ledger.add(f"layer {layer + 1}", Action.MEMRISTOR_READ, 2 * rows * m)
        ledger.add(f"layer {layer + 1}", Action.LINE_DRIVE, rows)
        ledger.add(f"layer {layer + 1}", Action.ADC_SAMPLE, samples * m)
    return ledger


def most_worn(lsb_writes: NDArray[np.uint32], programmed: NDArray[np.uint32]) -> dict[str, int]:
    """Writes of the most-written FeCAP and operations of the most-programmed memristor."""
    return {"fecap": int(lsb_writes.max(initial=0)), "memristor": int(programmed.max(initial=0))}
