"""A stream into a spiking chip: in bounded memory, with every event taken or counted, and resumed where it was killed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.network import Fired, SpikingNetwork
from ferrion.workloads.streams.block import skipped

MICROSECOND = 1e-6
RESET = 1.0
"""Seconds: a fall of the time stamps by more than this is a clock that began anew, and time goes on from where it was; a smaller one is a late event."""
TAIL = 0.1
"""Seconds the chip runs on after the last event."""
KEEP_EVERY = 10_000_000


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
        inside = (x < self.width) & (y < self.height)
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
    """Latest time of the stream [us]."""


FRESH = Fed(0, 0, 0, 0, 0, 0, -1)


def feed(
    network: SpikingNetwork,
    blocks: Iterable[NDArray[Any]],
    sensor: Sensor,
    *,
    learn: bool = False,
    keep: Path | None = None,
    keep_every: int = KEEP_EVERY,
    hear: Callable[[Fired, Fed], None] = lambda *_: None,
) -> Fed:
    """Run `network` on all of `blocks`; `hear` is given the spikes of each. keep: a file that holds the state every `keep_every` events; a run that finds it goes on bit by bit.

    Raises what the stream raises, after the state is kept, so that nothing taken is lost.
    """
    sensor.fits(network.wiring.inputs)
    fed = Fed(*(int(v) for v in restore(network, keep)["fed"])) if keep and keep.is_file() else FRESH
    kept = fed.events
    try:
        for events in skipped(blocks, fed.events) if fed.events else blocks:
            fed, fired = _taken(network, events, sensor, learn, fed)
            hear(fired, fed)
            if keep and fed.events - kept >= keep_every:
                save(network, keep, {"fed": np.array(fed)})
                kept = fed.events
    finally:
        if keep and fed.events > kept:
            save(network, keep, {"fed": np.array(fed)})
    last = network.run([], np.empty(0, np.int64), network.now + TAIL, learn=learn)
    fed = fed._replace(spikes=fed.spikes + len(last.time))
    hear(last, fed)
    return fed


def _taken(network: SpikingNetwork, events: NDArray[Any], sensor: Sensor, learn: bool, fed: Fed) -> tuple[Fed, Fired]:
    """One block: ordered, addressed, run."""
    t, rows = events["t"].astype(np.int64), sensor.of(events)
    first = fed.base if fed.latest >= 0 or not t.size else int(t[0])
    latest = fed.latest if fed.latest >= 0 else first
    falls = np.diff(t, prepend=latest)
    shift = np.cumsum(np.where(falls < -RESET / MICROSECOND, -falls, 0))
    going_on = t + shift
    reached = np.maximum.accumulate(going_on) if t.size else going_on
    late = going_on < np.maximum(reached, latest)
    inside = rows >= 0
    good = inside & ~late
    at = (going_on[good] - first) * MICROSECOND
    now = max(network.now, float(at[-1])) if at.size else network.now
    fired = network.run(np.maximum(at, network.now), rows[good], now, learn=learn)
    moved = int(shift[-1]) if t.size else 0
    fed = Fed(
        events=fed.events + t.size,
        late=fed.late + int((late & inside).sum()),
        outside=fed.outside + int((~inside).sum()),
        resets=fed.resets + int((falls < -RESET / MICROSECOND).sum()),
        spikes=fed.spikes + len(fired.time),
        base=first - moved,
        latest=(max(int(reached[-1]), latest) if t.size else fed.latest) - moved,
    )
    return fed, fired
