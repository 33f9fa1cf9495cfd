"""Decisions under load: N-MNIST digits while one pixel of the camera is hot and speaks on its own, up to beyond what the router carries.

Masked, its row has weights of 0; but a pair of memristors programmed to 0 is 1.3 % of full scale off, and so is every read, so that the pixel still
pushes the neurons. Cut, its row has no devices and reads have no noise: what is left is the load on the router and the tile. Latency counts from the digit's
own first event.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ferrion.circuits.coding import Events
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.learning.spiking.budget import ledger_of
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads.bursts import bursty, poisson, replayed
from ferrion.workloads.event_sets import EventSet, Samples, gathered, load_events
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import present
from ferrion.workloads.spiking_seed import judged
from ferrion.workloads.spiking_tasks import task_of, trained_twin

Draw = Callable[[float, int, int], Events]
"""Events of a stream from its rate [1/s], a seed and how many to draw."""
Beside = Callable[[int], Events]
"""What the pixel says beside a sample."""


def silence(_rate: float, _seed: int, _count: int) -> Events:
    """A pixel that is not hot."""
    return Events(np.empty(0), np.empty(0, np.int64))


STREAMS: dict[str, Draw] = {"poisson": poisson, "bursty": bursty, "recorded": replayed}
RATES = (1e4, 1e5, 1e6, 3e6)
"""Events of the hot pixel a second; a link carries 1e7."""
MOST = 50
"""Digits decided at each rate."""
ENOUGH, SOME = 1.5, 2000
"""Events drawn, as a share of those expected and beyond: bursts come fifty at a time."""
TOLD = {
    "accuracy": "accuracy",
    "median": "seconds to a decision, median",
    "late": "seconds to a decision, 99 %",
    "worst": "seconds to a decision, worst",
    "dropped": "share of events dropped",
    "joules": "joules a decision",
}


def hot_pixel(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """Train off the chip, deploy, and decide beside the hot pixel at every rate. Raises MissingDataError without the recordings."""
    task = task_of("nmnist").shorter() if short else task_of("nmnist")
    events = load_events(task.events)
    pixel = int(np.bincount(events.training.rows, minlength=events.rows).argmin())
    tell(f"seed {seed}: training")
    twin, _ = trained_twin(task, events, seed)
    test = events.test.take(np.arange(min(MOST, len(events.test))))
    with torch.no_grad():
        twin.shares[0][pixel] = 0.0
    rows = []
    for cut in (False, True):
        loads = [(stream, draw, rate) for rate in RATES[: 2 if short or not cut else None] for stream, draw in STREAMS.items()]
        for stream, draw, rate in [("none", silence, 0.0), *loads]:
            tell(f"seed {seed}: hot pixel {'cut' if cut else 'masked'}, {stream}, {rate:g} events/s")
            network = deployed(twin, pixel, cut, seed)
            rows.append({"stream": stream, "cut": cut, "rate": rate, **decided(network, events, test, hot(pixel, draw, rate, events.seconds, seed))})
    return {"seed": seed, "pixel": pixel, "rows": rows}


def hot(pixel: int, draw: Draw, rate: float, seconds: float, seed: int) -> Beside:
    """The pixel's events in the first `seconds`, of its own draw for each sample."""

    def spoken(sample: int) -> Events:
        times = draw(rate, fork(seed, sample), round(ENOUGH * rate * seconds) + SOME).times
        return Events(times[times < seconds], np.full(np.count_nonzero(times < seconds), pixel))

    return spoken


def together(one: Events, other: Events) -> Events:
    """Both in order of time."""
    times, rows = np.r_[one.times, other.times], np.r_[one.rows, other.rows]
    order = np.argsort(times, kind="stable")
    return Events(times[order], rows[order])


def deployed(twin: ChipTwin, pixel: int, cut: bool, seed: int) -> SpikingNetwork:
    """A fresh chip with the twin's weights; with the pixel's row cut, also without any noise."""
    network = SpikingNetwork(twin.chip, twin.wiring, seed=seed, noise=not cut)
    twin.deploy(network)
    if cut:
        network.weights(0)[pixel] = 0.0
    return network


def decided(network: SpikingNetwork, events: EventSet, samples: Samples, beside: Beside) -> dict[str, float | None]:
    """What a chip makes of the samples; seconds count from the first event of the digit to where the class decided is ahead for good."""
    prices, answers = network.chip.memory.prices, []
    before = prices.joules(ledger_of(network))
    for k in range(len(samples)):
        own = samples.events(k)
        both = together(own, beside(k))
        answer = present(network, events, gathered([both], samples.labels[k : k + 1], samples.group[k : k + 1]), 0)
        answers.append(replace(answer, seconds=answer.seconds - float(own.times[0] - both.times[0])))
    links, found = network.state.links, judged(answers, samples.labels)
    return {
        "accuracy": found["accuracy"],
        "median": found["seconds"][0],
        "late": found["seconds"][1],
        "worst": max((answer.seconds for answer in answers if answer.decided >= 0), default=None),
        "dropped": float(links.dropped.sum() / links.arrived.sum()),
        "joules": (prices.joules(ledger_of(network)) - before) / len(samples),
    }


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, of every stream and rate."""
    return [
        row(f"{'cut' if load['cut'] else 'masked'}, {load['stream']}, {load['rate']:.1g} events/s: {told}", [run["rows"][k][key] for run in runs])
        for k, load in enumerate(runs[0]["rows"])
        for key, told in TOLD.items()
    ]
