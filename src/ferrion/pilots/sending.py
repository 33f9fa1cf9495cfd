"""What leaves a chip of recordings to be learned elsewhere, or is kept on it for further passes: events, or the inputs of a network, a byte each."""

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.workloads.digital.costs import sent
from ferrion.workloads.event_sets import Samples
from ferrion.workloads.streams.feed import MICROSECOND


def as_events(samples: Samples) -> NDArray[np.unsignedinteger]:
    """A word an event, its row above the microseconds since its recording began: of 32 bits where both fit, as they do in all of our sets, otherwise of 64."""
    times = np.rint(samples.times / MICROSECOND).astype(np.uint64)
    width = int(times.max(initial=0)).bit_length()
    words = samples.rows.astype(np.uint64) << np.uint64(width) | times
    return words.astype(np.uint32) if int(words.max(initial=0)) < 1 << 32 else words


def example_bytes(samples: Samples, inputs: float = np.inf) -> float:
    """Bytes that hold a recording, on average: its events, or so many inputs of a byte, whichever are fewer."""
    return min(as_events(samples).nbytes / len(samples), inputs)


def events_sent(samples: Samples) -> dict[str, float]:
    """What leaves of a recording from which a spiking net is trained elsewhere, which needs its events: bytes, and the joules of a radio."""
    outlet = Outlet()
    outlet.lend(as_events(samples))
    return sent(outlet, len(samples))
