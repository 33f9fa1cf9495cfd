"""Local rules on hidden integers against their equations: windows, triplets, drift; means within what the dither leaves."""

from types import SimpleNamespace

import numpy as np
import pytest

from ferrion.arrays.words import FULL_SCALE, LARGEST
from ferrion.core.compiled import compiled
from ferrion.learning.spiking.fabric import fabric, no_counts, synapses, traces
from ferrion.learning.spiking.plasticity import after_event, after_spike, fired, hidden_errors, teach
from ferrion.learning.spiking.rules import Stdp, Teacher

SEED, OFFSET = np.uint64(7), np.int16(32)
SYNAPSES = 4000


class Tile:
    """One tile from outside, `rows` by `columns`, all weights 0."""

    def __init__(self, rows, columns):
        self.net = fabric([columns], [(-1, 0, rows)], [0.1], [True])
        self.synapses, self.traces, self.counts = synapses(self.net), traces(self.net), no_counts(1)
        self.words = np.empty(rows + columns + 16, np.uint32)

    def event(self, row, t, rule):
        after_event(SEED, self.net, 0, row, t, rule, OFFSET, self.synapses, self.traces, self.counts, self.words)

    def spike(self, cell, t, rule):
        after_spike(SEED, self.net, 0, cell, t, rule, OFFSET, self.synapses, self.traces, self.counts, self.words)
        fired(self.traces, cell, t, rule)

    @property
    def change(self):
        return self.synapses.hidden / FULL_SCALE


def paired(gap, rule):
    """Mean change of `SYNAPSES` synapses after one pair, post - pre = gap [s]; and its standard error."""
    if gap > 0:
        tile = Tile(SYNAPSES, 1)
        for row in range(SYNAPSES):
            tile.event(row, 1.0, rule)
        tile.spike(0, 1.0 + gap, rule)
    else:
        tile = Tile(1, SYNAPSES)
        for cell in range(SYNAPSES):
            tile.spike(cell, 1.0 + gap, rule)
        tile.event(0, 1.0, rule)
    return tile.change.mean(), max(tile.change.std(), 1e-6) / np.sqrt(SYNAPSES)


@pytest.mark.parametrize("gap", [-0.06, -0.02, -0.003, 0.003, 0.02, 0.06])
def test_the_window_of_a_pair_is_the_exponential(gap):
    rule = Stdp(a_plus=0.004, a_minus=0.003, tau_plus=0.015, tau_minus=0.03)
    expected = 0.004 * np.exp(-gap / 0.015) if gap > 0 else -0.003 * np.exp(gap / 0.03)
    mean, error = paired(gap, rule)
    assert mean == pytest.approx(expected, abs=4 * error)


def plain(events, rule):
    """Pfister and Gerstner's equations in floats: events (time, whether of the column)."""
    r1 = r2 = o1 = o2 = weight = now = 0.0
    for t, post in events:
        gone = t - now
        r1, r2 = r1 * np.exp(-gone / rule.tau_plus), r2 * np.exp(-gone / rule.tau_x)
        o1, o2 = o1 * np.exp(-gone / rule.tau_minus), o2 * np.exp(-gone / rule.tau_y)
        if post:
            weight += r1 * (rule.a_plus + rule.a_plus3 * o2)
            o1, o2 = o1 + 1, o2 + 1
        else:
            weight -= o1 * (rule.a_minus + rule.a_minus3 * r2)
            r1, r2 = r1 + 1, r2 + 1
        now = t
    return weight


@pytest.mark.parametrize("rate", [5.0, 50.0])
@pytest.mark.parametrize("gap", [-0.01, 0.01])
def test_triplets_follow_their_equations_at_any_rate(rate, gap):
    """Fifteen pairs; the parameters of the visual cortex, all to all, amplitudes as published: potentiation at high rates in either order."""
    rule = Stdp(a_plus=5e-10, a_minus=7e-3, a_plus3=6.2e-3, a_minus3=2.3e-4, tau_plus=0.0168, tau_minus=0.0337, tau_x=0.101, tau_y=0.125)
    tile = Tile(SYNAPSES, 1)
    events = sorted([(0.1 + n / rate, False) for n in range(15)] + [(0.1 + n / rate + gap, True) for n in range(15)])
    for t, post in events:
        if post:
            tile.spike(0, t, rule)
        else:
            for row in range(SYNAPSES):
                tile.event(row, t, rule)
    expected = plain(events, rule)
    assert tile.change.mean() == pytest.approx(expected, abs=4 * tile.change.std() / np.sqrt(SYNAPSES))
    assert (expected > 0) == (rate == 50.0 or gap > 0)


