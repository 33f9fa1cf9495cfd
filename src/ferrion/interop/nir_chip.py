"""The spiking chip and NIR: a network on the chip as a graph of leaky neurons, a graph of leaky neurons as a network for the chip, and what is lost either way."""

from itertools import pairwise
from typing import Any, NamedTuple

import nir
import numpy as np
from numpy.typing import NDArray

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.interop.nir_spiking import flattened
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.twins import FloatTwin

LEFT_OUT = (
    "unsupported: NIR has no ion neuron. The leaky neuron that stands for it is reset and fires at its threshold alone; an ion neuron is not reset, fires by chance "
    "below it, too, and is held back by its gate: the leaky one fires a third as often, down to a twentieth (tests/interop/test_nir_spiking.py). "
    "Left out: the chance of nucleation, the spread of neurons, residue and remnant, read noise, drift and wear, router, plasticity. Approximate: weights"
)
SUBTRACTS = "approximate: a spike subtracts the threshold, where NIR resets; r holds for the step dt"

READ_OUT = "left out: a chip has no leaky integrators, its last neurons are its outputs; hear them, and run this node beside it with read_spiking"


class Label(NamedTuple):
    """What became of a node."""

    node: str
    label: str
    why: str


def chip_to_nir(network: SpikingNetwork, dt: float) -> nir.NIRGraph:
    """Weights in volts as the memristors hold them, and leaky neurons of the node's time constant and the nucleation voltage, labelled as unsupported: spikes are not the chip's.

    An event, a current of 1 for a step of dt seconds, adds its weight to the voltage. Raises ConfigError for a dt that is no number above 0.
    """
    if not 0.0 < dt < np.inf:
        raise ConfigError(f"dt = {dt}: give the step in seconds, e.g. dt=1e-3")
    net, chip = network.net, network.chip
    nodes: dict[str, Any] = {"input": nir.Input({"input": np.array([network.wiring.inputs])})}
    edges = []
    for p, cells in enumerate(network.wiring.cells):
        tau, threshold = (np.full(cells, value, np.float32) for value in (chip.soma.tau, chip.neuron.memristor.v_n))
        zero, r = np.zeros(cells, np.float32), np.full(cells, 1.0 / (1.0 - np.exp(-dt / chip.soma.tau)), np.float32)
        nodes[f"neurons{p + 1}"] = nir.LIF(tau, r, zero, threshold, **_reset(zero), metadata={"ferrion": LEFT_OUT, "dt": dt})
    for k, (source, target) in enumerate(zip(net.source.tolist(), net.target.tolist(), strict=True)):
        name = f"weights{'_input' if source < 0 else source + 1}_{target + 1}"
        nodes[name] = nir.Linear(np.ascontiguousarray(float(net.swing[k]) * network.weights(k).T))
        edges += [("input" if source < 0 else f"neurons{source + 1}", name), (name, f"neurons{target + 1}")]
    last = len(network.wiring.cells)
    nodes["output"] = nir.Output({"output": np.array([network.wiring.cells[-1]])})
    return nir.NIRGraph(nodes, [*edges, (f"neurons{last}", "output")])


def twin_to_nir(twin: FloatTwin) -> nir.NIRGraph:
    """A float twin: leaky neurons, recurrent weights as a loop, the readout as a leaky integrator; its own step stands beside each."""
    dt, keep = twin.dt, float(twin.law.alpha)
    tau, gain = -dt / np.log(keep), 1.0 / (1.0 - keep)
    inputs = len(twin.forwards[0])
    nodes: dict[str, Any] = {"input": nir.Input({"input": np.array([inputs])})}
    edges, before = [], "input"

    def leaky(cells: int, kind: Any, **more: Any) -> Any:
        numbers = (np.full(cells, value, np.float32) for value in (tau, gain, 0.0))
        return kind(*numbers, **more)

    for p, (weights, within) in enumerate(zip(twin.forwards, twin.within, strict=True)):
        cells, name = weights.shape[1], f"neurons{p + 1}"
        nodes[f"weights{p + 1}"] = nir.Linear(np.ascontiguousarray(weights.detach().numpy().T))
        one, zero = np.ones(cells, np.float32), np.zeros(cells, np.float32)
        nodes[name] = leaky(cells, nir.LIF, v_threshold=one, **_reset(zero), metadata={"ferrion": SUBTRACTS, "dt": dt})
        edges += [(before, f"weights{p + 1}"), (f"weights{p + 1}", name)]
        if within.requires_grad:
            nodes[f"within{p + 1}"] = nir.Linear(np.ascontiguousarray(within.detach().numpy().T))
            edges += [(name, f"within{p + 1}"), (f"within{p + 1}", name)]
        before = name
    nodes["readout"] = nir.Affine(twin.readout.weight.detach().numpy(), twin.readout.bias.detach().numpy())
    nodes["votes"] = leaky(twin.readout.out_features, nir.LI, metadata={"ferrion": "faithful at dt", "dt": dt})
    nodes["output"] = nir.Output({"output": np.array([twin.readout.out_features])})
    return nir.NIRGraph(nodes, [*edges, (before, "readout"), ("readout", "votes"), ("votes", "output")])


def _reset(zero: NDArray[np.float32]) -> dict[str, Any]:
    """The voltage after a spike, where this version of nir has a field for it (from 1.0.6 on)."""
    return {"v_reset": zero} if "v_reset" in nir.LIF.__dataclass_fields__ else {}


