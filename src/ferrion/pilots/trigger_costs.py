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
from ferrion.workloads.digital.costs import BIAS_BYTES, byte_joules, digital_joules, held, joules, known, size
from ferrion.workloads.digital.network import IntegerNet


def chip_numbers(own: Sorters, bill: Cost, pulses: int) -> dict[str, Any]:
    """Of the chip, which takes what the trigger holds as it is; `bill`: of so many pulses."""
    return {**decided(bill, pulses), "learned": own.learned.joules / own.calibration, **worn(own.chip.model, own.calibration, TRANSFER_EVERY, digital_inputs=False)}


def int8_numbers(net: IntegerNet, x: NDArray[np.float32], prices: Prices) -> dict[str, Any]:
    """Of an integer network on inputs `x`, and of what converts the samples it is given."""
    taken = size(net, x)
    numbers = {"joules": joules(taken, prices), "converted": converted(prices), **held(taken.memory), **known(prices)}
    return {**numbers, **on_parts(taken.products)}


def filter_numbers(prices: Prices) -> dict[str, Any]:
    """Of matched filters in 8 bits: a byte read for each product and input, a bias for each class, a byte written for each vote; they learn where they are."""
    products, biases, values = CLASSES * INPUTS, BIAS_BYTES * CLASSES, INPUTS + CLASSES
    kept = products + biases + values
    return {"joules": digital_joules(products, kept, prices), "converted": converted(prices), **held(kept), **known(prices), **on_parts(products)}


def converted(prices: Prices) -> float:
    """Joules of the samples of a pulse, converted and written, a byte each."""
    return LENGTH * (prices.energy[Action.ADC_SAMPLE][0] + byte_joules(prices))
