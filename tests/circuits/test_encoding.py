"""Encodings carry the same number; what they differ in is noise and slots."""

import numpy as np
import pytest

from ferrion.circuits.encoding import Amplitude, BitSerial, PulseWidth, amplitudes, normalised, steps
from ferrion.core.errors import ConfigError

F4 = np.float32
RNG = np.random.default_rng(0)


def read_of(whole, depth):
    """Whole steps as one read of their amplitudes."""
    return amplitudes(whole, 0, 1.0, 63, depth)[0]


@pytest.mark.parametrize("encoding", [Amplitude(6), PulseWidth(6), BitSerial(6)], ids=lambda encoding: type(encoding).__name__)
def test_planes_add_up_to_the_number(encoding):
    whole = RNG.integers(-63, 64, (5, 32)).astype(F4)
    total = sum(plane.drive / plane.full * plane.weight for plane in encoding.planes(read_of(whole, 16)))
    np.testing.assert_allclose(total, whole / 63, atol=1e-6)
    assert encoding.slots == {Amplitude: 1, PulseWidth: 63, BitSerial: 6}[type(encoding)]


def test_noise_power_follows_amplitude_time_or_bits():
    """One device at a drive x of full scale: x^2 in amplitude, |x| in time, sum of b 4^-k over the bits."""
    whole = np.array([[21.0, 0.0]], F4)

    def variance(encoding):
        return sum(plane.power[0, 0] * (plane.weight / plane.full) ** 2 for plane in encoding.planes(read_of(whole, 2)))

    assert variance(Amplitude(6)) == pytest.approx((21 / 63) ** 2)
    assert variance(PulseWidth(6)) == pytest.approx(21 / 63)
    assert {kind: sum(plane.pulses for plane in kind(6).planes(read_of(whole, 2))) for kind in (Amplitude, PulseWidth, BitSerial)} == {
        Amplitude: 1,
        PulseWidth: 21,
        BitSerial: 3,
    }
    assert variance(BitSerial(6)) == pytest.approx((16**2 + 4**2 + 1) / 63**2)  # 21 = 16 + 4 + 1


def test_drivers_round_saturate_and_carry_the_bias():
    numbers = np.array([[0.5, -2.0, 0.0, 0.1004]], F4)
    found, most = amplitudes(numbers, 1, 255 / 1.5, 255, 8)
    assert (found.drive[0] == [85, -255, 0, 17, 170]).all()
    assert (found.pulses, found.full, most) == (4, 255, 2.0)
    exact, _ = amplitudes(numbers, 1, 1.0, 0, 8)
    assert (exact.drive[0] == [*numbers[0], 1.0]).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_noticed(wrong):
    numbers = np.ones((3, 40), F4)
    numbers[1, 7] = wrong
    assert not np.isfinite(amplitudes(numbers, 0, 1.0, 7, 40)[1])
    assert not np.isfinite(normalised(numbers, np.empty((3, 1), F4), np.empty_like(numbers)))


@pytest.mark.parametrize("width", [3, 16, 40])
def test_errors_are_shares_of_the_largest_of_their_sample(width):
    numbers, sizes = RNG.normal(size=(5, width)).astype(F4), np.empty((5, 1), F4)
    numbers[2], shares = 0.0, np.empty_like(numbers)
    assert normalised(numbers, sizes, shares) == np.abs(numbers).max()
    most = np.abs(numbers).max(1, keepdims=True)
    np.testing.assert_allclose(shares, numbers / np.where(most > 0, most, 1.0), rtol=1e-6)
    np.testing.assert_allclose(sizes, most, atol=1e-30)


@pytest.mark.parametrize("depth", [40, 70])
@pytest.mark.parametrize("encoding", [Amplitude(6), PulseWidth(6), BitSerial(6)], ids=lambda encoding: type(encoding).__name__)
def test_noise_powers_are_summed_tile_by_tile(encoding, depth):
    """Also where the last tile is not full."""
    whole = RNG.integers(-63, 64, (4, 117)).astype(F4)
    for plane in encoding.planes(read_of(whole, depth)):
        each = np.abs(plane.drive) * 63 if isinstance(encoding, PulseWidth) else plane.drive**2
        np.testing.assert_allclose(plane.power, np.stack([each[:, i : i + depth].sum(1) for i in range(0, 117, depth)], 1), rtol=1e-6)


@pytest.mark.parametrize("bits", [0, 17])
def test_impossible_bits_are_refused(bits):
    assert steps(3) == 7
    with pytest.raises(ConfigError, match="give 1 to 16"):
        Amplitude(bits)
