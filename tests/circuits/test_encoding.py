"""Encodings carry the same number; what they differ in is noise and slots."""

import numpy as np
import pytest

from ferrion.circuits.encoding import Amplitude, BitSerial, PulseWidth, driven, squares, steps
from ferrion.core.errors import ConfigError

F4 = np.float32
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("encoding", [Amplitude(6), PulseWidth(6), BitSerial(6)], ids=lambda encoding: type(encoding).__name__)
def test_planes_add_up_to_the_number(encoding):
    whole = RNG.integers(-63, 64, (5, 32)).astype(F4)
    total = sum(plane.drive / plane.full * plane.weight for plane in encoding.planes(whole, 16))
    np.testing.assert_allclose(total, whole / 63, atol=1e-6)
    assert encoding.slots == {Amplitude: 1, PulseWidth: 63, BitSerial: 6}[type(encoding)]


def test_noise_power_follows_amplitude_time_or_bits():
    """One device at a drive x of full scale: x^2 in amplitude, |x| in time, sum of b 4^-k over the bits."""
    whole = np.array([[21.0, 0.0]], F4)

    def variance(encoding):
        return sum(plane.power[0, 0] * (plane.weight / plane.full) ** 2 for plane in encoding.planes(whole, 2))

    assert variance(Amplitude(6)) == pytest.approx((21 / 63) ** 2)
    assert variance(PulseWidth(6)) == pytest.approx(21 / 63)
    assert {kind: sum(plane.pulses for plane in kind(6).planes(whole, 2)) for kind in (Amplitude, PulseWidth, BitSerial)} == {Amplitude: 1, PulseWidth: 21, BitSerial: 3}
    assert variance(BitSerial(6)) == pytest.approx((16**2 + 4**2 + 1) / 63**2)  # 21 = 16 + 4 + 1


def test_drivers_round_saturate_and_carry_the_bias():
    numbers, lines = np.array([[0.5, -2.0, 0.0, 0.1004]], F4), np.zeros((1, 8), F4)
    count, most = driven(numbers, 1, 255 / 1.5, 255, lines)
    assert (lines[0] == [85, -255, 0, 17, 170, 0, 0, 0]).all()
    assert (count, most) == (4, 2.0)
    exact = np.zeros((1, 8), F4)
    driven(numbers, 1, 1.0, 0, exact)
    assert (exact[0, :5] == [*numbers[0], 1.0]).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_drivers_notice_what_is_no_number(wrong):
    numbers = np.ones((3, 40), F4)
    numbers[1, 7] = wrong
    assert not np.isfinite(driven(numbers, 0, 1.0, 7, np.zeros((3, 40), F4))[1])


def test_squares_are_summed_tile_by_tile():
    drive = RNG.normal(size=(4, 3 * 40)).astype(F4)
    np.testing.assert_allclose(squares(drive, 40), (drive**2).reshape(4, 3, 40).sum(2), rtol=1e-6)
    np.testing.assert_allclose(squares(drive, 70)[:, 1], (drive[:, 70:] ** 2).sum(1), rtol=1e-6)


@pytest.mark.parametrize("bits", [0, 17])
def test_impossible_bits_are_refused(bits):
    assert steps(3) == 7
    with pytest.raises(ConfigError, match="give 1 to 16"):
        Amplitude(bits)
