"""What those that learn on take to decide, and what has left by then."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.chip.outlet import Outlet
from ferrion.learning.model_costs import clear
from ferrion.pilots.array_costs import costs, decided, on_parts
from ferrion.pilots.learners import Learner
from ferrion.workloads.changing import Stage
from ferrion.workloads.digital.costs import as_bytes, held, joules, known, sent, size
from ferrion.workloads.digital.network import IntegerNet

SEEN = 200
"""Test samples of a stage over which products and bytes are counted."""


def asked(own: Learner, stages: list[Stage]) -> dict[str, Any]:
    """What a decision takes, by those on the tests of all stages; and what has left by then."""
    clear(own.model)
    outlet = Outlet()
    for stage in stages:
        outlet.tell(own.decide(stage.test_inputs))
    return {**decided(costs(own.model), sum(len(stage.test_labels) for stage in stages)), **outlet.leaving(own.learned)}


def int8_numbers(net: IntegerNet, learned: NDArray[np.float32], stages: list[Stage]) -> dict[str, Any]:
    """The same of an integer network, after what it `learned` has left."""
    inputs = np.concatenate([stage.test_inputs[:SEEN] for stage in stages])
    taken, prices, outlet = size(net, inputs), Chip.from_card("leti-2025").prices, Outlet()
    outlet.lend(as_bytes(learned))
    outlet.tell(net.decide(inputs))
    return {"joules": joules(taken, prices), **held(taken.memory), **known(prices), **sent(outlet, len(learned)), **on_parts(taken.products)}
