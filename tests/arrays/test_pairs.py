"""Pairs on wired tiles: block elimination against joined blocks, its gradient, tiles, and what is solved anew."""

import numpy as np
import pytest

from ferrion.arrays import pairs
from ferrion.arrays.cascade import cascade, cascade_gradient
from ferrion.arrays.crossbar import Crossbar
from ferrion.arrays.nodal import Wires, links_of
from ferrion.arrays.pairs import WiredPairs, conductances, read_shares
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError

CHIP = Chip.from_card()
WIRES = Wires(row=2.0, column=3.0, driver=100.0, sense=20.0, access=500.0)
RNG = np.random.default_rng(0)


def random_pairs(rows, columns):
    return conductances(np.clip(RNG.normal(0, 0.4, (rows, columns)), -1, 1), CHIP.devices)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 1), (128, 16), (20, 40)])
def test_elimination_agrees_with_joined_blocks(shape):
    g = RNG.uniform(2e-6, 134e-6, shape)
    g[0, -1] = 0.0
    found, wires = np.empty(shape), WIRES._replace(access=0.0)
    cascade(g, links_of(wires), found)
    np.testing.assert_allclose(found, Crossbar(g, wires).matrix, rtol=1e-7, atol=1e-7 * g.max())


def test_its_gradient_is_that_of_tellegen_and_of_differences():
    g, slopes, links = RNG.uniform(2e-6, 134e-6, (30, 6)), RNG.normal(size=(30, 6)), links_of(WIRES._replace(access=0.0))
    gradient, up, down = np.empty(g.shape), np.empty(g.shape), np.empty(g.shape)
    cascade_gradient(g, links, slopes, gradient)
    bar = Crossbar(g, WIRES._replace(access=0.0))
    expected = sum(bar.sensitivity(slopes[:, j], np.eye(6)[j]) for j in range(6))
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
    step = np.zeros(g.shape)
    step[11, 4] = 1e-4 * g[11, 4]
    cascade(g + step, links, up)
    cascade(g - step, links, down)
    assert gradient[11, 4] == pytest.approx((slopes * (up - down)).sum() / (2 * step[11, 4]), rel=1e-5)


def test_a_layer_is_the_sum_of_its_tiles_and_wide_tiles_agree(monkeypatch):
    """200 x 20 weights on arrays of 128 lines and 8 weights: every tile as if it stood alone; the same by joined blocks and the iterative solver."""
    layer, whole = random_pairs(200, 20), WiredPairs(CHIP.geometry, WIRES, CHIP.devices)
    found = whole.shares(layer)
    corner = Crossbar(layer[128:, 16:].reshape(72, -1), WIRES).matrix.reshape(72, 4, 2)
    np.testing.assert_allclose(found[128:, 16:], read_shares(corner, CHIP.devices), atol=1e-7)
    slopes = RNG.normal(size=(200, 20))
    gradient = whole.gradient(layer, slopes)
    monkeypatch.setattr(pairs, "NARROW", 0)
    iterated = WiredPairs(CHIP.geometry, WIRES, CHIP.devices)
    np.testing.assert_allclose(iterated.shares(layer), found, atol=1e-7)
    np.testing.assert_allclose(iterated.gradient(layer, slopes), gradient, rtol=1e-5, atol=1e-6 * np.abs(gradient).max())


def test_only_tiles_that_changed_are_solved_anew(monkeypatch):
    layer, wired, solved = random_pairs(200, 20), WiredPairs(CHIP.geometry, WIRES, CHIP.devices), []
    monkeypatch.setattr(wired, "_solved", lambda tile, solve=wired._solved: solved.append(tile.shape) or solve(tile))
    wired.shares(layer)
    assert len(solved) == 6
    layer[130, 3, 0] *= 1.1
    changed = wired.shares(layer)
    assert len(solved) == 7
    np.testing.assert_array_equal(changed, WiredPairs(CHIP.geometry, WIRES, CHIP.devices).shares(layer))


def test_shares_and_conductances_are_inverse():
    shares = RNG.uniform(-1, 1, (5, 4))
    np.testing.assert_allclose(read_shares(conductances(shares, CHIP.devices), CHIP.devices), shares, atol=1e-12)


def test_wires_without_resistance_are_refused():
    with pytest.raises(ConfigError, match="no wires at all"):
        WiredPairs(CHIP.geometry, WIRES._replace(row=0.0), CHIP.devices)
