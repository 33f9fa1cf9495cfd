"""Digital methods that are trained anew for each patient, elsewhere: on other patients' beats and the patient's first ones, both of the same weight."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ferrion.workloads.changing import Stage
from ferrion.workloads.digital.network import IntegerNet, Recipe, chosen, fit, of, set_apart
from ferrion.workloads.digital.trees import GROWTHS, Growth
from ferrion.workloads.ecg import CLASSES

F4 = NDArray[np.float32]
I8 = NDArray[np.int64]
NETS = tuple(Recipe(hidden, sparsity=sparsity) for hidden, sparsity in (((64,), 0.0), ((64,), 0.8), ((16,), 0.0), ((16,), 0.5), ((), 0.0)))
"""Recipes of an int8 network for beats, of which the one is taken that tells best those of patients held out."""
CHOICE = 5000
"""Draws that choose a recipe stand apart from others."""


def best_net(x: F4, y: I8, patient: I8, seed: int, short: bool) -> Recipe:
    """Of `NETS`, on patients held out."""
    return NETS[0] if short else chosen(x, y, patient, len(CLASSES), NETS, CHOICE + seed)


def best_trees(x: F4, y: I8, patient: I8, seed: int, short: bool) -> Growth:
    """Of `GROWTHS`, on patients held out."""
    if short:
        return GROWTHS[0]
    held = set_apart(patient, CHOICE + seed)
    return max(GROWTHS, key=lambda growth: float((trees(x[~held], y[~held], None, seed, growth).predict(x[held]) == y[held]).mean()))


def network(x: F4, y: I8, first: Stage | None, seed: int, recipe: Recipe) -> IntegerNet:
    """An int8 network; the first beats are repeated until they are as many. Without a patient's beats where there is no `first`."""
    if first is None:
        return of(fit(x, y, len(CLASSES), recipe, seed))
    again = np.tile(np.arange(len(first.labels)), -(-len(y) // max(len(first.labels), 1)))[: len(y)]
    both = np.concatenate([x, first.inputs[again]]), np.concatenate([y, first.labels[again]])
    return of(fit(*both, len(CLASSES), recipe, seed))


def trees(x: F4, y: I8, first: Stage | None, seed: int, growth: Growth) -> HistGradientBoostingClassifier:
    """Boosted trees; without a patient's beats where there is no `first`."""
    parts: Sequence[tuple[F4, I8]] = [(x, y)] if first is None else [(x, y), (first.inputs, first.labels)]
    weights = [np.full(len(labels), len(y) / max(len(labels), 1)) for _, labels in parts]
    whole = np.concatenate([inputs for inputs, _ in parts]), np.concatenate([labels for _, labels in parts])
    return HistGradientBoostingClassifier(random_state=seed, **growth).fit(*whole, sample_weight=np.concatenate(weights))
