"""Put an existing torch model on a chip: its matrix products go to two-memory arrays, everything else stays digital."""

import copy
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLayer, TwoMemoryLinear
from ferrion.learning.recurrent import TwoMemoryLSTMCell, TwoMemoryRNNCell
from ferrion.learning.rules import REFINED, Rule
from ferrion.learning.transfer import best_scale

SUPPORTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.RNNCell, nn.LSTMCell)
MOST_BIAS_LINES = 16
"""Lines a bias may take; a larger one raises the full scale of its layer."""


def convert(
    module: nn.Module,
    chip: Chip | None = None,
    *,
    digital: Collection[str] = (),
    readout: Readout | None = None,
    rule: Rule = REFINED,
    seed: int = 0,
    fresh: bool = False,
    slices: int = 1,
) -> nn.Module:
    """A copy of `module` whose linear layers, convolutions, RNN and LSTM cells run on `chip`, with its weights written and transferred.

    digital: names of layers to leave as they are. readout: None for the chip's own. fresh: leave the arrays with initial weights of their own
    instead of the module's, to be trained on chip. slices: arrays for every layer, each holding what those before it were read to lack
    (`TwoMemoryLayer.refine`); more than one only for weights that stay as they are. Otherwise every layer's full scale is the one that leaves the least squared error with the
    chip's levels, and a bias larger than it stands on several lines. Raises ConfigError for a layer with weights that no array can hold (named, with what to
    do), and for a name in `digital` that the module does not have.
    """
    if slices < 1 or (fresh and slices > 1):
        raise ConfigError(f"slices = {slices}: give 1 or more; 1 for arrays that are to be trained on chip (fresh)")
    chip, converted = chip or Chip.from_card(), copy.deepcopy(module)
    names = {name for name, _ in module.named_modules()}
    if unknown := sorted(set(digital) - names):
        raise ConfigError(f"digital = {unknown}: the model has no such layers; it has {', '.join(sorted(names - {''}))}")
    problems = list(_problems(module, digital))
    if problems:
        named = [name for name in (problem.split(":")[0] for problem in problems) if name in names]
        raise ConfigError("; ".join(problems) + f". Rewrite them{f', or keep them digital: digital={named}' if named else ''}")
    twins: dict[int, TwoMemoryLayer] = {}
    for name, layer in module.named_modules(remove_duplicate=False):
        if isinstance(layer, SUPPORTED) and not _kept(name, digital):
            if id(layer) not in twins:
                twins[id(layer)] = _twin(name, layer, chip, readout, rule, seed + len(twins) * 2**32, 0 if fresh else slices)
            twin = twins[id(layer)]
            if not name:
                return twin
            parent, _, own = name.rpartition(".")
            setattr(converted.get_submodule(parent), own, twin)
    return converted


def compiled(model: nn.Module, **settings: Any) -> nn.Module:
    """torch.compile of the digital parts of a model; its array layers, which torch cannot trace, run as they are between them.

    settings: as torch.compile takes them. From the first call on, torch.compile itself leaves array layers alone, too.
    """
    _leave_reads_alone()
    found = torch.compile(model, **settings)
    assert isinstance(found, nn.Module)
    return found


@lru_cache
def _leave_reads_alone() -> None:
    TwoMemoryLayer.product = torch.compiler.disable(TwoMemoryLayer.product)


def _kept(name: str, digital: Collection[str]) -> bool:
    return any(name == kept or name.startswith(kept + ".") for kept in digital)


def _problems(module: nn.Module, digital: Collection[str]) -> Iterator[str]:
    """What cannot go onto arrays."""
    owners: dict[int, tuple[str, nn.Module]] = {}
    for name, layer in module.named_modules():
        for parameter in layer.parameters(recurse=False) if isinstance(layer, SUPPORTED) and not _kept(name, digital) else ():
            first, owner = owners.setdefault(id(parameter), (name, layer))
            if owner is not layer:
                yield f"{name}: shares a parameter with {first}; on arrays each layer has devices of its own"
    for name, layer in module.named_modules():
        if _kept(name, digital):
            continue
        if isinstance(layer, nn.Conv1d | nn.Conv2d) and (layer.groups != 1 or layer.padding_mode != "zeros" or isinstance(layer.padding, str)):
            yield f"{name}: groups = {layer.groups}, padding = {layer.padding!r} ({layer.padding_mode}); arrays take groups = 1 and a number of zeros"
        elif isinstance(layer, nn.RNNCell) and layer.nonlinearity != "tanh":
            yield f"{name}: an RNNCell with {layer.nonlinearity}; the array's cell has tanh"
        elif not isinstance(layer, SUPPORTED) and any(parameter.dim() > 1 for parameter in layer.parameters(recurse=False)):
            yield f"{name or 'the model itself'}: {type(layer).__name__} has weights that no array layer holds (there are {', '.join(kind.__name__ for kind in SUPPORTED)})"


def _twin(name: str, layer: nn.Module, chip: Chip, readout: Readout | None, rule: Rule, seed: int, slices: int) -> TwoMemoryLayer:
    """The array layer for a digital one, its weights deployed on so many slices (0: not deployed)."""
    weights, bias = _weights(layer)
    if not (np.isfinite(weights).all() and (bias is None or np.isfinite(bias).all())):
        raise ConfigError(f"{name or 'the layer'}: its weights hold NaN or infinite numbers; train it anew or load other weights")
    full = max(best_scale(weights, chip.levels[0]), 0.0 if bias is None else float(np.abs(bias).max()) / MOST_BIAS_LINES)
    lines = 0 if bias is None else 1 if slices == 0 else max(1, int(np.ceil(np.abs(bias).max() / full)))
    twin = _built(layer)(chip=chip, bias=lines, readout=readout, rule=rule, seed=seed)
    if slices == 0:
        return twin.train(layer.training)
    twin.memories.blank()
    wanted = weights if bias is None else np.concatenate([weights, np.repeat(bias[None] / lines, lines, axis=0)])
    twin.memories.write(wanted, full)
    for _ in range(1, slices):
        twin.refine(wanted)
    return twin.train(layer.training)


def _built(layer: nn.Module) -> Callable[..., TwoMemoryLayer]:
    """What makes the array layer of the same shape."""
    if isinstance(layer, nn.Linear):
        return partial(TwoMemoryLinear, layer.in_features, layer.out_features)
    if isinstance(layer, nn.RNNCell):
        return partial(TwoMemoryRNNCell, layer.input_size, layer.hidden_size)
    if isinstance(layer, nn.LSTMCell):
        return partial(TwoMemoryLSTMCell, layer.input_size, layer.hidden_size)
    assert isinstance(layer, nn.Conv1d | nn.Conv2d)
    steps: dict[str, Any] = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
    if isinstance(layer, nn.Conv2d):
        return partial(TwoMemoryConv2d, layer.in_channels, layer.out_channels, layer.kernel_size, **steps)
    return partial(TwoMemoryConv1d, layer.in_channels, layer.out_channels, layer.kernel_size[0], **{name: numbers[0] for name, numbers in steps.items()})


def _weights(layer: nn.Module) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Weights (rows, columns) and bias (columns,) of a digital layer."""
    with torch.no_grad():
        if isinstance(layer, nn.RNNCell | nn.LSTMCell):
            weights = torch.cat([layer.weight_ih, layer.weight_hh], dim=1).T
            return weights.double().numpy(), (layer.bias_ih + layer.bias_hh).double().numpy() if layer.bias else None
        weight, bias = layer.get_parameter("weight"), layer.bias
        return weight.flatten(1).T.double().numpy(), bias.double().numpy() if isinstance(bias, torch.Tensor) else None
