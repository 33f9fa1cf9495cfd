"""The budget by part adds up to the budget as a whole, and every action is some part's."""

import numpy as np
import pytest

from ferrion.chip.controller import Phase
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.firing import SOURCE
from ferrion.circuits.neuron import Level
from ferrion.core.ledger import Action
from ferrion.learning.spiking.budget import area, cmos, ledger_of
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.parts import CHARGED, converters, parts
from ferrion.learning.spiking.rules import Stdp, Teacher

CHIP = SpikingChip.from_card()


def network(rule: Stdp | Teacher | None, frozen: tuple[int, ...] = (2,)) -> SpikingNetwork:
    """Two populations and a loop, after 2,000 events."""
    net = SpikingNetwork(CHIP, Wiring(inputs=300, cells=(20, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0)), rule=rule, frozen=frozen)
    rng = np.random.default_rng(0)
    net.run(np.sort(rng.uniform(0.0, 0.5, 2000)), rng.integers(0, 300, 2000), 0.6, learn=rule is not None, label=1 if isinstance(rule, Teacher) else -1)
    return net


@pytest.mark.parametrize("rule", [None, Stdp(a_plus=0.01, a_minus=0.01), Teacher(rate=0.01, window=2.0)], ids=["none", "stdp", "teacher"])
def test_the_parts_add_up(rule: Stdp | Teacher | None) -> None:
    net = network(rule)
    found = parts(net)
    assert sum(part.joules for part in found) == pytest.approx(CHIP.memory.prices.joules(ledger_of(net)))
    assert sum(part.area for part in found) == pytest.approx(area(net) + cmos(net).area + converters(net))
    assert sum(part.leakage for part in found) == pytest.approx(cmos(net).leakage)


def test_every_action_of_a_spiking_chip_is_paid_once() -> None:
    """A digital product is the one action that it never takes."""
    paid = [action for actions in CHARGED.values() for action in actions]
    assert sorted(paid) == sorted(set(Action) - {Action.DIGITAL_MAC})


def test_time_of_work_by_hand() -> None:
    """Every event delivered takes a hop and a read of 100 ns; without learning nothing else takes time."""
    net = network(None)
    named, delivered = {part.part: part for part in parts(net)}, int(net.state.links.delivered.sum())
    assert named["router"].busy == pytest.approx(delivered * 1e-7)
    assert named["synapses"].busy == pytest.approx(delivered * 1e-7)
    assert net.state.controllers.busy[:, Phase.READ].sum() == pytest.approx(named["synapses"].busy)
    assert named["neurons"].busy is None


def test_converters_stand_where_errors_go_backwards() -> None:
    """20 rows of 4 columns are one array of 128 lines, eight converters of 0.01 mm2; where hidden cells do not learn, nobody converts."""
    assert converters(network(Teacher(rate=0.01, window=2.0))) == pytest.approx(8 * 0.01e-6)
    assert converters(network(Teacher(rate=0.01), frozen=(0, 2))) == 0.0
    assert converters(network(Stdp(a_plus=0.01))) == 0.0


def test_neurons_at_the_device_level_take_what_their_equations_took() -> None:
    net = SpikingNetwork(CHIP, Wiring(inputs=20, cells=(8,), swing=(0.5,)), level=Level.DEVICE)
    net.program([np.full((20, 8), 0.8)])
    rng = np.random.default_rng(0)
    net.run(np.sort(rng.uniform(0.0, 0.1, 200)), rng.integers(0, 20, 200), 0.1)
    assert net.state.devices is not None
    assert net.state.somata.firings.sum() > 0
    assert parts(net)[0].joules == pytest.approx(net.state.devices.states[:, SOURCE].sum())
