"""Six tasks of events for the spiking chip, each with the network, the course and the local rule it is given, and what the chip then does."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.neuron import Level
from ferrion.core.errors import ConfigError
from ferrion.core.noise import permutation
from ferrion.learning.spiking.budget import traffic
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import afterwards
from ferrion.learning.spiking.twins import ChipTwin, FloatTwin
from ferrion.workloads.early import early
from ferrion.workloads.event_sets import EventSet, Samples, in_parts, load_events
from ferrion.workloads.levels import both_levels
from ferrion.workloads.spiking import PAUSE, Answer, Course, accuracy, answers_to, present, train
from ferrion.workloads.spiking_account import account, clocked, operations, since, spent
from ferrion.workloads.spiking_alone import MARGIN, Alone
from ferrion.workloads.verdicts import confusion, histogram, roc

TUNING = 1e-4
"""Rate while the chip is tuned after weights were deployed."""
LOOKED_AT, CLOSELY_SHORT, TAUGHT_SHORT = 100, 4, 1_500
"""Samples of the training set on which it is chosen when to stop early; those of the device level in the short form; those that twins are trained on there."""
PARTS = 10
"""Of a pass, for each of which the share right is told."""
TRAINING_ORDER, PASSES = 1000, 100
"""Passes of on-chip learning shuffle apart from those off the chip, and each seed's from the others'."""


@dataclass(frozen=True)
class Task:
    """How one set is learned."""

    events: str
    tau: float
    """Of the nodes [s]."""
    hidden: int
    swing: tuple[float, float]
    """Volts: input to hidden, hidden to output."""
    recurrent: float
    alone: Alone
    """Of the chip that learns by itself."""
    course: Course
    gain: float
    """Of the float twin's first weights."""
    most: int
    """Samples of a pass on the chip, and of its test, at most."""
    short: int = 200
    """The same in the short form."""
    early: bool = False
    """Whether the deployed chip also decides before a recording ends (`workloads.early`): it looks at its votes every 2 ms, which takes long where recordings do."""
    closely: int = 20
    """Samples of the test that are decided at the device level, too."""
    taught: int | None = None
    """Samples of the training set that twins are trained on, at most; all of them where None."""

    def wiring(self, events: EventSet) -> Wiring:
        """Input, recurrent hidden cells, one output cell a class."""
        return Wiring(inputs=events.rows, cells=(self.hidden, events.classes), swing=self.swing, recurrent=(self.recurrent, 0.0))

    def shorter(self) -> "Task":
        """The same in a minute or two, for a first look."""
        course = replace(self.course, epochs=4, fine=min(self.course.fine, 1))
        return replace(
            self, hidden=min(self.hidden, 64), course=course, alone=self.alone._replace(passes=1), most=min(self.most, self.short), closely=CLOSELY_SHORT, taught=TAUGHT_SHORT
        )


FAINTLY = 0.2
"""What one vote counts in the softmax of most nets: of letters held out from training a twin told 37 of 100 after ten epochs where it counted 0.5, and 54 with this and half
the swing of outputs; of digits and spoken digits held out as many or a few more. Of heart beats, every patient of the training set held out once, in four folds, chips told
57, 69, 82 and 59 with 0.5 and 93, 70, 81 and 44 with this: no difference (measured when they were told intervals over the mean of a whole record). Saccades in order do
with 0.5 (held out, 94, 96 and 91 of 100 with fine steps; without, five chips told 72 to 99 of the test, for three times the energy). (benchmarks/held_out.py)"""
BEATS, TOUCH = Course(2.5e-3, 5, batch=64, rate=5e-3, scale=FAINTLY, fine=3), Course(2.5e-3, 15, rate=5e-3, sharpness=5.0, scale=FAINTLY, fine=4)
DIGITS, SPEECH = Course(2.5e-3, 15, scale=FAINTLY, fine=4), Course(2.5e-3, 30, rate=5e-3, scale=FAINTLY, fine=24)


TASKS = {
    "nmnist": Task("nmnist", 0.02, 128, (0.15, 0.2), 0.05, Alone(0.05, 4), DIGITS, 5.0, 1000, early=True),
    "nmnist-order": Task("nmnist-order", 0.02, 128, (0.15, 0.2), 0.05, Alone(0.1, 4, 10), Course(2.5e-3, 8, fine=4), 5.0, 100, 24, early=True, closely=10),
    "gestures": Task("gestures", 0.02, 128, (0.1, 0.2), 0.05, Alone(0.02, 4), Course(2.5e-3, 60, scale=FAINTLY, fine=4), 5.0, 1000, 16, early=True),
    "braille": Task("braille", 0.05, 96, (1.0, 0.05), 0.05, Alone(2.0, 4, 10), TOUCH, 5.0, 1500),
    "fsdd": Task("fsdd", 0.05, 96, (0.5, 0.1), 0.05, Alone(1.0, 4, 10), SPEECH, 2.0, 1200),
    "ecg": Task("ecg", 0.02, 64, (0.5, 0.2), 0.1, Alone(2.0, 4, 10), BEATS, 2.0, 2000),
}


