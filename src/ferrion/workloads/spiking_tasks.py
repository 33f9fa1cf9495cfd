"""Six tasks of events for the spiking chip, each with the network, the course and the local rule it is given; and the networks, trained or new."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.neuron import Level
from ferrion.core.errors import ConfigError
from ferrion.core.noise import permutation
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import afterwards
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.spiking import Course, train
from ferrion.workloads.spiking_alone import MARGIN, Alone

TUNING = 1e-4
"""Rate while the chip is tuned after weights were deployed."""
CLOSELY_SHORT, TAUGHT_SHORT = 4, 1_500
"""Samples of the device level in the short form; those that twins are trained on there."""


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
