"""Networks as NIR graphs (Pedersen et al., Nature Communications 2024), from and to other tools' files: layers of weights, pools, flattening.

NIR carries what a network computes, not what a device does to it. Array layers go out as the weights they hold, with a note of what is left out, and
come in as digital layers, to be put on a chip by `interop.convert.convert`. Needs the packages nir and nirtorch: pip install 'ferrion[nir]'.
"""

from pathlib import Path

import nir
import nirtorch
import torch
from torch import Tensor, nn

from ferrion.core.errors import ConfigError, DataError
from ferrion.core.files import write_atomically
from ferrion.interop.nir_layers import IN, OUT
from ferrion.learning.layers import TwoMemoryLayer


def write_nir(model: nn.Module, sample: Tensor, path: Path) -> None:
    """Write `model` as a NIR file, whole or not at all; sample: a batch of inputs, from which shapes are learned.

    Raises ConfigError for layers that NIR has no node for, named.
    """
    graph = to_nir(model, sample)
    write_atomically(path, lambda temporary: nir.write(str(temporary), graph))


def to_nir(model: nn.Module, sample: Tensor) -> nir.NIRGraph:
    """`model` as a graph; as `write_nir`."""
    shapes = _shapes(model, sample)
    strangers = sorted({type(module).__name__ for module in shapes if type(module) not in OUT})
    if strangers:
        raise ConfigError(f"NIR has no node for {', '.join(strangers)}; it takes {', '.join(kind.__name__ for kind in OUT)}. Give the part of the model that has no others")
    mapped = {kind: lambda module, node=node: node(module, shapes[module]) for kind, node in OUT.items()}
    try:
        return nirtorch.torch_to_nir(model, mapped, default_dict={})
    except ValueError as problem:
        raise ConfigError(f"NIR refuses the graph of the model: {problem}") from problem


def read_nir(path: Path) -> nn.Module:
    """The network of a NIR file, for batches (samples, …). Raises DataError for a file that is none, ConfigError for nodes that are no layers of weights."""
    try:
        graph = nir.read(str(path))
    except (OSError, KeyError, ValueError) as problem:
        raise DataError(f"{path} cannot be read as a NIR graph: {problem}") from problem
    strangers = sorted({type(node).__name__ for node in graph.nodes.values() if type(node) not in IN and not isinstance(node, nir.Input | nir.Output)})
    if strangers:
        raise ConfigError(f"{path} has nodes that are no layers of weights: {', '.join(strangers)}; ferrion reads {', '.join(kind.__name__ for kind in IN)}")
    return Imported(nirtorch.nir_to_torch(graph, IN))


class Imported(nn.Module):
    """A graph without states."""

    def __init__(self, graph: nn.Module) -> None:
        """graph: what nirtorch made; it returns outputs and states."""
        super().__init__()
        self.graph = graph

    def forward(self, x: Tensor) -> Tensor:
        """(samples, …) -> (samples, …)."""
        found = self.graph(x)
        out: Tensor = found[0] if isinstance(found, tuple) else found
        return out


def _shapes(model: nn.Module, sample: Tensor) -> dict[nn.Module, tuple[int, ...]]:
    """What every leaf of `model` is given, without the batch."""
    shapes: dict[nn.Module, tuple[int, ...]] = {}
    leaves = [module for module in model.modules() if isinstance(module, TwoMemoryLayer) or not list(module.children())]
    inner = {id(part) for module in leaves if isinstance(module, TwoMemoryLayer) for part in module.modules() if part is not module}
    hooks = [module.register_forward_pre_hook(lambda module, given: shapes.__setitem__(module, tuple(given[0].shape[1:]))) for module in leaves if id(module) not in inner]
    try:
        with torch.no_grad():
            model(sample)
    finally:
        for hook in hooks:
            hook.remove()
    return shapes
