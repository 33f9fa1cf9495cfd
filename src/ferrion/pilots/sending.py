"""What leaves a chip of recordings to be learned elsewhere, or is kept on it for further passes: events as EVT 2.0 has them, or the inputs of a network, a byte each."""

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.workloads.digital.costs import sent
from ferrion.workloads.event_sets import Samples
from ferrion.workloads.streams.evt import write_evt2
from ferrion.workloads.streams.feed import MICROSECOND

COORDINATE = 11
"""Bits of one of the two coordinates that a row is cut into."""


def as_events(samples: Samples) -> NDArray[np.uint8]:
    """Bytes of all recordings: a word an event, and one for every 64 us in which there is one."""
    written = []
    for k in range(len(samples)):
        times, rows = samples.events(k)
        written.append(write_evt2(np.rint(times / MICROSECOND).astype(np.int64), rows % (1 << COORDINATE), rows >> COORDINATE, np.zeros_like(rows)))
    return np.frombuffer(b"".join(written), np.uint8)


def example_bytes(samples: Samples, inputs: float = np.inf) -> float:
    """Bytes that hold a recording, on average: its events, or so many inputs of a byte, whichever are fewer."""
    return min(as_events(samples).nbytes / len(samples), inputs)


def events_sent(samples: Samples) -> dict[str, float]:
    """What leaves of a recording from which a spiking net is trained elsewhere, which needs its events: bytes, and the joules of a radio."""
    outlet = Outlet()
    outlet.lend(as_events(samples))
    return sent(outlet, len(samples))
