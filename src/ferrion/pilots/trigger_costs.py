"""What sorting a pulse takes: on the chip, in its technology for digital sorters (converters included), and on real parts."""

from typing import Any

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.chip.prices import Prices
from ferrion.circuits.trigger import LENGTH
from ferrion.core.ledger import Action
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import Cost
from ferrion.pilots.sorters import CLASSES, INPUTS, Heard, Sorters
from ferrion.workloads.digital.costs import BYTE, PARTS, Part, joules, radio_joules, size
from ferrion.workloads.spiking_account import A_YEAR


def chip_numbers(own: Sorters, decided: Cost, pulses: int) -> dict[str, Any]:
    """Of the chip, which takes what the trigger holds as it is; `decided`: its bill for so many pulses."""
    memories = memories_of(own.chip.model)
    limits, wear = memories[0].chip.endurance(), own.chip.wear()
    known = {how: sum(bill.joules for bill in decided.bills if str(bill.number.provenance) == how) / decided.joules for how in ("measured", "assumed")}
    return {
        "joules": decided.joules / pulses,
        "learned": own.learned.joules / own.calibration,
        "seconds": decided.seconds / pulses,
        "area": decided.area,
        "memory": sum(part.hidden.numel() for part in memories) * (MAGNITUDE_BITS + 1) / 8,
        "wear": wear["fecap"] / own.calibration * A_YEAR / limits["fecap"],
        "wear, memristor": wear["memristor"] / own.calibration * A_YEAR / limits["memristor"],
        **known,
        "sent_learned": 0.0,
        "sent_decided": 1.0,
    }


def int8_numbers(own: Sorters, watched: Heard, prices: Prices) -> dict[str, Any]:
    """Of an integer network, and of what converts the samples it is given; what is learned leaves as a byte a sample."""
    taken = size(own.int8, own.front(watched.lines))
    converted = LENGTH * prices.energy[Action.ADC_SAMPLE][0]
    numbers = {"joules": joules(taken, prices), "converted": converted, "memory": float(taken.memory)}
    return {**numbers, "learned": LENGTH * radio_joules(), "sent_learned": float(LENGTH), "sent_decided": 1.0, **on_parts(taken.products)}


def filter_numbers(prices: Prices) -> dict[str, Any]:
    """Of matched filters in 8 bits, a byte read for each product; they learn where they are."""
    products = CLASSES * INPUTS
    each = prices.energy[Action.DIGITAL_MAC][0] + BYTE * prices.energy[Action.TRACE_UPDATE][0]
    numbers = {"joules": products * each, "converted": LENGTH * prices.energy[Action.ADC_SAMPLE][0], "memory": float(products)}
    return {**numbers, "sent_learned": 0.0, "sent_decided": 1.0, **on_parts(products)}


def on_parts(products: int) -> dict[str, float]:
    """Joules and seconds of real parts, by their products."""
    found: dict[str, float] = {}
    for part in map(Part.from_card, PARTS):
        found |= {f"joules, {part.name}": products * part.joules, f"seconds, {part.name}": products * part.seconds}
    return found
