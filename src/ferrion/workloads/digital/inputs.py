"""What a digital network is given of a set: counts of events in bins of time, pictures of a camera, or samples of a converter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ferrion.workloads.data import find
from ferrion.workloads.ecg import read_beats, so_far
from ferrion.workloads.event_sets import EventSet, Samples, part_of

F4 = NDArray[np.float32]


@dataclass(frozen=True)
class Inputs:
    """What somebody is given of a set."""

    made: Callable[[EventSet], tuple[F4, F4]]
    """Of training and test, (samples, …)."""
    counting: bool = True
    """Whether they are counts of events, each a number in a memory that is read and written back."""

    def __call__(self, events: EventSet) -> tuple[F4, F4]:
        """Those of one set."""
        return self.made(events)


def counted(samples: Samples, rows: int, seconds: float, bins: int) -> F4:
    """Events of each row in each of `bins` equal parts of `seconds` (samples, bins, rows); those after it count in the last."""
    found = np.zeros((len(samples), bins, rows), np.float32)
    for k in range(len(samples)):
        times, own = samples.events(k)
        np.add.at(found[k], (part_of(times, seconds, bins), own), np.float32(1))
    return found


def _binned(bins: int, events: EventSet) -> tuple[F4, F4]:
    training, test = (counted(part, events.rows, events.seconds, bins).reshape(len(part), -1) for part in (events.training, events.test))
    return training, test


def _pictured(bins: int, side: int, events: EventSet) -> tuple[F4, F4]:
    training, test = (counted(part, events.rows, events.seconds, bins).reshape(len(part), -1, side, side) for part in (events.training, events.test))
    return training, test


def binned(bins: int) -> Inputs:
    """Counts, flat."""
    return Inputs(partial(_binned, bins))


def pictured(bins: int, side: int) -> Inputs:
    """Counts of a square camera, a plane a polarity and bin."""
    return Inputs(partial(_pictured, bins, side))


def _heartbeats(_events: EventSet) -> tuple[F4, F4]:
    training, _, test, _ = read_beats(find("ecg_mitbih", ("mitbih_beats.npz",)) / "mitbih_beats.npz", so_far)
    return training, test


heartbeats = Inputs(_heartbeats, counting=False)
"""Beats of the same patients as samples of a converter, in the order of the set of events: a digital part need not count crossings.

As the chip, it is given the interval before a beat over the mean of those so far, and neither the one after it nor a mean of the whole record, which are not known yet.
"""
