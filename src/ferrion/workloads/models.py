"""Models for the lab: a small convolutional net; their digital training and accuracy."""

from pathlib import Path

import torch
from safetensors.torch import save_model
from torch import nn

from ferrion.core.errors import ConfigError
from ferrion.core.files import write_atomically
from ferrion.core.kept import digest
from ferrion.workloads.data import DataSet
from ferrion.workloads.one_thread import one_thread
from ferrion.workloads.user_model import load_weights

RATE = 2e-3
"""Step of Adam (Kingma and Ba, ICLR 2015) for the digital training."""


def conv_net(data: DataSet) -> nn.Sequential:
    """Two convolutions and a linear layer for square grey pictures: 1-8-16 channels, strides of 2. Raises ConfigError for other inputs."""
    side = int(data.inputs.shape[1] ** 0.5)
    if side * side != data.inputs.shape[1]:
        raise ConfigError(f"{data.name} has {data.inputs.shape[1]} features, no square picture: give a model of your own, FILE.py:FUNCTION")
    left = ((side + 1) // 2 + 1) // 2
    return nn.Sequential(
        nn.Unflatten(1, (1, side, side)),
        nn.Conv2d(1, 8, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * left * left, data.classes),
    )


@torch.no_grad()
def tried(model: nn.Module, data: DataSet) -> None:
    """Give `model` two samples; raises ConfigError unless it answers with a number for each class."""
    wanted = (2, data.classes)
    try:
        found = model.eval()(torch.from_numpy(data.inputs[:2]))
    except Exception as problem:
        raise ConfigError(f"the model cannot take samples of {data.name}, (samples, {data.inputs.shape[1]}) in float32: {problem}") from problem
    if not isinstance(found, torch.Tensor) or tuple(found.shape) != wanted:
        got = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
        raise ConfigError(f"the model answers two samples of {data.name} with {got}; it must answer {wanted}, a number for each class")


@one_thread()
def fit(model: nn.Module, data: DataSet, optimiser: torch.optim.Optimizer, epochs: int, batch: int, seed: int) -> None:
    """Train by cross entropy in batches, the rate falling along half a cosine to 0; the order of samples is the seed's."""
    inputs, labels = torch.from_numpy(data.inputs), torch.from_numpy(data.labels)
    order, steps = torch.Generator().manual_seed(seed), max(len(labels) // batch, 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * steps)
    model.train()
    for _ in range(epochs):
        for some in torch.randperm(len(labels), generator=order)[: steps * batch].split(batch):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(inputs[some]), labels[some]).backward()
            optimiser.step()
            schedule.step()
    model.eval()


def fit_digital(model: nn.Module, data: DataSet, epochs: int, seed: int) -> None:
    """Train a digital model in float32 with Adam."""
    fit(model, data, torch.optim.Adam(model.parameters(), RATE), epochs, 64, seed)


def trained(model: nn.Module, source: str, data: DataSet, epochs: int, folder: Path) -> None:
    """`fit_digital`, or the weights it left in `folder` for the same model (of code `source`), data and epochs."""
    states = [tensor.double().numpy() for tensor in model.state_dict().values()]
    path = folder / f"{digest((source, repr(model), epochs), *states, *data.arrays)[:24]}.safetensors"
    if path.exists():
        load_weights(model, path)
        return
    fit_digital(model, data, epochs, 0)
    write_atomically(path, lambda temporary: save_model(model, str(temporary)))


@torch.no_grad()
def accuracy(model: nn.Module, data: DataSet) -> float:
    """Share of the test set answered rightly."""
    model.eval()
    answers = torch.cat([model(some).argmax(1) for some in torch.from_numpy(data.test_inputs).split(1000)])
    return float((answers == torch.from_numpy(data.test_labels)).double().mean())


@torch.no_grad()
def settle(model: nn.Module, data: DataSet) -> None:
    """Let drivers and converters of deployed layers find their ranges on training samples."""
    model.eval()
    model(torch.from_numpy(data.inputs[:1000]))
