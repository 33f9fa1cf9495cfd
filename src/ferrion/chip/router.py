"""The address-event router: one link to every tile, a queue of finite depth in front of it, and what is dropped when it is full.

A source's arbiter passes events on in the order of their time: cells that fire at one moment in the order of their numbers, events from outside as
they come. Deciding whose turn it is takes no time of its own. The router copies each event to every link that listens to the source. A link carries one
event after another, so the time of departure is known on arrival: departure = max(arrival, departure before) + service. An event that finds the queue
full is dropped and counted. For any link and at any time arrived = delivered + queued + dropped.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import inlined, merged

BINS_A_DECADE, DECADES, FASTEST = 20, 10, 1e-8
"""The histogram of latencies: 10 ns to 100 s."""


class Router(NamedTuple):
    """The [router] section of a spiking chip's card."""

    hop: Annotated[float, "s"]
    """Time a link takes for an event: the inverse of its bandwidth."""
    depth: Annotated[float, "1"]
    """Events a queue holds, that in service among them."""


class Links(NamedTuple):
    """Queues and counts of all links: a ring of `depth` places a link."""

    departure: NDArray[np.float64]
    """(links, depth): seconds."""
    born: NDArray[np.float64]
    """(links, depth): when the event left its source [s]."""
    address: NDArray[np.int64]
    """(links, depth)."""
    head: NDArray[np.int64]
    queued: NDArray[np.int64]
    free: NDArray[np.float64]
    """When each link has carried all that is queued [s]."""
    arrived: NDArray[np.int64]
    delivered: NDArray[np.int64]
    dropped: NDArray[np.int64]
    longest: NDArray[np.int64]
    """The most events that were ever queued."""
    latency: NDArray[np.int64]
    """(links, bins): delivered events by their time from source to tile."""


def links(count: int, depth: int) -> Links:
    """Empty queues."""

    def zeros(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, np.int64)

    return Links(
        departure=np.zeros((count, depth)),
        born=np.zeros((count, depth)),
        address=zeros(count, depth),
        head=zeros(count),
        queued=zeros(count),
        free=np.zeros(count),
        arrived=zeros(count),
        delivered=zeros(count),
        dropped=zeros(count),
        longest=zeros(count),
        latency=zeros(count, BINS_A_DECADE * DECADES),
    )


@merged
def send(links, link, t, address, service):
    """An event arrives at a link at `t` [s]; it takes `service` [s] to be carried, and is dropped where the queue is full."""
    depth = links.departure.shape[1]
    links.arrived[link] += 1
    if links.queued[link] == depth:
        links.dropped[link] += 1
        return
    place = (links.head[link] + links.queued[link]) % depth
    links.free[link] = max(t, links.free[link]) + service
    links.departure[link, place], links.born[link, place], links.address[link, place] = links.free[link], t, address
    links.queued[link] += 1
    links.longest[link] = max(links.longest[link], links.queued[link])


@inlined
def next_departure(links, link):
    """When the first event in the queue is delivered [s]; infinite if there is none."""
    return links.departure[link, links.head[link]] if links.queued[link] else np.inf


@merged
def deliver(links, link):
    """Take the first event off the queue; returns its address."""
    place = links.head[link]
    delay = links.departure[link, place] - links.born[link, place]
    links.latency[link, bin_of(delay)] += 1
    links.head[link] = (place + 1) % links.departure.shape[1]
    links.queued[link] -= 1
    links.delivered[link] += 1
    return links.address[link, place]


@merged
def hold(links, link, t, seconds):
    """The tile behind a link is busy for `seconds` from `t` on: everything queued, and the link, waits."""
    depth = links.departure.shape[1]
    for k in range(links.queued[link]):
        links.departure[link, (links.head[link] + k) % depth] += seconds
    links.free[link] = max(links.free[link], t) + seconds


@inlined
def bin_of(seconds):
    """Place of a latency in the histogram."""
    return min(max(int(BINS_A_DECADE * np.log10(max(seconds, FASTEST) / FASTEST)), 0), BINS_A_DECADE * DECADES - 1)


def latencies(counts: NDArray[np.int64], shares: tuple[float, ...]) -> list[float]:
    """Upper edges [s] of the bins in which the quantiles `shares` of a histogram lie; NaN of an empty one."""
    if counts.sum() == 0:
        return [float("nan")] * len(shares)
    places = np.searchsorted(np.cumsum(counts), np.array(shares) * counts.sum(), side="left")
    return [float(FASTEST * 10 ** ((place + 1) / BINS_A_DECADE)) for place in places]