def test_independent_trains_drift_as_theory_says():
    """dw/dt = r_pre r_post (a_plus tau_plus - a_minus tau_minus) (Kempter, Gerstner and van Hemmen, Phys. Rev. E 59, 4498 (1999))."""
    rule, rng, seconds, rate = Stdp(a_plus=0.002, a_minus=0.001), np.random.default_rng(0), 10.0, 10.0
    tile = Tile(300, 5)
    counts = rng.poisson(rate * seconds, 305)
    events = sorted((t, n) for n, count in enumerate(counts) for t in rng.uniform(0.0, seconds, count))
    for t, n in events:
        if n < 300:
            tile.event(n, t, rule)
        else:
            tile.spike(n - 300, t, rule)
    weights = tile.change.reshape(300, 5)
    products = np.outer(counts[:300], counts[300:]) / seconds
    expected = products.mean() * (0.002 - 0.001) * 0.02
    error = weights.mean(axis=0).std() / np.sqrt(5) + weights.std() / np.sqrt(1500)
    assert weights.mean() == pytest.approx(expected, abs=4 * error)
    assert expected > 4 * error


@pytest.mark.parametrize(("rule", "event", "spike"), [
    (Stdp(a_plus=0.1, a_minus=0.1), 1 + 7, 1 + 5),
    (Stdp(a_plus=0.1, a_minus=0.1, a_plus3=0.1), 2 + 7, 2 + 5),
    (Stdp(a_plus=0.1, a_minus=0.1, tau_e=0.5), 1 + 7 + 3, 1 + 5 + 1),
], ids=["pairs", "triplets", "reward"])  # fmt: skip
def test_every_trace_that_is_read_or_written_is_counted(rule, event, spike):
    """Five rows, seven columns, three of which fired before the event of one row: own traces, those of the other side, eligibilities that grow."""
    tile = Tile(5, 7)
    if rule.tau_e:
        tile.synapses = synapses(tile.net, True)
    for cell in range(3):
        fired(tile.traces, cell, 0.01, rule)
    tile.event(0, 0.02, rule)
    assert tile.counts.traces[0] == event
    tile.spike(0, 0.03, rule)
    assert tile.counts.traces[0] == event + spike


@compiled
def all_of(net, times, lines, rule, state, counts, words):
    """Events of rows and spikes of columns, which come after the rows in number, in order of time."""
    rows = net.rows[0]
    for k in range(times.size):
        t, line = times[k], lines[k]
        if line < rows:
            after_event(SEED, net, 0, line, t, rule, OFFSET, state[0], state[1], counts, words)
        else:
            after_spike(SEED, net, 0, line - rows, t, rule, OFFSET, state[0], state[1], counts, words)
            fired(state[1], line - rows, t, rule)


@pytest.mark.slow
@pytest.mark.parametrize("lean", [0.0, 0.03, -0.03])
def test_weights_of_independent_trains_come_to_the_distribution_of_theory(lean):
    """Additive plasticity between hard limits, Poisson trains: a random walk whose density goes as exp(2 A w / B), drift A and diffusion B of the pairs (Rubin, Lee and
    Sompolinsky, Phys. Rev. Lett. 86, 364 (2001)); B is the integral of the squared window, for the square of its integral is small.

    A jump is a fortieth of the range, and those beyond a limit end on it, so the edges may hold a hundredth more than the theory of small jumps.
    """
    rate, tau, rows, seconds = 5.0, 0.02, 40, 2000.0
    rule = Stdp(a_plus=0.07 * (1.0 + lean), a_minus=0.07 * (1.0 - lean), tau_plus=tau, tau_minus=tau)
    draws, tile = np.random.default_rng(3), Tile(rows, rows)
    count = draws.poisson(rate * seconds * 2 * rows)
    times, lines = np.sort(draws.uniform(0.0, seconds, count)), draws.integers(0, 2 * rows, count)
    all_of(tile.net, times, lines, rule, (tile.synapses, tile.traces), tile.counts, tile.words)
    limit = (LARGEST - OFFSET) / FULL_SCALE
    assert np.abs(tile.change).max() == pytest.approx(limit)
    steepness = 2.0 * (rule.a_plus - rule.a_minus) * tau / (0.5 * (rule.a_plus**2 + rule.a_minus**2) * tau)
    edges = np.linspace(-limit, limit, 9)
    below = (edges + limit) / (2 * limit) if lean == 0.0 else np.expm1(steepness * (edges + limit)) / np.expm1(2 * steepness * limit)
    found = np.histogram(tile.change, edges)[0] / tile.change.size
    expected = np.diff(below)
    assert (np.abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / tile.change.size) + 0.01).all()
    if lean:
        assert (tile.change.mean() > 0) == (lean > 0)
        assert max(expected) > 3 * min(expected)


