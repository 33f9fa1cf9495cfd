"""Who a chip is compared with: an int8 network whose recipe was chosen on held-out samples, and the classical method that suits the task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ferrion.chip.outlet import Outlet
from ferrion.chip.prices import Prices
from ferrion.core.ledger import Action
from ferrion.core.noise import permutation
from ferrion.pilots.sending import as_events
from ferrion.workloads.digital.costs import PARTS, Part, as_bytes, held, joules, known, sent, size, until_next
from ferrion.workloads.digital.inputs import Inputs
from ferrion.workloads.digital.network import Recipe, fit, held_out, of, set_apart
from ferrion.workloads.digital.trees import tree_numbers
from ferrion.workloads.event_sets import EventSet
from ferrion.workloads.verdicts import confusion, roc

CHOICE = 3000
"""Draws that choose a recipe stand apart from others."""
SEEN, SHORT_EPOCHS = 200, 10
"""Test samples over which products and bytes are counted; epochs of the short form at most."""

STIFF, FIRM, SOFT = (Recipe(hidden=(), epochs=60, dropout=0.0, decay=decay) for decay in (0.1, 0.01, 1e-3))
LINEAR = (STIFF, FIRM, SOFT, Recipe(hidden=(), epochs=60, dropout=0.5))
"""Ways to train a network without a hidden layer."""

Method = Callable[..., Any]
"""A classifier of scikit-learn, by its `random_state`."""


@dataclass(frozen=True)
class Opponents:
    """What a task is given."""

    options: tuple[tuple[Inputs, Recipe], ...]
    """Inputs and recipes of the int8 network, of which the one with the best accuracy on a held-out fifth of the training set is taken (other patients, if known)."""
    linear: tuple[Inputs, ...]
    """Inputs of the network without a hidden layer."""
    classical: tuple[str, Inputs, tuple[Method, ...]]
    """A name, inputs, and classifiers of scikit-learn, of which the best on the same fifth is taken."""

    @property
    def smallest(self) -> "Opponents":
        """Networks without a hidden layer alone: logistic regression in 8 bits, the weight of its penalty chosen with its inputs."""
        return replace(self, options=tuple((inputs, recipe) for recipe in LINEAR for inputs in self.linear))


def int8(opponents: Opponents, events: EventSet, test: NDArray[np.int64], prices: Prices, seed: int, short: bool) -> dict[str, Any]:
    """The int8 network on samples `test` of the test set; seconds from the first event are the whole recording and the inference on a part."""
    options, labels, group = opponents.options[: 1 if short else None], events.training.labels, events.training.group
    found = [held_out(inputs(events)[0], labels, group, events.classes, recipe, CHOICE + seed) for inputs, recipe in options] if len(options) > 1 else [1.0]
    inputs, recipe = options[int(np.argmax(found))]
    recipe = quick(recipe) if short else recipe
    training, tested = inputs(events)
    own = of(fit(training, labels, events.classes, recipe, seed))
    x, y = tested[test], events.test.labels[test]
    votes = own.states(x)[-1].numpy()
    decided, leaving = _leaving(events, training, votes.argmax(1))
    taken, right = size(own, x[:SEEN]), decided == y
    spent = joules(taken, prices) + (_counted(events, prices) if inputs.counting else 0.0)
    numbers: dict[str, Any] = {
        "accuracy": float(right.mean()),
        "balanced": float(np.mean([right[y == label].mean() for label in np.unique(y)])),
        "joules": spent,
        **known(prices),
        **leaving,
        **held(taken.memory),
        "operations": taken.used,
    }
    numbers |= until_next(numbers, events.seconds)
    for part in map(Part.from_card, PARTS):
        seconds = taken.products * part.seconds
        numbers[f"joules, {part.name}"] = taken.products * part.joules
        numbers[f"late, {part.name}"] = events.seconds + seconds
        if part.idle is not None:
            numbers[f"joules with sleep, {part.name}"] = taken.products * part.joules + events.seconds * part.idle
    return {"numbers": numbers, "recipe": repr(recipe), "confusion": confusion(decided, y, events.classes), "roc": roc(votes, y)}


def _counted(events: EventSet, prices: Prices) -> float:
    """Of a recording's events, each counted in a memory that is read and written back [J]."""
    return len(events.test.times) / len(events.test) * prices.energy[Action.TRACE_UPDATE][0]


def _leaving(events: EventSet, training: NDArray[np.float32], decided: NDArray[np.int64]) -> tuple[NDArray[np.int64], dict[str, float]]:
    """Decisions as they are read outside; and what leaves with them and to be learned elsewhere: events or inputs, whichever are fewer bytes, by radio."""
    outlet = Outlet()
    outlet.lend(min(as_events(events.training), as_bytes(training), key=lambda words: words.nbytes))
    return outlet.tell(decided), sent(outlet, len(training))


def quick(recipe: Recipe) -> Recipe:
    """That of the short form."""
    return replace(recipe, epochs=min(recipe.epochs, SHORT_EPOCHS))


def classical(opponents: Opponents, events: EventSet, test: NDArray[np.int64], prices: Prices, most: int, seed: int) -> dict[str, Any]:
    """The classical method, trained on `most` samples at most; trees are priced (logistic regression is: `Opponents.smallest`, in 8 bits)."""
    name, inputs, methods = opponents.classical
    training, tested = inputs(events)
    some = permutation(seed, CHOICE, len(training))[:most]
    x, labels = training[some], events.training.labels[some]
    fitted = best(methods, x, labels, events.training.group[some], seed)(random_state=seed).fit(x, labels)
    decided, leaving = _leaving(events, training, fitted.predict(tested[test]))
    y = events.test.labels[test]
    right = decided == y
    numbers = {"accuracy": float(right.mean()), "balanced": float(np.mean([right[y == label].mean() for label in np.unique(y)]))}
    if isinstance(fitted, HistGradientBoostingClassifier):
        numbers |= tree_numbers([fitted], prices)
        numbers["joules"] += _counted(events, prices) if inputs.counting else 0.0
        numbers |= {**until_next(numbers, events.seconds), **leaving}
    return {"numbers": numbers, "method": f"{name}: {fitted}", "confusion": confusion(decided, y, events.classes)}


def best(methods: tuple[Method, ...], x: NDArray[np.float32], y: NDArray[np.int64], group: NDArray[np.int64], seed: int) -> Method:
    """The one with the best accuracy on a held-out fifth, the first of those that are equal."""
    held = set_apart(group, CHOICE + seed)
    return max(methods, key=lambda method: float((method(random_state=seed).fit(x[~held], y[~held]).predict(x[held]) == y[held]).mean()))
