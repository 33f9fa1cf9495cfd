"""Personal adaptation: two-memory arrays that learned the heart beats of other patients learn on from each patient's first minutes, and are judged by what comes later."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.chip.outlet import Outlet
from ferrion.core.noise import fork, permutation
from ferrion.core.progress import Tell
from ferrion.learning.training import Fidelity
from ferrion.pilots.anew import best_net, best_trees, network, trees
from ferrion.pilots.array_costs import kept, worn
from ferrion.pilots.continual_costs import asked
from ferrion.pilots.ecg_costs import integer_numbers
from ferrion.pilots.learners import METAPLASTICITY, Learner, Shape, in_float, on_chip
from ferrion.workloads.changing import Stage
from ferrion.workloads.digital.costs import as_bytes, sent, until_next
from ferrion.workloads.digital.inputs import heartbeats
from ferrion.workloads.digital.network import Recipe
from ferrion.workloads.digital.trees import tree_numbers
from ferrion.workloads.ecg import CLASSES
from ferrion.workloads.event_sets import EventSet
from ferrion.workloads.verdicts import confusion, roc

FIRST = 6
"""The first of so many equal parts of a patient's beats is learned, with a cardiologist's labels: five of thirty minutes, as AAMI's practice allows."""
HIDDEN, RATE, TRANSFER_EVERY, PASSES, SHORT_PASSES = 64, 0.005, 10, 3, 1
SHORT_SAMPLES, SHORT_PATIENTS = 600, 2
ARRAYS = {"arrays": Fidelity.BEHAVIOURAL, "arrays, device level": Fidelity.DEVICE}
SHARES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Of each patient's first beats, after which the arrays are asked, to be drawn."""
CLIP = 4.0
"""Millivolts at which the drivers end."""
VENTRICULAR = CLASSES.index("V")
I8 = NDArray[np.int64]
F4 = NDArray[np.float32]


class Patients:
    """Beats of other patients, and of each of the patients that are watched the first and the later ones."""

    def __init__(self, events: EventSet, seed: int, short: bool) -> None:
        training, tested = (np.clip(own, -CLIP, CLIP).astype(np.float32) for own in heartbeats(events))
        some = permutation(seed, 0, len(training))[: SHORT_SAMPLES if short else None]
        self.training = Stage("others", training[some], events.training.labels[some], tested, events.test.labels)
        self.patient = events.training.group[some]
        """Whose beats those of the training are."""
        own = np.unique(events.test.group)[: SHORT_PATIENTS if short else None]
        self.parts = [_cut(np.flatnonzero(events.test.group == patient)) for patient in own]
        """Numbers of the first and of the later beats of each."""

    def inputs(self, patient: int) -> F4:
        """The later beats of one."""
        return self.training.test_inputs[self.parts[patient][1]]

    def first(self, patient: int) -> Stage:
        """What is learned of one."""
        first, x, y = self.parts[patient][0], self.training.test_inputs, self.training.test_labels
        return Stage("first", x[first], y[first], x, y)


