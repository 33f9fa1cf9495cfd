"""The continual pilot: a device learns on while its input changes, and is asked at the end what it still knows of the beginning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.noise import fork, permutation
from ferrion.core.progress import Tell
from ferrion.pilots.array_costs import by_action, costs, worn
from ferrion.pilots.continual_costs import asked, int8_numbers
from ferrion.pilots.learners import CHIPS, CONSOLIDATING, Elastic, Shape, course, in_float, on_chip
from ferrion.pilots.newcomer import DEPLOYED, TAUGHT_ALL, newcomers
from ferrion.pilots.table import merged
from ferrion.workloads.changing import DIGITS, ELECTRODES, GESTURES, PIXELS, SUBJECTS, Stage, lights, orders, sessions
from ferrion.workloads.digital.network import IntegerNet, Recipe, chosen, fit, of
from ferrion.workloads.verdicts import confusion, roc

NOTE = (
    "Learning on while the input changes: MNIST with its pixels wired anew three times, MNIST in other light, and seven gestures by EMG in three sessions (six subjects)"
    " and on others' arms"
)
SAMPLES, SHORT_SAMPLES, SHORT_SUBJECTS = 8000, 300, 1
"""Digits a stage, and subjects in the short form."""
DIGIT, GESTURE = Shape(PIXELS, 128, DIGITS, 0.01, 100, 1), Shape(2 * ELECTRODES, 32, GESTURES, 0.05, 10, 3)
RECIPES = tuple(Recipe(hidden, sparsity=sparsity, epochs=15) for hidden, sparsity in (((128,), 0.0), ((128,), 0.8), ((256,), 0.8), ((), 0.0)))
"""Of the int8 network: the best on a held-out fifth of what it is taught is taken, of as many samples of that as the first stage has."""
CHOICE = 6000
"""Draws that choose a recipe stand apart from others."""
PRICED = "orders"
"""The changes for which memory, wear and what leaves are told; of the others, what a decision takes."""
DRAWN = SUBJECTS + 1
"""Draws of what is learned stand apart from those of who learns it."""
Results = dict[str, NDArray[np.float64]]
Votes = NDArray[np.floating]


def changes(seed: int, short: bool) -> dict[str, tuple[Shape, list[list[Stage]]]]:
    """What is learned: a network's shape, and one or more devices, each with its stages."""
    samples, drawn = SHORT_SAMPLES if short else SAMPLES, fork(seed, DRAWN)
    return {
        "orders": (DIGIT, [orders(drawn, samples)]),
        "lights": (DIGIT, [lights(drawn, samples)]),
        "sessions": (GESTURE, [sessions(subject) for subject in range(SHORT_SUBJECTS if short else SUBJECTS)]),
    }


