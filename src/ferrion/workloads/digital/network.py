"""A small digital network for a task: trained with rounding in the loop, pruned, and what it is in integers."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ferrion.core.errors import ConfigError
from ferrion.core.noise import permutation
from ferrion.workloads.digital.int8 import INPUT, Integers, Rounded, integers, rounded
from ferrion.workloads.one_thread import one_thread

Loss = Callable[[Tensor, Tensor], Tensor]
PRUNED_BY = 0.6
"""Share of the epochs after which no more weights are taken away (Zhu and Gupta, arXiv 1710.01878: sparsity rises as 1 - (1 - t)^3)."""


@dataclass(frozen=True)
class Recipe:
    """How a digital network is built and trained."""

    hidden: tuple[int, ...] = (64,)
    """Sizes of linear layers."""
    channels: tuple[int, ...] = ()
    """Of convolutions 3 by 3 with stride 2 before them, on inputs (planes, height, width)."""
    sparsity: float = 0.0
    """Share of weights that are pruned away."""
    epochs: int = 30
    rate: float = 3e-3
    batch: int = 64
    dropout: float = 0.2
    """Of inputs, while training."""
    decay: float = 1e-5
    """Of weights: an L2 penalty of half of it times their squares, beside the mean loss of a sample."""
    bound: float = math.inf
    """Largest size of a weight or bias, as arrays have one."""


class DigitalNet(nn.Module):
    """Inputs, whole multiples of a scale, through rounded layers to the votes of classes."""

    def __init__(self, shape: tuple[int, ...], classes: int, recipe: Recipe, scale: float) -> None:
        """shape: of one input, (features,) or (planes, height, width). Raises ConfigError where convolutions do not fit it."""
        super().__init__()
        if recipe.channels and len(shape) != 3:
            raise ConfigError(f"channels = {recipe.channels} on inputs of shape {shape}: convolutions need (planes, height, width)")
        self.scale, planes = torch.tensor(scale), shape[0]
        layers: list[nn.Module] = []
        for channels in recipe.channels:
            layers += [Rounded(nn.Conv2d(planes, channels, 3, stride=2, padding=1))]
            planes, shape = channels, (channels, -(-shape[1] // 2), -(-shape[2] // 2))
        sizes = [int(np.prod(shape)), *recipe.hidden, classes]
        layers += [nn.Flatten(), *(Rounded(nn.Linear(n, m), last=k == len(sizes) - 2) for k, (n, m) in enumerate(pairwise(sizes)))]
        self.layers = nn.Sequential(*layers)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Votes of every class (samples, classes)."""
        votes: Tensor = self.layers(self.drop(rounded(x, self.scale, -INPUT, INPUT)))
        return votes

    def prune(self, share: float) -> None:
        """Take away the smallest `share` of each layer's weights."""
        for layer in self.rounded():
            weights = layer.layer.weight.detach().abs().flatten()
            least = torch.kthvalue(weights, max(round(share * len(weights)), 1)).values if share > 0 else -1.0
            layer.mask.copy_((layer.layer.weight.detach().abs() > least).float())

    def rounded(self) -> list[Rounded]:
        """Its layers with weights."""
        return [layer for layer in self.layers if isinstance(layer, Rounded)]


