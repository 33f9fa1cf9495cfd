"""Deciding before a recording ends: the chip stops, and no further event reaches it, once a class leads all others by so many votes.

How many is chosen on recordings to learn from: the least with which no more than `ALLOWED` of them are lost. Nothing of the future is used. A look is charged as steps of the
controller, one a counter of votes and one for the difference of the two that lead.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError
from ferrion.core.ledger import Action
from ferrion.learning.spiking.network import Fired, SpikingNetwork
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.spiking import PAUSE, Answer, answer, settle
from ferrion.workloads.spiking_account import since, spent

LEADS = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80)
"""Votes to choose from."""
ALLOWED = 0.01
"""Share of the recordings that may be lost by stopping early."""
MIN_CLASSES = 2
LOOK = 2e-3
"""Seconds between two looks at the votes."""


def first_leads(network: SpikingNetwork, fired: Fired, start: float, seconds: float) -> NDArray[np.int64]:
    """Class that leads by each of `LEADS`, (leads,), at the first look where one does; that with the most votes at the end where none ever does, -1 without any vote.

    Looks are `LOOK` apart from `start` [s] on, for `seconds`, as those of `stopping`.
    """
    wiring, out = network.wiring, fired.population == len(network.wiring.cells) - 1
    classes = wiring.cells[-1] // wiring.each
    running = np.cumsum((fired.cell[out] // wiring.each)[:, None] == np.arange(classes), axis=0)
    looks = start + np.minimum(LOOK * np.arange(1, math.ceil(seconds / LOOK) + 1), seconds)
    votes = np.vstack([np.zeros(classes, np.int64), running])[np.searchsorted(fired.time[out], looks, side="right")]
    two = np.sort(votes, axis=1)[:, -2:]
    reached = (two[:, 1] - two[:, 0])[:, None] >= np.array(LEADS)
    ahead = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    return np.where(reached.any(axis=0), ahead[reached.argmax(axis=0)], ahead[-1])


def chosen_lead(network: SpikingNetwork, events: EventSet, samples: Samples) -> int:
    """The least of `LEADS` with which the share right of `samples` falls by `ALLOWED` at most; the greatest where none is enough."""
    told = []
    for sample in range(len(samples)):
        times, rows = samples.events(sample)
        start, seconds = network.now, events.seconds + PAUSE
        fired = network.run(start + times, rows, start + seconds)
        settle(network)
        network.rest()
        told.append([*first_leads(network, fired, start, seconds), answer(network, fired, start).decided])
    right = (np.array(told) == samples.labels[:, None]).mean(axis=0)
    enough = np.flatnonzero(right[:-1] >= right[-1] - ALLOWED)
    return LEADS[int(enough[0]) if enough.size else -1]


def stopping(network: SpikingNetwork, events: EventSet, samples: Samples, sample: int, lead: int) -> tuple[Answer, int]:
    """One sample, its answer told at the first look at which a class leads by `lead` votes, or at the end, and how often was looked; `seconds` is from the first event until it
    is told."""
    times, rows = samples.events(sample)
    start, seconds, parts, done = network.now, events.seconds + PAUSE, list[Fired](), 0
    for look in range(1, math.ceil(seconds / LOOK) + 1):
        until = start + min(LOOK * look, seconds)
        mark = int(np.searchsorted(start + times, until, side="right"))
        parts.append(network.run(start + times[done:mark], rows[done:mark], until))
        done, fired = mark, Fired(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        own = answer(network, fired, start + times[0])
        if _ahead(own.votes) >= lead:
            break
    settle(network)
    network.rest()
    return Answer(own.decided, until - start - times[0], own.spikes, own.votes), look


def _ahead(votes: tuple[int, ...]) -> int:
    second, first = sorted(votes)[-2:]
    return first - second


def look_joules(network: SpikingNetwork) -> float:
    """Joules of one look at the votes of all classes."""
    classes = network.wiring.cells[-1] // network.wiring.each
    return (classes + 1) * network.chip.memory.prices.energy[Action.CONTROLLER_STEP][0]


def early(network: SpikingNetwork, events: EventSet, looked_at: Samples, test: Samples) -> dict[str, Any]:
    """What stopping early comes to on `test`, its lead chosen on `looked_at`: share right, looks, joules, seconds until the answer is told. Raises ConfigError for one class."""
    if events.classes < MIN_CLASSES:
        raise ConfigError(f"{events.name} has {events.classes} class: nobody can lead; give two or more")
    lead = chosen_lead(network, events, looked_at)
    before = spent(network)
    answers, looks = zip(*(stopping(network, events, test, sample, lead) for sample in range(len(test))), strict=True)
    seconds = [own.seconds for own in answers]
    return {
        "lead": lead,
        "accuracy": float(np.mean([own.decided == label for own, label in zip(answers, test.labels, strict=True)])),
        "looks": float(np.mean(looks)),
        "joules": sum(since(before, network, len(test)).values()) + float(np.mean(looks)) * look_joules(network),
        "seconds": [float(np.quantile(seconds, share)) for share in (0.5, 0.99)],
    }
