"""The budget of a spiking network by part of its chip: neurons, synapses, converters, router, controllers, memory of traces."""

from typing import NamedTuple

import numpy as np

from ferrion.chip.cmos import Cmos
from ferrion.circuits.firing import SOURCE
from ferrion.core.ledger import Action
from ferrion.learning.costs import cell_area
from ferrion.learning.spiking.budget import built, ledger_of
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.learning.spiking.rules import Teacher

CHARGED = {
    "neurons": (Action.ION_SPIKE,),
    "synapses": (Action.FECAP_WRITE, Action.FECAP_READ, Action.MEMRISTOR_PROGRAM, Action.MEMRISTOR_READ, Action.LINE_DRIVE),
    "converters": (Action.ADC_SAMPLE,),
    "router": (Action.ROUTER_HOP,),
    "controllers": (Action.CONTROLLER_STEP,),
    "traces": (Action.TRACE_UPDATE,),
}
"""Which part pays for an action."""


class Part(NamedTuple):
    """What one part has taken so far, and takes."""

    part: str
    joules: float
    busy: float | None
    """Seconds that its copies worked, side by side, added up; None: it works while others do, and its time is theirs."""
    area: float
    """Square metres of what is known of it."""
    leakage: float
    """Watts of its registers, gates and bits, as `chip.cmos` knows them."""


def parts(network: SpikingNetwork) -> list[Part]:
    """The budget by part: joules add up to the ledger's, areas to `budget.area`, `budget.cmos` and the converters'.

    Comparators are charged as converters, and their area is not known. At the device level neurons take what their equations took from the nodes, not the price of their spikes.
    """
    prices, state, known = network.chip.memory.prices, network.state, built(network)
    ledger = ledger_of(network)
    cells, areas = int(network.net.cells[-1]) * prices.area["ion_neuron"], converters(network)
    own = {"neurons": cells, "synapses": cell_area(network.chip.memory, _arrays(network, np.ones_like(network.net.plastic))), "converters": areas}
    busy = {
        "synapses": float(state.controllers.busy.sum()),
        "converters": ledger.count(Action.ADC_SAMPLE) * prices.seconds[Action.ADC_SAMPLE],
        "router": float(state.links.delivered.sum()) * network.chip.router.hop,
    }
    found = []
    for name, actions in CHARGED.items():
        joules = sum(bill.joules for bill in prices.bills(ledger) if bill.action in actions)
        if name == "neurons" and state.devices is not None:
            joules = float(state.devices.states[:, SOURCE].sum())
        counted = known.get(name, Cmos())
        found.append(Part(name, joules, busy.get(name), own.get(name, 0.0) + counted.area, counted.leakage))
    return found


def converters(network: SpikingNetwork) -> float:
    """Area [m^2] of the converters, by the card of the memory's: none where nothing but a node takes a column's current; where errors go backwards through a tile, one for
    `columns_per_adc` lines of each of its arrays."""
    net, memory = network.net, network.chip.memory
    sar = memory.readout.adc
    if sar is None or not isinstance(network.rule, Teacher):
        return 0.0
    asked = np.array([(net.plastic & (net.target <= source)).any() for source in net.source])
    backwards = (net.source >= 0) & (net.source < net.target) & asked
    return _arrays(network, backwards) * -(-memory.geometry.lines // memory.columns_per_adc) * sar.area


def _arrays(network: SpikingNetwork, which: np.ndarray) -> int:
    geometry, net = network.chip.memory.geometry, network.net
    return sum(geometry.arrays(int(n), int(m)) for n, m in zip(net.rows[which], net.columns[which], strict=True))
