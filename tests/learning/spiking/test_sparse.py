"""Plasticity made up for later against plasticity at once; connections, rates and bounds."""

import numpy as np
import pytest

from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, fill_normals
from ferrion.learning.spiking.sparse import Pairs, SparseNetwork

PAIRS = Pairs(w_max=1.5e-3, a_plus=0.08, a_minus=0.09)


def at_once(network, steps):
    """The same network with every change made when it happens, in plain loops and float64."""
    net, n, now = network.net, network._numbers, network.now
    cells, delay = now.v.size, len(now.sent)
    weight, v, x, y = (np.array(a, float) for a in (net.weight, now.v, np.zeros(cells), np.zeros(cells)))
    quiet, flying, spikes = np.zeros(cells, int), [[] for _ in range(delay)], []
    source = np.repeat(np.arange(cells), np.diff(net.first))
    words, noise = np.empty(network._words.size, np.uint32), np.empty(network._noise.size, np.float32)
    fade_x, fade_y = float(n.decay_plus[1]), float(n.decay_minus[1])
    for t in range(steps):
        for i in flying[t % delay]:
            row = slice(net.first[i], net.first[i + 1])
            v[net.target[row]] += weight[row]
            weight[row] = np.maximum(weight[row] - y[net.target[row]], 0.0)
            x[i] += n.up
        fill_normals(np.uint64(network.seed), np.uint64(Stream.FIRING), np.uint64(t), words, noise)
        free = quiet <= t
        v[free] += n.leak * (n.v_rest - v[free]) + n.noise * noise[:cells][free]
        fired = np.flatnonzero(free & (v > n.v_threshold))
        v[fired], quiet[fired] = 0.0, t + n.refractory + 1
        for j in fired:
            column = net.target == j
            weight[column] = np.minimum(weight[column] + x[source[column]], n.w_max)
            y[j] += n.down
        flying[t % delay] = list(fired)
        spikes += [(t, j) for j in fired]
        x, y = x * fade_x, y * fade_y
    return weight, spikes


def test_what_is_made_up_for_later_is_what_is_done_at_once():
    network, twin = (SparseNetwork(60, 0.3, PAIRS, seed=3) for _ in range(2))
    weight, spikes = at_once(twin, 3000)
    times, cells = network.run(0.3)
    assert len(spikes) > 100
    assert [(round(t / 1e-4), int(j)) for t, j in zip(times, cells, strict=True)] == spikes
    np.testing.assert_allclose(network.net.weight, weight, rtol=1e-4, atol=1e-8)
    assert (network.net.weight == 0).any()
    assert (network.net.weight == np.float32(PAIRS.w_max)).any()


def test_a_run_in_parts_is_the_same_run():
    """Whatever the parts, and with room for few spikes."""
    whole, parts = SparseNetwork(200, 0.1, PAIRS, seed=1), SparseNetwork(200, 0.1, PAIRS, seed=1, room=400)
    times, cells = whole.run(0.5)
    found = [parts.run(seconds) for seconds in (0.0, 0.1, 0.3999, 0.0001)]
    np.testing.assert_array_equal(cells, np.concatenate([part[1] for part in found]))
    np.testing.assert_allclose(times, np.concatenate([part[0] for part in found]))
    np.testing.assert_allclose(parts.net.weight, whole.net.weight, rtol=1e-4, atol=1e-9)


def test_cells_without_synapses_fire_at_the_rate_of_the_noise():
    """Mean first-passage time of the Ornstein-Uhlenbeck process from 0 to 20 mV (Siegert 1951) plus 5 ms; discrete steps miss crossings (4 %)."""
    from scipy.integrate import quad
    from scipy.special import erfcx

    network = SparseNetwork(2000, 1e-4, Pairs(w_max=1e-30), seed=0)
    network.run(0.3)
    rate = len(network.run(1.0)[0]) / 2000
    low, high = (0.0 - 12e-3) / (5e-3 * np.sqrt(2)), (20e-3 - 12e-3 + 0.5826 * 5e-3 * np.sqrt(2 * 1e-4 / 20e-3)) / (5e-3 * np.sqrt(2))
    siegert = 5e-3 + 20e-3 * np.sqrt(np.pi) * quad(lambda x: erfcx(-x), low, high)[0]
    assert rate == pytest.approx(1 / siegert, rel=0.04)


def test_connections_are_as_many_as_the_share_says_and_never_to_oneself():
    net = SparseNetwork(1000, 0.05, PAIRS, seed=5).net
    expected, spread = 1000 * 999 * 0.05, np.sqrt(1000 * 999 * 0.05 * 0.95)
    assert net.target.size == pytest.approx(expected, abs=4 * spread)
    assert not (net.target == np.repeat(np.arange(1000), np.diff(net.first))).any()
    for i in range(1000):
        assert (np.diff(net.target[net.first[i] : net.first[i + 1]]) > 0).all()
    assert net.weight.mean() == pytest.approx(PAIRS.w_max / 2, rel=0.02)
    assert SparseNetwork(50, 1.0, PAIRS).net.target.size == 50 * 49


def test_settings_out_of_range_are_refused():
    for cells, share in ((1, 0.5), (10, 0.0), (10, 1.5)):
        with pytest.raises(ConfigError, match="a share above 0, 1 at most"):
            SparseNetwork(cells, share, PAIRS)
    with pytest.raises(ConfigError, match="a delay of one step or more"):
        SparseNetwork(10, 0.5, PAIRS, delay=1e-5)
    with pytest.raises(ConfigError, match="at dt = 1e-05 s give"):
        SparseNetwork(10, 0.5, PAIRS, dt=1e-5)
