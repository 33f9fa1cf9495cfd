"""Crossbars with wires: Kirchhoff's laws, reciprocity, superposition, other solvers' answers, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferrion.arrays import crossbar
from ferrion.arrays.crossbar import MANY, Crossbar
from ferrion.arrays.nodal import Wires
from ferrion.core.errors import ConfigError

WIRES = Wires(row=1.0, column=2.0, driver=30.0, sense=10.0, access=500.0)
PLAIN = Wires(row=1.0, column=1.0, driver=0.0, sense=0.0, access=0.0)


def devices(rows, columns, seed=0, faults=False):
    rng = np.random.default_rng(seed)
    g = 1 / rng.uniform(1e4, 1e5, (rows, columns))
    if faults:
        g[rng.random(g.shape) < 0.1] = 0.0
        g[rng.random(g.shape) < 0.05] = 0.1
    return g


def dense(crossbar, volts):
    """Column currents for one input by elimination on every node."""
    w, (m, n) = crossbar.wires, crossbar.devices.shape
    system, known = np.zeros((2 * m * n, 2 * m * n)), np.zeros(2 * m * n)

    def joined(p, q, ohms):
        system[[p, q], [p, q]] += 1 / ohms
        system[[p, q], [q, p]] -= 1 / ohms

    for i in range(m):
        for j in range(n):
            at = i * n + j
            if crossbar.devices[i, j] > 0:
                joined(at, m * n + at, 1 / crossbar.devices[i, j] + w.access)
            if w.leak > 0:
                joined(at, m * n + at, 1 / w.leak)
            if j + 1 < n:
                joined(at, at + 1, w.row)
            if i + 1 < m:
                joined(m * n + at, m * n + at + n, w.column)
        system[i * n, i * n] += 1 / (w.row + w.driver)
        known[i * n] = volts[i] / (w.row + w.driver)
    last = np.arange(2 * m * n - n, 2 * m * n)
    system[last, last] += 1 / (w.column + w.sense)
    return np.linalg.solve(system, known)[-n:] / (w.column + w.sense)


@pytest.mark.parametrize("faults", [False, True], ids=["sound", "opens and shorts"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 6), (6, 1), (7, 5), (5, 12)])
@pytest.mark.parametrize("wires", [PLAIN, WIRES, WIRES._replace(row=1e3, column=3e3), WIRES._replace(leak=1e-6)], ids=["thin", "access", "resistive", "leaky"])
def test_currents_are_those_of_elimination_on_every_node(rows, columns, faults, wires):
    bar = Crossbar(devices(rows, columns, rows + columns, faults), wires)
    volts = np.random.default_rng(1).uniform(-0.5, 0.5, (11, rows))
    found = bar.read(volts)
    assert found.residual < 1e-9
    np.testing.assert_allclose(found.currents, [dense(bar, v) for v in volts], rtol=1e-6, atol=1e-9 * abs(found.currents).max())


def test_badcrossbar_gives_the_same_currents():
    compute = pytest.importorskip("badcrossbar", reason="badcrossbar is not installed: it needs cairo's headers to build (pip install badcrossbar)").compute
    for rows, columns, faults in ((20, 13, False), (13, 20, True), (64, 64, False)):
        g = devices(rows, columns, rows, faults)
        volts = np.random.default_rng(2).uniform(0, 0.5, (rows, 3))
        with np.errstate(divide="ignore"):
            theirs = compute(volts, 1 / g, 1.0).currents.output
        np.testing.assert_allclose(Crossbar(g, PLAIN).read(volts.T).currents, theirs, rtol=1e-6)


def test_a_read_is_the_same_alone_and_among_others():
    bar, volts = Crossbar(devices(17, 9), WIRES), np.random.default_rng(3).random((20, 17))
    many = bar.read(volts).currents
    np.testing.assert_allclose(bar.read(volts[4]).currents, many[4], rtol=1e-9)
    assert bar.read(volts[4]).currents.shape == (9,)


@pytest.mark.parametrize(("rows", "columns"), [(24, 10), (10, 24)])
def test_the_effective_matrix_gives_every_read(rows, columns):
    bar, volts = Crossbar(devices(rows, columns, faults=True), WIRES), np.random.default_rng(4).uniform(-1, 1, (5, rows))
    np.testing.assert_allclose(volts @ bar.matrix, bar.read(volts).currents, rtol=1e-8, atol=1e-12)


def test_many_inputs_through_the_effective_matrix_are_those_solved_one_by_one():
    bar, volts = Crossbar(devices(70, 41, faults=True), WIRES), np.random.default_rng(6).uniform(-1, 1, (MANY, 70))
    many, few = bar.read(volts), bar.read(volts[:-1])
    assert many.residual < 1e-10
    np.testing.assert_allclose(many.currents[:-1], few.currents, rtol=1e-8, atol=1e-12)


def test_an_effective_matrix_that_is_not_the_networks_is_no_answer(monkeypatch):
    """One current in ten thousand off in one row: the random voltages show it."""
    bar = Crossbar(devices(70, 41), WIRES)
    wrong = bar.matrix.copy()
    wrong[13] *= 1.0001
    monkeypatch.setattr(crossbar, "effective", lambda *_: wrong)
    with pytest.raises(ConfigError, match=r"differ by .* of the largest current, 1e-09 is allowed"):
        Crossbar(bar.devices, WIRES).read(np.ones((MANY, 70)))


def test_rows_that_are_not_selected_only_leak():
    """Their currents are those of devices of the leakage alone; without leakage they add nothing."""
    bar, on = Crossbar(devices(9, 4), WIRES._replace(leak=1e-8)), np.arange(9) % 3 == 0
    volts = np.random.default_rng(7).uniform(0, 1, 9)
    np.testing.assert_allclose(bar.selecting(on).read(volts).currents, dense(bar.selecting(on), volts), rtol=1e-7)
    sealed = Crossbar(bar.devices, WIRES).selecting(on)
    np.testing.assert_allclose(sealed.read(volts).currents, sealed.read(np.where(on, volts, 0.0)).currents, rtol=1e-9)
    with pytest.raises(ConfigError, match="give booleans as"):
        bar.selecting(np.ones(8, bool))


def test_the_network_is_reciprocal():
    """Driven from the columns and read at the rows, the effective matrix is the transpose."""
    bar = Crossbar(devices(12, 7), WIRES)
    turned = Crossbar(bar.devices.T[::-1, ::-1], Wires(row=2.0, column=1.0, driver=10.0, sense=30.0, access=500.0))
    assert bar.turned.wires == turned.wires
    np.testing.assert_allclose(turned.matrix[::-1, ::-1].T, bar.matrix, rtol=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6), st.floats(-2, 2), st.floats(-2, 2))
def test_superposition_holds_and_nothing_gives_power(rows, columns, seed, a, b):
    rng = np.random.default_rng(seed)
    bar = Crossbar(devices(rows, columns, seed, faults=True), WIRES)
    x, y = rng.uniform(-1, 1, (2, rows))
    one, two, both = bar.read(np.array([x, y, a * x + b * y])).currents
    np.testing.assert_allclose(both, a * one + b * two, rtol=1e-7, atol=1e-13)
    nodes = bar.nodes(x)
    entered = (x - nodes.row[:, 0]) / (WIRES.row + WIRES.driver)
    assert x @ entered >= -1e-18
    assert entered.sum() == pytest.approx(bar.read(x).currents.sum(), rel=1e-8, abs=1e-13)


def test_without_resistance_to_speak_of_currents_are_the_ideal_ones():
    bar = Crossbar(devices(30, 20), Wires(1e-6, 1e-6, 0.0, 0.0, 0.0))
    volts = np.random.default_rng(5).random(30)
    np.testing.assert_allclose(bar.read(volts).currents, volts @ bar.devices, rtol=1e-6)


def test_sensitivities_are_the_slopes():
    """Tellegen's product beside central differences, for every device of a small array."""
    g, weights, volts = devices(5, 4), np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.5, -0.1, 0.3, 0.2, 0.4])
    found = Crossbar(g, WIRES).sensitivity(volts, weights)
    for i in range(5):
        for j in range(4):
            shifted = [g.copy(), g.copy()]
            for sign, moved in zip((1, -1), shifted, strict=True):
                moved[i, j] *= 1 + sign * 1e-4
            up, down = (dense(Crossbar(moved, WIRES), volts) @ weights for moved in shifted)
            assert found[i, j] == pytest.approx((up - down) / (2e-4 * g[i, j]), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("g", "wires", "words"),
    [
        ([[1e-5, -1e-5]], PLAIN, r"devices\[0, 1\] = -1e-05"),
        ([[np.nan]], PLAIN, "finite conductances"),
        ([1e-5], PLAIN, "as \\(rows, columns\\)"),
        ([[1e-5]], PLAIN._replace(row=0.0), "volts @ devices"),
        ([[1e-5]], PLAIN._replace(sense=-1.0), "sense = -1.0 ohm"),
        ([[1e-5]], PLAIN._replace(leak=np.inf), "leak = inf S"),
    ],
)
def test_what_no_array_can_be_is_refused(g, wires, words):
    with pytest.raises(ConfigError, match=words):
        Crossbar(np.array(g), wires)


@pytest.mark.parametrize("volts", [np.zeros(3), np.full(2, np.nan), np.zeros((2, 2, 2)), np.zeros((0, 2))])
def test_inputs_that_do_not_fit_are_refused(volts):
    with pytest.raises(ConfigError, match=r"\(2,\) or \(inputs, 2\)"):
        Crossbar(devices(2, 3), PLAIN).read(volts)


def test_weights_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ConfigError, match=r"weights of shape \(2,\): give finite weights as \(3,\)"):
        Crossbar(devices(2, 3), PLAIN).sensitivity(np.zeros(2), np.zeros(2))


def test_conductances_changed_afterwards_do_not_change_the_array():
    """The effective matrix is kept, so what it was made of is a copy of its own."""
    g = devices(4, 3)
    bar = Crossbar(g, PLAIN)
    before = bar.matrix.copy()
    g[:] = 0.0
    np.testing.assert_array_equal(Crossbar(bar.devices, PLAIN).matrix, before)
    with pytest.raises(ValueError, match="read-only"):
        bar.devices[0, 0] = 1.0
