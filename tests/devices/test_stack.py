"""FeCAP and memristor of one stack: published figures, conservation, wear, and no way back."""

import numpy as np
import pytest
from scipy import stats

from ferrion.core.errors import StateError
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.devices.stack import Stack
from ferrion.params.card import load
from ferrion.physics.filament import Filament, relaxed

FECAP, MEMRISTOR = load("fecap-martemucci2025"), load("memristor-martemucci2025")
DAY = 86400.0
ROOM = 298.0


def woken(count: int = 16384) -> FeCap:
    cap = FeCap(count, FECAP, 0)
    cap.cycle(1000)
    return cap


def test_a_formed_stack_cannot_go_back():
    stack = Stack(4, FECAP, MEMRISTOR, 0)
    assert not stack.formed
    stack.fecap.write(1)
    with pytest.raises(StateError, match=r"call form\(\) first"):
        _ = stack.memristor
    stack.form()
    assert stack.formed
    stack.memristor.set(67e-6)
    with pytest.raises(StateError, match="cannot become a ferroelectric capacitor"):
        _ = stack.fecap
    with pytest.raises(StateError, match="formed already"):
        stack.form()


def test_the_read_window_is_the_published_one():
    """Median 360 mV, least of 16,384 at 120 mV. The median of n normals has a standard error of 1.25 sigma / sqrt(n)."""
    window = woken().read()
    assert abs(np.median(window) - 0.360) < 0.002 + 4 * 1.25 * window.std() / np.sqrt(window.size)
    least = 0.360 * (1 - 0.168 * np.array([3.2, 5.0]))  # 0.1 % to 99.9 % of the least of 16,384 normals
    assert least[1] < window.min() < least[0]


def test_a_write_takes_100_to_200_femtojoules():
    cap = woken()
    cap.read()
    energy = cap.write(1)
    assert 100e-15 < np.median(energy) < 200e-15


def test_reading_destroys_and_writing_restores():
    cap = woken(100)
    first = cap.read()
    assert (cap.read() < 0.1 * first).all()
    cap.write(1)
    np.testing.assert_allclose(cap.read(), first, rtol=0.02)


def test_charge_is_conserved_over_writes_and_reads():
    """What the domains give up stands on line and film: (C_line + eps A / d) V = 2 P_r A (up before - up after) x strength."""
    cap = woken(100)
    before = cap.up.copy()
    condition = cap.strength * (1 - 0.5 * np.exp(-1000 / 200)) / (1 + 1000 / 1e8)
    window = cap.read()
    held = (92.9e-15 + 2.66e-10 * 0.16e-12 / 10e-9) * window
    np.testing.assert_allclose(held, 0.24 * 0.16e-12 * (before - cap.up) * condition, rtol=1e-12)


def test_rests_add_up():
    """Two rests are one of their joint length, hot or cold, for capacitor and memristor alike."""
    pieces, whole = woken(100), woken(100)
    for _ in range(10):
        pieces.rest(1e3, 398.0)
    whole.rest(1e4, 398.0)
    np.testing.assert_allclose(pieces.up, whole.up, rtol=1e-9)
    np.testing.assert_allclose(pieces.imprint, whole.imprint, rtol=1e-9)
    first, second = Memristor(100, MEMRISTOR, 0), Memristor(100, MEMRISTOR, 0)
    for memristor in (first, second):
        memristor.set(40e-6)
    for _ in range(10):
        first.rest(1e3, 330.0)
    second.rest(1e4, 330.0)
    np.testing.assert_allclose(first.conductance, second.conductance, rtol=1e-9)


def test_stuck_memristors_never_switch(tmp_path):
    text = MEMRISTOR.text.replace("stuck = {value = 0.0", "stuck = {value = 0.25")
    (tmp_path / "weak.toml").write_text(text)
    memristor = Memristor(10_000, load(tmp_path / "weak.toml"), 0)
    memristor.set(67e-6)
    low = memristor.conductance < 30e-6
    assert abs(low.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 10_000)
    assert (low == ~memristor.alive).all()


