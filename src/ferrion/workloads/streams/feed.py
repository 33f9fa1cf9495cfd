"""A stream into a spiking chip: in bounded memory, with every event taken or counted, and resumed where it was killed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import CheckpointError, ConfigError
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.network import Fired, SpikingNetwork
from ferrion.workloads.streams.block import marked, skipped

MICROSECOND = 1e-6
RESET = 1.0
"""Seconds: a fall of the time stamps by more than this is a clock that began anew, and time goes on from where it was; a smaller one is a late event."""
TAIL = 0.1
"""Seconds the chip runs on after the last event."""
KEEP_EVERY, KEEP_LIVE = 10_000_000, 100_000
"""Events after which the state is kept: of a stream that can be given again, and of one that cannot."""


@dataclass(frozen=True)
class Sensor:
    """A camera whose pixels are rows of the chip: both polarities, `pool` by `pool` pixels on one row."""

    width: int
    height: int
    pool: int = 1

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.pool) < 1:
            raise ConfigError(f"a sensor of {self.width} x {self.height}, pool = {self.pool}: give 1 or more of each")

    @property
    def across(self) -> int:
        """Pools side by side."""
        return -(-self.width // self.pool)

    @property
    def rows(self) -> int:
        """Of the chip that it needs."""
        return 2 * self.across * -(-self.height // self.pool)

    def of(self, events: NDArray[Any]) -> NDArray[np.int64]:
        """Rows of events; -1 where a pixel lies outside the sensor."""
        x, y, p = events["x"].astype(np.int64), events["y"].astype(np.int64), events["p"].astype(np.int64)
        inside, p = (x < self.width) & (y < self.height), np.minimum(p, 1)
        half = self.rows // 2
        return np.where(inside, p * half + y // self.pool * self.across + x // self.pool, -1)

    def fits(self, inputs: int) -> None:
        """Raises ConfigError with the pool that would fit where a chip of `inputs` rows is too small."""
        if self.rows > inputs:
            pool = next(n for n in range(self.pool, max(self.width, self.height) + 1) if Sensor(self.width, self.height, n).rows <= max(inputs, 2))
            raise ConfigError(f"a sensor of {self.width} x {self.height} pixels needs {self.rows} rows, the chip has {inputs}: give pool={pool}, or inputs={self.rows}")


class Fed(NamedTuple):
    """What became of a stream: events = delivered to the router + late + outside."""

    events: int
    """Read of the stream."""
    late: int
    """Came after a later one and were dropped."""
    outside: int
    """Outside the sensor, and dropped."""
    resets: int
    """Times the clock of the stream began anew."""
    spikes: int
    base: int
    """Time [us] of the stream at the chip's time 0."""
    latest: int
    """Latest time of the stream [us], as its clock now counts."""
    previous: int
    """Time [us] of the last event read."""
    mark: int
    """Checksum of the events read."""


FRESH = Fed(0, 0, 0, 0, 0, 0, 0, 0, 0)


def feed(
    network: SpikingNetwork,
    blocks: Iterable[NDArray[Any]],
    sensor: Sensor,
    *,
    learn: bool = False,
    keep: Path | None = None,
    anew: bool = True,
    keep_every: int | None = None,
    hear: Callable[[Fired, Fed], None] = lambda *_: None,
) -> Fed:
    """Run `network` on all of `blocks`; `hear` is given the spikes of each. keep: a file that holds the state every `keep_every` events (None: `KEEP_EVERY`, or `KEEP_LIVE`);
    a run that finds it goes on bit by bit.
    anew: whether `blocks` then begin where the stream began, as a file does, so that what was taken is passed over; a socket goes on with what comes next, and all of it is taken.

    Raises what the stream raises, after the state is kept, so that nothing taken is lost; a stop inside a block leaves what was kept before.
    CheckpointError for a state kept with another sensor, DataError for another stream.
    """
    sensor.fits(network.wiring.inputs)
    how = np.array([sensor.width, sensor.height, sensor.pool, int(learn)])
    fed = _resumed(network, keep, how) if keep and keep.is_file() else FRESH
    kept, whole, often = fed.events, True, keep_every or (KEEP_EVERY if anew else KEEP_LIVE)
    try:
        for events in skipped(blocks, fed.events, fed.mark) if anew and fed.events else blocks:
            whole = False
            fed, fired = _taken(network, events, sensor, learn, fed)
            whole = True
            hear(fired, fed)
            if keep and fed.events - kept >= often:
                save(network, keep, fed=np.array(fed), how=how)
                kept = fed.events
    finally:
        if keep and whole and fed.events > kept:
            save(network, keep, fed=np.array(fed), how=how)
    last = network.run([], np.empty(0, np.int64), network.now + TAIL, learn=learn)
    fed = fed._replace(spikes=fed.spikes + len(last.time))
    hear(last, fed)
    return fed


def _resumed(network: SpikingNetwork, keep: Path, how: NDArray[np.int64]) -> Fed:
    """Where the kept run of the same sensor stood."""
    beside = restore(network, keep)
    if not np.array_equal(beside["how"], how):
        raise CheckpointError(f"{keep} was kept with width, height, pool, learn = {beside['how'].tolist()}, not {how.tolist()}: give the same, or delete it")
    return Fed(*(int(v) for v in beside["fed"]))


def _taken(network: SpikingNetwork, events: NDArray[Any], sensor: Sensor, learn: bool, fed: Fed) -> tuple[Fed, Fired]:
    """One block: ordered, addressed, run."""
    if not len(events):
        return fed, network.run([], np.empty(0, np.int64), network.now)
    t, rows = events["t"].astype(np.int64), sensor.of(events)
    if fed.events == 0:
        first = int(t[0])
        fed = fed._replace(base=first - round(network.now / MICROSECOND), latest=first, previous=first)
    falls = np.diff(t, prepend=fed.previous)
    resets = falls < -RESET / MICROSECOND
    shift = _shifts(t, resets, fed.latest)
    going_on = t + shift
    reached = np.maximum(np.maximum.accumulate(going_on), fed.latest)
    late, inside = going_on < reached, rows >= 0
    good = inside & ~late
    at = np.maximum((going_on[good] - fed.base) * MICROSECOND, network.now)
    fired = network.run(at, rows[good], float(at[-1]) if at.size else network.now, learn=learn)
    moved = int(shift[-1])
    told = Fed(
        events=fed.events + t.size,
        late=fed.late + int((late & inside).sum()),
        outside=fed.outside + int((~inside).sum()),
        resets=fed.resets + int(resets.sum()),
        spikes=fed.spikes + len(fired.time),
        base=fed.base - moved,
        latest=int(reached[-1]) - moved,
        previous=int(t[-1]),
        mark=marked(events, fed.mark),
    )
    return told, fired


def _shifts(t: NDArray[np.int64], resets: NDArray[np.bool_], latest: int) -> NDArray[np.int64]:
    """What is added to each time so that a clock that began anew goes on from the latest time before."""
    shift, moved, start = np.zeros(t.size, np.int64), 0, 0
    for end in [*np.flatnonzero(resets).tolist(), t.size]:
        shift[start:end] = moved
        if end > start:
            latest = max(latest, int(t[start:end].max()) + moved)
        if end < t.size:
            moved, start = latest - int(t[end]), end
    return shift
