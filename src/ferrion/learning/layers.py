"""Layers for torch whose products run on two-memory arrays: linear and convolutions (`recurrent` has the cells)."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import unfold

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, DataError
from ferrion.learning.memories import TwoMemories, memories_of, some_memories_of
from ferrion.learning.reading import ArrayRead
from ferrion.learning.rules import REFINED, Rule
from ferrion.learning.transfer import best_scale

SLICE = 2**24
"""How far apart the seeds of a layer's slices are."""


class TwoMemoryLayer(torch.nn.Module):
    """What the layers share: one block of weights in two memories, and its reads."""

    product: ClassVar[Callable[[ArrayRead, Tensor], Tensor]] = ArrayRead.__call__
    """How all layers read; `interop.convert.compiled` shields it from torch's tracing."""

    def __init__(self, inputs: int, outputs: int, bias_lines: int, chip: Chip | None, readout: Readout | None, rule: Rule, seed: int | None) -> None:
        super().__init__()
        chip = chip or Chip.from_card()
        own = int(torch.randint(2**62, ())) if seed is None else seed
        self.memories = TwoMemories(inputs + bias_lines, outputs, inputs, chip, readout or chip.readout, rule, own)
        self.finer = torch.nn.ModuleList()
        """Further slices of the weights, on arrays of their own."""
        self.readings = [ArrayRead(self.memories)]

    @property
    def slices(self) -> list[TwoMemories]:
        """All blocks the weights stand in, the coarsest first; the layer's weights are their sum."""
        return [self.memories, *memories_of(self.finer)]

    def refine(self, weights: NDArray[np.float64]) -> None:
        """Add a slice: arrays that hold, at a full scale of their own, what the pairs written so far were read to lack of `weights` (rows, columns).

        So every slice makes up for levels and spread of those before it. Every pair of the last of them is read once. Raises DataError on another shape.
        """
        coarse, (rows, columns) = self.memories, self.memories.analogue.shape
        if np.shape(weights) != (rows, columns):
            raise DataError(f"weights of shape {np.shape(weights)}: give them as {(rows, columns)}, bias lines last")
        slices = self.slices
        left = weights - sum(one.analogue.detach().double().numpy() for one in slices)
        slices[-1].count(verified=left.size)
        finer = TwoMemories(rows, columns, coarse.inputs, coarse.chip, coarse.readout, coarse.rule, int(coarse.seed) + len(slices) * SLICE)
        finer.blank()
        if coarse.cells:
            finer.on_devices()
        finer.write(left, best_scale(left, coarse.table.mean))
        self.finer.append(finer)
        self.readings.append(ArrayRead(finer))

    def read(self, inputs: Tensor) -> Tensor:
        """(…, inputs) -> (…, outputs) through the arrays. Raises DataError on other shapes, on integers, and on another device than the CPU."""
        memories, samples = self.memories, inputs.shape[:-1]
        if inputs.shape[-1] != memories.inputs or not inputs.is_floating_point():
            raise DataError(f"inputs of shape {tuple(inputs.shape)} and type {inputs.dtype}: give floating-point numbers as (…, {memories.inputs})")
        analogue = memories.analogue
        if analogue.dtype != torch.float32:
            raise DataError(f"the layer was made {analogue.dtype}: array layers keep float32 weights; call .float() on the model")
        if inputs.device.type != "cpu":
            raise DataError(f"inputs on {inputs.device}: arrays are simulated on the CPU; call .cpu() on model and inputs")
        if inputs.numel() == 0:
            return inputs.new_zeros(*samples, analogue.shape[1]) + 0.0 * analogue.sum()
        rows = inputs.float().flatten(0, -2) if inputs.dim() > 2 else torch.atleast_2d(inputs.float())
        found = type(self).product(self.readings[0], rows)
        for finer in self.readings[1:]:
            found = found + type(self).product(finer, rows)
        return found.reshape(*samples, analogue.shape[1]).to(inputs.dtype)

    def learned(self, inputs: Tensor) -> None:
        """Count the samples of a training batch: the first axis, or one where there is none."""
        if self.training and torch.is_grad_enabled():
            self.memories.count(samples=len(inputs) if inputs.dim() > 1 else 1)


