"""A task of events for the spiking chip: train off the chip, deploy, learn on it, test on it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from ferrion.core.errors import ConfigError
from ferrion.core.noise import permutation
from ferrion.learning.spiking.network import Fired, SpikingNetwork
from ferrion.learning.spiking.rules import Teacher
from ferrion.learning.spiking.twins import ChipTwin, FloatTwin
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.one_thread import one_thread

PAUSE = 0.02
"""Seconds after a sample in which the chip may still answer."""


FINE, CALMLY = 5e-4, 2e-3
"""Seconds of a step that is short beside everything on the chip, and the rate of Adam at first in such steps. What a net has learned in steps of 2.5 ms may hold in them alone: of
held-out heart beats a twin told 86 of 100 in its own steps, 32 in steps of 1 ms, 37 in those of 0.1 ms, and the chip 36 (benchmarks/twin_steps.py).
How many epochs in fine steps a task is given was looked at on samples held out from its training, one seed."""
BRISK, PRESSURE = 40.0, 1e-4
"""Spikes a second of a hidden cell and sample; weight of half the square of what is beyond."""
STEEPEST = 1.0
"""Norm at which gradients are cut; a step whose gradient overflows is left out and counted."""

WAIT, WAITS = 1e-5, 100_000
"""Seconds at a time that the chip runs on while events are queued, and how often."""


@dataclass(frozen=True)
class Course:
    """How a twin is trained off the chip."""

    dt: float
    """Step [s]."""
    epochs: int
    batch: int = 32
    rate: float = 2e-3
    sharpness: float = 2.0
    """Of the ion neuron's gradient [1/V]."""
    scale: float = 0.5
    """What one vote counts in the softmax."""
    fine: int = 0
    """Epochs of a chip's twin afterwards, in steps of `FINE`, in which hidden cells that fire faster than `BRISK` are slowed down."""


def frames(samples: Samples, chosen: NDArray[np.int64], rows: int, seconds: float, dt: float) -> Tensor:
    """Events a step (steps, samples, rows) of some of the samples."""
    steps = round(np.ceil(seconds / dt))
    found = np.zeros((steps, len(chosen), rows), np.float32)
    for k, sample in enumerate(chosen):
        times, addresses = samples.events(int(sample))
        np.add.at(found[:, k], (np.minimum((times / dt).astype(np.int64), steps - 1), addresses), np.float32(1))
    return torch.from_numpy(found)


Done = Callable[[int, float], None]
Loss = Callable[[Tensor, Tensor], Tensor]
"""Of events and labels of some samples."""


@one_thread()
def train(twin: ChipTwin | FloatTwin, events: EventSet, course: Course, seed: int, done: Done = lambda *_: None) -> int:
    """Backpropagation through time, Adam with a falling rate; `done` is told the mean loss of each epoch. Returns how many steps were left out."""
    if isinstance(twin, ChipTwin):
        twin.step(course.dt)
    left_out = _descend(twin, events, course, range(course.epochs), seed, course.rate, lambda heard, labels: cross_entropy(course.scale * twin.votes(heard), labels), done)
    if course.fine and isinstance(twin, ChipTwin):
        twin.step(FINE)
        fine = range(course.epochs, course.epochs + course.fine)
        left_out += _descend(twin, events, course, fine, seed, CALMLY, lambda heard, labels: calmer(twin, heard, labels, course.scale, events.seconds), done)
    twin.eval()
    return left_out


def calmer(twin: ChipTwin, heard: Tensor, labels: Tensor, scale: float, seconds: float) -> Tensor:
    """The loss, and for every hidden cell what it fires beyond `BRISK` for each sample, squared (as upper bounds of Zenke and Vogels, Neural Computation 33, 899 (2021))."""
    votes, hidden = twin.rehearsed(heard)
    beyond = [((own.sum(0) / seconds - BRISK).relu() ** 2).mean() for own in hidden]
    return cross_entropy(scale * votes, labels) + PRESSURE / 2.0 * sum(beyond, torch.zeros(()))


