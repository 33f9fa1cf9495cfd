"""Spiking networks as NIR graphs (Pedersen et al., Nature Communications 15, 8122 (2024)): read and run with a step that is said, written with what NIR cannot carry.

NIR's neurons are differential equations in seconds. Between two steps an input is constant and the equations are solved exactly, so a step changes when a spike is
seen and not where the voltage goes. A network that was trained here goes out with the step in its metadata; everything NIR has no words for, noise, devices,
plasticity, stands beside the node with a label: faithful, approximate or unsupported.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
import torch
from torch import Tensor, nn

from ferrion.core.errors import ConfigError, DataError
from ferrion.core.files import write_atomically
from ferrion.interop.nir_layers import IN
from ferrion.interop.nir_neurons import NEURONS

Edges = list[tuple[str, str]]
SLOWEST = 2.0
"""Seconds: a longer time constant is more likely one in steps, as Sinabs writes them."""


class NirNetwork(nn.Module):
    """A graph of layers and neurons, run step by step; edges that close a loop carry what was sent a step before."""

    def __init__(self, graph: nir.NIRGraph, dt: float) -> None:
        """dt: seconds a step. Raises ConfigError for nodes that have no meaning here, named, and a step not above 0; warns of time constants that look like steps."""
        super().__init__()
        if not 0.0 < dt < np.inf:
            raise ConfigError(f"dt = {dt}: give the seconds of a step, above 0")
        nodes, edges = flattened(graph)
        strangers = sorted({type(node).__name__ for node in nodes.values() if type(node) not in (*IN, *NEURONS, nir.Input, nir.Output, nir.Scale)})
        if strangers:
            raise ConfigError(f"nodes without a meaning here: {', '.join(strangers)}; ferrion runs {', '.join(sorted(kind.__name__ for kind in (*IN, *NEURONS, nir.Scale)))}")
        self.dt, self.order = dt, ordered(nodes, edges)
        self.heard = {name: [source for source, target in edges if target == name] for name in self.order}
        ends = [[name for name in self.order if isinstance(nodes[name], kind)] for kind in (nir.Input, nir.Output)]
        if [len(names) for names in ends] != [1, 1]:
            raise ConfigError(f"inputs {ends[0]}, outputs {ends[1]}: ferrion runs graphs with one of each that the input reaches")
        self.input, self.output = ends[0][0], ends[1][0]
        self.does: dict[str, Callable[[Tensor], Tensor]] = {}
        self.neurons = {}
        for name, node in nodes.items():
            if type(node) in NEURONS:
                _suspicious(name, node)
                self.neurons[name] = NEURONS[type(node)](node, dt)
            elif isinstance(node, nir.Scale):
                self.does[name] = torch.as_tensor(node.scale, dtype=torch.float32).__mul__
            elif type(node) in IN:
                self.does[name] = IN[type(node)](node)

    def forward(self, frames: Tensor) -> Tensor:
        """(steps, samples, …) to what the output node hears, of the same first two axes; every neuron begins at rest, and loops are silent in the first step."""
        if len(frames) == 0:
            raise ConfigError("no frames: give one step at least, (steps, samples, …)")
        for neuron in self.neurons.values():
            neuron.rest()
        before: dict[str, Tensor] = {}
        found = []
        for frame in frames:
            now: dict[str, Tensor] = {self.input: frame}
            for name in self.order:
                if name not in now:
                    parts = [now[source] if source in now else before[source] for source in self.heard[name] if source in now or source in before]
                    now[name] = self._sent(name, sum(parts[1:], parts[0]))
            before = now
            found.append(now[self.output])
        return torch.stack(found)

    def _sent(self, name: str, heard: Tensor) -> Tensor:
        if name in self.neurons:
            return self.neurons[name].step(heard)
        return self.does[name](heard) if name in self.does else heard


def read_spiking(path: Path, dt: float) -> NirNetwork:
    """The network of a NIR file at steps of dt seconds. Raises DataError for a file that is none, ConfigError as `NirNetwork`."""
    try:
        graph = nir.read(str(path))
    except (OSError, KeyError, ValueError, AssertionError, TypeError) as problem:
        newer = "; a newer nir wrote it: pip install -U nir" if isinstance(problem, TypeError) else ""
        raise DataError(f"{path} cannot be read as a NIR graph by nir {nir.version}: {problem}{newer}") from problem
    return NirNetwork(graph, dt)


def write_graph(graph: nir.NIRGraph, path: Path) -> None:
    """Write a graph whole or not at all."""
    write_atomically(path, lambda temporary: nir.write(str(temporary), graph))


def flattened(graph: nir.NIRGraph, prefix: str = "") -> tuple[dict[str, Any], Edges]:
    """Nodes and edges with those of graphs inside graphs; what an inner graph's input feeds and its output hears takes their place."""
    nodes: dict[str, Any] = {}
    edges: Edges = []
    ends: dict[str, tuple[list[str], list[str]]] = {}
    for name, node in graph.nodes.items():
        full = prefix + name
        if isinstance(node, nir.NIRGraph):
            inner, joined = flattened(node, f"{full}.")
            first, last = ({key for key, value in inner.items() if isinstance(value, kind)} for kind in (nir.Input, nir.Output))
            nodes |= {key: value for key, value in inner.items() if key not in first | last}
            edges += [(source, target) for source, target in joined if source not in first and target not in last]
            ends[name] = [target for source, target in joined if source in first], [source for source, target in joined if target in last]
        else:
            nodes[full], ends[name] = node, ([full], [full])
    return nodes, edges + [(source, target) for a, b in dict.fromkeys(graph.edges) for source in ends[a][1] for target in ends[b][0]]


def ordered(nodes: dict[str, Any], edges: Edges) -> list[str]:
    """Every node after those it hears, but for edges back to a node on the way: depth first from the inputs."""
    after = {name: [target for source, target in edges if source == name] for name in nodes}
    done: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        seen.add(name)
        for target in after[name]:
            if target not in seen:
                visit(target)
        done.append(name)

    for name, node in nodes.items():
        if isinstance(node, nir.Input) and name not in seen:
            visit(name)
    return done[::-1]


def _suspicious(name: str, node: Any) -> None:
    slow = [float(np.max(getattr(node, key))) for key in ("tau", "tau_mem", "tau_syn") if hasattr(node, key)]
    if slow and max(slow) > SLOWEST:
        warnings.warn(f"node {name} has a time constant of {max(slow):g} s; NIR means seconds, but Sinabs writes steps: multiply by its step if so", stacklevel=3)
