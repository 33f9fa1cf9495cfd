"""Layers of 8-bit integers: trained with their rounding in the loop, then run in integers alone (Jacob et al., CVPR 2018, 2704; arXiv 1712.05877).

A real number is scale * integer. Weights: -127..127 with one scale an output channel. What a hidden layer gives: 0..255 with one scale, that of the largest
output seen while training. An accumulator of 32 bits times scale_in scale_w / scale_out, itself 31 bits and a shift, is the next layer's input (their eqs. 5-7).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

WEIGHT, OUTPUT, INPUT = 127, 255, 127
MEMORY = 0.99
"""Of the largest output, from batch to batch."""
FRACTION = 31
"""Bits of a multiplier."""
NARROW = 30
"""Bits in which an accumulator fits with room to spare."""


def rounded(x: Tensor, scale: Tensor, low: int, high: int) -> Tensor:
    """To whole multiples of `scale` from low to high; the gradient passes straight through between them, and nothing beyond."""
    inside = torch.minimum(torch.maximum(x, low * scale), high * scale)
    return inside + ((x / scale).round().clamp(low, high) * scale - inside).detach()


class Rounded(nn.Module):
    """A linear or convolutional layer as its integers will compute it; a hidden one rectifies."""

    top: Tensor
    mask: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d, last: bool = False) -> None:
        """layer: with a bias. last: outputs are the answer, neither rectified nor rounded."""
        super().__init__()
        self.layer, self.last = layer, last
        self.register_buffer("top", torch.zeros(()))
        self.register_buffer("mask", torch.ones_like(layer.weight))

    def scale(self) -> Tensor:
        """Of each output channel's weights, in their shape; the last layer's channels, which are compared, share one."""
        own = (self.layer.weight * self.mask).detach().abs().flatten(1).amax(1).clamp(min=1e-6) / WEIGHT
        own = own.amax().expand_as(own) if self.last else own
        return own.reshape(-1, *[1] * (self.layer.weight.dim() - 1))

    def bias(self) -> Tensor:
        """Of each output channel."""
        found: Tensor = self.layer.get_parameter("bias")
        return found

    def forward(self, x: Tensor) -> Tensor:
        """As in float32, on rounded weights."""
        weight = rounded(self.layer.weight * self.mask, self.scale(), -WEIGHT, WEIGHT)
        out: Tensor = functional_call(self.layer, {"weight": weight, "bias": self.bias()}, (x,))
        if self.last:
            return out
        out = out.relu()
        if self.training:
            self.top.copy_(torch.maximum(out.detach().max(), MEMORY * self.top).clamp(min=1e-6))
        return rounded(out, self.top / OUTPUT, 0, OUTPUT)


@dataclass(frozen=True)
class Integers:
    """One layer in integers, which float64 holds exactly."""

    layer: nn.Module
    weight: Tensor
    bias: Tensor
    multiplier: NDArray[np.int64]
    """31 bits an output channel; none for the last layer."""
    shift: NDArray[np.int64]

    def __call__(self, x: Tensor) -> Tensor:
        """Integers in, integers out: 0..255, or the accumulators of the last layer."""
        out: Tensor = functional_call(self.layer, {"weight": self.weight, "bias": self.bias}, (x,))
        if not self.multiplier.size:
            return out
        channels = (-1, *[1] * (out.dim() - 2))
        product = out.numpy().astype(np.int64) * self.multiplier.reshape(channels)
        shift = self.shift.reshape(channels)
        return torch.from_numpy(np.clip((product + (1 << (shift - 1))) >> shift, 0, OUTPUT).astype(np.float64))

    def used(self, x: Tensor) -> float:
        """Products of a weight and an input neither of which is 0, a sample."""
        return float(self._counts(self.weight != 0, x != 0).sum()) / len(x)

    def products(self, x: Tensor) -> int:
        """Of a sample, zeros too."""
        return int(self._counts(torch.ones_like(self.weight), torch.ones_like(x[:1])).sum())

    def outputs(self, x: Tensor) -> int:
        """Numbers a sample becomes."""
        return self._counts(self.weight, x[:1]).numel()

    def _counts(self, weights: Tensor, inputs: Tensor) -> Tensor:
        found: Tensor = functional_call(self.layer, {"weight": weights.double(), "bias": torch.zeros_like(self.bias)}, (inputs.double(),))
        return found


def integers(own: Rounded, scale_in: float, layer: nn.Module) -> tuple[Integers, float]:
    """What a trained layer is in integers, and the scale of what it gives. layer: one of its kind in float64."""
    scale = own.scale().double()
    flat = scale.flatten()
    weight = (own.layer.weight.detach().double() * own.mask / scale).round().clamp(-WEIGHT, WEIGHT)
    bias = (own.bias().detach().double() / (scale_in * flat)).round().clamp(-(2**NARROW), 2**NARROW)
    if own.last:
        return Integers(layer, weight, bias, np.empty(0, np.int64), np.empty(0, np.int64)), scale_in * float(flat[0])
    scale_out = float(own.top) / OUTPUT
    mantissa, exponent = np.frexp(scale_in * flat.numpy() / scale_out)
    return Integers(layer, weight, bias, np.rint(mantissa * 2**FRACTION).astype(np.int64), FRACTION - exponent.astype(np.int64)), scale_out