def test_errors_go_backwards_through_the_weights_that_are_read_to_nodes_near_their_threshold():
    """Of the cells before: W e where the node lies within the window, 0 elsewhere; one column in error is one read backwards."""
    draws, teacher = np.random.default_rng(1), Teacher(rate=0.01, window=0.1)
    net = fabric([6, 4], [(-1, 0, 3), (0, 1, 6)], [0.1, 0.1], [True, True])
    held, trace, counts = synapses(net), traces(net), no_counts(2)
    held.analogue[:] = draws.normal(size=held.analogue.size)
    trace.error[6:] = [0.5, 0.0, -1.0, 0.25]
    thresholds = draws.uniform(0.5, 0.7, 10)
    somata = SimpleNamespace(shift=thresholds - 0.6, node=thresholds + np.array([0.0, 0.05, -0.05, 0.2, -0.2, 0.09, 0, 0, 0, 0]))
    hidden_errors.py_func(net, 1, teacher, 0.6, somata, held, trace, counts)
    wanted = held.analogue[net.weights[1] :].reshape(6, 4) @ trace.error[6:] * np.array([1, 1, 1, 0, 0, 1])
    np.testing.assert_allclose(trace.error[:6], wanted, rtol=1e-6)
    assert counts.backward[1] == 3
    trace.error[:] = 1.0
    trace.error[6:] = 0.0
    hidden_errors.py_func(net, 1, teacher, 0.6, somata, held, trace, counts)
    assert not trace.error[:6].any(), "no error, none to pass on"


def test_a_teacher_moves_weights_by_rate_error_and_trace():
    tile, teacher = Tile(2, SYNAPSES), Teacher(rate=0.01, tau=0.02)
    tile.traces.x1[:], tile.traces.x_time[:] = [3.0, 0.0], 1.0
    tile.traces.error[:] = np.where(np.arange(SYNAPSES) % 2, 0.5, -0.25)
    column_words = np.empty(SYNAPSES + 16, np.uint32)
    teach(SEED, tile.net, 0, 1.02, teacher, OFFSET, tile.synapses, tile.traces, tile.counts, tile.words, column_words)
    change = tile.change.reshape(2, SYNAPSES)
    for odd, error in ((1, 0.5), (0, -0.25)):
        own = change[0, odd::2]
        assert own.mean() == pytest.approx(0.01 * 3.0 * np.exp(-1.0) * error, abs=4 * own.std() / np.sqrt(own.size))
    assert not change[1].any()


def test_every_write_is_counted_on_its_capacitor():
    tile, rule = Tile(50, 20), Stdp(a_plus=0.05, a_minus=0.05)
    rng, before = np.random.default_rng(1), np.zeros(1000, int)
    flips = np.zeros(1000, int)
    for t in np.sort(rng.uniform(0, 1, 400)):
        if rng.random() < 0.5:
            tile.event(int(rng.integers(50)), t, rule)
        else:
            tile.spike(int(rng.integers(20)), t, rule)
        stored = np.abs(tile.synapses.hidden.astype(int)) + OFFSET
        flips += (stored & 1) != (before & 1)
        before = stored
    assert (tile.synapses.lsb_writes == flips).all()
    assert tile.counts.updates[0] >= flips.sum()
    assert tile.counts.fecap_writes[0] >= flips.sum()
