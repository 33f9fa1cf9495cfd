"""What an integer network takes: products, bytes, and by them joules and seconds of a real part, or joules in the chip's own technology."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.cmos import memory
from ferrion.chip.outlet import Outlet
from ferrion.chip.prices import Prices
from ferrion.core.ledger import Action
from ferrion.core.units import to_si
from ferrion.params.card import Card, load
from ferrion.workloads.digital.int8 import INPUT
from ferrion.workloads.digital.network import IntegerNet, input_scale

BIAS_BYTES, CHANNEL_BYTES = 4, 9
"""Of an output channel: a bias of 32 bits; in hidden layers also a multiplier of 32 bits and a shift."""
BYTE = 0.25
"""Of the price of a trace: a read of 8 bits against 16 that are read and written back."""


class Size(NamedTuple):
    """Of a network, a decision."""

    products: int
    """Of weights and inputs, zeros too."""
    used: float
    """Those of which neither is 0, mean over samples."""
    weights: int
    """That are not 0."""
    memory: int
    """Bytes: weights (those that are not 0 and a bit each for where they are, or all), channels, and the two largest neighbours of its activations."""
    traffic: float
    """Bytes read and written: every weight used, once, with the bits that say where it is if such are held; every channel; every input that is not 0; every output."""


def size(net: IntegerNet, x: NDArray[np.float32]) -> Size:
    """Over the samples `x`."""
    products, used, weights, memory, traffic = 0, 0.0, 0, 0, 0.0
    states = net.states(x)
    for layer, own in zip(net.weighted, net.inputs_of(states), strict=True):
        dense, nonzero = layer.weight.numel(), int((layer.weight != 0).sum())
        here = layer.used(own)
        products, used, weights = products + layer.products(own), used + here, weights + nonzero
        channels = (CHANNEL_BYTES if layer.multiplier.size else BIAS_BYTES) * len(layer.bias)
        kept = min(dense, nonzero + -(-dense // 8))
        memory += kept + channels
        traffic += kept * min(here / max(nonzero, 1), 1.0) if kept < dense else min(here, nonzero)
        traffic += channels + float((own != 0).sum()) / len(own) + layer.outputs(own)
    return Size(products, used, weights, memory + widest([state[0].numel() for state in [*net.inputs_of(states), states[-1]]]), traffic)


def widest(sizes: Sequence[int]) -> int:
    """Bytes of inputs, hidden cells and outputs, so many of each, that are held at once: of the two largest neighbours."""
    return max(before + after for before, after in pairwise(sizes))


def joules(found: Size, prices: Prices) -> float:
    """In the technology of a price card, if nothing is computed or read that is 0 and nothing leaks: a lower bound."""
    return digital_joules(found.used, found.traffic, prices)


def digital_joules(products: float, count: float, prices: Prices) -> float:
    """Of products of 8 bits and of so many bytes that are read or written."""
    return products * prices.energy[Action.DIGITAL_MAC][0] + count * byte_joules(prices)


def byte_joules(prices: Prices) -> float:
    """Of a byte that is read or written."""
    return BYTE * prices.energy[Action.TRACE_UPDATE][0]


def held(count: float) -> dict[str, float]:
    """A memory of so many bytes: what it covers [m2] and leaks [W]."""
    kept = memory(count)
    return {"memory": float(count), "cmos": kept.area, "leaked": kept.leakage}


def until_next(numbers: dict[str, Any], seconds: float) -> dict[str, float]:
    """The joules of a decision, and what leaks in the seconds until the next."""
    return {"joules with leakage": numbers["joules"] + seconds * numbers["leaked"]}


def known(prices: Prices) -> dict[str, float]:
    """Shares of the joules of a product and of the byte that is read for it, by measured and by assumed prices."""
    parts = [(prices.energy[Action.DIGITAL_MAC], 1.0), (prices.energy[Action.TRACE_UPDATE], BYTE)]
    total = sum(count * price for (price, _), count in parts)
    return {how: sum(count * price for (price, number), count in parts if number.provenance == how) / total for how in ("measured", "assumed")}


@dataclass(frozen=True)
class Part:
    """A real part, by what it was measured at."""

    name: str
    title: str
    joules: float
    """A product, memory included [J]."""
    seconds: float
    """A product."""
    idle: float | None
    """Watts between decisions with its memory kept; None where it is not known."""

    @classmethod
    def from_card(cls, name: str) -> "Part":
        """A shipped card; raises CardError when it is not in order."""
        card = load(name)
        products = card.section("inference")["products"].value
        idle = _si(card, "idle", "power", "W") if "idle" in card.sections else None
        return cls(name, card.title, _si(card, "inference", "energy", "J") / products, 1.0 / _si(card, "inference", "rate", "1/s") / products, idle)


def _si(card: Card, section: str, key: str, unit: str) -> float:
    number = card.section(section)[key]
    return to_si(number.value, number.unit, unit)


PARTS = ("stm32u385", "ndp120")
"""A microcontroller and a neural accelerator."""
RADIO, OPERATIONS, SPECK = "radio-ble", "synaptic-operations", "speck"
CARDS = (*PARTS, RADIO, OPERATIONS, SPECK)
"""Cards that are read here."""


def radio_joules() -> float:
    """A byte, sent [J]."""
    return _si(load(RADIO), "radio", "byte", "J")


def sent(outlet: Outlet, examples: int) -> dict[str, float]:
    """Bytes that have left, for each of so many examples learned and for a decision; and, if examples have, the joules of a radio for one."""
    leaving = outlet.leaving(examples)
    return leaving | ({"learned": leaving["sent_learned"] * radio_joules()} if outlet.lent else {})


def as_bytes(x: NDArray[np.float32]) -> NDArray[np.int8]:
    """Inputs of an integer network, a byte each, as they leave to be learned elsewhere."""
    return np.clip(np.rint(x / input_scale(x)), -INPUT, INPUT).astype(np.int8)


def synaptic_joules() -> dict[str, float]:
    """A synaptic operation of published neuromorphic chips [J]."""
    card = load(OPERATIONS)
    return {name: _si(card, "energy", name, "J") for name in card.section("energy")}


def speck_watts() -> float:
    """Of a chip of camera and spiking processor while it works, at the least that is published [W]."""
    return _si(load(SPECK), "power", "working", "W")