def run(seed: int, short: bool, _folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed. Raises MissingDataError without the recordings."""
    columns: dict[str, dict[str, Any]] = {}
    drawn: dict[str, dict[str, list[float]]] = {}
    pictured: dict[str, Any] = {}
    for what, (shape, devices) in changes(seed, short).items():
        found: dict[str, list[NDArray[np.float64]]] = {}
        taken: dict[str, list[float]] = {}
        for k, stages in enumerate(devices):
            tell(f"seed {seed}: {what}{f', subject {k}' if len(devices) > 1 else ''}")
            results, numbers, shown = compared(shape, stages, fork(seed, k), short)
            pictured |= shown if what == PRICED else {}
            for name, own in results.items():
                found.setdefault(name, []).append(own)
                columns.setdefault(name, {}).update(numbers.get(name, {}) if what == PRICED else {})
                taken.setdefault(name, []).extend([numbers[name]["joules"]] if name in numbers else [])
        means = {name: np.mean(own, axis=0) for name, own in found.items()}
        for name, right in means.items():
            columns[name] |= remembered(what, right) | ({f"joules, {what}": float(np.mean(taken[name]))} if taken[name] else {})
        drawn[what] = {name: np.broadcast_to(right[:, 0], len(devices[0])).tolist() for name, right in means.items()}
    tell(f"seed {seed}: the armband on other arms")
    strangers, arm = newcomers(GESTURE, fork(seed, SUBJECTS), short)
    return {"seed": seed, "columns": merged(columns, strangers), "kept": drawn, "arm": arm, **pictured}


def remembered(what: str, right: NDArray[np.float64]) -> dict[str, float]:
    """Of shares right (after each stage, of each stage): at the end, of all and of the first; where more than one was learned, when just learned, and what of it is lost."""
    last = {f"end, {what}": float(right[-1].mean()), f"first, {what}": float(right[-1][0])}
    if len(right) == 1:
        return last
    fresh = np.diag(right)
    return {**last, f"forgotten, {what}": float((fresh - right[-1])[:-1].mean()), f"fresh, {what}": float(fresh.mean())}


def compared(shape: Shape, stages: list[Stage], seed: int, short: bool) -> tuple[Results, dict[str, dict[str, Any]], dict[str, Any]]:
    """Everybody on the same stages, in turn; what they take; and, at the end, who was taken for whom, detection, and energy by action."""
    results: Results = {}
    numbers: dict[str, dict[str, Any]] = {}
    for name, (metaplasticity, fidelity) in CHIPS.items():
        own = on_chip(shape, seed, metaplasticity, fidelity)
        results[name] = course(own, stages)
        numbers[name] = {"learned": own.joules / own.learned, **worn(own.model, own.learned // shape.passes, shape.transfer_every), **asked(own, stages)}
        if name == CONSOLIDATING:
            works = {
                "a decision": by_action(costs(own.model), sum(len(stage.test_labels) for stage in stages)),
                "an example learned": {action: spent / own.learned for action, spent in own.spent.items()},
            }
            votes = {name: voted(own.votes, stages)}
    results["float"] = course(in_float(shape, seed), stages)
    elastic = Elastic(in_float(shape, seed))
    results["float, elastic weights"] = course(elastic.learner, stages, elastic.remember)
    for name, seen in ((DEPLOYED, stages[:1]), (TAUGHT_ALL, stages)):
        net = taught(shape, seen, seed, short)
        results[name] = np.array([[float((net.decide(own.test_inputs) == own.test_labels).mean()) for own in stages]])
        numbers[name] = int8_numbers(net, np.concatenate([own.inputs for own in seen]), stages)
    works[f"{TAUGHT_ALL}: a decision"] = {"products and memory": numbers[TAUGHT_ALL]["joules"]}
    votes[TAUGHT_ALL] = voted(net.values, stages)
    return results, numbers, {**told(votes, stages, shape), "actions": works}


def voted(votes: Callable[[NDArray[np.float32]], Votes], stages: list[Stage]) -> Votes:
    """For every class, of the tests of all stages (samples, classes)."""
    return np.concatenate([votes(own.test_inputs) for own in stages])


def told(votes: dict[str, Votes], stages: list[Stage], shape: Shape) -> dict[str, Any]:
    """Who was taken for whom, and detection."""
    labels = np.concatenate([own.test_labels for own in stages])
    return {
        "confusion": {name: confusion(own.argmax(1), labels, shape.classes) for name, own in votes.items()},
        "roc": {name: roc(own.astype(np.float64), labels) for name, own in votes.items()},
    }


def taught(shape: Shape, seen: list[Stage], seed: int, short: bool) -> IntegerNet:
    """An integer network that was taught `seen` elsewhere, all at once, to which every sample had to be sent; it does not learn on."""
    x, y = np.concatenate([own.inputs for own in seen]), np.concatenate([own.labels for own in seen])
    draws = CHOICE + seed % 2**31
    some = permutation(draws, 0, len(y))[: len(seen[0].labels)]
    recipe = RECIPES[0] if short else chosen(x[some], y[some], np.full(len(some), -1), shape.classes, RECIPES, draws)
    return of(fit(x, y, shape.classes, recipe, seed % 2**31))
