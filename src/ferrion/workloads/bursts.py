"""Latency, losses and energy of the spiking chip under Poisson, bursty and recorded streams, from idle to beyond saturation."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.router import latencies
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.coding import Events
from ferrion.core.noise import Stream, uniforms
from ferrion.core.progress import Tell
from ferrion.learning.spiking.budget import QUANTILES, ledger_of
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Stdp
from ferrion.workloads.data import find
from ferrion.workloads.over_seeds import row

ROWS, CELLS, SWING = 1000, 64, 0.2
"""So that cells fire from some ten thousand events a second on."""
RATES = (1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7)
"""Events a second."""
FASTER = (1.0, 10.0, 100.0, 1000.0)
"""How many times faster than it was recorded a recording is played."""
COUNT, LONG = 20_000, 0.1
"""Events of each run, or as many as come in so many seconds, if those are more: nodes need some tens of milliseconds."""
GESTURES = 10
"""In the recording."""
DUTY, BURST = 0.1, 50
"""A bursty stream speaks a tenth of the time, ten times as fast, in bursts of so many events on average."""
LOST = 0.01
"""Share of dropped events above which the chip counts as saturated."""


TOLD = {
    "median": "seconds, median",
    "late": "seconds, 99 %",
    "worst": "seconds, worst",
    "dropped": "share dropped",
    "joules": "joules an event",
    "answered": "seconds from the first event to a cell's first spike, median of the cells that fired",
    "fired": "share of cells that fired",
    "spikes": "spikes a cell and second",
    "rewritten": "pairs of memristors rewritten, an event delivered",
}


class Load(NamedTuple):
    """One stream through one chip."""

    stream: str
    learning: bool
    rate: float
    """Events a second."""
    median: float
    """Latency from source to tile [s], and its 99th percentile and worst."""
    late: float
    worst: float
    dropped: float
    """Share."""
    joules: float
    """An event delivered."""
    answered: float | None
    """From the first event to the first spike of a cell, median of those that fired before the stream ended [s]."""
    fired: float
    """Their share."""
    spikes: float
    """A cell and second."""
    rewritten: float
    """Pairs of memristors, an event delivered."""


def events_at(rate: float) -> int:
    """How many are run."""
    return max(COUNT, round(LONG * rate))


def poisson(rate: float, seed: int, count: int) -> Events:
    """Independent events."""
    gaps = -np.log(uniforms(seed, Stream.ENCODER, 2, count)) / rate
    return Events(np.cumsum(gaps), _rows(seed, count))


def bursty(rate: float, seed: int, count: int) -> Events:
    """The same mean rate, in bursts of a geometric number of events at rate / DUTY with silences between them."""
    gaps = -np.log(uniforms(seed, Stream.ENCODER, 2, count)) * DUTY / rate
    ends = uniforms(seed, Stream.ENCODER, 4, count) < 1.0 / BURST
    silences = -np.log(uniforms(seed, Stream.ENCODER, 5, count)) * BURST * (1.0 - DUTY) / rate
    return Events(np.cumsum(gaps + ends * silences), _rows(seed, count))


def recorded(faster: float) -> Events:
    """A hand gesture of dvs128_samples, 12 by 12 pixels a row, `faster` times as fast, again and again for a tenth of a second."""
    seconds, x, y, p = _gesture(0)
    again = int(np.ceil(LONG * faster / seconds[-1]))
    times = (np.arange(again)[:, None] * (seconds[-1] + np.diff(seconds).mean()) + seconds).ravel() / faster
    count = max(COUNT, int(np.searchsorted(times, LONG)))
    return Events(times[:count], np.tile((p * 11 + y // 12) * 11 + x // 12, again)[:count])


def replayed(rate: float, seed: int, count: int) -> Events:
    """The moments of one of its ten hand gestures, from a moment on that is drawn, again and again, as fast as gives that mean rate."""
    which, start = uniforms(seed, Stream.ENCODER, 6, 2)
    seconds = _moments(int(which * GESTURES))
    gaps = np.take(np.diff(seconds), int(start * len(seconds)) + np.arange(count), mode="wrap")
    return Events(np.cumsum(gaps) * (len(seconds) - 1) / (rate * seconds[-1]), _rows(seed, count))


@cache
def _moments(k: int) -> NDArray[np.float64]:
    return _gesture(k)[0]


def _gesture(k: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Seconds from its first event on, x, y and polarity of each."""
    with np.load(find("dvs128_samples", ("dvs128_recordings.npz",)) / "dvs128_recordings.npz", allow_pickle=False) as file:
        own = slice(*file["offset"][k : k + 2])
        t, x, y, p = (file[key][own].astype(np.int64) for key in ("t_us", "x", "y", "p"))
    return (t - t[0]) * 1e-6, x, y, p