class TwoMemoryLinear(TwoMemoryLayer):
    """y = x W + b on two-memory arrays; (…, in_features) -> (…, out_features)."""

    def __init__(
        self, in_features: int, out_features: int, chip: Chip | None = None, *, bias: int = 1, readout: Readout | None = None, rule: Rule = REFINED, seed: int | None = None
    ) -> None:
        """chip: None for the card "leti-2025". readout: None for the chip's own. seed: None draws one from torch's generator (torch.manual_seed)."""
        super().__init__(in_features, out_features, int(bias), chip, readout, rule, seed)

    def forward(self, x: Tensor) -> Tensor:
        """Through the arrays, sample by sample of the batch."""
        self.learned(x)
        return self.read(x)


class _Convolution(TwoMemoryLayer):
    """Every patch of the input is one product; rows are channel by channel, as in torch's weights."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        chip: Chip | None,
        bias_lines: int,
        readout: Readout | None,
        rule: Rule,
        seed: int | None,
    ) -> None:
        for name, numbers, least in (("kernel_size", kernel, 1), ("stride", stride, 1), ("dilation", dilation, 1), ("padding", padding, 0)):
            if min(numbers) < least:
                raise ConfigError(f"{name} = {tuple(numbers)}: give integers of {least} or more")
        super().__init__(in_channels * kernel[0] * kernel[1], out_channels, bias_lines, chip, readout, rule, seed)
        self.channels, self.kernel, self.stride, self.padding, self.dilation = in_channels, tuple(kernel), tuple(stride), tuple(padding), tuple(dilation)

    def patches(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, channels, out height, out width)."""
        if x.dim() != 4 or x.shape[1] != self.channels:
            raise DataError(f"inputs of shape {tuple(x.shape)}: give (batch, {self.channels}, …)")
        self.learned(x)
        out = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(x.shape[2:], self.padding, self.dilation, self.kernel, self.stride, strict=True)]
        if min(out) < 1:
            raise DataError(f"inputs of shape {tuple(x.shape)} are smaller than the kernel {self.kernel} with dilation {self.dilation} and padding {self.padding}")
        columns = unfold(x, self.kernel, self.dilation, self.padding, self.stride)
        return self.read(columns.transpose(1, 2)).transpose(1, 2).reshape(len(x), -1, *out)


def on_devices(model: torch.nn.Module) -> None:
    """Let every weight of a model's array layers stand on devices of its own (`TwoMemories.on_devices`).

    Raises ConfigError for a model that has no such layers, and for layers in slices: the finer ones hold what the coarser ones were read to lack, which would be drawn anew.
    """
    memories = some_memories_of(model)
    if any(isinstance(layer, TwoMemoryLayer) and len(layer.finer) for layer in model.modules()):
        raise ConfigError(
            "weights are cut into slices, which make up for the devices they were written to: convert with slices = 1, call on_devices(model), then layer.refine(weights)"
        )
    for own in memories:
        own.on_devices()


def _two(number: int | Sequence[int]) -> Sequence[int]:
    return (number, number) if isinstance(number, int) else number


class TwoMemoryConv2d(_Convolution):
    """torch.nn.Conv2d on two-memory arrays, without groups and with padding of zeros."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        chip: Chip | None = None,
        *,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        bias: int = 1,
        readout: Readout | None = None,
        rule: Rule = REFINED,
        seed: int | None = None,
    ) -> None:
        """As `TwoMemoryLinear` and torch.nn.Conv2d."""
        super().__init__(in_channels, out_channels, _two(kernel_size), _two(stride), _two(padding), _two(dilation), chip, int(bias), readout, rule, seed)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, height, width) -> (batch, out_channels, …)."""
        return self.patches(x)


class TwoMemoryConv1d(_Convolution):
    """torch.nn.Conv1d on two-memory arrays, without groups and with padding of zeros."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        chip: Chip | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        bias: int = 1,
        readout: Readout | None = None,
        rule: Rule = REFINED,
        seed: int | None = None,
    ) -> None:
        """As `TwoMemoryLinear` and torch.nn.Conv1d."""
        super().__init__(in_channels, out_channels, (1, kernel_size), (1, stride), (0, padding), (1, dilation), chip, int(bias), readout, rule, seed)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, length) -> (batch, out_channels, …)."""
        return self.patches(x.unsqueeze(2)).squeeze(2)
