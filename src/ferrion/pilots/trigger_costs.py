"""What sorting a pulse takes: on the chip, in its technology for digital sorters (converters included), and on real parts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.prices import Prices
from ferrion.circuits.trigger import LENGTH
from ferrion.core.ledger import Action
from ferrion.learning.model_costs import Cost
from ferrion.pilots.array_costs import decided, on_parts, worn
from ferrion.pilots.sorter import TRANSFER_EVERY
from ferrion.pilots.sorters import CLASSES, INPUTS, Sorters
from ferrion.workloads.digital.costs import BYTE, held, joules, known, size
from ferrion.workloads.digital.network import IntegerNet


def chip_numbers(own: Sorters, bill: Cost, pulses: int) -> dict[str, Any]:
    """Of the chip, which takes what the trigger holds as it is; `bill`: of so many pulses."""
    return {**decided(bill, pulses), "learned": own.learned.joules / own.calibration, **worn(own.chip.model, own.calibration, TRANSFER_EVERY, 0)}


def int8_numbers(net: IntegerNet, x: NDArray[np.float32], prices: Prices) -> dict[str, Any]:
    """Of an integer network on inputs `x`, and of what converts the samples it is given."""
    taken = size(net, x)
    converted = LENGTH * prices.energy[Action.ADC_SAMPLE][0]
    numbers = {"joules": joules(taken, prices), "converted": converted, **held(taken.memory), **known(prices)}
    return {**numbers, **on_parts(taken.products)}


def filter_numbers(prices: Prices) -> dict[str, Any]:
    """Of matched filters in 8 bits, a byte read for each product; they learn where they are."""
    products = CLASSES * INPUTS
    each = prices.energy[Action.DIGITAL_MAC][0] + BYTE * prices.energy[Action.TRACE_UPDATE][0]
    numbers = {"joules": products * each, "converted": LENGTH * prices.energy[Action.ADC_SAMPLE][0], **held(products), **known(prices)}
    return {**numbers, **on_parts(products)}
