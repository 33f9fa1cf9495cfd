"""One cell of a spiking chip at the device level."""

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError, DataError
from ferrion.learning.spiking.closer import closer
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Balance, Stdp

UNTIL = 0.05
CHIP = SpikingChip.from_card()


def network(**given):
    """Eight cells above their threshold and four behind them."""
    made = SpikingNetwork(CHIP, Wiring(inputs=50, cells=(8, 4), swing=(0.15, 0.2)), seed=3, **given)
    made.program([np.full((50, 8), 0.3), np.full((8, 4), 0.5)])
    return made


def events():
    rng = np.random.default_rng(1)
    return np.sort(rng.uniform(0.0, UNTIL, 1000)), rng.integers(0, 50, 1000)


@pytest.mark.parametrize(("population", "cell"), [(0, 0), (0, 1), (0, 5), (1, 2)])
def test_a_cell_fires_at_the_device_level_when_it_did_on_the_chip(population, cell):
    """Its device's threshold and its draws are its own. What is left: the drive's steps of 10 us, and a spike that falls before or after a jump of the node."""
    found = closer(network(), *events(), UNTIL, population, cell)
    chip, device = found.event_spike.values, found.spike_time.values[0]
    assert chip.size >= 10
    assert device.size == pytest.approx(chip.size, rel=0.02, abs=1)
    both = min(chip.size, device.size)
    away = np.abs(np.diff(device[:both]) / np.diff(chip[:both]) - 1.0)
    assert np.median(away) < 0.005
    assert away.max() < 0.15


def test_a_device_with_another_threshold_would_be_told():
    """Cell 1 under the same voltage, with the draws it had and the card's own device, fires otherwise."""
    found = closer(network(), *events(), UNTIL, 0, 1)
    other = CHIP.neuron.run(found.v_in.values, 1e-5, first=1, seed=3, alike=True).spike_time.values[0]
    both = min(other.size, found.event_spike.size)
    assert np.median(np.abs(np.diff(other[:both]) / np.diff(found.event_spike.values[:both]) - 1.0)) > 0.01


def test_the_devices_energy_is_conserved():
    """What the source gives is turned to heat in the device and the control branch, up to the gate's charge."""
    found = closer(network(), *events(), UNTIL, 0, 1)
    given, lost = float(found.e_source.sum()), float(found.e_memristor.sum() + found.e_control.sum())
    gate = 0.5 * CHIP.neuron.gate.c_gate * float(found.v_in.max()) ** 2
    assert given - lost == pytest.approx(0.0, abs=gate)
    assert given > 10 * gate


def test_the_chip_does_what_it_does_without_being_watched():
    """Every event counts, those after the middle of the last step too."""
    times, rows = events()
    times[-1] = UNTIL
    one, other = network(), network()
    plain = one.run(times, rows, UNTIL)
    found = closer(other, times, rows, UNTIL, 0, 1)
    np.testing.assert_array_equal(other.state.links.arrived, one.state.links.arrived)
    assert other.now == one.now
    np.testing.assert_array_equal(found.event_spike.values, plain.time[(plain.population == 0) & (plain.cell == 1)])


def test_what_cannot_be_looked_at_is_said():
    with pytest.raises(ConfigError, match=r"cell 8 of population 0: the populations have \(8, 4\) cells"):
        closer(network(), *events(), UNTIL, 0, 8)
    with pytest.raises(ConfigError, match="give a step above 0"):
        closer(network(), *events(), UNTIL, 0, 0, dt=0.0)
    with pytest.raises(ConfigError, match="homeostasis moves the thresholds"):
        closer(network(rule=Stdp(), balance=Balance(homeostasis=1e-3)), *events(), UNTIL, 0, 0)
    times, rows = events()
    for wrong in (times[::-1], times[:-1], np.full(times.size, np.nan)):
        with pytest.raises(DataError, match=r"sort the events|one address an event|NaN"):
            closer(network(), wrong, rows, UNTIL, 0, 0)
    with pytest.raises(DataError, match="to `until`"):
        closer(network(), times, rows, UNTIL / 2, 0, 0)
    ran = network()
    ran.run(*events(), UNTIL)
    with pytest.raises(ConfigError, match="have a past"):
        closer(ran, *events(), UNTIL, 0, 0)
    for first in (-1, 0.5, float("nan"), 2**40):
        with pytest.raises(ConfigError, match=r"first = .*give an integer"):
            CHIP.neuron.run(np.ones(10), 1e-5, first=first)


def test_cells_run_by_number_are_those_of_the_whole():
    drive = np.full(2000, 1.2)
    whole = CHIP.neuron.run(drive, 1e-5, count=4, seed=2)
    part = CHIP.neuron.run(drive, 1e-5, count=2, first=2, seed=2)
    for k in range(2):
        np.testing.assert_array_equal(part.v_gate.values[k], whole.v_gate.values[2 + k])
