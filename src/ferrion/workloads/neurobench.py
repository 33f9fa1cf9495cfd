"""NeuroBench's metrics of a net for the spiking chip, counted by its own package (Yik et al., Nature Communications 16, 1545 (2025)): pip install neurobench."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads.event_sets import EventSet
from ferrion.workloads.spiking import frames


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


def metrics(twin: ChipTwin, events: EventSet, dt: float, most: int = 100) -> dict[str, Any]:
    """Footprint [bytes of float32], connection sparsity, activation sparsity and synaptic operations a sample of the test, at steps of dt seconds.

    Raises ConfigError where neurobench is not installed.
    """
    try:
        from neurobench.benchmarks import Benchmark
        from neurobench.metrics.static import ConnectionSparsity, Footprint
        from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
        from neurobench.models import TorchModel
    except ImportError as problem:
        raise ConfigError(f"NeuroBench cannot be imported ({problem}): pip install neurobench") from problem
    chosen = np.arange(min(most, len(events.test)))
    data = TensorDataset(frames(events.test, chosen, events.rows, events.seconds, dt).transpose(0, 1), torch.from_numpy(events.test.labels[chosen]))
    model = TorchModel(View(twin))
    model.add_activation_module(Fires)
    counted: dict[str, Any] = Benchmark(model, DataLoader(data, batch_size=10), [], [], [[Footprint, ConnectionSparsity], [ActivationSparsity, SynapticOperations]]).run()
    return counted
