"""What a pilot's chip makes of a stream with faults in it: silent sensors, events that are late or have no pixel, clocks that jump, queues that overflow."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.noise import fork
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.pilots.live import Decision, decisions, told
from ferrion.workloads.event_sets import Samples
from ferrion.workloads.streams.block import EVENT
from ferrion.workloads.streams.feed import MICROSECOND, Sensor

GAP = 0.3
"""Seconds between recordings of a stream."""
SILENT, SHARE, LATER = 0.2, 0.05, 40
"""Share of a recording in which the sensor says nothing; of events that are late, or outside; by how many events they are late."""
NOWHERE = 60_000
"""A column no sensor has."""
BURST, WITHIN = 20_000, 1000
"""Events of one pixel within so many microseconds: twice what a link carries."""
HOUR = 3_600_000_000
Recording = NDArray[Any]
Fault = Callable[[Recording, np.random.Generator], Recording]


def none(events: Recording, _draws: np.random.Generator) -> Recording:
    """As it was recorded."""
    return events


def silent(events: Recording, draws: np.random.Generator) -> Recording:
    """The sensor says nothing for a fifth of the recording, somewhere in it."""
    last = int(events["t"][-1])
    start = draws.uniform(0.0, 1.0 - SILENT) * last
    return events[(events["t"] < start) | (events["t"] >= start + SILENT * last)]


def late(events: Recording, draws: np.random.Generator) -> Recording:
    """Some events come after those that followed them."""
    place = np.arange(len(events)) + np.where(draws.random(len(events)) < SHARE, LATER + 0.5, 0.0)
    return events[np.argsort(place, kind="stable")]


def outside(events: Recording, draws: np.random.Generator) -> Recording:
    """Some events have an address that no pixel has: flipped bits on the way."""
    found = events.copy()
    found["x"][draws.random(len(events)) < SHARE] = NOWHERE
    return found


def overflow(events: Recording, draws: np.random.Generator) -> Recording:
    """One pixel speaks faster than its link carries, at a time in the recording."""
    burst = np.zeros(BURST, EVENT)
    burst["t"] = np.sort(draws.integers(0, WITHIN, BURST)) + int(draws.uniform(0.0, 1.0) * events["t"][-1])
    both = np.concatenate([events, burst])
    return both[np.argsort(both["t"], kind="stable")]


JUMPING = "clock an hour ahead, or begun anew, at every recording"
FAULTS: dict[str, Fault] = {
    "none": none,
    "sensor silent for a fifth of each recording": silent,
    "one event in twenty late": late,
    "one event in twenty outside the sensor": outside,
    JUMPING: none,
    "a burst of 20,000 events in a millisecond in each recording": overflow,
}


def stream(samples: Samples, sensor: Sensor, name: str, seed: int) -> list[Recording]:
    """Recordings one after another with `GAP` between them, with a fault of `FAULTS`; times in microseconds."""
    found, now = [], HOUR
    for k in range(len(samples)):
        events = FAULTS[name](as_block(samples, k, sensor), np.random.default_rng(fork(seed, k)))
        events["t"] += now
        found.append(events)
        now = int(events["t"].max()) + round(GAP / MICROSECOND)
        if name == JUMPING:
            now = now + HOUR if k % 2 else 0
    return found


def as_block(samples: Samples, sample: int, sensor: Sensor) -> Recording:
    """One recording as a camera would send it, of pixels that share a row the first."""
    times, rows = samples.events(sample)
    events, half = np.empty(len(times), EVENT), sensor.rows // 2
    events["t"], events["p"] = np.rint(times / MICROSECOND), rows // half
    events["x"], events["y"] = rows % half % sensor.across * sensor.pool, rows % half // sensor.across * sensor.pool
    return events


def met(network: SpikingNetwork, samples: Samples, sensor: Sensor, seconds: float, name: str, seed: int) -> dict[str, Any]:
    """Share of recordings whose first window was decided rightly, and what was lost."""
    recordings = stream(samples, sensor, name, seed)
    found = list(decisions(network, iter(recordings), sensor, seconds))
    ends, read = np.cumsum([len(own) for own in recordings]), np.cumsum([0, *(own.fed.events for own in found)])[:-1]
    return {"fault": name, "share": right_first(found, np.searchsorted(ends, read, side="right"), samples.labels), **told(found)}


def right_first(found: list[Decision], recording: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Share of recordings of which the first decision is right; `recording`: that in which each decision's window opened."""
    firsts = np.unique(recording, return_index=True)[1]
    return sum(found[k].answer.decided == labels[recording[k]] for k in firsts) / len(labels)
