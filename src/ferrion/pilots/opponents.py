"""Who a chip is compared with: an int8 network whose recipe was chosen on held-out samples, and the classical method that suits the task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ferrion.chip.prices import Prices
from ferrion.core.ledger import Action
from ferrion.core.noise import permutation
from ferrion.workloads.digital.costs import PARTS, Part, held, joules, known, radio_joules, size, until_next
from ferrion.workloads.digital.inputs import Inputs
from ferrion.workloads.digital.network import Recipe, fit, held_out, of
from ferrion.workloads.digital.trees import tree_numbers
from ferrion.workloads.event_sets import EventSet
from ferrion.workloads.verdicts import confusion, roc

EVENT_BYTES = 4
"""An event on its way out, as in EVT 2.0."""
CHOICE = 3000
"""Draws that choose a recipe stand apart from others."""
SEEN, SHORT_EPOCHS = 200, 10
"""Test samples over which products and bytes are counted; epochs of the short form at most."""

STIFF, FIRM, SOFT = (Recipe(hidden=(), epochs=60, dropout=0.0, decay=decay) for decay in (0.1, 0.01, 1e-3))
LINEAR = (STIFF, FIRM, SOFT, Recipe(hidden=(), epochs=60, dropout=0.5))
"""Ways to train a network without a hidden layer."""


@dataclass(frozen=True)
class Opponents:
    """What a task is given."""

    options: tuple[tuple[Inputs, Recipe], ...]
    """Inputs and recipes of the int8 network, of which the one with the best accuracy on a held-out fifth of the training set is taken (other patients, if known)."""
    linear: tuple[Inputs, ...]
    """Inputs of the network without a hidden layer."""
    classical: tuple[str, Inputs, Callable[[int], Any]]
    """A name, inputs, and a scikit-learn classifier by seed."""

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
    taken, right = size(own, x[:SEEN]), votes.argmax(1) == y
    spent = joules(taken, prices) + (_counted(events, prices) if inputs.counting else 0.0)
    numbers: dict[str, Any] = {
        "accuracy": float(right.mean()),
        "balanced": float(np.mean([right[y == label].mean() for label in np.unique(y)])),
        "joules": spent,
        **known(prices),
        **_sent(events, training),
        **held(taken.memory),
        "operations": taken.used,
        "sent_decided": 1.0,
    }
    numbers |= until_next(numbers, events.seconds)
    for part in map(Part.from_card, PARTS):
        seconds = taken.products * part.seconds
        numbers[f"joules, {part.name}"] = taken.products * part.joules
        numbers[f"median, {part.name}"] = numbers[f"late, {part.name}"] = events.seconds + seconds
        if part.idle is not None:
            numbers[f"joules with sleep, {part.name}"] = taken.products * part.joules + events.seconds * part.idle
    return {"numbers": numbers, "recipe": repr(recipe), "confusion": confusion(votes.argmax(1), y, events.classes), "roc": roc(votes, y)}


def _counted(events: EventSet, prices: Prices) -> float:
    """Of a recording's events, each counted in a memory that is read and written back [J]."""
    return len(events.test.times) / len(events.test) * prices.energy[Action.TRACE_UPDATE][0]


def _sent(events: EventSet, training: NDArray[np.float32]) -> dict[str, float]:
    """Of an example that leaves to be learned elsewhere: its events or its inputs, whichever are fewer bytes."""
    sent = min(EVENT_BYTES * len(events.training.times) / len(events.training), float(np.prod(training.shape[1:])))
    return {"learned": sent * radio_joules(), "sent_learned": sent}


def quick(recipe: Recipe) -> Recipe:
    """That of the short form."""
    return replace(recipe, epochs=min(recipe.epochs, SHORT_EPOCHS))


def classical(opponents: Opponents, events: EventSet, test: NDArray[np.int64], prices: Prices, most: int, seed: int) -> dict[str, Any]:
    """The classical method, trained on `most` samples at most; trees are priced (logistic regression is: `Opponents.smallest`, in 8 bits)."""
    name, inputs, method = opponents.classical
    training, tested = inputs(events)
    some = permutation(seed, CHOICE, len(training))[:most]
    fitted = method(seed).fit(training[some], events.training.labels[some])
    decided = fitted.predict(tested[test])
    y = events.test.labels[test]
    right = decided == y
    numbers = {"accuracy": float(right.mean()), "balanced": float(np.mean([right[y == label].mean() for label in np.unique(y)]))}
    if isinstance(fitted, HistGradientBoostingClassifier):
        numbers |= tree_numbers([fitted], prices)
        numbers["joules"] += _counted(events, prices) if inputs.counting else 0.0
        numbers |= {**until_next(numbers, events.seconds), "sent_decided": 1.0, **_sent(events, training)}
    return {"numbers": numbers, "method": name, "confusion": confusion(decided, y, events.classes)}
