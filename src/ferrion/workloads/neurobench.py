"""NeuroBench's metrics of a net for the spiking chip, counted by its own package (Yik et al., Nature Communications 16, 1545 (2025)): pip install neurobench."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ferrion.core.errors import ConfigError
from ferrion.core.progress import Tell
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads.event_sets import EventSet, Samples, load_events
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import accuracy, frames
from ferrion.workloads.spiking_tasks import TASKS, Task, of_test, trained_twin

MOST = 100
"""Samples of a test."""
NAMED = {
    "accuracy": "share of them that the twin tells rightly",
    "Footprint": "footprint, bytes of float32",
    "ConnectionSparsity": "share of weights that are 0",
    "ActivationSparsity": "share of cells and steps without a spike",
    "Dense": "synaptic operations a sample if nothing were left out",
    "Effective_ACs": "synaptic operations a sample with a spike and a weight, sums",
    "Effective_MACs": "synaptic operations a sample with a number that is no spike",
}
"""What a benchmark of the package tells, in words."""


class Fires(nn.Module):
    """Where NeuroBench sees the spikes of a population."""

    def forward(self, spikes: Tensor) -> Tensor:
        """What it is given."""
        return spikes


class View(nn.Module):
    """A twin with every tile as a linear layer and every population as an activation, so that what is counted by layers is counted here; the spikes are the twin's own."""

    def __init__(self, twin: ChipTwin) -> None:
        super().__init__()
        twin.eval()
        self.joins = twin.joins
        self.spikes_of = twin.forward
        layers = [nn.Linear(len(share), share.shape[1], bias=False) for share in twin.shares]
        with torch.no_grad():
            for layer, share, swing in zip(layers, twin.shares, twin.swing, strict=True):
                layer.weight.copy_((swing * twin.held(share)).t())
        self.tiles = nn.ModuleList(layers)
        self.fires = nn.ModuleList(Fires() for _ in twin.wiring.cells)

    def forward(self, samples: Tensor) -> Tensor:
        """(samples, steps, rows) to the spikes of every output cell (samples, cells)."""
        inputs = samples.transpose(0, 1)
        spikes = self.spikes_of(inputs)
        for (source, _), tile in zip(self.joins, self.tiles, strict=True):
            tile((inputs if source < 0 else spikes[source]).flatten(0, 1))
        for fires, own in zip(self.fires, spikes, strict=True):
            fires(own)
        return spikes[-1].sum(0)


def package() -> SimpleNamespace:
    """What of NeuroBench is used. Raises ConfigError where it is not installed."""
    try:
        from neurobench.benchmarks import Benchmark
        from neurobench.metrics.static import ConnectionSparsity, Footprint
        from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
        from neurobench.models import TorchModel
    except ImportError as problem:
        raise ConfigError(f"NeuroBench cannot be imported ({problem}): pip install neurobench") from problem
    return SimpleNamespace(
        Benchmark=Benchmark,
        TorchModel=TorchModel,
        Footprint=Footprint,
        ConnectionSparsity=ConnectionSparsity,
        ActivationSparsity=ActivationSparsity,
        SynapticOperations=SynapticOperations,
    )


def metrics(twin: ChipTwin, events: EventSet, samples: Samples) -> dict[str, Any]:
    """Footprint [bytes of float32], connection sparsity, activation sparsity and synaptic operations a sample, in the twin's steps.

    Raises ConfigError where neurobench is not installed.
    """
    bench = package()
    data = TensorDataset(frames(samples, np.arange(len(samples)), events.rows, events.seconds, twin.dt).transpose(0, 1), torch.from_numpy(samples.labels))
    model = bench.TorchModel(View(twin))
    model.add_activation_module(Fires)
    whole, each = [bench.Footprint, bench.ConnectionSparsity], [bench.ActivationSparsity, bench.SynapticOperations]
    found: dict[str, Any] = bench.Benchmark(model, DataLoader(data, batch_size=10), [], [], [whole, each]).run(quiet=True)
    return found


def counted(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """Every task's twin, trained as `ferrion spiking TASK` trains it, on `MOST` samples of the test, drawn. Raises as `metrics`, and MissingDataError."""
    package()
    return {"seed": seed, **{name: _task(task.shorter() if short else task, seed, tell) for name, task in TASKS.items()}}


def _task(task: Task, seed: int, tell: Tell) -> dict[str, float]:
    tell(f"seed {seed}: {task.events}")
    events = load_events(task.events)
    twin, _ = trained_twin(task, events, seed)
    test = events.test.take(of_test(events, MOST))
    own = metrics(twin, events, test)
    return {"accuracy": accuracy(twin, test, events), **{key: float(value) for key, value in (own | own.pop("SynapticOperations")).items()}}


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, task by task."""
    return [row(f"{name}: {told}", [run[name][key] for run in runs]) for name in TASKS for key, told in NAMED.items()]