def test_the_mean_drifts_as_measured():
    """Technology C (40 uS) after 1e5 s: +0.1 uS at 5, -1.0 at 11, -2.0 at 17, -2.1 at 36 uS, each within 0.3 uS."""
    p = MEMRISTOR.fill("filament", Filament)
    for microsiemens, measured in ((5, 0.1), (11, -1.0), (17, -2.0), (36, -2.1)):
        g = microsiemens / 40 * p.g_max
        moved = 40 * (float(relaxed(g, 0.0, 1e5, p)) - g) / p.g_max
        assert abs(moved - measured) < 0.3


def test_wake_up_opens_and_fatigue_closes_the_window():
    medians = []
    for cycles in (0, 100, 1000, 1e6, 1e7, 1e9):
        cap = FeCap(1000, FECAP, 0)
        cap.cycle(cycles)
        medians.append(np.median(cap.read()))
    assert medians[0] < medians[1] < medians[2]
    assert medians[2] > medians[4] > medians[5]
    assert medians[4] > 0.06  # positive window beyond 1e7 cycles


def test_retention_holds_the_published_bake():
    """Arrays hold after 1e4 s at 125 C (Francois 2022), and hotter or longer is worse."""
    left = []
    for time, temperature in ((1e4, 398.0), (1e5, 398.0), (1e4, 448.0)):
        cap = woken(1000)
        cap.rest(time, temperature)
        left.append(np.median(cap.read()))
    assert left[0] > 0.06
    assert left[0] > left[1]
    assert left[0] > left[2]


def test_imprint_hinders_the_next_reversal_until_it_is_made():
    cap = woken(10)
    free = cap.fraction(2.5).copy()
    cap.rest(DAY, ROOM)
    assert (cap.fraction(2.5) < free).all()
    cap.read()
    np.testing.assert_allclose(cap.fraction(2.5), free)


def test_set_conductance_follows_the_compliance_with_the_card_spread():
    count = 20_000
    memristor = Memristor(count, MEMRISTOR, 0)
    for share in (0.3, 0.6, 1.0):
        memristor.set(share * 67e-6)
        g = memristor.conductance / 134e-6
        p = memristor.filament
        sigma = (((p.s4 * share + p.s3) * share + p.s2) * share + p.s1) * share + p.s0
        assert abs(g.mean() - share) < 5 * sigma / np.sqrt(count)
        assert abs(g.std() / sigma - 1) < 5 / np.sqrt(2 * count)


def test_relaxation_grows_with_log_time_and_the_mean_drifts_down():
    spreads = []
    for time in (1.0, 1e2, 1e4):
        memristor = Memristor(20_000, MEMRISTOR, 0)
        memristor.set(0.5 * 67e-6)
        memristor.rest(time, ROOM)
        spreads.append((memristor.conductance.var(), memristor.conductance.mean()))
    assert spreads[1][0] - spreads[0][0] == pytest.approx(spreads[2][0] - spreads[1][0], rel=0.15)
    assert spreads[0][1] > spreads[1][1] > spreads[2][1]


def test_read_noise_is_one_percent_of_the_range_and_reads_destroy_nothing():
    memristor = Memristor(20_000, MEMRISTOR, 0)
    memristor.set(67e-6)
    held = memristor.conductance.copy()
    noise = memristor.read(0.2) / 0.2 - held
    assert stats.kstest(noise / (0.01 * memristor.filament.g_max), "norm").pvalue > 1e-3
    assert (memristor.conductance == held).all()


def test_memristors_die_at_about_a_hundred_thousand_cycles():
    memristor = Memristor(10_001, MEMRISTOR, 0)
    assert np.median(memristor.limit) == pytest.approx(1e5, rel=5 * 1.25 * 0.7 / np.sqrt(10_001))
    memristor.cycles = memristor.limit + 1
    memristor.set(67e-6)
    assert not memristor.alive.any()
    assert memristor.conductance.max() < 30e-6