def _cut(beats: I8) -> tuple[I8, I8]:
    return beats[: len(beats) // FIRST], beats[len(beats) // FIRST :]


def columns(events: EventSet, seed: int, short: bool, tell: Tell) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Everybody before and after the first beats of each patient; and what is drawn of the arrays. Raises MissingDataError without the recordings."""
    patients = Patients(events, seed, short)
    shape = Shape(patients.training.inputs.shape[1], HIDDEN, len(CLASSES), RATE, TRANSFER_EVERY, SHORT_PASSES if short else PASSES)
    found: dict[str, dict[str, Any]] = {}
    shown: dict[str, Any] = {}
    whom = {name: on_chip(shape, fork(seed, 0), METAPLASTICITY, fidelity) for name, fidelity in ARRAYS.items()}
    firsts = [patients.first(k) for k in range(len(patients.parts))]
    for name, own in {**whom, "float32": in_float(shape, fork(seed, 0) % 2**62)}.items():
        tell(f"seed {seed}: {name}: other patients, then each patient")
        own.learn(patients.training, 0)
        adapted = [personal(own, first) for first in firsts]
        found[name] = judged(patients, [own.decide(patients.inputs(k)) for k in range(len(firsts))])
        found[f"{name}, personal"] = judged(patients, [one.decide(patients.inputs(k)) for k, one in enumerate(adapted)], firsts) | {"others": others(patients, adapted)}
        if name in ARRAYS:
            beats = sum(len(first.labels) for first in firsts)
            found[f"{name}, personal"] |= at_work(found[f"{name}, personal"], sum(one.joules - own.joules for one in adapted) / beats)
            found[f"{name}, personal"] |= kept(beats / len(firsts) * shape.inputs if shape.passes > 1 else 0.0) | {"later, once": once(patients, own, firsts)}
            found[name] |= {**worn(own.model, own.learned // shape.passes, TRANSFER_EVERY), **asked(own, [patients.training])}
            shown = shown or drawn(patients, own, adapted)
    found |= digital(patients, firsts, seed, short, tell)
    for priced in found.values():
        if "leaked" in priced and "joules" in priced:
            priced |= until_next(priced, events.seconds)
    return found, {"personal": shown}


def once(patients: Patients, own: Learner, firsts: list[Stage]) -> float:
    """Share right of all later beats after the first ones were learned in one pass."""
    return judged(patients, [personal(own.briefly(), first).decide(patients.inputs(k)) for k, first in enumerate(firsts)])["later"]


def at_work(column: dict[str, Any], learning: float) -> dict[str, float]:
    """Joules of a beat learned where it is: those of the arrays, and of the radio that shows it to who gives its label."""
    return {"learned": learning + column["learned"], "learned on chip": learning}


def personal(own: Learner, stage: Stage) -> Learner:
    """A copy that has learned on."""
    found = deepcopy(own)
    found.learn(stage, 1)
    return found


def adapting(own: Learner, firsts: list[Stage], adapted: list[Learner]) -> Iterator[tuple[float, list[Learner]]]:
    """After each of `SHARES` of the first beats: how many that are of a patient, on average, and a learner for each; after all of them `adapted`."""
    for share in SHARES:
        counts = [round(share * len(first.labels)) for first in firsts]
        parts = [replace(first, inputs=first.inputs[:count], labels=first.labels[:count]) for first, count in zip(firsts, counts, strict=True)]
        yield float(np.mean(counts)), adapted if share == 1.0 else [personal(own, part) if len(part.labels) else own for part in parts]


def drawn(patients: Patients, own: Learner, adapted: list[Learner]) -> dict[str, Any]:
    """Share right of all later beats, and of those that are not normal, after `SHARES` of each patient's first beats; who was taken for whom, and detection, before and after."""
    count, firsts = len(patients.parts), [patients.first(k) for k in range(len(patients.parts))]
    true = patients.training.test_labels[np.concatenate([later for _, later in patients.parts])]
    right = []
    for beats, asked_of in adapting(own, firsts, adapted):
        said = np.concatenate([one.decide(patients.inputs(k)) for k, one in enumerate(asked_of)])
        right.append([beats, float((said == true).mean()), float((said == true)[true > 0].mean())])
    votes = {"before": [own] * count, "after": adapted}
    told = {f"arrays, {when}": np.concatenate([one.votes(patients.inputs(k)) for k, one in enumerate(whom)]) for when, whom in votes.items()}
    return {
        "right": right,
        "confusion": {name: confusion(own.argmax(1), true, len(CLASSES)) for name, own in told.items()},
        "roc": {name: roc(own.astype(np.float64), true) for name, own in told.items()},
    }


def others(patients: Patients, adapted: list[Learner]) -> float:
    """Share right of everybody else's later beats, mean over those who were adapted to: what was forgotten."""
    x, y = patients.training.test_inputs, patients.training.test_labels
    found = []
    for k, one in enumerate(adapted):
        else_ = np.concatenate([later for j, (_, later) in enumerate(patients.parts) if j != k])
        found.append(float((one.decide(x[else_]) == y[else_]).mean()))
    return float(np.mean(found))


def digital(patients: Patients, firsts: list[Stage], seed: int, short: bool, tell: Tell) -> dict[str, dict[str, Any]]:
    """An int8 network that was taught other patients; and, trained anew for each patient, this network, one without a hidden layer, and boosted trees."""
    tell(f"seed {seed}: int8 and trees: other patients, then each patient")
    x, y, prices = patients.training.inputs, patients.training.labels, Chip.from_card("leti-2025").prices
    recipe, growth = best_net(x, y, patients.patient, seed, short), best_trees(x, y, patients.patient, seed, short)
    net, general = network(x, y, None, seed, recipe), trees(x, y, None, seed, growth)
    anew = {"int8, personal": recipe, "int8, linear, personal": Recipe(())}
    nets = {name: [network(x, y, first, seed, own) for first in firsts] for name, own in anew.items()}
    grown = [trees(x, y, first, seed, growth) for first in firsts]
    inputs = [patients.inputs(k) for k in range(len(firsts))]
    return {
        "int8 on samples": judged(patients, [net.decide(own) for own in inputs]) | integer_numbers([net], x),
        **{name: judged(patients, [one.decide(own) for one, own in zip(found, inputs, strict=True)], firsts) | integer_numbers(found, x) for name, found in nets.items()},
        "classical": judged(patients, [general.predict(own) for own in inputs]),
        "classical, personal": judged(patients, [one.predict(own) for one, own in zip(grown, inputs, strict=True)], firsts) | tree_numbers(grown, prices),
    }


def judged(patients: Patients, told: list[I8], shown: list[Stage] | None = None) -> dict[str, Any]:
    """Of the classes told of every patient's later beats, all together: share right, its mean over classes, and of ventricular beats those found and those told rightly.

    `shown`: the beats that left, for somebody to give their label.
    """
    outlet = Outlet()
    for first in shown or ():
        outlet.lend(as_bytes(first.inputs))
    said, true = outlet.tell(np.concatenate(told)), patients.training.test_labels[np.concatenate([later for _, later in patients.parts])]
    right, called, there = said == true, said == VENTRICULAR, true == VENTRICULAR
    return {
        "later": float(right.mean()),
        "later, balanced": float(np.mean([right[true == own].mean() for own in np.unique(true)])),
        "V found": _share(called[there]),
        "V precise": _share(there[called]),
        **(sent(outlet, sum(len(first.labels) for first in shown)) if shown else {}),
    }


def _share(right: NDArray[np.bool_]) -> float | None:
    """None of nothing."""
    return float(right.mean()) if right.size else None
