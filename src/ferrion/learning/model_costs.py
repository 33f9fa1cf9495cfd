"""What a model on array layers has cost so far: joules, seconds, square metres, from its tallies and the chip's prices."""

from dataclasses import dataclass, replace

import torch

from ferrion.arrays.words import MSBS, UNITS
from ferrion.chip.prices import Bill, Prices
from ferrion.core.errors import ConfigError
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.costs import Work, charge
from ferrion.learning.memories import Tally, TwoMemories


@dataclass(frozen=True)
class Cost:
    """Since the layers were made (or their tallies cleared)."""

    bills: tuple[Bill, ...]
    """By layer and action."""
    seconds: float
    """Layers work one after another, the arrays of a layer at once."""
    area: float
    """Cells and converters [m^2]; drivers, wires and digital control are not counted."""
    arrays: int
    rails: float
    """Share of the conversions that ended at the first or the last code."""

    @property
    def joules(self) -> float:
        """The total."""
        return sum(bill.joules for bill in self.bills)


def cost(model: torch.nn.Module) -> Cost:
    """The bill of every array layer of `model`. Raises ConfigError when it has none."""
    layers = {name.removesuffix("memories").rstrip(".") or "layer": module for name, module in model.named_modules() if isinstance(module, TwoMemories)}
    if not layers:
        raise ConfigError("the model has no two-memory layers: build it from ferrion.nn layers, or call ferrion.nn.convert(model, chip) first")
    bills: list[Bill] = []
    for name, memories in layers.items():
        ledger = Ledger()
        charge(ledger, name, _work(memories), memories.chip.geometry)
        ledger.add(name, Action.DIGITAL_MAC, memories.tally.products)
        bills += priced(memories).bills(ledger)
    tallies = [memories.tally for memories in layers.values()]
    conversions = sum(tally.conversions for tally in tallies)
    return Cost(
        bills=tuple(bills),
        seconds=sum(map(_seconds, layers.values())),
        area=sum(map(_area, layers.values())),
        arrays=sum(map(_arrays, layers.values())),
        rails=sum(tally.rails for tally in tallies) / max(conversions, 1),
    )


def clear(model: torch.nn.Module) -> None:
    """Begin the bill anew; the counts that number draws and transfers go on."""
    going_on = [Tally._fields.index(name) for name in ("samples", "reads", "transfers", "rehearsals")]
    for module in model.modules():
        if isinstance(module, TwoMemories):
            kept = module.tallied[going_on].clone()
            module.tallied.zero_()
            module.tallied[going_on] = kept


def priced(memories: TwoMemories) -> Prices:
    """The chip's prices, with a conversion at what the layer's own converters take (Walden's figure x 2^bits)."""
    prices, adc = memories.chip.prices, memories.readout.adc
    if adc is None:
        return prices
    card = memories.chip.parts.get("converters")
    number = card.section("adc")["walden"] if card else prices.energy[Action.ADC_SAMPLE][1]
    return replace(prices, energy={**prices.energy, Action.ADC_SAMPLE: (adc.joules, number)})


def _work(memories: TwoMemories) -> Work:
    tally, (rows, columns) = memories.tally, memories.analogue.shape
    return Work(
        rows,
        columns,
        tally.fecap_writes,
        tally.updates,
        tally.programmed,
        tally.flags,
        tally.forward_rows,
        tally.backward_rows,
        2 * (tally.forward_pulses * columns + tally.backward_pulses * memories.inputs + tally.verified),
        tally.conversions,
    )


def _arrays(memories: TwoMemories) -> int:
    down, across = memories.chip.geometry.tiles(*memories.analogue.shape)
    return down * across


def _seconds(memories: TwoMemories) -> float:
    """Products with their conversions, one after another; updates and transfers spread over the lines, ten bits in turn (as `costs.latency`)."""
    tally, chip, readout = memories.tally, memories.chip, memories.readout
    seconds, lines = chip.prices.seconds, _arrays(memories) * chip.geometry.lines
    slots, reads = (readout.encoding.slots, readout.encoding.reads) if readout.encoding else (1, 1)
    product = slots * seconds[Action.MEMRISTOR_READ] + (reads * readout.weights_per_adc / readout.adc.rate if readout.adc else 0.0)
    read_and_write = seconds[Action.FECAP_READ] + seconds[Action.FECAP_WRITE]
    words, pairs = tally.updates / lines * len(UNITS), tally.programmed / lines
    return tally.vectors * product + words * read_and_write + pairs * ((MSBS + 1) * read_and_write + seconds[Action.MEMRISTOR_PROGRAM])


def _area(memories: TwoMemories) -> float:
    chip, readout = memories.chip, memories.readout
    cells = {"fecap": chip.geometry.fecaps_per_line, "memristor": chip.geometry.memristors_per_line}
    area = _arrays(memories) * chip.geometry.lines * sum(chip.prices.area[device] * number for device, number in cells.items())
    if readout.adc is None:
        return area
    ends = (chip.geometry.weights_per_line, chip.geometry.lines if readout.errors_on_chip else 0)
    return area + _arrays(memories) * sum(-(-lines // readout.weights_per_adc) for lines in ends) * readout.adc.area
