"""A chip at both levels: the same weights, devices and draws, neurons from event to event and with all equations of their devices."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ferrion.circuits.neuron import Level
from ferrion.core.ledger import Action
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.spiking import answers_to
from ferrion.workloads.spiking_account import since, spent


def both_levels(ready: Callable[[Level], SpikingNetwork], events: EventSet, test: Samples) -> dict[str, Any]:
    """What new chips, `ready` at a level, say to `test`: shares right, joules and spikes of each level, latencies of the device level, and how often both say the same."""
    found: dict[str, Any] = {"samples": len(test)}
    decided = {}
    for level in Level:
        network = ready(level)
        before = spent(network)
        answers = answers_to(network, events, test)
        decided[level] = np.array([own.decided for own in answers])
        seconds = [own.seconds for own in answers if own.decided >= 0]
        found[level.value] = {
            "accuracy": float((decided[level] == test.labels).mean()),
            "joules": sum(since(before, network, len(test)).values()),
            "spikes": float(np.mean([own.spikes for own in answers])),
            "seconds": [float(np.quantile(seconds, share)) if seconds else None for share in (0.5, 0.99)],
            "joules_a_spike": spent(network).get(Action.ION_SPIKE.value, 0.0) / max(int(network.state.somata.firings.sum()), 1),
        }
    return {**found, "same": float((decided[Level.DEVICE] == decided[Level.EVENT]).mean())}
