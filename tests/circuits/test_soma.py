"""Neurons behind leaky nodes against the event and the device level of one neuron under the same node voltage."""

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.drive import samples
from ferrion.circuits.neuron import Level
from ferrion.circuits.soma import advance, at_rest, charge, crossing, kept_after, look, rate_after

CHIP = SpikingChip.from_card()
DT = 2e-6


def events(seed, rate=2000.0, seconds=0.3):
    """Times and volts of a burst that brings the node to about a volt."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0.0, seconds, int(rate * seconds)))
    return times, rng.normal(0.027, 0.02, times.size)


def node_at(times, volts, t):
    """The node's voltage at t [s], range and leak as on the card."""
    u, before, found = 0.0, 0.0, np.empty(t.size)
    marks = np.searchsorted(times, t, side="right")
    done = 0
    for k, (moment, mark) in enumerate(zip(t, marks, strict=True)):
        for i in range(done, mark):
            u = np.clip(u * np.exp(-(times[i] - before) / CHIP.soma.tau) + volts[i], -CHIP.soma.v_max, CHIP.soma.v_max)
            before = times[i]
        done = mark
        found[k] = u * np.exp(-(moment - before) / CHIP.soma.tau)
    return found


def fire(times, volts, seed, noisy, until):
    """Spike times of cell 0, event by event."""
    somata, cell = at_rest(np.zeros(1), seed, noisy), CHIP.neuron.cell
    now, found = 0.0, []
    for t, v in [*zip(times, volts, strict=True), (until, 0.0)]:
        while somata.due[0] <= t:
            due = somata.due[0]
            if look(somata, None, 0, due, CHIP.soma, cell, np.uint64(seed), noisy):
                found.append(due)
        advance(somata, None, 0, 1, now, t, CHIP.soma, cell)
        now = t
        charge(somata, 0, t, CHIP.soma, cell, np.array([v], np.float32), 1.0)
    return np.array(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", [Level.EVENT, Level.DEVICE])
def test_spikes_are_those_of_one_neuron_under_the_same_node_voltage(seed, level):
    """Same draws. What is left: the drive's steps of 2 us, the creep through the open switch, and that the gate follows the node of the spike while the filament stands."""
    times, volts = events(seed)
    until = 0.1 if level is Level.DEVICE else 0.3
    keep = times < until
    mine = fire(times[keep], volts[keep], seed, True, until)
    node = node_at(times[keep], volts[keep], DT * np.arange(round(until / DT)))
    theirs = CHIP.neuron.fire(samples(node, DT), seed=seed, alike=True, level=level)[0]
    assert mine.size >= (3 if level is Level.EVENT else 1)
    assert mine.size == pytest.approx(theirs.size, rel=0.02, abs=1)
    both = min(mine.size, theirs.size, 20)
    np.testing.assert_allclose(mine[:both], theirs[:both], atol=1e-4)


def test_what_comes_in_between_changes_nothing():
    """Cells looked at a hundred times more often fire at the same times."""
    times, volts = events(5)
    looks = np.linspace(0.0, 0.3, 5000)
    order = np.argsort(np.r_[times, looks], kind="stable")
    often = fire(np.r_[times, looks][order], np.r_[volts, 0.0 * looks][order], 5, True, 0.3)
    np.testing.assert_allclose(often, fire(times, volts, 5, True, 0.3), atol=1e-6)


def test_first_spikes_wait_as_the_rate_says():
    """A node held up by events: the share of cells that have fired is 1 - exp(-integral of the rate); Kolmogorov-Smirnov at 1 %."""
    from scipy.stats import kstest

    cells, cell = 2000, CHIP.neuron.cell
    somata, firsts = at_rest(np.zeros(cells), 3, True), np.full(cells, np.inf)
    now, passed = 0.0, []
    for step in range(400):
        t = step * 5e-5
        while somata.due.min() <= t:
            j = int(somata.due.argmin())
            due = float(somata.due[j])
            if look(somata, None, j, due, CHIP.soma, cell, np.uint64(3), True):
                firsts[j] = min(firsts[j], due)
        advance(somata, None, 0, cells, now, t, CHIP.soma, cell)
        now = t
        quiet = np.flatnonzero(np.isinf(firsts))
        passed.append((t, somata.clock[quiet[0]] if quiet.size else np.nan))
        charge(somata, 0, t, CHIP.soma, cell, np.full(cells, (0.9 - somata.node[0]), np.float32), 1.0)
    grid, hazard = np.array(passed).T
    seen = firsts[firsts < grid[-1]]
    drawn = np.interp(seen, grid, hazard)
    assert seen.size > 500
    assert kstest(drawn, lambda h: (1 - np.exp(-h)) / (1 - np.exp(-hazard[-1]))).pvalue > 0.01


def test_a_cell_below_the_threshold_costs_no_look():
    somata, cell = at_rest(np.zeros(4), 0, True), CHIP.neuron.cell
    charge(somata, 0, 0.0, CHIP.soma, cell, np.full(4, 0.1, np.float32), 1.0)
    assert np.isinf(somata.due).all()


def test_a_cell_is_due_when_the_integral_of_its_rate_reaches_its_draw():
    """Two hundred cells in the middle of things: their crossings against the midpoint rule in steps of a microsecond; none before the horizon where the integral stays below."""
    drawn, count, most, cell = np.random.default_rng(0), 200, 2.5e-3, CHIP.neuron.cell
    somata = at_rest(np.zeros(count), 0, True)
    somata.node[:], somata.gate[:] = drawn.uniform(0.6, 1.2, count), drawn.uniform(0.0, 0.4, count)
    somata.residue[:], somata.remnant[:] = drawn.uniform(0.0, 1.0, count), drawn.uniform(0.0, 1.0, count)
    tau, crossed = cell.gate.r_control * cell.gate.c_gate, 0
    middles = (np.arange(2500) + 0.5) * 1e-6
    for j in range(count):
        kept = [kept_after(t, tau, CHIP.soma, cell.memristor) for t in middles]
        rates = [rate_after(somata.node[j], somata.gate[j], somata.residue[j], somata.remnant[j], 0.0, k, tau, CHIP.soma, cell) for k in kept]
        total = np.cumsum(rates) * 1e-6
        found = crossing(somata, j, most, CHIP.soma, cell)
        if total[-1] < 0.999 * somata.limit[j]:
            assert found == most
        elif total[-1] > 1.001 * somata.limit[j]:
            assert np.interp(found, np.append(0.0, middles + 0.5e-6), np.append(0.0, total)) == pytest.approx(somata.limit[j], rel=2e-3)
            crossed += 1
    assert 20 < crossed < 180
