"""Blocks of a crossbar joined: elimination on every node, passivity of a block, and the same bits on any number of threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.arrays.test_crossbar import PLAIN, WIRES, dense, devices
from threadpoolctl import threadpool_info, threadpool_limits

from ferrion.arrays.crossbar import Crossbar
from ferrion.arrays.multiport import Segments, cells, effective
from ferrion.core.blas import one_thread


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (16, 16), (17, 33), (35, 20)])
@pytest.mark.parametrize("wires", [PLAIN, WIRES, WIRES._replace(row=1e3, column=3e3), PLAIN._replace(row=1e-6, column=1e-6)], ids=["thin", "access", "resistive", "thick"])
def test_blocks_joined_are_the_whole_network(shape, wires):
    bar = Crossbar(devices(*shape, seed=sum(shape), faults=True), wires)
    volts = np.random.default_rng(0).uniform(-1, 1, shape[0])
    np.testing.assert_allclose(volts @ bar.matrix, dense(bar, volts), rtol=1e-7, atol=1e-9 * np.abs(bar.matrix).max())


def test_a_block_of_cells_is_reciprocal_and_loses_no_charge():
    """H of 3 x 2 cells: symmetric within rows and within columns, antisymmetric between them; equal voltages everywhere drive no current."""
    g, m, n = devices(3, 2), 3, 2
    hybrid = np.empty((10, 10))
    cells(g, np.array([2.0, 1.0]), np.array([1.0, 3.0, 2.0]), hybrid)
    sign = np.where(np.arange(2 * (m + n)) < 2 * n, -1.0, 1.0)
    np.testing.assert_allclose(hybrid.T, sign[:, None] * hybrid * sign, rtol=1e-9, atol=1e-18)
    bottom, top, left, right = np.arange(n), np.arange(n, 2 * n), np.arange(2 * n, 10, 2), np.arange(2 * n + 1, 10, 2)
    ends = np.zeros(10)
    ends[bottom] = ends[left] = 0.7
    out = hybrid @ ends
    np.testing.assert_allclose(out[np.concatenate([top, right])], 0.7, rtol=1e-12)
    np.testing.assert_allclose(out[np.concatenate([bottom, left])], 0.0, atol=1e-18)
    ends = np.random.default_rng(0).uniform(-1, 1, 10) * np.where(np.isin(np.arange(10), np.concatenate([top, right])), 1e-5, 1.0)
    out = hybrid @ ends
    assert out[left].sum() + ends[top].sum() == pytest.approx(ends[right].sum() + out[bottom].sum(), rel=1e-9)


def test_threads_change_no_bit_and_are_left_as_they_were():
    g, segments = devices(200, 150), Segments(np.ones(150), np.ones(200))
    with threadpool_limits(2, user_api="blas"):
        before, many = threadpool_info(), effective(g, segments)
        assert threadpool_info() == before
    with threadpool_limits(1, user_api="blas"):
        assert np.array_equal(effective(g, segments), many)


def threads():
    """How many every BLAS library would start."""
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


def test_every_thread_gets_its_limit_and_leaves_things_as_they_were():
    """First this thread, then four at once: each sees one thread while inside, and all have what they had afterwards."""

    def inside(_=None):
        with one_thread():
            return threads()

    before = threads()
    assert inside() == {1}
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(inside, range(40))) == [{1}] * 40
    assert inside() == {1}
    assert threads() == before


def test_workers_get_the_same_bits_as_the_main_thread():
    g, segments = devices(200, 150), Segments(np.ones(150), np.ones(200))
    expected = effective(g, segments)
    with ThreadPoolExecutor(3) as pool:
        for found in pool.map(lambda _: effective(g, segments), range(6)):
            assert np.array_equal(found, expected)
