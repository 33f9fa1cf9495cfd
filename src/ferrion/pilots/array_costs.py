"""What arrays take to decide and to learn, as columns of a table; and what real parts take for as many products."""

from dataclasses import replace
from typing import Any

import torch

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.chip.cmos import Cmos, controller, memory
from ferrion.chip.prices import Bill, Prices
from ferrion.core.ledger import Action
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import Cost, cost
from ferrion.learning.wear import busiest
from ferrion.workloads.digital.costs import PARTS, Part, byte_joules, widest
from ferrion.workloads.spiking_account import A_YEAR

BETWEEN, HELD = "between arrays", "bytes held"
"""Where the digital values of arrays are, and what their reads and writes are called among actions."""


def costs(model: torch.nn.Module, digital_inputs: bool = True) -> Cost:
    """What the arrays of `model` have cost, and the digital values between them: a byte is read for every line that is driven, either way, and written for every conversion.

    The lines of the first array are driven by what an analogue memory holds where its inputs are not digital.
    """
    memories = memories_of(model)
    tallies = [own.tally for own in memories]
    count = sum(tally.forward_rows + tally.backward_rows + tally.conversions for tally in tallies) - (0 if digital_inputs else tallies[0].forward_rows)
    return with_digital(cost(model), BETWEEN, 0, count, memories[0].chip.prices)


def with_digital(found: Cost, place: str, products: int, count: int, prices: Prices) -> Cost:
    """The same and so many products of 8 bits, and bytes that are read or written, at a place beside the arrays."""
    (product, known), (_, assumed) = prices.energy[Action.DIGITAL_MAC], prices.energy[Action.TRACE_UPDATE]
    more = (Bill(place, Action.DIGITAL_MAC, products, products * product, known), Bill(place, Action.TRACE_UPDATE, count, count * byte_joules(prices), assumed))
    return replace(found, bills=found.bills + more)


def with_samples(found: Cost, place: str, count: int, prices: Prices) -> Cost:
    """The same and so many samples that are converted at a place and written, a byte each."""
    price, number = prices.energy[Action.ADC_SAMPLE]
    return with_digital(replace(found, bills=(*found.bills, Bill(place, Action.ADC_SAMPLE, count, count * price, number))), place, 0, count, prices)


def decided(bill: Cost, count: int) -> dict[str, Any]:
    """By the bill of so many decisions."""
    known = {how: sum(part.joules for part in bill.bills if str(part.number.provenance) == how) / bill.joules for how in ("measured", "assumed")}
    return {"joules": bill.joules / count, "seconds": bill.seconds / count, "area": bill.area, **known}


def by_action(bill: Cost, count: int) -> dict[str, float]:
    """Joules of one of so many decisions or examples, by action; what takes none is left out."""
    found: dict[str, float] = {}
    for part in bill.bills:
        if part.joules:
            name = HELD if part.action is Action.TRACE_UPDATE else part.action.value
            found[name] = found.get(name, 0.0) + part.joules / count
    return found


def worn(model: torch.nn.Module, learned: int, every: int, digital_inputs: bool = True) -> dict[str, Any]:
    """Wear of the busiest devices in a year of an example a minute, at the pace of so many learned; memory of the hidden weights; what `standing` takes."""
    memories = memories_of(model)
    limits, counts = memories[0].chip.endurance(), busiest(model)
    wear = {device: count / learned * A_YEAR / limits[device] for device, count in counts.items()}
    weights = sum(part.hidden.numel() for part in memories) * (MAGNITUDE_BITS + 1) / 8
    keeps = standing(model, every, activations(model, digital_inputs))
    return {"wear": wear["fecap"], "wear, memristor": wear["memristor"], "leaked": keeps.leakage, "cmos": keeps.area, "memory": weights}


def kept(count: float) -> dict[str, float]:
    """Bytes of examples that are kept for further passes, and what a memory for them would leak on the chip [W]."""
    return {"kept": count, "kept, leaks": memory(count).leakage}


def activations(model: torch.nn.Module, digital_inputs: bool = True) -> int:
    """Bytes of inputs, hidden cells and outputs that are held at once, as of an int8 network."""
    memories = memories_of(model)
    return widest([memories[0].inputs if digital_inputs else 0, *(own.analogue.shape[1] for own in memories)])


def standing(model: torch.nn.Module, every: int, held: int) -> Cmos:
    """Controllers of arrays that are transferred once in so many samples, and a memory that holds so many bytes; two memories keep weights without one."""
    arrays = sum(part.chip.geometry.arrays(*part.hidden.shape) for part in memories_of(model))
    return memory(held).plus(Cmos(*(arrays * count for count in controller(every))))


def on_parts(products: float) -> dict[str, float]:
    """Joules and seconds of real parts, by their products."""
    found: dict[str, float] = {}
    for part in map(Part.from_card, PARTS):
        found |= {f"joules, {part.name}": products * part.joules, f"seconds, {part.name}": products * part.seconds}
    return found
