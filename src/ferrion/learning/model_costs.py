"""What a model on array layers has cost so far: joules, seconds, square metres, from its tallies and the chip's prices."""

from dataclasses import dataclass, replace

import torch

from ferrion.chip.prices import Bill, Prices
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.costs import Rewriting, Work, cell_area, charge, rewriting
from ferrion.learning.memories import Tally, TwoMemories, memories_of, some_memories_of


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
    names = [name.removesuffix("memories").rstrip(".") or "layer" for name, module in model.named_modules() if isinstance(module, TwoMemories)]
    layers = dict(zip(names, some_memories_of(model), strict=True))
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
    for memories in memories_of(model):
        kept = memories.tallied[going_on].clone()
        memories.tallied.zero_()
        memories.tallied[going_on] = kept


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
    """Products with their conversions, one after another; updates and transfers."""
    tally, chip, readout = memories.tally, memories.chip, memories.readout
    slots, reads = (readout.encoding.slots, readout.encoding.reads) if readout.encoding else (1, 1)
    product = slots * chip.prices.seconds[Action.MEMRISTOR_READ] + (reads * readout.weights_per_adc / readout.adc.rate if readout.adc else 0.0)
    flagged = memories.rule.only_changed
    transfers = (tally.flags if flagged else tally.programmed) // memories.hidden.numel()
    done = Rewriting(tally.updates, tally.steps, tally.programmed, transfers)
    return tally.vectors * product + rewriting(chip, _arrays(memories), done, flagged)


def _area(memories: TwoMemories) -> float:
    chip, readout = memories.chip, memories.readout
    area = cell_area(chip, _arrays(memories))
    if readout.adc is None:
        return area
    ends = (chip.geometry.weights_per_line, chip.geometry.lines if readout.errors_on_chip else 0)
    return area + _arrays(memories) * sum(-(-lines // readout.weights_per_adc) for lines in ends) * readout.adc.area
