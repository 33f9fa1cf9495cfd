"""Networks from ONNX files as torch modules, to be put on a chip by `interop.convert.convert`. Needs the package onnx: pip install 'ferrion[onnx]'.

The graph's order and branches are kept.
"""

from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from ferrion.core.errors import ConfigError, DataError
from ferrion.interop.onnx_layers import LAYERS


def read_onnx(path: Path) -> nn.Module:
    """The network of an ONNX file with one input and one output, for batches (samples, …).

    Raises DataError for a file that is none, and ConfigError for nodes and settings that are not understood, named.
    """
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except (OSError, DecodeError, onnx.checker.ValidationError) as problem:
        raise DataError(f"{path} cannot be read as an ONNX model: {problem}") from problem
    graph = model.graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    inputs = [given.name for given in graph.input if given.name not in held]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ConfigError(f"{path} has {len(inputs)} inputs and {len(graph.output)} outputs: give a model with one of each")
    strangers = sorted({node.op_type for node in graph.node} - set(LAYERS) - {"Constant"})
    if strangers:
        raise ConfigError(f"{path} has nodes that ferrion does not read: {', '.join(strangers)}; it reads {', '.join(LAYERS)}")
    return OnnxNetwork(graph, held, inputs[0])


class OnnxNetwork(nn.Module):
    """The nodes of a graph in their order."""

    def __init__(self, graph: Any, held: dict[str, Any], first: str) -> None:
        """graph: an onnx GraphProto; held: its constants by name; first: name of its input."""
        super().__init__()
        self.layers = nn.ModuleDict()
        self.steps: list[tuple[str, tuple[str, ...], str]] = []
        """Layer, what it takes, what it gives."""
        self.first, self.last = first, graph.output[0].name
        for number, node in enumerate(graph.node):
            settings = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            if node.op_type == "Constant":
                held[node.output[0]] = numpy_helper.to_array(settings["value"])
                continue
            name = f"{number}-{node.op_type}"
            given, constants = [one for one in node.input if one and one not in held], [held[one] for one in node.input if one in held]
            try:
                self.layers[name] = LAYERS[node.op_type](settings, constants)
            except (KeyError, IndexError, TypeError, ValueError) as problem:
                raise ConfigError(f"node {node.name or name}: {problem}") from problem
            self.steps.append((name, tuple(given), node.output[0]))

    def forward(self, x: Tensor) -> Tensor:
        """(samples, …) -> (samples, …)."""
        known = {self.first: x}
        for name, given, out in self.steps:
            known[out] = self.layers[name](*(known[one] for one in given))
        return known[self.last]
