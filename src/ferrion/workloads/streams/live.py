"""A network for a stream, and what became of the stream."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import DataError
from ferrion.learning.spiking.budget import ledger_of, traffic
from ferrion.learning.spiking.network import Fired, SpikingNetwork, Wiring
from ferrion.learning.spiking.parts import parts
from ferrion.learning.spiking.rules import Balance, Stdp
from ferrion.workloads.streams.feed import Fed, Sensor, feed
from ferrion.workloads.streams.source import TCP, events_from

LIVE = "stream.safetensors"
RULE, INHIBITION = Stdp(a_plus=2e-3, a_minus=1e-3), 0.5
"""Amplitudes as shares of the full scale; volts."""


def network_for(chip: SpikingChip, sensor: Sensor, cells: int, swing: float, learn: bool, seed: int) -> SpikingNetwork:
    """One tile of the sensor's rows by `cells` neurons; with pair STDP and inhibition between them if it is to learn. Raises ConfigError as `Wiring`."""
    wiring = Wiring(inputs=sensor.rows, cells=(cells,), swing=(swing,))
    return SpikingNetwork(chip, wiring, rule=RULE if learn else None, balance=Balance(inhibition=INHIBITION if learn else 0.0), seed=seed)


def run_stream(
    network: SpikingNetwork, source: str, sensor: Sensor, learn: bool, silence: float, keep: Path | None, told: Callable[[Fed], None]
) -> tuple[dict[str, Any], DataError | None]:
    """Feed `source` to the network; what became of it, and the error that it broke with, if it did. Raises as `feed` and `events_from` where nothing was taken."""
    heard, broke = list[Fed](), None

    def hear(_fired: Fired, fed: Fed) -> None:
        heard[:] = [fed]
        told(fed)

    try:
        feed(network, events_from(source, silence), sensor, learn=learn, keep=keep, anew=not source.startswith(TCP), hear=hear)
    except DataError as problem:
        if not heard:
            raise
        broke = problem
    return became(network, heard[0]), broke


def became(network: SpikingNetwork, fed: Fed) -> dict[str, Any]:
    """Counts, latency [s], joules, and the budget by part."""
    link = traffic(network)[0]
    return {
        "events": fed.events,
        "delivered": link.delivered,
        "queued": link.queued,
        "dropped": link.dropped,
        "late": fed.late,
        "outside": fed.outside,
        "clock_resets": fed.resets,
        "spikes": fed.spikes,
        "seconds": network.now,
        "latency_s": {share: value if link.delivered else None for share, value in zip(("median", "99 %", "worst"), link.seconds, strict=True)},
        "joules": network.chip.memory.prices.joules(ledger_of(network)),
        "parts": [part._asdict() for part in parts(network)],
        "fecap_writes": int(network.state.counts.fecap_writes.sum()),
    }