@dataclass(frozen=True)
class IntegerNet:
    """A network of 8-bit integers."""

    scale: float
    """Of its inputs."""
    out: float
    """Of its outputs."""
    layers: tuple[Integers | nn.Flatten, ...]

    def states(self, x: NDArray[np.float32]) -> list[Tensor]:
        """Integers before every layer, and the last accumulators."""
        states = [torch.from_numpy(np.clip(np.rint(x / np.float32(self.scale)), -INPUT, INPUT).astype(np.float64))]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return states

    def values(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Its outputs as real numbers (samples, outputs)."""
        found: NDArray[np.float64] = self.states(x)[-1].numpy() * self.out
        return found

    def decide(self, x: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class of each sample; the first where votes are equal."""
        decided: NDArray[np.int64] = self.states(x)[-1].argmax(1).numpy()
        return decided

    @property
    def weighted(self) -> list[Integers]:
        """Layers with weights."""
        return [layer for layer in self.layers if isinstance(layer, Integers)]

    def inputs_of(self, states: list[Tensor]) -> list[Tensor]:
        """Of `states`, what layers with weights are given."""
        return [state for layer, state in zip(self.layers, states, strict=False) if isinstance(layer, Integers)]


def of(net: DigitalNet) -> IntegerNet:
    """A trained network in integers."""
    scale = float(net.scale)
    layers: list[Integers | nn.Flatten] = []
    for layer in net.layers:
        if isinstance(layer, Rounded):
            own, scale = integers(layer, scale, deepcopy(layer.layer).double())
            layers.append(own)
        else:
            layers.append(nn.Flatten())
    return IntegerNet(float(net.scale), scale, tuple(layers))


@one_thread()
def fit(x: NDArray[np.float32], y: NDArray[Any], outputs: int, recipe: Recipe, seed: int, loss: Loss = cross_entropy) -> DigitalNet:
    """Train on inputs (samples, …) and labels, or what else `loss` compares `outputs` numbers with: Adam with a falling rate, pruned on the way.

    The same seed gives the same network, on any number of threads.
    """
    torch.manual_seed(seed)
    net = DigitalNet(x.shape[1:], outputs, recipe, input_scale(x))
    optimizer = torch.optim.Adam(net.parameters(), recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    for epoch in range(recipe.epochs):
        net.train()
        net.prune(recipe.sparsity * (1.0 - max(1.0 - (epoch + 1) / (PRUNED_BY * recipe.epochs), 0.0) ** 3))
        order = permutation(seed, epoch, len(x))
        for start in range(0, len(order), recipe.batch):
            chosen = order[start : start + recipe.batch]
            optimizer.zero_grad()
            loss(net(inputs[chosen]), labels[chosen]).backward()
            optimizer.step()
            clip(net, recipe.bound)
        schedule.step()
    return net.eval()


@torch.no_grad()
def clip(net: nn.Module, bound: float) -> None:
    """Make no weight or bias larger than `bound`."""
    if bound < math.inf:
        for parameter in net.parameters():
            parameter.clamp_(-bound, bound)


def input_scale(x: NDArray[np.float32]) -> float:
    """So that all but one in a thousand of the inputs that are not 0 lie within an int8."""
    spoken = np.abs(x[x != 0])
    return float(np.quantile(spoken, 0.999)) / INPUT if spoken.size else 1.0


def held_out(x: NDArray[np.float32], y: NDArray[np.int64], group: NDArray[np.int64], classes: int, recipe: Recipe, seed: int) -> float:
    """Accuracy on about a fifth of the samples, trained on the rest, by `set_apart`."""
    held = set_apart(group, seed)
    return float((of(fit(x[~held], y[~held], classes, recipe, seed)).decide(x[held]) == y[held]).mean())


def chosen(x: NDArray[np.float32], y: NDArray[np.int64], group: NDArray[np.int64], classes: int, recipes: Sequence[Recipe], seed: int) -> Recipe:
    """The recipe with the best accuracy on held-out samples, the first of those that are equal."""
    return max(recipes, key=lambda recipe: held_out(x, y, group, classes, recipe, seed))


def set_apart(group: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """About a fifth of the samples; where `group` tells whose they are (not -1), all of one's are on the same side."""
    own = np.where(group < 0, -1 - np.arange(len(group)), group)
    _, member, sizes = np.unique(own, return_inverse=True, return_counts=True)
    order = permutation(seed, 1, len(sizes))
    place = np.empty(len(sizes), np.int64)
    place[order] = np.cumsum(sizes[order])
    apart: NDArray[np.bool_] = place[member] <= max(len(group) // 5, int(sizes[order[0]]))
    return apart
