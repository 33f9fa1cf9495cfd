"""Somebody else puts the armband on: a device that has learned one wearer learns three repetitions of each gesture, window by window, and is asked the fourth."""

from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from ferrion.pilots.continual_costs import asked, int8_numbers
from ferrion.pilots.learners import CHIPS, Learner, Shape, course, in_float, on_chip
from ferrion.pilots.table import Columns
from ferrion.workloads.changing import GESTURES, SUBJECTS, Stage, sessions
from ferrion.workloads.digital.network import IntegerNet, Recipe, fit, of

WEARER = 0
"""Who is learned first, and for whom the front end is set."""
PARTS = 12
"""Of what is learned, after each of which the device is asked."""
RECIPE = Recipe((32,), epochs=15)
"""Of the int8 network: as wide as the arrays."""
AS_IT_WAS, LEARNED, TAKEN = "arm", "arm, learned", "joules, arm"
"""Shares right, and what a decision takes."""
DEPLOYED, TAUGHT_ALL = "int8, as deployed", "int8, taught all"
"""Networks that were taught elsewhere, what was there at first or all."""


def newcomers(shape: Shape, seed: int, short: bool) -> tuple[Columns, dict[str, list[float]]]:
    """Shares right on the arms of all others, a device for each; and for drawing those after each part of what is learned. Raises MissingDataError without the recordings."""
    others = [sessions(subject, WEARER)[0] for subject in [subject for subject in range(SUBJECTS) if subject != WEARER][: 1 if short else None]]
    learners = {name: on_chip(shape, seed, *how) for name, how in CHIPS.items()} | {"float": in_float(shape, seed)}
    drawn, taken = {}, {}
    for name, own in learners.items():
        course(own, sessions(WEARER))
        drawn[name] = np.mean([_met(own, other) for other in others], axis=0).tolist()
        taken[name] = {TAKEN: float(np.mean([asked(own, [other])["joules"] for other in others]))} if name in CHIPS else {}
    columns: Columns = {name: {AS_IT_WAS: right[0], LEARNED: right[-1], **taken[name]} for name, right in drawn.items()}
    return columns | _elsewhere(others, seed), drawn


def _met(own: Learner, other: Stage) -> list[float]:
    """Share right of the last repetition, before anything of the others is learned and after each part of it."""
    learning, found = deepcopy(own), [own.right(other)]
    for part in np.array_split(np.arange(len(other.labels)), PARTS):
        for k in part:
            learning.learn_one(other.inputs[k : k + 1], int(other.labels[k]))
        found.append(learning.right(other))
    return found


def _elsewhere(others: list[Stage], seed: int) -> Columns:
    """Int8 networks: taught the wearer, and taught anew, for each newcomer, with what the arrays learn."""
    wearer = sessions(WEARER)
    was, learned, taken = [], [], []
    deployed = _net(wearer, seed)
    for other in others:
        anew = _net([*wearer, other], seed)
        was.append(_right(deployed, other))
        learned.append(_right(anew, other))
        taken.append([int8_numbers(net, other.inputs, [other])["joules"] for net in (deployed, anew)])
    before, after = np.mean(taken, axis=0).tolist()
    return {DEPLOYED: {AS_IT_WAS: float(np.mean(was)), TAKEN: before}, TAUGHT_ALL: {LEARNED: float(np.mean(learned)), TAKEN: after}}


def _net(stages: list[Stage], seed: int) -> IntegerNet:
    inputs, labels = np.concatenate([own.inputs for own in stages]), np.concatenate([own.labels for own in stages])
    return of(fit(inputs, labels, GESTURES, RECIPE, seed % 2**31))


def _right(net: IntegerNet, other: Stage) -> float:
    right: NDArray[np.bool_] = net.decide(other.test_inputs) == other.test_labels
    return float(right.mean())