def task_of(name: str) -> Task:
    """One of `TASKS`; raises ConfigError otherwise."""
    if name not in TASKS:
        raise ConfigError(f"task {name!r}: give {', '.join(TASKS)}")
    return TASKS[name]


Tell = Callable[[str], None]


def given(task: Task, events: EventSet, seed: int) -> EventSet:
    """What twins are trained on: all, or as many as they are given, drawn."""
    return events if task.taught is None else replace(events, training=events.training.take(chosen(events.training, task.taught, seed)))


def trained_twin(task: Task, events: EventSet, seed: int) -> tuple[ChipTwin, int]:
    """The chip's twin, trained; and how many steps were left out."""
    torch.manual_seed(seed)
    twin = ChipTwin(SpikingChip.from_card().with_node(task.tau), task.wiring(events), task.course.dt, task.course.sharpness)
    return twin, train(twin, given(task, events, seed), task.course, seed)


def before_output(wiring: Wiring) -> tuple[int, ...]:
    """The tiles that do not end at output cells, which a teacher who tunes a deployed net leaves alone."""
    return tuple(np.flatnonzero(wiring.fabric().target < len(wiring.cells) - 1).tolist())


def tuned_network(task: Task, events: EventSet, seed: int, level: Level = Level.EVENT) -> SpikingNetwork:
    """The chip that weights are deployed on, as it leaves the factory.

    It is then tuned by a teacher who speaks once, after a recording, to its output cells, and only where votes, which fade over the length of a recording, do not put the right
    class ahead by `MARGIN`. Comparators at every tick ask for a node that stays high, and do away with what a chip has learned elsewhere where classes are told late.
    """
    rule, wiring = afterwards(TUNING, events.seconds, MARGIN), task.wiring(events)
    return SpikingNetwork(SpikingChip.from_card().with_node(task.tau), wiring, rule=rule, frozen=before_output(wiring), seed=seed, level=level)


def deployed(task: Task, events: EventSet, twin: ChipTwin, seed: int, level: Level) -> SpikingNetwork:
    """A new chip with the twin's weights."""
    network = tuned_network(task, events, seed, level)
    twin.deploy(network)
    return network


def run_seed(task: Task, events: EventSet, seed: int, tell: Tell, ready: Callable[[SpikingNetwork], None] = lambda _: None) -> dict[str, Any]:
    """One chip: trained off it and deployed, tuned on it, and learning all by itself; its float twin beside it. `ready` is given the chip that was tuned."""
    asked = of_test(events, task.most)
    test = events.test.take(asked)
    torch.manual_seed(seed)
    floats = FloatTwin(task.wiring(events), task.tau, task.course.dt, task.gain)
    tell(f"seed {seed}: float twin")
    left_out = {"float": train(floats, given(task, events, seed), task.course, seed)}
    tell(f"seed {seed}: chip's twin")
    twin, left_out["twin"] = trained_twin(task, events, seed)
    found: dict[str, Any] = {
        "seed": seed,
        "left_out": left_out,
        "float": accuracy(floats, test, events),
        "twin": accuracy(twin, test, events),
    }
    network = deployed(task, events, twin, seed, Level.EVENT)
    tell(f"seed {seed}: on the chip")
    found["deployed"] = tested(network, events, test)
    found["account"] = {"deployed": account(network, 0)}
    if task.early:
        tell(f"seed {seed}: stopping early")
        found["early"] = early(network, events, events.training.take(chosen(events.training, min(task.most, LOOKED_AT), seed)), test)
    tell(f"seed {seed}: at the device level")
    found["levels"] = both_levels(lambda level: deployed(task, events, twin, seed, level), events, test.take(permutation(0, 1, len(test))[: task.closely]))
    found["tuning"] = learn_pass(network, events, chosen(events.training, task.most, seed))
    found["tuned"] = tested(network, events, test)
    found["account"]["tuned"] = account(network, found["tuning"]["samples"])
    ready(network)
    alone_events = in_parts(events, task.alone.parts)
    alone, passes = task.alone.network(alone_events, seed), list[dict[str, Any]]()
    met, again = set[int](), set[int]()
    for step, rate in enumerate(task.alone.rates()):
        tell(f"seed {seed}: the chip alone, pass {step + 1} of {task.alone.passes}")
        alone.relearn(rate)
        shown = chosen(events.training, task.most, TRAINING_ORDER + PASSES * seed + step)
        passes.append(learn_pass(alone, alone_events, shown))
        again |= met & set(shown.tolist())
        met |= set(shown.tolist())
        if step == 0:
            found["once"] = judged(answers_to(deepcopy(alone), alone_events, alone_events.test.take(asked)), test.labels)["accuracy"]
    found["passes"], found["learning"] = passes, {key: float(np.mean([own[key] for own in passes])) for key in ("samples", "joules", "fecap_writes")}
    found["met"], found["again"] = len(met), len(again)
    found["local"] = tested(alone, alone_events, alone_events.test.take(asked))
    found["account"]["alone"] = account(alone, len(met))
    return found


