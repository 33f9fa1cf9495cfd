"""What a spiking network has done, in the actions a chip is charged for, and what it takes: joules, seconds, square metres."""

from dataclasses import dataclass

import numpy as np

from ferrion.chip.cmos import Cmos, arbiter, controller, link, traces
from ferrion.chip.router import latencies
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.costs import Work, cell_area, charge
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.learning.spiking.rules import Teacher

QUANTILES = (0.5, 0.99, 1.0)


def ledger_of(network: SpikingNetwork) -> Ledger:
    """Every action by place: a tile, a population's neurons, the router, the controller. A comparison is charged as a conversion, which is more than it takes."""
    ledger, net, state = Ledger(), network.net, network.state
    counts, links, geometry = state.counts, state.links, network.chip.memory.geometry
    for k in range(len(net.source)):
        n, m = int(net.rows[k]), int(net.columns[k])
        read, looks, back = int(links.delivered[k]), int(counts.looks[k]), int(counts.backward[k])
        done = int(counts.fecap_writes[k]), int(counts.updates[k]), int(counts.programmed[k])
        _, across = geometry.tiles(n, m)
        charge(ledger, place(network, k), Work(n, m, *done, int(counts.transfers[k]) * n * m, read, back, 2 * (read * m + back * n), looks * n * across), geometry)
        ledger.add(place(network, k), Action.TRACE_UPDATE, int(counts.traces[k]))
        ledger.add("router", Action.ROUTER_HOP, read)
        ledger.add(place(network, k), Action.ADC_SAMPLE, int(counts.compared[k]))
    for p, (first, last) in enumerate(zip(net.cells[:-1], net.cells[1:], strict=True)):
        ledger.add(f"population {p + 1}", Action.ION_SPIKE, int(state.somata.firings[first:last].sum()))
    ledger.add("controller", Action.CONTROLLER_STEP, int(state.controllers.taken.sum()))
    return ledger


def place(network: SpikingNetwork, tile: int) -> str:
    """A tile by what it joins."""
    source, target = int(network.net.source[tile]), int(network.net.target[tile])
    return f"tile {'input' if source < 0 else source + 1} to {target + 1}"


@dataclass(frozen=True)
class Traffic:
    """What a link has carried; seconds by quantile `QUANTILES` from source to tile."""

    tile: str
    arrived: int
    delivered: int
    queued: int
    dropped: int
    longest: int
    seconds: tuple[float, ...]


def traffic(network: SpikingNetwork) -> list[Traffic]:
    """Of every link; arrived = delivered + queued + dropped."""
    links = network.state.links
    return [
        Traffic(
            tile=place(network, k),
            arrived=int(links.arrived[k]),
            delivered=int(links.delivered[k]),
            queued=int(links.queued[k]),
            dropped=int(links.dropped[k]),
            longest=int(links.longest[k]),
            seconds=tuple(latencies(links.latency[k], QUANTILES)),
        )
        for k in range(len(links.head))
    ]


def area(network: SpikingNetwork) -> float:
    """Of the arrays' cells and the ion neurons [m^2]; `cmos` has queues and controllers, and nodes, drivers and wires are not known and not counted."""
    net, chip = network.net, network.chip.memory
    arrays = sum(chip.geometry.arrays(int(n), int(m)) for n, m in zip(net.rows, net.columns, strict=True))
    return cell_area(chip, arrays) + int(net.cells[-1]) * chip.prices.area["ion_neuron"]


def remembered(network: SpikingNetwork) -> int:
    """Traces of the rows of tiles that learn and of the cells behind them, two of each for triplets, and eligibilities; of a Teacher, who looks at the votes, traces of rows.

    And a threshold of every cell where homeostasis moves them.
    """
    net, rule, plastic = network.net, network.rule, network.net.plastic
    thresholds = int(net.cells[-1]) if network.homeostasis else 0
    if rule is None or not plastic.any():
        return thresholds
    rows = int(net.rows[plastic].sum())
    if isinstance(rule, Teacher):
        return rows + thresholds
    cells = sum(int(net.cells[p + 1] - net.cells[p]) for p in np.unique(net.target[plastic]))
    waiting = int((net.rows * net.columns)[plastic].sum()) if rule.tau_e > 0.0 else 0
    return (rows + cells) * (1 if rule.pairs_only else 2) + waiting + thresholds


def built(network: SpikingNetwork) -> dict[str, Cmos]:
    """What can be counted of the CMOS of each part: vote counters of output cells, queues of all tiles and arbiters of all populations, controllers, what the rule remembers."""
    net, queues, machines = network.net, Cmos(), Cmos()
    for rows in net.rows:
        queues, machines = queues.plus(link(int(rows), int(network.chip.router.depth))), machines.plus(controller(network.transfer_every))
    for cells in np.diff(net.cells):
        queues = queues.plus(arbiter(int(cells)))
    return {"neurons": traces(int(net.cells[-1] - net.cells[-2])), "router": queues, "controllers": machines, "traces": traces(remembered(network))}


def cmos(network: SpikingNetwork) -> Cmos:
    """What decides, and what the rule remembers."""
    return deciding(network).plus(built(network)["traces"])


def deciding(network: SpikingNetwork) -> Cmos:
    """All but what the rule remembers."""
    known = built(network)
    return known["neurons"].plus(known["router"]).plus(known["controllers"])
