"""Wear of the ion neuron: lives, failure by closed hysteresis, and billions of switchings in one step."""

import numpy as np
import pytest
from scipy import stats

from ferrion.circuits import drive
from ferrion.circuits.neuron import Level, Neuron
from ferrion.core.errors import CardError, ConfigError

NEURON = Neuron.from_card("zhao-2025")
TRAIN = drive.pulses(0.8, 1e-3, 2e-3, 0.3)


def test_lives_obey_weibull():
    """Slope 2 and scale 1e8 of the card: Kolmogorov-Smirnov on 2,000 devices; device 0 has the card's own."""
    lives = NEURON.lives(2000, seed=1)
    assert lives[0] == 1e8
    assert stats.kstest(lives[1:] / 1e8, stats.weibull_min(2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("switchings", [0.0, 3e7, 1e8, 3e8])
def test_the_share_that_is_stuck_is_weibulls(switchings):
    share = 1 - np.exp(-((switchings / 1e8) ** 2))
    assert NEURON.stuck(switchings, 4000, seed=2).mean() == pytest.approx(share, abs=5 * np.sqrt(max(share * (1 - share), 1e-9) / 4000) + 1e-3)


@pytest.mark.parametrize("level", list(Level))
def test_a_stuck_device_does_not_spike_and_an_old_one_spikes_sooner(level):
    """The threshold slides to the hold voltage: first spikes come forward, until there are none. Both levels agree on who is stuck."""
    fresh, old = (NEURON.fire(TRAIN, count=30, seed=3, switchings=n, level=level) for n in (0.0, 2e7))
    stuck = NEURON.stuck(2e7, 30, seed=3)
    assert all((len(train) == 0) == dead for train, dead in zip(old, stuck, strict=True))
    alive = [(a[0], b[0]) for a, b, dead in zip(fresh, old, stuck, strict=True) if not dead]
    assert all(b < a for a, b in alive)
    assert all(len(train) == 0 for train in NEURON.fire(TRAIN, count=5, seed=3, switchings=4e9, level=level))


def test_the_gate_of_a_stuck_device_stays_charged():
    """Its filament never dissolves: once bridged, the gate stands at the drive less what the control resistor draws."""
    found = NEURON.run(drive.step(0.8, 0.1), 1e-4, switchings=1e9)
    assert np.isnan(found["spike_time"].to_numpy()).all()
    gate = found["v_gate"].to_numpy()[0]
    divided = 0.8 / (1 + 1 / (NEURON.memristor.g_on * NEURON.gate.r_control))
    np.testing.assert_allclose(gate[(gate > 0.7).argmax() + 1 :], divided, rtol=1e-3)


def test_wear_that_nobody_knows_is_refused():
    with pytest.raises(CardError, match=r"has no \[endurance\]"):
        Neuron.from_card("fu-2025").fire(TRAIN, switchings=1e6)
    with pytest.raises(ConfigError, match="0 or more"):
        NEURON.fire(TRAIN, switchings=-1.0)
