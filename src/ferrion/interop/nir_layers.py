"""Layers as nodes of a NIR graph, and nodes as layers."""

from collections.abc import Callable
from typing import Any

import nir
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLayer, TwoMemoryLinear

LEFT_OUT = {"ferrion": "approximate", "left out": "read noise, drivers, converters, faults and wires, two memories and their learning; weights are what the memristors hold"}
"""Beside every array layer's weights."""


def _held(layer: TwoMemoryLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (outputs, inputs) and bias (outputs,) an array layer holds."""
    blocks = layer.slices
    whole = np.sum([block.analogue.detach().numpy() for block in blocks], axis=0)
    inputs = blocks[0].inputs
    return np.ascontiguousarray(whole[:inputs].T), np.asarray(whole[inputs:].sum(axis=0))


def _array_linear(layer: TwoMemoryLinear, _shape: tuple[int, ...]) -> nir.NIRNode:
    return nir.Affine(*_held(layer), metadata=LEFT_OUT)


def _array_convolution(layer: TwoMemoryConv1d | TwoMemoryConv2d, shape: tuple[int, ...]) -> nir.NIRNode:
    weights, bias = _held(layer)
    if isinstance(layer, TwoMemoryConv1d):
        shaped = weights.reshape(len(weights), layer.channels, layer.kernel[1])
        return nir.Conv1d(shape[1], shaped, layer.stride[1], layer.padding[1], layer.dilation[1], 1, bias, metadata=LEFT_OUT)
    shaped = weights.reshape(len(weights), layer.channels, *layer.kernel)
    return nir.Conv2d(shape[1:], shaped, layer.stride, layer.padding, layer.dilation, 1, bias, metadata=LEFT_OUT)


def _linear(layer: nn.Linear, _shape: tuple[int, ...]) -> nir.NIRNode:
    weights = layer.weight.detach().numpy()
    return nir.Linear(weights) if layer.bias is None else nir.Affine(weights, layer.bias.detach().numpy())


def _convolution(layer: nn.Conv1d | nn.Conv2d, shape: tuple[int, ...]) -> nir.NIRNode:
    weights = layer.weight.detach().numpy()
    bias = np.zeros(len(weights), weights.dtype) if layer.bias is None else layer.bias.detach().numpy()
    if isinstance(layer, nn.Conv1d):
        padding = layer.padding if isinstance(layer.padding, str) else layer.padding[0]
        return nir.Conv1d(shape[1], weights, layer.stride[0], padding, layer.dilation[0], layer.groups, bias)
    return nir.Conv2d(shape[1:], weights, layer.stride, layer.padding, layer.dilation, layer.groups, bias)


def _pool(layer: nn.AvgPool2d, _shape: tuple[int, ...]) -> nir.NIRNode:
    return nir.AvgPool2d(*(np.array(_two(size)) for size in (layer.kernel_size, layer.stride, layer.padding)))


def _flatten(layer: nn.Flatten, shape: tuple[int, ...]) -> nir.NIRNode:
    return nir.Flatten({"input": np.array(shape)}, layer.start_dim - 1, layer.end_dim if layer.end_dim < 0 else layer.end_dim - 1)


def _two(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else tuple(size)


OUT: dict[type[nn.Module], Callable[[Any, tuple[int, ...]], nir.NIRNode]] = {
    TwoMemoryLinear: _array_linear,
    TwoMemoryConv1d: _array_convolution,
    TwoMemoryConv2d: _array_convolution,
    nn.Linear: _linear,
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.AvgPool2d: _pool,
    nn.Flatten: _flatten,
}
"""Layers and the nodes they become, given the shape of their input."""


def _with(layer: Any, weight: NDArray[Any], bias: NDArray[Any] | None) -> Any:
    """`layer` with these weights."""
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.asarray(weight)))
        if bias is not None:
            layer.bias.copy_(torch.from_numpy(np.asarray(bias)))
    return layer


def _conv(kind: Callable[..., nn.Module], node: Any) -> nn.Module:
    outputs, inputs = node.weight.shape[:2]
    kernel = tuple(node.weight.shape[2:])
    steps = {name: _plain(getattr(node, name)) for name in ("stride", "padding", "dilation")}
    return _with(kind(inputs * node.groups, outputs, kernel, groups=node.groups, **steps), node.weight, node.bias)


def _plain(size: Any) -> Any:
    """A size as torch takes it."""
    return size if isinstance(size, str | int) else tuple(int(number) for number in np.atleast_1d(size))


IN: dict[type[nir.NIRNode], Callable[[Any], nn.Module]] = {
    nir.Linear: lambda node: _with(nn.Linear(node.weight.shape[1], node.weight.shape[0], bias=False), node.weight, None),
    nir.Affine: lambda node: _with(nn.Linear(node.weight.shape[1], node.weight.shape[0]), node.weight, node.bias),
    nir.Conv1d: lambda node: _conv(nn.Conv1d, node),
    nir.Conv2d: lambda node: _conv(nn.Conv2d, node),
    nir.AvgPool2d: lambda node: nn.AvgPool2d(*(_plain(size) for size in (node.kernel_size, node.stride, node.padding))),
    nir.Flatten: lambda node: nn.Flatten(node.start_dim + 1, node.end_dim if node.end_dim < 0 else node.end_dim + 1),
}
"""Nodes and the layers they become; NIR's shapes are without the batch."""
