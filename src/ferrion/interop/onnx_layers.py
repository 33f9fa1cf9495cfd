"""What the nodes of an ONNX graph become: those with weights torch's own layers, so that `interop.convert.convert` finds them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Settings = dict[str, Any]
"""Attributes of a node."""


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        """function: of what a node takes."""
        super().__init__()
        self.function = function

    def forward(self, *given: Tensor) -> Tensor:
        """The function's value."""
        return self.function(*given)


def _linear(weights: Any, bias: Any | None) -> nn.Module:
    """weights (inputs, outputs)."""
    layer = nn.Linear(weights.shape[0], weights.shape[1], bias=bias is not None)
    return _holding(layer, weights.T, bias)


def _holding(layer: Any, weights: Any, bias: Any | None) -> nn.Module:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.array(weights)))
        if bias is not None:
            layer.bias.copy_(torch.from_numpy(np.array(np.broadcast_to(bias, tuple(layer.bias.shape)))))
    found: nn.Module = layer
    return found


def _gemm(settings: Settings, constants: Sequence[Any]) -> nn.Module:
    if settings.get("transA"):
        raise ValueError("transA = 1 turns the batch; give a model without it")
    weights, *bias = constants
    weights = settings.get("alpha", 1.0) * (weights.T if settings.get("transB") else weights)
    return _linear(weights, settings.get("beta", 1.0) * bias[0] if bias else None)


def _matmul(_settings: Settings, constants: Sequence[Any]) -> nn.Module:
    if len(constants) != 1 or constants[0].ndim != 2:
        raise ValueError("a product of two inputs, or with more than a matrix, has no layer of weights")
    return _linear(constants[0], None)


def _convolution(settings: Settings, constants: Sequence[Any]) -> nn.Module:
    weights, *bias = constants
    size = weights.ndim - 2
    layer = CONVOLUTION[size](
        weights.shape[1] * settings.get("group", 1),
        weights.shape[0],
        tuple(weights.shape[2:]),
        stride=tuple(settings.get("strides", [1] * size)),
        padding=_padding(settings, size),
        dilation=tuple(settings.get("dilations", [1] * size)),
        groups=settings.get("group", 1),
        bias=bool(bias),
    )
    return _holding(layer, weights, bias[0] if bias else None)


CONVOLUTION: dict[int, Callable[..., nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d}


def _padding(settings: Settings, size: int) -> tuple[int, ...]:
    pads = settings.get("pads", [0] * 2 * size)
    if pads[:size] != pads[size:] or settings.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError(f"pads = {pads}, auto_pad = {settings.get('auto_pad')}: give the same padding on both sides, in numbers")
    return tuple(pads[:size])


def _pool(kinds: dict[int, Callable[..., nn.Module]]) -> Callable[[Settings, Sequence[Any]], nn.Module]:
    def made(settings: Settings, _constants: Sequence[Any]) -> nn.Module:
        size = len(settings["kernel_shape"])
        steps = {"stride": tuple(settings.get("strides", [1] * size)), "padding": _padding(settings, size), "ceil_mode": bool(settings.get("ceil_mode", 0))}
        if kinds is MEAN:
            steps["count_include_pad"] = bool(settings.get("count_include_pad", 0))
        return kinds[size](tuple(settings["kernel_shape"]), **steps)

    return made


def _normalised(settings: Settings, constants: Sequence[Any]) -> nn.Module:
    scale, bias, mean, variance = (torch.from_numpy(np.array(one)) for one in constants)
    gain = scale / torch.sqrt(variance + settings.get("epsilon", 1e-5))
    return Call(lambda x: x * gain.view(-1, *[1] * (x.dim() - 2)) + (bias - mean * gain).view(-1, *[1] * (x.dim() - 2)))


def _reshaped(_settings: Settings, constants: Sequence[Any]) -> nn.Module:
    shape = [int(one) for one in constants[0]]
    return Call(lambda x: x.reshape([x.shape[0], *(x.shape[i] if size == 0 else size for i, size in enumerate(shape[1:], 1))]))


def _with_constant(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Settings, Sequence[Any]], nn.Module]:
    """Of two inputs, one of which may be constant; `function` must not mind their order."""

    def made(_settings: Settings, constants: Sequence[Any]) -> nn.Module:
        fixed = [torch.from_numpy(np.array(one)) for one in constants]
        return Call(lambda *given: function(*given, *fixed))

    return made


def _of(function: Callable[[Tensor], Tensor]) -> Callable[[Settings, Sequence[Any]], nn.Module]:
    return lambda _settings, _constants: Call(function)


MEAN: dict[int, Callable[..., nn.Module]] = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
LARGEST: dict[int, Callable[..., nn.Module]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
LAYERS: dict[str, Callable[[Settings, Sequence[Any]], nn.Module]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _convolution,
    "Add": _with_constant(torch.add),
    "Mul": _with_constant(torch.mul),
    "Relu": lambda _settings, _constants: nn.ReLU(),
    "LeakyRelu": lambda settings, _constants: nn.LeakyReLU(settings.get("alpha", 0.01)),
    "Tanh": lambda _settings, _constants: nn.Tanh(),
    "Sigmoid": lambda _settings, _constants: nn.Sigmoid(),
    "Softmax": lambda settings, _constants: nn.Softmax(settings.get("axis", -1)),
    "LogSoftmax": lambda settings, _constants: nn.LogSoftmax(settings.get("axis", -1)),
    "Identity": _of(lambda x: x),
    "Dropout": lambda _settings, _constants: Call(lambda x: x),
    "Flatten": lambda settings, _constants: nn.Flatten(settings.get("axis", 1)),
    "Reshape": _reshaped,
    "AveragePool": _pool(MEAN),
    "MaxPool": _pool(LARGEST),
    "GlobalAveragePool": _of(lambda x: x.mean(tuple(range(2, x.dim())), keepdim=True)),
    "BatchNormalization": _normalised,
}
"""Nodes that are read, given their attributes and their constant inputs."""
