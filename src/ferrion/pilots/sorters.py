"""All that sort the same pulses: a chip, an int8 network and a linear one, matched filters, and the chip's network in float32."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.circuits.trigger import LENGTH, idle, pulses, threshold
from ferrion.core.noise import permutation
from ferrion.learning.model_costs import Cost, clear, cost
from ferrion.pilots.sorter import FIRST, HIDDEN, LAST, Differences, Sorter
from ferrion.workloads.digital.network import IntegerNet, Recipe, fit, held_out, of
from ferrion.workloads.pulses import NO_UNIT, Recording, truth

CLASSES, INPUTS = NO_UNIT + 1, LENGTH - 1
PASSES, SHORT_PASSES = 10, 5
CHOICE = 4000
"""Draws that choose a recipe stand apart from others."""
RECIPES = (Recipe((HIDDEN,), epochs=60, dropout=0.0), Recipe((2 * HIDDEN,), epochs=60, dropout=0.0), Recipe((HIDDEN,), sparsity=0.5, epochs=60, dropout=0.0))
LINEAR = Recipe((), epochs=60, dropout=0.0)


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
    linear: IntegerNet
    filters: Any
    """Of scikit-learn: for normal noise of one covariance, the best linear filter of each class (Fisher 1936)."""
    float32: torch.nn.Module

    def votes(self, watched: Heard) -> dict[str, NDArray[np.float64]]:
        """Of everybody for every class, (pulses, classes)."""
        x = self.front(watched.lines)
        with torch.no_grad():
            floats = self.float32(torch.from_numpy(x)).double().numpy()
        digital = {"int8, linear": self.linear.values(x), "int8": self.int8.values(x), "matched filters": self.filters.decision_function(x)}
        return {"chip": self.chip.votes(x), **digital, "float": floats}


def heard(recording: Recording, level: float | None = None) -> Heard:
    """All pulses of a recording; the comparator stands at `level`, or where the recording's own noise puts it."""
    own = threshold(recording.signal) if level is None else level
    peaks, lines = pulses(idle(), recording.signal, own)
    return Heard(recording, peaks, lines, truth(recording, peaks), own)


def sorters(first: Heard, seed: int, short: bool) -> Sorters:
    """Taught the pulses of a calibration, of which the truth is known; the chip one by one, the digital ones off it."""
    front, passes = Differences(first.lines), SHORT_PASSES if short else PASSES
    x, y = front(first.lines), first.true
    chip = Sorter(Chip.from_card("leti-2025"), INPUTS, CLASSES, seed)
    right = chip.learn(x, y, passes)
    learned = cost(chip.model)
    clear(chip.model)
    recipes = RECIPES[:1] if short else RECIPES
    found = [held_out(x, y, np.full(len(y), -1), CLASSES, recipe, CHOICE + seed) for recipe in recipes]
    int8, linear = (of(fit(x, y, CLASSES, recipe, seed)) for recipe in (recipes[int(np.argmax(found))], LINEAR))
    return Sorters(front, chip, right, learned, len(y), int8, linear, LinearDiscriminantAnalysis().fit(x, y), floating(x, y, passes, seed))


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
