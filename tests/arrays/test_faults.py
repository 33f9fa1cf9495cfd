"""Faults: shares as asked for, whole lines, and remapping that never does worse."""

import numpy as np
import pytest

from ferrion.arrays.faults import SHORT, FaultMap, Faults, draw_faults, remapped
from ferrion.arrays.pairs import conductances, read_shares
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError

CHIP = Chip.from_card()
P = CHIP.devices


def test_devices_fail_in_the_shares_asked_for():
    faults = Faults(stuck_low=0.02, stuck_high=0.03, weak=0.04, shorted=0.01)
    found = draw_faults(faults, 500, 100, CHIP.geometry, P, 0)
    low, high = np.isclose(found.stuck, P.filament.g_off), np.isclose(found.stuck, P.filament.g_off + P.g_span)
    kinds = {0.02: low, 0.03: high, 0.04: (found.strength > 0) & (found.strength < 1), 0.01: found.stuck == SHORT}
    for share, there in kinds.items():
        assert there.mean() == pytest.approx(share, abs=5 * np.sqrt(share / there.size))
    assert (found.strength[found.stuck > 0] == 0).all()
    assert (draw_faults(faults, 500, 100, CHIP.geometry, P, 0).stuck == found.stuck).all()


def test_open_lines_take_every_device_on_them():
    found = draw_faults(Faults(open_rows=0.1), 300, 24, CHIP.geometry, P, 1)
    dead = (found.strength == 0).all(axis=2).reshape(300, 3, 8)
    assert (dead.all(axis=2) == dead.any(axis=2)).all()
    assert dead[:, :, 0].mean() == pytest.approx(0.1, abs=5 * np.sqrt(0.1 / 900))
    sensed = draw_faults(Faults(open_columns=0.2), 300, 24, CHIP.geometry, P, 1).strength
    for tile in (sensed[:128], sensed[128:256], sensed[256:]):
        assert (tile == tile[:1]).all()


def test_a_sound_array_is_what_was_programmed():
    pairs = conductances(np.random.default_rng(0).uniform(-1, 1, (9, 5)), P)
    np.testing.assert_array_equal(draw_faults(Faults(), 9, 5, CHIP.geometry, P, 0).applied(pairs), pairs)


def test_remapping_wins_back_most_of_what_faults_spoil():
    shares = np.random.default_rng(1).normal(0, 0.2, (256, 16)) * (np.random.default_rng(2).random((256, 16)) < 0.4)
    pairs, faults = conductances(shares, P), draw_faults(Faults(stuck_high=0.01, stuck_low=0.05), 256, 16, CHIP.geometry, P, 3)
    better = remapped(faults, pairs, CHIP.geometry)
    before, after = (np.square(read_shares(found.applied(pairs), P) - shares).sum() for found in (faults, better))
    assert after < 0.9 * before
    assert sorted(better.stuck[:128, :8].ravel()) == sorted(faults.stuck[:128, :8].ravel())


def test_remapping_finds_the_one_row_that_does_not_mind():
    """A line of memristors stuck high on one side goes to the row whose weights are at full scale on that side."""
    shares = np.zeros((4, 8))
    shares[2] = 1.0
    pairs = conductances(shares, P)
    strength, stuck = np.ones(pairs.shape), np.zeros(pairs.shape)
    strength[0, :, 0], stuck[0, :, 0] = 0.0, P.filament.g_off + P.g_span
    found = remapped(FaultMap(strength, stuck), pairs, CHIP.geometry)
    assert (found.stuck[2, :, 0] > 0).all()
    np.testing.assert_allclose(read_shares(found.applied(pairs), P), shares, atol=1e-12)


@pytest.mark.parametrize("wrong", [Faults(weak=1.5), Faults(stuck_low=-0.1), Faults(stuck_low=0.6, weak=0.6), Faults(open_rows=float("nan"))])
def test_impossible_shares_are_refused(wrong):
    with pytest.raises(ConfigError, match="shares of 0 to 1"):
        draw_faults(wrong, 4, 4, CHIP.geometry, P, 0)
