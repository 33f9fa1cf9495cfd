"""A chip whose neurons are stepped with all equations of their devices."""

from pathlib import Path

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.firing import CONTROL, DEVICE, GATE, LOAD, SOURCE, SUPPLY
from ferrion.circuits.neuron import Level
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.closer import closer
from ferrion.learning.spiking.network import Fired, SpikingNetwork, Wiring

WIRING = Wiring(inputs=20, cells=(16, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0))
SECONDS = 0.3


def network(level: Level, seed: int = 1) -> SpikingNetwork:
    """Every synapse excites."""
    net, rng = SpikingNetwork(SpikingChip.from_card(), WIRING, seed=seed, level=level), np.random.default_rng(5)
    net.program([rng.uniform(0.0, 0.8, (int(n), int(m))) for n, m in zip(net.net.rows, net.net.columns, strict=True)])
    return net


def events(count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return np.sort(rng.uniform(0.0, SECONDS, count)), rng.integers(0, 20, count)


def ran(net: SpikingNetwork) -> Fired:
    return net.run(*events(), SECONDS)


def test_a_cell_on_the_chip_is_the_neuron_under_its_nodes_voltage() -> None:
    """`Neuron.run` at its finer tolerance; the node is handed on in steps of 10 us, and an event moves it by some 0.1 V within one."""
    found = closer(network(Level.DEVICE), *events(), SECONDS, population=0, cell=3, dt=1e-5)
    alone, chip = found.spike_time.values[0], found.event_spike.values
    assert len(chip) > 50
    assert abs(alone.size - chip.size) <= 1
    count = min(alone.size, chip.size)
    assert np.quantile(np.abs(alone[:count] - chip[:count]), 0.9) < 3e-5


def test_what_the_node_gives_is_heat_or_charge_of_the_gate() -> None:
    net = network(Level.DEVICE)
    ran(net)
    states, gate = net.state.somata.states, net.chip.neuron.gate
    held = 0.5 * gate.c_gate * states[:, GATE] ** 2
    np.testing.assert_allclose(states[:, SOURCE], states[:, DEVICE] + states[:, CONTROL] + held, rtol=1e-3)
    assert (states[:, SUPPLY] >= states[:, LOAD]).all()


def test_both_levels_tell_the_same() -> None:
    """Same draws, so the first spikes are the same ones, within a tenth of a millisecond; and as many in all, within three standard deviations of Poisson counts."""
    event, device = ran(network(Level.EVENT)), ran(network(Level.DEVICE))
    np.testing.assert_array_equal(event.cell[:3], device.cell[:3])
    np.testing.assert_allclose(event.time[:3], device.time[:3], atol=1e-4)
    assert abs(len(event.time) - len(device.time)) < 3.0 * np.sqrt(2.0 * len(event.time))


def test_a_run_in_two_parts_through_a_file_is_the_run_in_one(tmp_path: Path) -> None:
    times, rows = events()
    whole, half = ran(network(Level.DEVICE)), network(Level.DEVICE)
    now = times < SECONDS / 2
    first = half.run(times[now], rows[now], SECONDS / 2)
    save(half, tmp_path / "chip.safetensors")
    later = network(Level.DEVICE)
    restore(later, tmp_path / "chip.safetensors")
    second = later.run(times[~now], rows[~now], SECONDS)
    np.testing.assert_array_equal(np.r_[first.time, second.time], whole.time)


def test_rest_leaves_nothing_but_joules() -> None:
    """After a rest a device answers as a new one, its later draws aside."""
    net = network(Level.DEVICE)
    ran(net)
    net.run([], np.empty(0, np.int64), SECONDS + 0.5)
    joules = net.state.somata.states[:, SOURCE].copy()
    net.rest()
    assert not net.state.somata.states[:, : GATE + 1].any()
    np.testing.assert_array_equal(net.state.somata.states[:, SOURCE], joules)
    quiet = net.run([], np.empty(0, np.int64), net.now + 1.0)
    assert len(quiet.time) == 0


@pytest.mark.parametrize("inhibition", [0.0, 0.3])
def test_filaments_are_counted_once(inhibition: float) -> None:
    from ferrion.learning.spiking.rules import Balance, Stdp

    net = SpikingNetwork(SpikingChip.from_card(), WIRING, rule=Stdp(a_plus=0.01, a_minus=0.01), balance=Balance(inhibition=inhibition), seed=2, level=Level.DEVICE)
    net.program([np.full((int(n), int(m)), 0.5) for n, m in zip(net.net.rows, net.net.columns, strict=True)])
    fired = net.run(*events(), SECONDS, learn=True)
    assert net.state.somata.firings.sum() == len(fired.time) > 100
    assert (np.diff(fired.time) >= 0).all()
