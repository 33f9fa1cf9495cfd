"""A chip whose neurons are stepped with all equations of their devices."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.firing import CLOCK, CONTROL, DEVICE, GATE, LOAD, REMNANT, RESIDUE, SOURCE, SUPPLY
from ferrion.circuits.neuron import Level
from ferrion.circuits.soma import advance_cell, at_rest, charge, look
from ferrion.circuits.soma_device import AGE, CONDUCTS, FORMED, undisturbed
from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.closer import closer
from ferrion.learning.spiking.network import Fired, SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Balance, Stdp
from ferrion.workloads.spiking import settle

CHIP = SpikingChip.from_card()
WIRING = Wiring(inputs=20, cells=(16, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0))
SECONDS = 0.3
EVENTS = 20_000


def network(level: Level, seed: int = 1) -> SpikingNetwork:
    """Every synapse excites."""
    net, rng = SpikingNetwork(CHIP, WIRING, seed=seed, level=level), np.random.default_rng(5)
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
    states, gate = net.state.devices.states, net.chip.neuron.gate
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


def test_rest_leaves_nothing_but_joules_clocks_and_draws() -> None:
    """In the middle of filaments, too: what was in gates, residues, remnants and filaments is gone, and nobody fires afterwards."""
    net = network(Level.DEVICE)
    ran(net)
    settle(net)
    before = net.state.devices.states.copy()
    assert net.state.devices.filaments[:, CONDUCTS].any() or before[:, REMNANT].any()
    net.rest()
    states, lines, _ = net.state.devices
    assert not states[:, [GATE, RESIDUE, REMNANT]].any()
    assert not lines[:, [CONDUCTS, AGE, FORMED]].any()
    np.testing.assert_array_equal(states[:, CLOCK:], before[:, CLOCK:])
    assert len(net.run([], np.empty(0, np.int64), net.now + 1.0).time) == 0


@pytest.mark.parametrize("t_dissolve", [1e-7, 1e-4], ids=["as measured", "a thousand times slower"])
def test_nobody_is_looked_at_after_he_should_have_fired(t_dissolve: float) -> None:
    """A node that is thrown about while filaments form, stand and fade: at every look and every event the clock has not passed its draw."""
    chip = SpikingChip.from_card()
    cell = chip.neuron.cell
    cell = cell._replace(memristor=cell.memristor._replace(t_dissolve=t_dissolve))
    rng, somata, devices = np.random.default_rng(0), at_rest(np.zeros(1), 3, True), undisturbed(1)
    steps = rng.exponential(2e-5, EVENTS)
    steps[::40] = 8e-3
    fired, seed = 0, np.uint64(3)
    for t, volts in zip(np.cumsum(steps), np.where(rng.random(EVENTS) < 0.5, -2.4, rng.uniform(0.3, 2.4, EVENTS)), strict=True):
        while somata.due[0] <= t:
            due, limit = somata.due[0], somata.limit[0]
            advance_cell(somata, devices, 0, due, chip.soma, cell)
            assert somata.clock[0] <= limit
            fired += look(somata, devices, 0, due, chip.soma, cell, seed, True)
        advance_cell(somata, devices, 0, t, chip.soma, cell)
        assert somata.clock[0] <= somata.limit[0]
        charge(somata, 0, t, chip.soma, cell, np.ones(1, np.float32), volts)
    assert fired > 300


def test_a_chip_may_be_as_old_as_it_likes() -> None:
    """Ten thousand days: steps of nanoseconds are counted from the last event and not from the first day."""
    old, new = network(Level.DEVICE), network(Level.DEVICE)
    old.run([], np.empty(0, np.int64), 864e6)
    old.rest()
    times, rows = events()
    late, early = old.run(864e6 + times, rows, 864e6 + SECONDS), ran(new)
    np.testing.assert_allclose(len(late.time), len(early.time), rtol=0.02)
    np.testing.assert_allclose(late.time[:3] - 864e6, early.time[:3], atol=1e-4)


@pytest.mark.parametrize("inhibition", [0.0, 0.3])
def test_cells_fire_in_the_order_of_time_and_learn(inhibition: float) -> None:
    """Under STDP, with and without inhibition, which moves nodes at once."""
    net = SpikingNetwork(CHIP, WIRING, rule=Stdp(a_plus=0.01, a_minus=0.01), balance=Balance(inhibition=inhibition), seed=2, level=Level.DEVICE)
    net.program([np.full((int(n), int(m)), 0.5) for n, m in zip(net.net.rows, net.net.columns, strict=True)])
    before = net.state.synapses.hidden.copy()
    fired = net.run(*events(), SECONDS, learn=True)
    assert net.state.somata.firings.sum() == len(fired.time) > 100
    assert (np.diff(fired.time) >= 0).all()
    assert (net.state.synapses.hidden != before).any()


def test_a_level_that_there_is_not_is_told() -> None:
    """The type forbids it, and whoever calls without a type checker has to be told all the same."""
    forbidden: Any = "spice"
    with pytest.raises(ConfigError, match=r"level = 'spice': give Level\.EVENT or Level\.DEVICE"):
        SpikingNetwork(CHIP, WIRING, level=forbidden)
