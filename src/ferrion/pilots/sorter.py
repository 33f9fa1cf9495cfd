"""A sorter of pulses on two-memory arrays: what a trigger held goes in as differences of neighbouring samples, and the unit comes out; learned pulse by pulse."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.core.noise import fork, permutation
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryLinear, on_devices
from ferrion.learning.training import Fidelity

HIDDEN, FIRST, LAST, TRANSFER_EVERY = 32, 0.05, 0.002, 10
"""Cells between the arrays; rates of learning at the first and the last pass, in between geometrically; pulses between transfers."""
SWING = 0.5
"""Deviation of what drives the rows, as a share of their drivers' range."""
F4 = NDArray[np.float32]


class Differences:
    """A switched capacitor: neighbouring samples are taken from one another, which makes the noise, whose power lies at low frequencies, nearly white."""

    def __init__(self, lines: NDArray[np.float64]) -> None:
        """lines: what the trigger held of pulses (pulses, samples), by which the amplifier is set."""
        self.gain = SWING / float(np.diff(lines, axis=1).std())

    def __call__(self, lines: NDArray[np.float64]) -> F4:
        """(pulses, samples - 1), clipped where the drivers end."""
        return np.clip(self.gain * np.diff(lines, axis=1), -1.0 / SWING, 1.0 / SWING).astype(np.float32)


class Sorter:
    """Two arrays, a rectifier between them."""

    def __init__(self, chip: Chip, inputs: int, classes: int, seed: int, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> None:
        """One seed is one chip."""
        self.model = torch.nn.Sequential(TwoMemoryLinear(inputs, HIDDEN, chip, seed=fork(seed, 0)), torch.nn.ReLU(), TwoMemoryLinear(HIDDEN, classes, chip, seed=fork(seed, 1)))
        if fidelity is Fidelity.DEVICE:
            on_devices(self.model)
        self.descent = TwoMemorySGD(self.model, lr=FIRST, transfer_every=TRANSFER_EVERY, seed=seed)
        self.seed = seed

    def learn(self, inputs: F4, labels: NDArray[np.int64], passes: int) -> list[float]:
        """Pulse by pulse; the share of each pass that was answered rightly before it was learned."""
        self.model.train()
        right = []
        for step in range(passes):
            self.descent.param_groups[0]["lr"] = FIRST * (LAST / FIRST) ** (step / max(passes - 1, 1))
            right.append(float(np.mean([self._take(inputs[k : k + 1], int(labels[k])) for k in permutation(self.seed, step, len(inputs))])))
        return right

    def votes(self, inputs: F4) -> NDArray[np.float64]:
        """What the second array gives (pulses, classes)."""
        self.model.eval()
        with torch.no_grad():
            found: NDArray[np.float64] = self.model(torch.from_numpy(inputs)).double().numpy()
        return found

    def _take(self, row: F4, label: int) -> bool:
        votes = self.model(torch.from_numpy(row))
        self.descent.zero_grad()
        cross_entropy(votes, torch.tensor([label])).backward()
        self.descent.step()
        return int(votes.detach().argmax()) == label
