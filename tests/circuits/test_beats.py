"""The sense amplifier: it finds beats and no T waves, whatever the electrode's offset and gain, knows nothing of the future, and hears nothing in noise."""

import numpy as np
import pytest
from tests.hearts import heart

from ferrion.circuits.beats import LEAST, REFRACTORY, SETTLE, forget, middle, resting, sensed_in

RATE = 360.0


def test_all_beats_are_found_and_nothing_else():
    """Small narrow beats and wide ones twice as high, whose T waves are as high as the narrow ones' R waves; at the rate of an implant, too."""
    for rate in (360.0, 250.0):
        signal, peaks, _ = heart("NNNNNVNVNVNNNVVNNN" * 4, rate=rate)
        moments, crossed = sensed_in(resting(rate), signal)
        wanted = peaks[peaks > SETTLE * rate]
        assert len(moments) == len(wanted)
        assert np.abs(moments - wanted).max() <= 0.045 * rate
        assert (crossed <= wanted).all()
        assert (crossed >= wanted - 0.08 * rate).all()
        assert np.diff(crossed).min() >= REFRACTORY * rate


@pytest.mark.parametrize(("gain", "offset"), [(2.0, 0.0), (1.0, -3.0), (0.5, 40.0)])
def test_offset_and_gain_of_the_electrode_do_not_matter(gain, offset):
    signal, _, _ = heart("NNNVNNNNVNVN" * 3)
    for one, other in zip(sensed_in(resting(RATE), signal), sensed_in(resting(RATE), gain * signal + offset), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_known_of_the_future():
    """Of a recording that is cut, the beats are the first of the whole; pieces are as good as all at once."""
    signal, _, _ = heart("NNNVNNNNVNVN" * 3)
    moments, _ = sensed_in(resting(RATE), signal)
    for end in (1500, 3000, 4001):
        cut, _ = sensed_in(resting(RATE), signal[:end])
        np.testing.assert_array_equal(cut, moments[: len(cut)])
    state = resting(RATE)
    parts = [sensed_in(state, part)[0] for part in np.array_split(signal, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), moments)


def test_an_electrode_that_has_come_off_has_no_heart():
    """After a heart, noise whose steepness stays under the least that counts, for a minute."""
    signal, peaks, _ = heart("N" * 30)
    noise = signal[-1] + np.random.default_rng(0).normal(0.0, LEAST / 4, round(60 * RATE))
    moments, _ = sensed_in(resting(RATE), np.concatenate([signal, noise]))
    assert len(moments) == (peaks > SETTLE * RATE).sum()


def test_a_signal_that_comes_back_elsewhere_is_no_beat():
    signal, _, _ = heart("N" * 20)
    state = resting(RATE)
    before, _ = sensed_in(state, signal)
    forget(state, 5.0)
    after, crossed = sensed_in(state, np.full(2000, 5.0))
    assert len(before) > 10
    assert not len(after)
    assert not len(crossed)


def test_the_middle_is_the_same_for_a_beat_that_somebody_else_found():
    signal, peaks, _ = heart("NNNNVNVNNV" * 2)
    moments, _ = sensed_in(resting(RATE), signal)
    near = peaks[np.abs(peaks - moments[:, None]).argmin(axis=1)][:-1]
    apart = np.array([middle(signal[peak - 128 : peak + 128], 128, RATE) + peak - 128 for peak in near]) - moments[:-1]
    assert np.median(np.abs(apart)) <= 1
    assert np.abs(apart).max() <= 0.02 * RATE, "where two middles of a wide beat are as steep"


def test_a_glitch_does_not_make_it_deaf():
    """One sample of 900 mV: the beats after it are found again within two seconds."""
    signal, peaks, _ = heart("N" * 30)
    glitch = signal.copy()
    glitch[4000:4003] = 900.0
    moments, _ = sensed_in(resting(RATE), glitch)
    later = peaks[peaks > 4003 + 2 * RATE]
    assert all(np.abs(moments - peak).min() <= 0.03 * RATE for peak in later)
