"""Many electrodes share copies of a sorter: how long a pulse waits for its turn, and what is lost when queues are full."""

from typing import Any, NamedTuple

import numpy as np

from ferrion.chip.router import Router, deliver, latencies, links, next_departure, send
from ferrion.core.compiled import compiled
from ferrion.workloads.bursts import bursty, poisson

PACE, COUNT = 1e6, 200_000
"""Pulses a second, and how many are sent."""
BUSY = 0.8
"""Share of the time that a copy works at most, on average."""


SHARES = (*(0.02 * k for k in range(1, 50)), 0.99, 0.999, 1.0)


class Load(NamedTuple):
    """Of a stream through some copies."""

    median: float
    """From the pulse to its decision [s], and the 99th percentile."""
    late: float
    dropped: float
    """Share."""
    within: list[float]
    """Seconds in which the shares `SHARES` of the pulses that are not lost are decided."""


def copies(seconds: float) -> int:
    """That a million pulses a second need where each takes so long, at `BUSY`."""
    return int(np.ceil(PACE * seconds / BUSY))


def loads(seconds: float, router: Router, seed: int) -> dict[str, Load]:
    """Independent pulses and pulses in bursts, `PACE` of them a second, dealt to `copies` in turn; a queue holds what the router's card says."""
    return {name: _load(drawn(PACE, seed, COUNT).times, seconds, router) for name, drawn in (("poisson", poisson), ("bursty", bursty))}


def _load(times: Any, seconds: float, router: Router) -> Load:
    queues = links(copies(seconds), int(router.depth))
    dealt(queues, times, seconds)
    median, late, *within = latencies(queues.latency.sum(axis=0), (0.5, 0.99, *SHARES))
    return Load(median, late, float(queues.dropped.sum() / queues.arrived.sum()), within)


@compiled
def dealt(queues, times, seconds):
    """Every pulse to the next copy; each is delivered before a later one comes to the same."""
    count = queues.free.size
    for k in range(times.size):
        link = k % count
        while next_departure(queues, link) <= times[k]:
            deliver(queues, link)
        send(queues, link, times[k], k, seconds)
    for link in range(count):
        while queues.queued[link] > 0:
            deliver(queues, link)
