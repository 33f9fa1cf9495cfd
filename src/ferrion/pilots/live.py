"""Decisions on a stream that goes on: a window opens with an event and closes some time later, and the chip says what it was and rests."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.learning.spiking.network import Fired, SpikingNetwork
from ferrion.workloads.spiking import Answer, answer, settle
from ferrion.workloads.streams.feed import MICROSECOND, RESET, Fed, Sensor, feed

PIECE = 4096
"""Events that are searched for the end of a window at a time."""


class Window(NamedTuple):
    """Of a stream."""

    number: int
    opened: int
    """Time stamp of its first event [us]."""
    reset: bool
    """Whether the stream's clock had begun anew."""


class Decision(NamedTuple):
    """What the chip said to a window, and what became of its events."""

    window: Window
    answer: Answer
    fed: Fed
    dropped: int
    """Where queues were full; events beyond the first tile included."""


def windows(blocks: Iterable[NDArray[Any]], seconds: float) -> Iterator[tuple[Window, NDArray[Any]]]:
    """Events in pieces, each with its window; a clock that falls by more than `feed.RESET` opens another one."""
    length, fall, window, previous = round(seconds / MICROSECOND), -round(RESET / MICROSECOND), Window(-1, 0, False), 0
    for block in blocks:
        for start in range(0, len(block), PIECE):
            events = block[start : start + PIECE]
            while len(events):
                t = events["t"].astype(np.int64)
                falls = np.diff(t, prepend=previous) < fall
                ends = np.flatnonzero(falls | (t - window.opened >= length)) if window.number >= 0 else np.array([0])
                end = int(ends[0]) if ends.size else len(t)
                if end:
                    yield window, events[:end]
                    previous = int(t[end - 1])
                if end < len(t):
                    window, previous = Window(window.number + 1, int(t[end]), bool(falls[end]) and window.number >= 0), int(t[end])
                    yield window, events[end : end + 1]
                events = events[end + 1 :]


def decisions(network: SpikingNetwork, blocks: Iterable[NDArray[Any]], sensor: Sensor, seconds: float) -> Iterator[Decision]:
    """One a window of `seconds`, told when an event after it comes or the stream ends; memory holds no more than a piece and the spikes of a window.

    Raises what the stream raises, after the decision on what came before.
    """
    for window, pieces in groupby(windows(blocks, seconds), key=itemgetter(0)):
        yield _decision(network, window, (piece for _, piece in pieces), sensor)


def _decision(network: SpikingNetwork, window: Window, pieces: Iterable[NDArray[Any]], sensor: Sensor) -> Decision:
    start, dropped = network.now, int(network.state.links.dropped.sum())
    heard: list[Fired] = []
    fed = feed(network, pieces, sensor, hear=lambda fired, _: heard.append(fired))
    settle(network)
    network.rest()
    fired = Fired(*(np.concatenate(column) for column in zip(*heard, strict=True)))
    return Decision(window, answer(network, fired, start), fed, int(network.state.links.dropped.sum()) - dropped)


def told(found: Iterable[Decision]) -> dict[str, int]:
    """Sums over decisions: events read, and those that were lost, by why."""
    every = list(found)
    return {
        "decisions": len(every),
        "events": sum(own.fed.events for own in every),
        "late": sum(own.fed.late for own in every),
        "outside": sum(own.fed.outside for own in every),
        "dropped": sum(own.dropped for own in every),
        "clock_resets": sum(own.window.reset for own in every),
    }
