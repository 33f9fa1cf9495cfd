"""Two twins of a network on the spiking chip, for training off it: one that rehearses the chip, one in floating point."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.layers import Leak, ion, leaked, lif, spikes_of
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.transfer import nearest

CENTRE, WIDTH = 0.75, 0.15
"""Volts: where an output node counts half while training, and how gradually: between a clean gap's nucleation voltage and that of one that has just fired."""
FASTEST = 80.0
"""Votes a second of a node far above."""


class ChipTwin(nn.Module):
    """The chip in discrete time: ion neurons, weights at the levels of memristors with the spread of their programming, drawn anew at every call while training.

    What it leaves out: the spread from neuron to neuron, the noise of reads, the router. Parameters are shares (rows, columns) of the full scale in -1..1, in the
    order of `Wiring.fabric`.
    """

    def __init__(self, chip: SpikingChip, wiring: Wiring, dt: float, sharpness: float, spread: float = 0.15) -> None:
        """dt: step [s], the gate's time constant at most. sharpness: of the gradient [1/V]. spread: standard deviation of the first weights.

        Raises ConfigError on other steps, and for loops of output cells.
        """
        super().__init__()
        if wiring.recurrent and wiring.recurrent[-1]:
            raise ConfigError(f"recurrent = {wiring.recurrent}: output cells are trained by their nodes, which a loop of their own would change; give 0 for the last population")
        self.wiring, self.chip, self.sharpness = wiring, chip, sharpness
        self.step(dt)
        self.mean, self.deviation = chip.memory.levels
        net = wiring.fabric()
        self.swing = [float(volts) for volts in net.swing]
        self.joins = list(zip(net.source.tolist(), net.target.tolist(), strict=True))
        self.shares = nn.ParameterList(spread * torch.randn(int(n), int(m)) for n, m in zip(net.rows, net.columns, strict=True))

    def step(self, dt: float) -> None:
        """Go on in steps of dt seconds. Raises ConfigError unless they are above 0 and no longer than the gate's time constant."""
        self.dt, self.law = dt, ion(self.chip.neuron, self.chip.soma, dt, self.sharpness)

    def forward(self, frames: Tensor, populations: int | None = None) -> list[Tensor]:
        """Spikes of every population, or the first so many (steps, samples, cells), for events (steps, samples, inputs)."""
        weights = {join: swing * self.held(share) for join, swing, share in zip(self.joins, self.swing, self.shares, strict=True)}
        heard, spikes = frames, []
        for p, cells in enumerate(self.wiring.cells[:populations]):
            heard = spikes_of(heard, weights[p - 1, p], weights.get((p, p), torch.zeros(cells, cells)), torch.zeros(cells), self.law)
            spikes.append(heard)
        return spikes

    def votes(self, frames: Tensor) -> Tensor:
        """Spikes of every class (samples, classes); while training what `CENTRE` and `WIDTH` make of the output nodes, since spikes that never come teach nothing."""
        return self.rehearsed(frames)[0] if self.training else self._classes(self(frames)[-1])

    def rehearsed(self, frames: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Votes as while training, by the nodes of the last population, which its spikes do not change; and the spikes of those before it (steps, samples, cells)."""
        last = len(self.wiring.cells) - 1
        hidden = self(frames, last)
        weights = self.swing[last] * float(self.law.arrive) * self.held(self.shares[last])
        nodes = leaked((hidden[-1] if last else frames) @ weights, float(self.law.alpha))
        return self._classes(torch.sigmoid((nodes - CENTRE) / WIDTH)) * (FASTEST * self.dt), hidden

    def _classes(self, rates: Tensor) -> Tensor:
        counts = rates.sum(0)
        return counts.reshape(len(counts), -1, self.wiring.each).sum(2)

    def held(self, share: Tensor) -> Tensor:
        """What memristors make of a share; the gradient passes straight through."""
        own = share.clamp(-1.0, 1.0)
        level = nearest(own.detach().numpy(), self.mean)
        held = torch.from_numpy(self.mean[level])
        if self.training:
            held = held + torch.from_numpy(self.deviation[level]) * torch.randn(own.shape)
        return own + (torch.sign(own.detach()) * held - own).detach()

    def deploy(self, network: SpikingNetwork) -> None:
        """Write the weights into the chip."""
        network.deploy([np.clip(share.detach().numpy(), -1.0, 1.0) for share in self.shares])


class FloatTwin(nn.Module):
    """The same wiring of leaky integrate-and-fire neurons in float32, read out by nodes that never fire: what the work would reach without a chip."""

    def __init__(self, wiring: Wiring, tau: float, dt: float, gain: float = 1.0) -> None:
        """gain: standard deviation of what the first layer's weights, by 1 / sqrt(inputs), begin with."""
        super().__init__()
        self.dt, self.law, self.leak = dt, lif(tau, dt), Leak(tau, dt)
        sizes = (wiring.inputs, *wiring.cells[:-1])
        self.forwards = nn.ParameterList(gain * torch.randn(n, m) / n**0.5 for n, m in pairwise(sizes))
        recurrent = wiring.recurrent or (0.0,) * len(wiring.cells)
        self.within = nn.ParameterList(torch.randn(n, n) / n**0.5 / 4 * (volts > 0) for n, volts in zip(sizes[1:], recurrent, strict=False))
        for weight, volts in zip(self.within, recurrent, strict=False):
            weight.requires_grad_(volts > 0)
        self.readout = nn.Linear(sizes[-1], wiring.cells[-1] // wiring.each)

    def votes(self, frames: Tensor) -> Tensor:
        """Mean voltage of every class, in hundredths of a threshold (samples, classes)."""
        heard = frames
        for weights, within in zip(self.forwards, self.within, strict=True):
            heard = spikes_of(heard, weights, within, torch.zeros(weights.shape[1]), self.law)
        voltage: Tensor = 100.0 * self.leak(self.readout(heard)).mean(0)
        return voltage
