"""What a chip makes of one of the tasks: trained off it and deployed, tuned on it, learning all by itself."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.circuits.neuron import Level
from ferrion.core.noise import permutation
from ferrion.core.progress import Tell
from ferrion.learning.spiking.budget import traffic
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.learning.spiking.twins import FloatTwin
from ferrion.workloads.early import early
from ferrion.workloads.event_sets import EventSet, Samples, in_parts, load_events
from ferrion.workloads.levels import both_levels
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import PAUSE, Answer, accuracy, answers_to, present, train
from ferrion.workloads.spiking_account import account, clocked, operations, since, spent
from ferrion.workloads.spiking_tasks import Task, chosen, deployed, given, of_test, task_of, trained_twin
from ferrion.workloads.verdicts import confusion, histogram, roc

LOOKED_AT = 100
"""Samples of the training set on which it is chosen when to stop early."""
PARTS = 10
"""Of a pass, for each of which the share right is told."""
TRAINING_ORDER, PASSES = 1000, 100
"""Passes of on-chip learning shuffle apart from those off the chip, and each seed's from the others'."""


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
