"""What a spiking network is and has become: area, memory, wear after a year of learning, and how its joules are known."""

from typing import Any

import numpy as np

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.circuits.firing import SOURCE
from ferrion.core.ledger import Action
from ferrion.learning.spiking.budget import area, cmos, deciding, ledger_of
from ferrion.learning.spiking.network import SpikingNetwork

A_YEAR = 525_600
"""Examples learned in a year, one a minute."""


def account(network: SpikingNetwork, learned: int) -> dict[str, Any]:
    """Square metres (of `budget.area`), square metres and watts of the CMOS that can be counted (watts also while nothing is learned and trace memories are switched off),
    bytes of hidden weights, joules by how their price is known, as shares.

    Wear: the share of the endurance that a year at one example a minute takes of the busiest FeCAP and memristor at the pace of the `learned` examples so far; none without any.
    """
    synapses, limits, ledger = network.state.synapses, network.chip.memory.endurance(), ledger_of(network)
    known, total = network.chip.memory.prices.provenance(ledger), network.chip.memory.prices.joules(ledger)
    counted = cmos(network)
    busiest = {"fecap": int(synapses.lsb_writes.max()), "memristor": int(synapses.programmed.max())}
    return {
        "area": area(network),
        "cmos": {"area": counted.area, "leakage": counted.leakage, "deciding": deciding(network).leakage},
        "memory": synapses.hidden.size * (MAGNITUDE_BITS + 1) / 8,
        "wear": {device: count / learned * A_YEAR / limits[device] for device, count in busiest.items()} if learned else dict.fromkeys(busiest, 0.0),
        "known": {str(how): joules / total for how, joules in known.items()},
    }


def spent(network: SpikingNetwork) -> dict[str, float]:
    """Joules so far, by action. At the device level ion neurons are charged what their equations take from the nodes, in place of a price a spike; the output
    stage of the laboratory, nanojoules a spike from its supply, is left out as it is of the price."""
    found: dict[str, float] = {}
    for bill in network.chip.memory.prices.bills(ledger_of(network)):
        found[bill.action.value] = found.get(bill.action.value, 0.0) + bill.joules
    if network.state.devices is not None:
        found[Action.ION_SPIKE.value] = float(network.state.devices.states[:, SOURCE].sum())
    return found


def since(before: dict[str, float], network: SpikingNetwork, times: int) -> dict[str, float]:
    """Joules by action of one of `times` equal works done since `before`; what took none is left out."""
    found = {action: (joules - before.get(action, 0.0)) / times for action, joules in spent(network).items()}
    return {action: joules for action, joules in found.items() if joules > 0.0}


def clocked(actions: dict[str, float], network: SpikingNetwork, parts: int) -> dict[str, float]:
    """Joules by action of one recording, and of the counter that told its `parts` apart: a step of the controller for each, none for one part."""
    if parts == 1:
        return actions
    steps = parts * network.chip.memory.prices.energy[Action.CONTROLLER_STEP][0]
    return actions | {Action.CONTROLLER_STEP.value: actions.get(Action.CONTROLLER_STEP.value, 0.0) + steps}


def operations(network: SpikingNetwork) -> int:
    """Synaptic operations so far: an event delivered to a tile is one for each of its columns."""
    return int(np.dot(network.state.links.delivered, network.net.columns))
