"""All that sort the same pulses: a chip, an int8 network, matched filters in integers, and the chip's network in float32."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.circuits.trigger import LENGTH, idle, pulses, threshold
from ferrion.core.noise import permutation
from ferrion.learning.model_costs import Cost, clear, cost
from ferrion.learning.training import Fidelity
from ferrion.pilots.sorter import FIRST, HIDDEN, LAST, Differences, Sorter
from ferrion.workloads.digital.network import IntegerNet, Recipe, chosen, fit, of
from ferrion.workloads.pulses import NO_UNIT, Recording, truth

CLASSES, INPUTS = NO_UNIT + 1, LENGTH - 1
PASSES, SHORT_PASSES = 10, 5
CHOICE = 4000
"""Draws that choose a recipe stand apart from others."""
RECIPES = (Recipe((HIDDEN,), epochs=60, dropout=0.0), Recipe((2 * HIDDEN,), epochs=60, dropout=0.0), Recipe((HIDDEN,), sparsity=0.5, epochs=60, dropout=0.0))
SHRINKAGE = 0.03
"""Of the covariance towards its mean variance: without it the filters of noise that has no white part need more than 8 bits."""
DEVICES = "chip, device level"
BITS = 127
"""Largest integer of inputs and weights."""


class Heard(NamedTuple):
    """A recording after its comparator."""

    recording: Recording
    peaks: NDArray[np.int64]
    lines: NDArray[np.float64]
    true: NDArray[np.int64]
    level: float
    """Where the comparator stands."""


class Sorters(NamedTuple):
    """Everybody, after a calibration."""

    front: Differences
    chip: Sorter
    right: list[float]
    """Share of each pass that the chip answered rightly before it learned."""
    learned: Cost
    """Of the chip."""
    calibration: int
    """Pulses in it."""
    int8: IntegerNet
    devices: Sorter
    """A chip of the same seed whose devices are simulated one by one."""
    filters: "Filters"
    float32: torch.nn.Module

    def votes(self, watched: Heard) -> dict[str, NDArray[np.float64]]:
        """Of everybody for every class, (pulses, classes)."""
        x = self.front(watched.lines)
        with torch.no_grad():
            floats = self.float32(torch.from_numpy(x)).double().numpy()
        return {"chip": self.chip.votes(x), DEVICES: self.devices.votes(x), "int8": self.int8.values(x), "matched filters": self.filters.values(x), "float": floats}


class Filters:
    """For normal noise of one covariance the best linear filter of each class (Fisher 1936), inputs and weights in 8 bits."""

    def __init__(self, x: NDArray[np.float32], y: NDArray[np.int64]) -> None:
        """Of inputs (pulses, features) and their classes."""
        self.scale = float(np.abs(x).max()) / BITS
        found = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE).fit(self._rounded(x), y)
        step = float(np.abs(found.coef_).max()) / BITS
        self.weights, self.biases = np.rint(found.coef_.T / step), np.rint(found.intercept_ / step)

    def values(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Integers, one a class (pulses, classes)."""
        found: NDArray[np.float64] = self._rounded(x) @ self.weights + self.biases
        return found

    def _rounded(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.clip(np.rint(x.astype(np.float64) / self.scale), -BITS, BITS)


def heard(recording: Recording, level: float | None = None) -> Heard:
    """All pulses of a recording; the comparator stands at `level`, or where the recording's own noise puts it."""
    own = threshold(recording.signal) if level is None else level
    peaks, lines = pulses(idle(), recording.signal, own)
    return Heard(recording, peaks, lines, truth(recording, peaks), own)


def taught(first: Heard, seed: int, short: bool, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> tuple[Differences, Sorter, list[float]]:
    """A front end and a chip that learned the pulses of a calibration one by one; the share of each pass that was answered rightly before."""
    front = Differences(first.lines)
    chip = Sorter(Chip.from_card("leti-2025"), INPUTS, CLASSES, seed, fidelity)
    return front, chip, chip.learn(front(first.lines), first.true, SHORT_PASSES if short else PASSES)


def sorters(first: Heard, seed: int, short: bool) -> Sorters:
    """Taught the pulses of a calibration, of which the truth is known; the chip one by one, the digital ones off it."""
    front, chip, right = taught(first, seed, short)
    x, y, passes = front(first.lines), first.true, SHORT_PASSES if short else PASSES
    learned = cost(chip.model)
    clear(chip.model)
    recipe = RECIPES[0] if short else chosen(x, y, np.full(len(y), -1), CLASSES, RECIPES, CHOICE + seed)
    int8 = of(fit(x, y, CLASSES, recipe, seed))
    _, devices, _ = taught(first, seed, short, Fidelity.DEVICE)
    return Sorters(front, chip, right, learned, len(y), int8, devices, Filters(x, y), floating(x, y, passes, seed))


def floating(x: NDArray[np.float32], y: NDArray[np.int64], passes: int, seed: int) -> torch.nn.Module:
    """The chip's network and course in float32."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES))
    descent, inputs, labels = torch.optim.SGD(net.parameters(), FIRST), torch.from_numpy(x), torch.from_numpy(y)
    for step in range(passes):
        descent.param_groups[0]["lr"] = FIRST * (LAST / FIRST) ** (step / (passes - 1))
        for k in permutation(seed, step, len(x)):
            descent.zero_grad()
            cross_entropy(net(inputs[k : k + 1]), labels[k : k + 1]).backward()
            descent.step()
    return net
