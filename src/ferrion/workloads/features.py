"""A frozen, quantised feature extractor: what a classifier is then trained on, on chip (Martemucci et al. 2025, Fig. 6)."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ferrion.core.errors import ConfigError, DataError
from ferrion.core.files import write_atomically
from ferrion.workloads.data import DataSet

MOST_BITS = 16


def quantised(model: nn.Module, bits: int) -> nn.Module:
    """A copy whose weight matrices and kernels are rounded to `bits` bits, sign included, each scaled by its largest weight. Raises ConfigError on bits beyond 2..16."""
    if not 2 <= bits <= MOST_BITS:
        raise ConfigError(f"bits = {bits}: give 2 to {MOST_BITS}")
    rounded = copy.deepcopy(model).eval()
    for parameter in rounded.parameters():
        if parameter.dim() > 1:
            step = parameter.detach().abs().max() / (2 ** (bits - 1) - 1)
            parameter.data.copy_(torch.round(parameter.detach() / step) * step if step > 0 else parameter.detach())
    return rounded


def without_classifier(model: nn.Sequential) -> nn.Sequential:
    """The model up to its last linear layer."""
    linear = [place for place, layer in enumerate(model) if isinstance(layer, nn.Linear)]
    return nn.Sequential(*list(model)[: linear[-1]])


@torch.no_grad()
def features(extractor: nn.Module, data: DataSet, bits: int) -> DataSet:
    """What the quantised extractor makes of every sample, (samples, features), over the largest of the training set.

    Magnitudes are rounded to `bits` bits, besides the sign.

    Raises DataError when it makes NaN, or something else than one row of numbers a sample.
    """
    frozen = quantised(extractor, bits)
    found = [_through(frozen, inputs) for inputs in (data.inputs, data.test_inputs)]
    largest, steps = float(np.abs(found[0]).max()) or 1.0, 2**bits - 1
    train, test = (np.clip(np.rint(values / largest * steps) / steps, -1.0, 1.0).astype(np.float32) for values in found)
    return replace(data, name=f"{data.name}, features", inputs=train, test_inputs=test)


def _through(extractor: nn.Module, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = []
    for some in torch.from_numpy(inputs).split(1000):
        made = extractor(some)
        if made.dim() < 2 or len(made) != len(some) or not bool(made.isfinite().all()):
            raise DataError(f"the extractor made {tuple(made.shape)} of {tuple(some.shape)}, finite: {bool(made.isfinite().all())}; it must make finite numbers, one row a sample")
        parts.append(made.flatten(1).float())
    return np.asarray(torch.cat(parts).numpy())


def write_features(data: DataSet, path: Path) -> None:
    """Write them as an .npz that `ferrion train --data` takes, whole or not at all."""

    def write(place: Path) -> None:
        with place.open("wb") as file:
            np.savez_compressed(file, x=data.inputs, y=data.labels, x_test=data.test_inputs, y_test=data.test_labels)

    write_atomically(path, write)
