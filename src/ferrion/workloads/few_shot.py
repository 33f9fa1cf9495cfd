"""A chip that was trained for all but one class, or all but one speaker, learns the missing one from a few examples, and forgets some of the rest.

Twice: a spiking chip, trained off it and deployed, and two-memory arrays that learn counts of events, on the chip from the first example on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.noise import permutation
from ferrion.core.progress import Tell
from ferrion.learning.inference import infer
from ferrion.learning.service import Service, on_devices
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.learning.spiking.rules import afterwards
from ferrion.workloads.counting import SHORT, chosen, driven, plan
from ferrion.workloads.data import DataSet
from ferrion.workloads.digital.inputs import counted
from ferrion.workloads.event_sets import EventSet, Samples, load_events
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import answers_to, present
from ferrion.workloads.spiking_alone import MARGIN as AHEAD
from ferrion.workloads.spiking_seed import judged
from ferrion.workloads.spiking_tasks import Task, before_output, task_of, trained_twin
from ferrion.workloads.trial import train as learn

SHOTS = (0, 1, 2, 5, 10)
"""Examples of the new class, or of each class of the new speaker."""
SHOWN, MOST_SHOWN = 3, 30
"""Times new examples are shown to arrays, and rounds of all examples of a new speaker; of a new class to a spiking chip at most: it goes on when it has told it rightly."""
AFTERWARDS = 3e-4
"""Rate of the teacher without a clock: 1e-4 to 5e-2 were tried, with margins of 0 to 0.3, on digit 9, which no seed below 9 leaves out, and on the others' tests; 1e-4 to 1e-3 on
speaker 5, whom no seed below 5 leaves out."""
ADAPT = 0.25
"""Step of arrays that learn a few examples, as a share of that with which they learned the rest; steps of 0.005 to 0.02 for all were looked at before, on these tests."""
MOST = 150
"""Samples of each test at most."""
NMNIST_BINS, FSDD_BINS = 3, 5
"""Parts of a recording whose events arrays are given the counts of."""
COUNTED = ("arrays on counts, new", "arrays on counts, others")
ORDER = 2000
"""Examples are drawn apart from the orders of training."""
Lesson = Callable[[SpikingNetwork, EventSet, NDArray[np.int64], int], int]
"""How examples are shown to a spiking chip, whose last tile learns: all so far, of which so many are known; returns how often any was shown."""


def new_class(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """N-MNIST; the class left out is the seed's, modulo 10."""
    task = task_of("nmnist").shorter() if short else task_of("nmnist")
    events, new = load_events(task.events), seed % 10
    is_new = events.training.labels == new
    tested_new = events.test.labels == new
    extra = np.flatnonzero(is_new)
    shots, rest = np.split(extra[permutation(seed, ORDER, len(extra))], [max(SHOTS)])
    held = rest[:MOST]
    others = events.test.take(np.flatnonzero(~tested_new))
    theirs = events.training.take(held)
    course = Course(np.flatnonzero(~is_new), shots, 1, theirs, others)
    return merged(_adapted(task, events, course, one_by_one, seed, tell), counted_shots(events, course, NMNIST_BINS, seed, short, tell))


