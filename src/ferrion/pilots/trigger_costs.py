"""What sorting a pulse takes: on the chip, in its technology for digital sorters (converters included), and on real parts."""

from typing import Any

from ferrion.chip.prices import Prices
from ferrion.circuits.trigger import LENGTH
from ferrion.core.ledger import Action
from ferrion.learning.model_costs import Cost
from ferrion.pilots.array_costs import decided, on_parts, worn
from ferrion.pilots.sorter import TRANSFER_EVERY
from ferrion.pilots.sorters import CLASSES, INPUTS, Heard, Sorters
from ferrion.workloads.digital.costs import BYTE, held, joules, known, radio_joules, size


def chip_numbers(own: Sorters, bill: Cost, pulses: int) -> dict[str, Any]:
    """Of the chip, which takes what the trigger holds as it is; `bill`: of so many pulses."""
    return {**decided(bill, pulses), "learned": own.learned.joules / own.calibration, **worn(own.chip.model, own.calibration, TRANSFER_EVERY, 0)}


def int8_numbers(own: Sorters, watched: Heard, prices: Prices) -> dict[str, Any]:
    """Of an integer network, and of what converts the samples it is given; what is learned leaves as a byte a sample."""
    taken = size(own.int8, own.front(watched.lines))
    converted = LENGTH * prices.energy[Action.ADC_SAMPLE][0]
    numbers = {"joules": joules(taken, prices), "converted": converted, **held(taken.memory), **known(prices)}
    return {**numbers, "learned": LENGTH * radio_joules(), "sent_learned": float(LENGTH), "sent_decided": 1.0, **on_parts(taken.products)}


def filter_numbers(prices: Prices) -> dict[str, Any]:
    """Of matched filters in 8 bits, a byte read for each product; they learn where they are."""
    products = CLASSES * INPUTS
    each = prices.energy[Action.DIGITAL_MAC][0] + BYTE * prices.energy[Action.TRACE_UPDATE][0]
    numbers = {"joules": products * each, "converted": LENGTH * prices.energy[Action.ADC_SAMPLE][0], **held(products), **known(prices)}
    return {**numbers, "sent_learned": 0.0, "sent_decided": 1.0, **on_parts(products)}