def _descend(twin: ChipTwin | FloatTwin, events: EventSet, course: Course, epochs: range, seed: int, rate: float, loss_of: Loss, done: Done) -> int:
    samples, optimizer = events.training, torch.optim.Adam([p for p in twin.parameters() if p.requires_grad], rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(epochs))
    twin.train()
    left_out = 0
    for epoch in epochs:
        order, losses = permutation(seed, epoch, len(samples)), []
        for start in range(0, len(order), course.batch):
            chosen = order[start : start + course.batch]
            optimizer.zero_grad()
            loss = loss_of(frames(samples, chosen, events.rows, events.seconds, twin.dt), torch.from_numpy(samples.labels[chosen]))
            loss.backward()
            finite = bool(torch.isfinite(torch.nn.utils.clip_grad_norm_(twin.parameters(), STEEPEST)))
            if finite:
                optimizer.step()
            left_out += not finite
            losses.append(float(loss.detach()))
        schedule.step()
        done(epoch, float(np.mean(losses)))
    return left_out


@one_thread()
def accuracy(twin: ChipTwin | FloatTwin, samples: Samples, events: EventSet, batch: int = 100) -> float:
    """Share of `samples` whose class has the most votes."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(samples), batch):
            chosen = np.arange(start, min(start + batch, len(samples)))
            right += int((twin.votes(frames(samples, chosen, events.rows, events.seconds, twin.dt)).argmax(1).numpy() == samples.labels[chosen]).sum())
    return right / len(samples)


@dataclass(frozen=True)
class Answer:
    """What the chip said to one sample."""

    decided: int
    """Class with the most votes; -1: none had a vote."""
    seconds: float
    """From the first event to the time from which on the class decided was ahead; NaN if none was."""
    spikes: int
    votes: tuple[int, ...]
    """Of every class."""


def present(network: SpikingNetwork, events: EventSet, samples: Samples, sample: int, *, label: int = -1, learn: bool = False) -> Answer:
    """Show one sample to the chip, then let it rest."""
    times, rows = samples.events(sample)
    start = network.now
    fired = network.run(start + times, rows, start + events.seconds + PAUSE, label=label, learn=learn)
    settle(network)
    if learn and isinstance(network.rule, Teacher) and network.rule.tick == np.inf:
        network.teach(label)
    network.rest()
    return answer(network, fired, start + times[0])


def answer(network: SpikingNetwork, fired: Fired, first: float) -> Answer:
    """What spikes of the last population say to a sample whose first event came at `first` [s]."""
    wiring, out = network.wiring, fired.population == len(network.wiring.cells) - 1
    count = wiring.cells[-1] // wiring.each
    classes = fired.cell[out] // wiring.each
    votes = np.bincount(classes, minlength=count)
    if not votes.any():
        return Answer(-1, float("nan"), len(fired.time), tuple(votes.tolist()))
    decided = int(votes.argmax())
    return Answer(decided, float(fired.time[out][_since_ahead(classes, decided, count)] - first), len(fired.time), tuple(votes.tolist()))


def settle(network: SpikingNetwork) -> None:
    """Run on until no event is queued: what comes after the pause is heard and not counted. Raises ConfigError for a network that never falls silent."""
    for _ in range(WAITS):
        if not network.state.links.queued.any():
            return
        network.run([], np.empty(0, np.int64), network.now + WAIT)
    raise ConfigError(f"the network has not fallen silent for {WAIT * WAITS:g} s after its input: its recurrent weights keep it going; give a smaller recurrent swing")


def _since_ahead(classes: NDArray[np.int64], decided: int, count: int) -> int:
    """Which spike put the class decided ahead for good."""
    running = np.cumsum(classes[:, None] == np.arange(count), axis=0)
    behind = np.flatnonzero(running[:, decided] < np.delete(running, decided, axis=1).max(axis=1, initial=0) + 1)
    return min(int(behind[-1]) + 1 if behind.size else 0, len(classes) - 1)


def answers_to(network: SpikingNetwork, events: EventSet, samples: Samples, done: Callable[[int], None] = lambda *_: None) -> list[Answer]:
    """The chip's answers to all samples."""
    answers = []
    for sample in range(len(samples)):
        answers.append(present(network, events, samples, sample))
        done(sample + 1)
    return answers