def new_user(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """Spoken digits; the speaker left out is the seed's, modulo 6."""
    task = task_of("fsdd").shorter() if short else task_of("fsdd")
    events, new = load_events(task.events), seed % 6
    is_new = events.training.group == new
    order = permutation(seed, ORDER, len(events.training))
    own = order[is_new[order]]
    by_class = np.stack([own[events.training.labels[own] == digit][: max(SHOTS)] for digit in range(events.classes)], axis=1)
    theirs, others = (events.test.take(_some(np.flatnonzero((events.test.group == new) == mine), seed)) for mine in (True, False))
    course = Course(np.flatnonzero(~is_new), by_class.ravel(), events.classes, theirs, others)
    return merged(_adapted(task, events, course, in_rounds, seed, tell), counted_shots(events, course, FSDD_BINS, seed, short, tell))


def _some(which: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    return which[permutation(seed, ORDER, len(which))][:MOST]


class Course(NamedTuple):
    """Who is known, and what is learned on and asked."""

    known: NDArray[np.int64]
    """Samples of the training set that are learned before."""
    shots: NDArray[np.int64]
    """Those of the new one, in order."""
    each: int
    """Samples of a shot."""
    theirs: Samples
    """A test of the new one, ..."""
    others: Samples
    """... and of the rest."""


def merged(spiking: dict[str, Any], arrays: list[dict[str, float]]) -> dict[str, Any]:
    """What arrays know beside what the spiking chip does, after each number of shots."""
    return {**spiking, "shots": [{**one, **other} for one, other in zip(spiking["shots"], arrays, strict=True)]}


def counted_shots(events: EventSet, course: Course, bins: int, seed: int, short: bool, tell: Tell) -> list[dict[str, float]]:
    """Arrays learn counts of the known on the chip, stand on devices, and learn on: accuracy on the new and on the rest after every number of `SHOTS`."""
    tell(f"seed {seed}: arrays on counts")
    x, theirs, others = (counted(part, events.rows, events.seconds, bins).reshape(len(part), -1) for part in (events.training, course.theirs, course.others))
    y, known = events.training.labels, course.known
    setting = SHORT if short else chosen(x[known], y[known], events.training.group[known], events.classes, seed)
    data = DataSet(events.name, driven(x[known], setting), y[known], driven(others, setting), course.others.labels, events.classes)
    training = learn(plan(data, setting, seed, short), data)
    training.plan = replace(training.plan, rule=replace(training.plan.rule, step=ADAPT * setting.step, decay=(1.0,)))
    chip, found, taken = Service(on_devices(training)), [], 0
    for count in SHOTS:
        some = course.shots[taken : count * course.each]
        if some.size:
            chip.learn(driven(x[some], setting), y[some], SHOWN * some.size, 1)
        taken = count * course.each
        asked = zip(COUNTED, ((theirs, course.theirs), (others, course.others)), strict=True)
        found.append({name: _right(chip, driven(own, setting), part.labels, seed) for name, (own, part) in asked})
    return found


def _right(chip: Service, inputs: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> float:
    told = infer(chip.net, chip.memory.analogue, inputs, chip.training.sigma, seed, 0).outputs.argmax(axis=1)
    return float((told == labels).mean())


def _adapted(task: Task, events: EventSet, course: Course, lesson: Lesson, seed: int, tell: Tell) -> dict[str, Any]:
    """Train on the known, then learn shots in order, `each` at a time; accuracy on the new and on the rest after every number of `SHOTS`."""
    known, shots, each, theirs, others = course
    tell(f"seed {seed}: training without the new one")
    twin, _ = trained_twin(task, replace(events, training=events.training.take(known)), seed)
    rule = afterwards(AFTERWARDS, events.seconds, AHEAD)
    network = SpikingNetwork(twin.chip, twin.wiring, rule=rule, seed=seed, frozen=before_output(twin.wiring))
    twin.deploy(network)
    found, taken, shown = [], 0, 0
    for count in SHOTS:
        shown += lesson(network, events, shots[: count * each], taken) if count else 0
        taken = count * each
        accuracies = [judged(answers_to(network, events, samples), samples.labels)["accuracy"] for samples in (theirs, others)]
        tell(f"seed {seed}: {count} shots: new {accuracies[0]:.2f}, others {accuracies[1]:.2f}")
        found.append({"shots": count, "new": accuracies[0], "others": accuracies[1], "shown": shown})
    return {"seed": seed, "shots": found, "fecap_writes": int(network.state.counts.fecap_writes[1])}


def one_by_one(network: SpikingNetwork, events: EventSet, shots: NDArray[np.int64], known: int) -> int:
    """Each example from number `known` on until it is told rightly, or was shown `MOST_SHOWN` times; how often any was shown."""
    return sum(_until_right(network, events, int(sample)) for sample in shots[known:])


def in_rounds(network: SpikingNetwork, events: EventSet, shots: NDArray[np.int64], known: int) -> int:
    """All examples so far in turn, in drawn orders, `SHOWN` times: learned one after another, each undoes the last; how often any was shown."""
    for k in range(SHOWN):
        for sample in shots[permutation(network.seed, ORDER + SHOWN * known + k, len(shots))]:
            present(network, events, events.training, int(sample), label=int(events.training.labels[sample]), learn=True)
    return SHOWN * len(shots)


def _until_right(network: SpikingNetwork, events: EventSet, sample: int) -> int:
    label = int(events.training.labels[sample])
    for shown in range(1, MOST_SHOWN + 1):
        if present(network, events, events.training, sample, label=label, learn=True).decided == label:
            return shown
    return MOST_SHOWN


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, after each number of shots."""
    return [row(f"{which}, after {count} examples", [run["shots"][k][which] for run in runs]) for k, count in enumerate(SHOTS) for which in ("new", "others", *COUNTED)]
