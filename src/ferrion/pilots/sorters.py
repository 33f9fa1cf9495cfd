"""All that sort the same pulses: a chip, an int8 network, matched filters in integers, and the chip's network in float32.

Where heights drift a chip loses least because the weights of arrays end somewhere: decisions rest on many samples, not on the heights of a few. Digital networks
whose weights end there, too, are beside those without a bound.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.circuits.trigger import LENGTH, idle, pulses, threshold
from ferrion.core.noise import permutation
from ferrion.learning.model_costs import Cost, clear
from ferrion.learning.training import Fidelity
from ferrion.pilots.array_costs import costs, with_samples
from ferrion.pilots.sorter import FIRST, HIDDEN, LAST, Differences, Sorter
from ferrion.workloads.digital.network import IntegerNet, Recipe, chosen, clip, fit, of, set_apart
from ferrion.workloads.pulses import NO_UNIT, Recording, truth

CLASSES, INPUTS = NO_UNIT + 1, LENGTH - 1
PASSES, SHORT_PASSES = 10, 5
CHOICE = 4000
"""Draws that choose a recipe stand apart from others."""
RECIPES = (Recipe((HIDDEN,), epochs=60, dropout=0.0), Recipe((2 * HIDDEN,), epochs=60, dropout=0.0), Recipe((HIDDEN,), sparsity=0.5, epochs=60, dropout=0.0))
SMALL = Recipe((HIDDEN,), sparsity=0.75, epochs=60, dropout=0.0)
"""Of an int8 network that takes little: hidden cells as of the chip, three quarters of the weights pruned away."""
SHRINKAGES = (0.03, 0.1)
"""Of the covariance towards its mean variance, of which the better on a held-out fifth of the calibration is taken. With less (0.003, 0.01) filters need more than
8 bits: on one seed of five they fall by ten points that the held-out fifth does not foresee."""
COPIES, LOWEST, HIGHEST = 8, 0.55, 1.35
"""How often each pulse of a calibration is shown to whom heights are varied for, and between which shares of its height: a little more than a drift takes."""
DEVICES, INT8, FILTERS, FLOAT, PRUNED = "chip, device level", "int8", "matched filters", "float", "int8, small"
VARIED = {INT8: "int8, heights varied", PRUNED: "int8, small, heights varied", FILTERS: "matched filters, heights varied"}
"""Who is also taught at heights that vary, as a designer would who expects drift."""
BOUND = 0.6
"""Largest size of a weight or bias of who is bounded: between those of the chip's two arrays (0.56 and 0.63, `full` of `ferrion.learning.memories`)."""
BOUNDED = {INT8: "int8, weights bounded", FLOAT: "float, weights bounded"}
BITS = 127
"""Largest integer of inputs and weights."""
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]


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
    """Of the chip; each pulse is converted once, to be kept for further passes."""
    calibration: int
    """Pulses in it."""
    devices: Sorter
    """A chip of the same seed whose devices are simulated one by one."""
    int8: dict[str, IntegerNet]
    filters: dict[str, "Filters"]
    float32: dict[str, torch.nn.Module]

    def votes(self, watched: Heard) -> dict[str, NDArray[np.float64]]:
        """Of everybody for every class, (pulses, classes)."""
        x = self.front(watched.lines)
        with torch.no_grad():
            floats = {name: own(torch.from_numpy(x)).double().numpy() for name, own in self.float32.items()}
        digital = {name: own.values(x) for name, own in self.int8.items()} | {name: own.values(x) for name, own in self.filters.items()}
        return {"chip": self.chip.votes(x), DEVICES: self.devices.votes(x), **digital, **floats}


class Filters:
    """For normal noise of one covariance the best linear filter of each class (Fisher 1936), inputs and weights in 8 bits."""

    def __init__(self, x: F4, y: I8, shrinkage: float) -> None:
        """Of inputs (pulses, features) and their classes."""
        self.scale = float(np.abs(x).max()) / BITS
        found = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(self._rounded(x), y)
        step = float(np.abs(found.coef_).max()) / BITS
        self.weights, self.biases = np.rint(found.coef_.T / step), np.rint(found.intercept_ / step)

    @classmethod
    def tuned(cls, x: F4, y: I8, group: I8, seed: int) -> "Filters":
        """With the best of `SHRINKAGES`; copies of one pulse, a `group`, are on the same side (-1: there is one)."""
        held = set_apart(group, seed)
        right = [float((cls(x[~held], y[~held], one).values(x[held]).argmax(1) == y[held]).mean()) for one in SHRINKAGES]
        return cls(x, y, SHRINKAGES[int(np.argmax(right))])

    def values(self, x: F4) -> NDArray[np.float64]:
        """Integers, one a class (pulses, classes)."""
        found: NDArray[np.float64] = self._rounded(x) @ self.weights + self.biases
        return found

    def _rounded(self, x: F4) -> NDArray[np.float64]:
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
    learned = with_samples(costs(chip.model), "calibration", LENGTH * len(y), Chip.from_card("leti-2025").prices)
    clear(chip.model)
    many, whole = varied(x, y, seed), np.full(len(y), -1)
    recipe = RECIPES[0] if short else chosen(x, y, whole, CLASSES, RECIPES, CHOICE + seed)
    int8 = {name: of(fit(x, y, CLASSES, own, seed)) for name, own in ((INT8, recipe), (PRUNED, SMALL))}
    int8 |= {VARIED[name]: of(fit(*many, CLASSES, replace(own, epochs=own.epochs // COPIES), seed)) for name, own in ((INT8, recipe), (PRUNED, SMALL))}
    int8[BOUNDED[INT8]] = of(fit(x, y, CLASSES, replace(recipe, bound=BOUND), seed))
    filters = {FILTERS: Filters.tuned(x, y, whole, CHOICE + seed), VARIED[FILTERS]: Filters.tuned(*many, np.tile(np.arange(len(y)), COPIES), CHOICE + seed)}
    _, devices, _ = taught(first, seed, short, Fidelity.DEVICE)
    floats = {FLOAT: floating(x, y, passes, seed), BOUNDED[FLOAT]: floating(x, y, passes, seed, BOUND)}
    return Sorters(front, chip, right, learned, len(y), devices, int8, filters, floats)


def varied(x: F4, y: I8, seed: int) -> tuple[F4, I8]:
    """A calibration `COPIES` times, each pulse of a unit at another height and its noise as it was; as many steps of a network as before then pass over it less often."""
    heights = np.random.default_rng(seed).uniform(LOWEST, HIGHEST, (COPIES, len(x), 1)).astype(np.float32)
    shapes = np.array([x[y == unit].mean(axis=0) if unit != NO_UNIT and (y == unit).any() else np.zeros(x.shape[1]) for unit in range(CLASSES)], np.float32)
    return np.concatenate(x + (heights - np.float32(1.0)) * shapes[y]), np.tile(y, COPIES)


def floating(x: F4, y: I8, passes: int, seed: int, bound: float = math.inf) -> torch.nn.Module:
    """The chip's network and course in float32; no weight or bias is larger than `bound`."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES))
    descent, inputs, labels = torch.optim.SGD(net.parameters(), FIRST), torch.from_numpy(x), torch.from_numpy(y)
    for step in range(passes):
        descent.param_groups[0]["lr"] = FIRST * (LAST / FIRST) ** (step / (passes - 1))
        for k in permutation(seed, step, len(x)):
            descent.zero_grad()
            cross_entropy(net(inputs[k : k + 1]), labels[k : k + 1]).backward()
            descent.step()
            clip(net, bound)
    return net
