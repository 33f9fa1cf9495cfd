"""A chip that has lain: spread and drift of its weights are those of the card."""

import numpy as np
import pytest

from ferrion.learning.network import layout
from ferrion.learning.retention import lain

NET = layout((200, 100), 1.0)
SHARE = 0.5


def weights_after(chip, time, temperature=298.0):
    fresh = np.full(int(NET.weights[-1]), SHARE * NET.full[0], np.float32)
    return lain(NET, fresh, chip.devices, 0, time, temperature) / NET.full[0]


def test_within_the_first_second_nothing_changes(chip):
    np.testing.assert_allclose(weights_after(chip, 0.5), SHARE, rtol=1e-6)


def test_after_a_day_spread_and_mean_are_those_of_the_card(chip):
    p = chip.devices
    x = (SHARE * p.g_span + p.filament.g_off) / p.filament.g_max
    early, late = (((f[0] * x + f[1]) * x + f[2]) * x * x + f[3] * x + f[4] for f in (p.filament[4:9], p.filament[9:14]))
    sigma = np.sqrt(late**2 - early**2) * p.filament.g_max / p.g_span
    drift = p.filament.drift * min((x - 0.125) / 0.3, 1) * np.log(86400) * p.filament.g_max / p.g_span
    shares = weights_after(chip, 86400.0)
    assert abs(shares.std() / sigma - 1) < 5 / np.sqrt(2 * shares.size)
    assert abs(shares.mean() - (SHARE - drift)) < 5 * sigma / np.sqrt(shares.size)


def test_heat_is_time(chip):
    assert weights_after(chip, 3600.0, 398.0).std() > weights_after(chip, 3600.0).std()
    assert weights_after(chip, 3600.0, 398.0).mean() < weights_after(chip, 3600.0).mean()
    assert weights_after(chip, 1e5, 298.0).std() == pytest.approx(weights_after(chip, 1e5).std())