def nir_to_chip(graph: nir.NIRGraph, chip: SpikingChip, seed: int = 0) -> tuple[SpikingNetwork, list[Label]]:
    """A feed-forward or recurrent graph of Linear or Affine and LIF nodes on the chip, thresholds put at the nucleation voltage, and what became of every node. A readout of
    leaky integrators behind the last LIF nodes is left out, and said to be.

    Raises ConfigError for any other node, named with what would do.
    """
    nodes, edges = flattened(graph)
    readout = _readout(nodes, edges)
    labels, wrong = [Label(name, "unsupported", READ_OUT) for name in readout], []
    nodes, edges = {name: node for name, node in nodes.items() if name not in readout}, [edge for edge in edges if not readout & set(edge)]
    for name, node in nodes.items():
        kind = type(node)
        if kind is nir.LIF and (np.any(node.v_leak) or np.any(getattr(node, "v_reset", 0.0)) or not np.all(node.v_threshold > 0)):
            wrong.append(f"{name} (LIF with v_leak or v_reset other than 0, or a threshold not above 0)")
        elif kind is nir.LIF:
            shift = float(np.abs(np.asarray(node.tau) - chip.soma.tau).max()) > 0.01 * chip.soma.tau
            same = f"; tau = {float(np.min(node.tau)):g} to {float(np.max(node.tau)):g} s but the chip's nodes have {chip.soma.tau:g} s: SpikingChip.with_node" if shift else ""
            labels.append(Label(name, "approximate", f"an ion neuron: it is not reset at the node, but held back by its gate, and fires by chance{same}"))
        elif kind in (nir.Linear, nir.Affine):
            biased = kind is nir.Affine and bool(np.any(node.bias))
            labels.append(
                Label(
                    name,
                    "unsupported" if biased else "approximate",
                    "a chip has no bias, it is left out" if biased else "eight levels a sign, with the spread of their programming",
                )
            )
        elif kind in (nir.Input, nir.Output):
            labels.append(Label(name, "faithful", "events"))
        else:
            wrong.append(f"{name} ({kind.__name__})")
    if wrong:
        raise ConfigError(f"the chip has nothing for {', '.join(wrong)}; it takes Linear, Affine and LIF. Run the others beside it with read_spiking")
    return _placed(nodes, edges, chip, seed), labels


def _readout(nodes: dict[str, Any], edges: list[tuple[str, str]]) -> set[str]:
    """Leaky integrators that only outputs hear, and weights that only they hear."""
    heard: dict[str, set[str]] = {name: {target for source, target in edges if source == name} for name in nodes}
    votes = {name for name, node in nodes.items() if type(node) is nir.LI and all(isinstance(nodes[own], nir.Output) for own in heard[name])}
    return votes | {name for name, node in nodes.items() if isinstance(node, nir.Linear | nir.Affine) and heard[name] and heard[name] <= votes}


def _placed(nodes: dict[str, Any], edges: list[tuple[str, str]], chip: SpikingChip, seed: int) -> SpikingNetwork:
    """Populations in the order in which the input reaches them."""
    into = {target: source for source, target in edges if isinstance(nodes[target], nir.Linear | nir.Affine)}
    tiles = [(into[weights], weights, target) for weights, target in edges if weights in into and isinstance(nodes[target], nir.LIF)]
    order = [next((name for name, node in nodes.items() if isinstance(node, nir.Input)), "")]
    while found := [target for source, _, target in tiles if source == order[-1] and target not in order]:
        order.append(found[0])
    chain, within = [], {}
    for before, population in pairwise(order):
        chain.append(next(weights for source, weights, target in tiles if source == before and target == population))
        within[population] = next((weights for source, weights, target in tiles if source == target == population), None)
    taken = {*order, *chain, *(w for w in within.values() if w)}
    left = [name for name, node in nodes.items() if name not in taken and not isinstance(node, nir.Output)]
    if left or len(chain) + sum(w is not None for w in within.values()) != len(tiles) or not chain:
        raise ConfigError(
            f"the graph is no chain of weights and populations with loops of their own: {', '.join(left) or 'skips or branches'} would be left out; give such a chain"
        )
    v_n = chip.neuron.memristor.v_n
    volts = {name: np.asarray(nodes[name].weight).T * (v_n / np.asarray(nodes[population].v_threshold)) for name, population in [
        *zip(chain, order[1:], strict=True), *((weights, population) for population, weights in within.items() if weights)]}  # fmt: skip
    volts = {name: value * _response(nodes, name, edges) for name, value in volts.items()}
    swing = {name: float(np.abs(value).max()) or 1.0 for name, value in volts.items()}
    loops = [within[population] for population in order[1:]]
    wiring = Wiring(
        inputs=volts[chain[0]].shape[0],
        cells=tuple(volts[name].shape[1] for name in chain),
        swing=tuple(swing[name] for name in chain),
        recurrent=tuple(swing[name] if name else 0.0 for name in loops),
    )
    network = SpikingNetwork(chip, wiring, seed=seed)
    network.deploy([volts[name] / swing[name] for name in [*chain, *(name for name in loops if name)]])
    return network


def _response(nodes: dict[str, Any], weights: str, edges: list[tuple[str, str]]) -> NDArray[Any]:
    """What an event adds to the voltage: r (1 - exp(-dt / tau)) at the step the graph was trained with, or r itself where none is said."""
    node = nodes[next(target for source, target in edges if source == weights)]
    told = (getattr(node, "metadata", None) or {}).get("dt")
    share = 1.0 - np.exp(-float(told) / np.asarray(node.tau)) if told is not None else 1.0
    return np.asarray(node.r) * share