def _rows(seed: int, count: int) -> NDArray[np.int64]:
    return (uniforms(seed, Stream.ENCODER, 3, count) * ROWS).astype(np.int64)


def load(stream: str, events: Events, learning: bool, seed: int) -> Load:
    """Run one stream on a fresh chip."""
    chip = SpikingChip.from_card()
    network = SpikingNetwork(chip, Wiring(inputs=ROWS, cells=(CELLS,), swing=(SWING,)), rule=Stdp(a_plus=1e-3, a_minus=1e-3), seed=seed)
    programmed = network.state.synapses.programmed
    before, factory = chip.memory.prices.joules(ledger_of(network)), programmed.sum()
    fired = network.run(events.times, events.rows, float(events.times[-1]), learn=learning)
    links, lasted = network.state.links, float(events.times[-1] - events.times[0])
    first = [float(fired.time[fired.cell == cell].min() - events.times[0]) for cell in np.unique(fired.cell)]
    delivered = max(int(links.delivered[0]), 1)
    median, late, worst = latencies(links.latency[0], QUANTILES)
    return Load(
        stream,
        learning,
        rate=len(events.times) / lasted,
        median=median,
        late=late,
        worst=worst,
        dropped=float(links.dropped[0] / links.arrived[0]),
        joules=(chip.memory.prices.joules(ledger_of(network)) - before) / delivered,
        answered=float(np.median(first)) if first else None,
        fired=len(first) / CELLS,
        spikes=len(fired.time) / CELLS / lasted,
        rewritten=float(programmed.sum() - factory) / delivered,
    )


def loads(seed: int, short: bool, tell: Tell) -> list[Load]:
    """Every stream, learning and not, at all rates, or at every third. Raises MissingDataError without the recording."""
    found = []
    for learning in (False, True):
        for stream, drawn in (("poisson", poisson), ("bursty", bursty)):
            tell(f"{stream}{', learning' if learning else ''}")
            found += [load(stream, drawn(rate, seed, events_at(rate)), learning, seed) for rate in RATES[:: 3 if short else 1]]
        tell(f"recorded{', learning' if learning else ''}")
        found += [load("recorded", recorded(faster), learning, seed) for faster in FASTER[:: 3 if short else 1]]
    return found


def saturation(found: list[Load], stream: str, learning: bool) -> float:
    """The highest rate [1/s] that was tried of a stream at which no more than `LOST` of the events are dropped; 0 if none."""
    return max((load.rate for load in found if load.stream == stream and load.learning == learning and load.dropped <= LOST), default=0.0)


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds: latencies, share dropped and energy of every stream and rate, then where each saturates."""
    rows = []
    for k, load in enumerate(runs[0]["rows"]):
        what = f"{_what(load)}, {load['rate']:.1g} events/s"
        rows += [row(f"{what}: {told}", [run["rows"][k][key] for run in runs]) for key, told in TOLD.items()]
    for k, load in enumerate(runs[0]["saturation"]):
        rows.append(row(f"{_what(load)}: highest rate tried with at most {100 * LOST:g} % dropped [events/s]", [run["saturation"][k]["events_per_s"] for run in runs]))
    return rows


def _what(load: dict[str, Any]) -> str:
    return f"{load['stream']}{', learning' if load['learning'] else ''}"


def summary(found: list[Load]) -> dict[str, Any]:
    """Rows for result.json, and the saturation of every stream."""
    streams = dict.fromkeys((load.stream, load.learning) for load in found)
    return {
        "rows": [load._asdict() for load in found],
        "saturation": [{"stream": stream, "learning": learning, "events_per_s": saturation(found, stream, learning)} for stream, learning in streams],
    }
