"""Converters: codes, saturation, the statistics of noise and offset, mismatch against theory, calibration."""

import numpy as np
import pytest

from ferrion.circuits.adc import Converters, Sar, calibrated, converter, draw_converters
from ferrion.core.errors import ConfigError

F4, U8 = np.float32, np.uint64
SAR = Sar(bits=8, noise=0.0, offset=0.0, gain=0.0, mismatch=0.0, walden=283e-15, rate=1e7, area=1e-8)


def codes(lsb, converters, *, noise=0.0, sigma=0.0, power=0.0, seed=1, step=1):
    """Codes of one tile's partial sums, given in LSB: (samples, columns)."""
    values = np.asarray(lsb, F4)[None]
    out = np.zeros(values.shape[1:], F4)
    bits = converters.shares.shape[1] // values.shape[2]
    rails, most = converter(bits)(0, values, np.full((values.shape[1], 1), power, F4), F4(1), F4(sigma), F4(noise), converters, U8(seed), U8(3), U8(step), out)
    return out, rails, most


@pytest.mark.parametrize("bits", [2, 5, 8, 12])
def test_an_ideal_converter_rounds_and_saturates(bits):
    half = 2 ** (bits - 1)
    values = np.linspace(-1.2 * half, 1.2 * half, 4001)[:, None].repeat(3, 1) + 1e-3
    out, rails, most = codes(values, draw_converters(SAR._replace(bits=bits), 1, 3, 1, 0, 9))
    expected = np.clip(np.floor(values.astype(F4) + 0.5), -half, half - 1)
    assert (out == expected).all()
    assert rails == ((expected == -half) | (expected == half - 1)).sum()
    assert most == pytest.approx(np.abs(values).max())


def test_noise_of_devices_and_converter_add_in_variance():
    """White noise of 3 LSB from 4 devices' worth of power and 2 LSB of the converter: sqrt(4 x 9 + 4), plus rounding's 1/12."""
    out, _, _ = codes(np.zeros((4000, 50)), draw_converters(SAR, 1, 50, 1, 0, 9), noise=2.0, sigma=3.0, power=4.0)
    variance = 4 * 9 + 4 + 1 / 12
    assert out.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / out.size) + 0.002)
    assert abs(out.mean()) < 5 * np.sqrt(variance / out.size)
    again, _, _ = codes(np.zeros((4000, 50)), draw_converters(SAR, 1, 50, 1, 0, 9), noise=2.0, sigma=3.0, power=4.0)
    other, _, _ = codes(np.zeros((4000, 50)), draw_converters(SAR, 1, 50, 1, 0, 9), noise=2.0, sigma=3.0, power=4.0, step=2)
    assert (again == out).all()
    assert abs(np.corrcoef(other.ravel(), out.ravel())[0, 1]) < 5 / np.sqrt(out.size)


def test_mismatch_bends_the_middle_most():
    """The largest step's error is that of half against half the capacitors: its variance is sigma^2 (2^bits - 1), as of a binary-weighted array."""
    bits, mismatch, count = 8, 0.01, 4000
    converters = draw_converters(SAR._replace(mismatch=mismatch), 1, count, 1, 3, 9)
    shares = converters.shares.reshape(bits, count).astype(float)
    assert shares.sum(axis=0) == pytest.approx(np.full(count, 255.0), rel=1e-6)
    middle = shares[0] - shares[1:].sum(axis=0) - 1.0
    assert middle.std() == pytest.approx(mismatch * np.sqrt(255), rel=5 / np.sqrt(2 * count) + 0.01)


def test_gains_spread_as_the_card_says_and_multiply_what_is_converted():
    count = 4000
    converters = draw_converters(SAR._replace(gain=0.02), 1, count, 1, 3, 9)
    assert converters.gain.std() == pytest.approx(0.02, rel=5 / np.sqrt(2 * count))
    assert abs(converters.gain.mean() - 1) < 5 * 0.02 / np.sqrt(count)
    out, _, _ = codes(np.full((1, count), 100.0), converters)
    assert (out[0] == np.floor(100 * converters.gain[0] + F4(0.5))).all()


def test_columns_share_converters_and_calibration_takes_their_offset_away():
    converters = draw_converters(SAR._replace(offset=5.0), 2, 64, 16, 4, 9)
    assert (np.unique(converters.offset).size, converters.offset.shape) == (8, (2, 64))
    assert (converters.offset[:, :16] == converters.offset[:, :1]).all()
    before, _, _ = codes(np.zeros((200, 64)), Converters(*(part[:1] for part in converters)), noise=0.5)
    after, _, _ = codes(np.zeros((200, 64)), Converters(*(part[:1] for part in calibrated(converters, 0.5, 400, 4, 11))), noise=0.5)
    assert np.abs(before.mean(axis=0)).max() > 2.0
    assert np.abs(after.mean(axis=0)).max() < 5 * 0.6 * np.sqrt(1 / 200 + 1 / 400)


def test_energy_doubles_with_every_bit():
    assert SAR.joules == pytest.approx(283e-15 * 256)
    assert SAR._replace(bits=9).joules == 2 * SAR.joules


@pytest.mark.parametrize("wrong", [{"bits": 1}, {"bits": 17}, {"bits": 7.5}, {"noise": -1.0}, {"mismatch": np.nan}])
def test_impossible_converters_are_refused(wrong):
    with pytest.raises(ConfigError):
        draw_converters(SAR._replace(**wrong), 1, 4, 1, 0, 9)
