"""What it takes to hear a heart, and what digital classifiers of its beats take."""

import numpy as np

from ferrion.chip.chip import Chip
from ferrion.core.ledger import Action
from ferrion.core.units import to_si
from ferrion.params.card import load
from ferrion.pilots.array_costs import on_parts
from ferrion.pilots.ecg_fronts import F4, Bank
from ferrion.workloads.digital.costs import held, joules, known, size
from ferrion.workloads.digital.network import IntegerNet
from ferrion.workloads.holter import RATE

BEAT = 0.8
"""Seconds from one beat to the next, 75 a minute, in which memories that hold weights leak."""
FRONT_END = "ecg-front-end"
"""The card of an amplifier."""


def amplifier() -> float:
    """Watts of one lead, before anything is converted or spikes: whoever listens on the skin pays it."""
    power = load(FRONT_END).section("amplifier")["power"]
    return to_si(power.value, power.unit, "W")


def converter() -> float:
    """Watts of a converter that samples all the time, which a beat that is not foreseen asks for."""
    return RATE * Chip.from_card("leti-2025").prices.energy[Action.ADC_SAMPLE][0]


def counted(bank: Bank) -> float:
    """Joules a beat of the counters of a bank's spikes, each of which rewrites one."""
    return bank.spikes / bank.seconds * BEAT * Chip.from_card("leti-2025").prices.energy[Action.TRACE_UPDATE][0]


def integer_numbers(nets: list[IntegerNet], x: F4) -> dict[str, float]:
    """Of one of these networks, on average, a beat: joules here and on real parts, bytes, and what a memory for them takes and leaks."""
    prices, taken = Chip.from_card("leti-2025").prices, [size(net, x) for net in nets]
    spent = float(np.mean([joules(own, prices) for own in taken]))
    return {"joules": spent, **held(float(np.mean([own.memory for own in taken]))), **known(prices), **on_parts(float(np.mean([own.products for own in taken])))}


def int8_numbers(nets: list[IntegerNet], x: F4) -> dict[str, float]:
    """The same, with what makes samples of a lead."""
    return {**integer_numbers(nets, x), "converted, watts": converter(), "amplified": amplifier()}
