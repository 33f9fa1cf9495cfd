import numpy as np

from ferrion.circuits.sense import bit_error_rate
from ferrion.devices.fecap import Operation

P = Operation(v_write=4.8, t_write=1e-7, spread=0.168, reference=0.06, offset=0.03, noise=0.02, wake_up=1000)


def test_the_bit_error_rate_is_that_of_drawn_cells():
    rng, n, median = np.random.default_rng(0), 2_000_000, 0.15
    noise = np.hypot(P.offset, P.noise)
    ones = median * (1 + P.spread * rng.normal(size=n)) + noise * rng.normal(size=n) < P.reference
    zeros = noise * rng.normal(size=n) > P.reference
    drawn = (ones.mean() + zeros.mean()) / 2
    assert abs(bit_error_rate(median, P) - drawn) < 5 * np.sqrt(drawn / (2 * n))


def test_zero_failures_in_sixteen_kilobits_are_expected():
    """Francois 2021: zero bit failure at the array level."""
    from ferrion.params.card import load

    assert 16384 * bit_error_rate(0.36, load("fecap-martemucci2025").fill("operation", Operation)) < 0.05