def of_test(events: EventSet, most: int) -> NDArray[np.int64]:
    """At most so many samples of the test; whole groups where they belong together."""
    if not events.paired:
        return chosen(events.test, most, 0)
    groups = np.unique(events.test.group)
    kept = permutation(0, 0, len(groups))[: most * len(groups) // len(events.test)]
    return np.flatnonzero(np.isin(events.test.group, groups[kept]))


def chosen(samples: Samples, most: int, seed: int) -> NDArray[np.int64]:
    """At most so many samples, in an order of their own."""
    return permutation(seed, 0, len(samples))[:most]


def learn_pass(network: SpikingNetwork, events: EventSet, order: NDArray[np.int64]) -> dict[str, Any]:
    """Learn from samples of the training set in this order; what one costs, and the share right of each tenth of them, answered before it was learned."""
    before, start = spent(network), network.state.counts.fecap_writes.sum()
    labels = events.training.labels[order]
    right = [present(network, events, events.training, int(sample), label=int(label), learn=True).decided == label for sample, label in zip(order, labels, strict=True)]
    actions = clocked(since(before, network, len(order)), network, events.parts)
    return {
        "samples": len(order),
        "joules": sum(actions.values()),
        "actions": actions,
        "fecap_writes": int(network.state.counts.fecap_writes.sum() - start) / len(order),
        "right": [float(np.mean(part)) for part in np.array_split(right, PARTS)],
    }


def tested(network: SpikingNetwork, events: EventSet, test: Samples) -> dict[str, Any]:
    """Accuracy, who was taken for whom, and what a decision takes; how long events from outside have waited for their tile, 99 % and the longest [s]."""
    before, dropped, done = spent(network), network.state.links.dropped.sum(), operations(network)
    answers, outlet = answers_to(network, events, test), Outlet()
    decided = outlet.tell([answer.decided for answer in answers])
    actions, own = clocked(since(before, network, len(test)), network, events.parts), traffic(network)[0]
    return {
        **judged(answers, test.labels),
        "leaving": outlet.leaving(len(events.training)),
        "joules": sum(actions.values()),
        "actions": actions,
        "operations": (operations(network) - done) / len(test),
        "dropped": int(network.state.links.dropped.sum() - dropped),
        "waited": list(own.seconds[1:]),
        "confusion": confusion(decided, test.labels, events.classes),
        "latency": histogram([answer.seconds for answer in answers if answer.decided >= 0], events.seconds + PAUSE),
        "roc": roc(np.array([answer.votes for answer in answers], np.float64), test.labels),
    }


def judged(answers: list[Answer], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Share right, mean over classes of the share right, share without a vote, seconds to the decision (median and 99 %; None if there was none), spikes a sample."""
    seconds = [answer.seconds for answer in answers if answer.decided >= 0]
    right = np.array([answer.decided for answer in answers]) == labels
    return {
        "accuracy": float(right.mean()),
        "balanced": float(np.mean([right[labels == label].mean() for label in np.unique(labels)])),
        "silent": float(np.mean([answer.decided < 0 for answer in answers])),
        "seconds": [float(np.quantile(seconds, share)) if seconds else None for share in (0.5, 0.99)],
        "spikes": float(np.mean([answer.spikes for answer in answers])),
    }


def learned(name: str, seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """`run_seed` of one of `TASKS`, or its short form."""
    task = task_of(name).shorter() if short else task_of(name)
    return run_seed(task, load_events(task.events), seed, tell)


ROWS = {
    "float LIF twin": ("float",),
    "chip's twin": ("twin",),
    "trained off the chip, deployed": ("deployed", "accuracy"),
    "then tuned on the chip": ("tuned", "accuracy"),
    "learned on the chip alone": ("local", "accuracy"),
    "balanced over classes, tuned": ("tuned", "balanced"),
    "balanced over classes, alone": ("local", "balanced"),
    "energy a decision, deployed [J]": ("deployed", "joules"),
    "energy a decision, alone [J]": ("local", "joules"),
    "energy a learned example, alone, mean of all passes [J]": ("learning", "joules"),
    "FeCAP writes a learned example, alone, mean of all passes": ("learning", "fecap_writes"),
    "spikes a decision, deployed": ("deployed", "spikes"),
    "training steps left out as their gradient overflowed, chip's twin": ("left_out", "twin"),
}
"""What is told over the seeds, and where it lies in a run."""


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, of `ROWS` and of the latencies."""
    rows = [row(what, [_at(run, path) for run in runs]) for what, path in ROWS.items()]
    for which in ("deployed", "local"):
        rows += [row(f"seconds to a decision, {which}, {share}", [run[which]["seconds"][k] for run in runs]) for k, share in enumerate(("median", "99 %"))]
    return rows


def _at(run: dict[str, Any], path: tuple[str, ...]) -> float:
    found: Any = run
    for key in path:
        found = found[key]
    return float(found)


def row(what: str, values: list[float | None]) -> dict[str, Any]:
    """Mean and standard deviation of those that are known; None where too few are."""
    known = [value for value in values if value is not None]
    return {"what": what, "mean": float(np.mean(known)) if known else None, "deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None}
