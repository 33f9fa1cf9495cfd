"""Encoders against what their circuits promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferrion.circuits.cochlea import bank, centres, cochlea
from ferrion.circuits.coding import delta, followed, latency, level_crossing, poisson, sigma_delta
from ferrion.core.errors import DataError

DT = 1e-3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 2.0))
def test_what_level_crossings_say_is_within_a_step_of_the_signal(seed, step):
    signal = np.cumsum(np.random.default_rng(seed).normal(size=(200, 3)), axis=0)
    events = level_crossing(signal, DT, step)
    assert (np.diff(events.times) >= 0).all()
    assert events.rows.min(initial=0) >= 0
    assert events.rows.max(initial=0) < 6
    said = signal[0] + followed(events, 3, step, np.arange(200) * DT + 1e-12)
    assert np.abs(said - signal).max() <= step * (1 + 1e-6)


def test_a_ramp_crosses_its_levels_between_the_samples():
    events = level_crossing(np.array([0.0, 1.0, -0.05]), 0.1, 0.3)
    np.testing.assert_allclose(events.times, [0.03, 0.06, 0.09, 0.1 + 0.04 / 1.05, 0.1 + 0.07 / 1.05, 0.1 + 0.1 / 1.05], atol=1e-12)
    np.testing.assert_array_equal(events.rows, [0, 0, 0, 1, 1, 1])


def test_a_still_signal_is_silent_and_a_clocked_delta_loses_steep_slopes():
    assert level_crossing(np.full((50, 2), 3.0), DT, 0.1).times.size == 0
    steep = np.linspace(0.0, 10.0, 11)
    assert delta(steep, DT, 0.25).times.size == 10
    assert level_crossing(steep, DT, 0.25).times.size == 40


def test_sigma_delta_fires_at_the_rate_of_the_signal():
    events = sigma_delta(np.column_stack([np.full(1001, 2.0001), np.full(1001, -0.5001)]), DT, 0.01)
    np.testing.assert_array_equal(np.bincount(events.rows, minlength=4), [200, 0, 0, 50])


def test_a_rate_code_is_poisson_and_fixed_by_its_seed():
    shares, most, seconds = np.linspace(0.0, 1.0, 2000), 50.0, 2.0
    events = poisson(shares, most, seconds, seed=3)
    counts = np.bincount(events.rows, minlength=2000)
    expected = shares * most * seconds
    assert counts[0] == 0
    assert abs((counts - expected).sum()) < 5 * np.sqrt(expected.sum())
    fano = ((counts[200:] - expected[200:]) ** 2 / expected[200:]).mean()
    assert abs(fano - 1.0) < 5 * np.sqrt(2 / 1800)
    assert abs(np.mean(events.times) - seconds / 2) < 5 * seconds / np.sqrt(12 * events.times.size)
    np.testing.assert_array_equal(events.times, poisson(shares, most, seconds, seed=3).times)
    assert not np.array_equal(events.times, poisson(shares, most, seconds, seed=4).times)


def test_the_largest_share_fires_first():
    events = latency([0.25, 0.0, 1.0, 0.5], 0.2)
    np.testing.assert_array_equal(events.rows, [2, 3, 0])
    np.testing.assert_allclose(events.times, [0.0, 0.1, 0.15])


def test_a_tone_is_heard_where_it_belongs():
    rate, channels = 8000.0, 24
    f = centres(channels, 100.0, 3600.0)
    erb = 21.4 * np.log10(1 + 4.37e-3 * f)
    np.testing.assert_allclose(np.diff(erb), erb[1] - erb[0])
    for channel in (4, 12, 20):
        tone = 0.3 * np.sin(2 * np.pi * f[channel] * np.arange(4000) / rate)
        assert bank(tone, rate, channels)[1000:].mean(axis=0).argmax() == channel
        assert np.bincount(cochlea(tone, rate, channels, 1e-3).rows, minlength=channels).argmax() == channel
    assert cochlea(np.zeros(800), rate, channels, 1e-3).times.size == 0


@pytest.mark.parametrize("bad", [np.array([1.0]), np.array([0.0, np.nan, 1.0]), np.zeros((2, 2, 2))])
def test_signals_that_cannot_be_followed_are_refused(bad):
    with pytest.raises(DataError, match="two samples at least, without NaN"):
        level_crossing(bad, DT, 0.1)


def test_steps_shares_and_sounds_out_of_range_are_refused():
    with pytest.raises(DataError, match="above 0"):
        sigma_delta(np.zeros(5), DT, 0.0)
    with pytest.raises(DataError, match="seconds = nan"):
        latency([0.5], float("nan"))
    with pytest.raises(DataError, match="most = -1"):
        poisson([0.5], -1.0, 1.0, 0)
    with pytest.raises(DataError, match=r"0\.\.1 a row"):
        latency([1.5], 0.1)
    with pytest.raises(DataError, match="one channel or more"):
        bank(np.zeros(10), 8000.0, 0)
    with pytest.raises(DataError, match="without NaN"):
        bank(np.full(10, np.nan), 8000.0, 3)
