"""The inlined exponential is the library's, at its edges too."""

import math

import numba
import numpy as np
import pytest

from ferrion.kernels.exponential import exponential, rough_log2

exp = numba.njit(lambda x: exponential(x))
log2 = numba.njit(lambda x: rough_log2(x))


def test_it_is_within_two_units_in_the_last_place():
    rng = np.random.default_rng(0)
    for x in np.concatenate([rng.uniform(-700, 700, 20_000), rng.uniform(-1, 1, 20_000)]):
        assert abs(exp(x) / math.exp(x) - 1) <= 2 * np.finfo(float).eps


@pytest.mark.parametrize(("x", "value"), [(0.0, 1.0), (-1e9, 0.0), (1e9, math.inf), (math.inf, math.inf), (-math.inf, 0.0), (-746.0, 0.0)])
def test_edges(x, value):
    assert exp(x) == value


def test_denormals_and_none():
    assert exp(-740.0) == pytest.approx(math.exp(-740.0), rel=1e-3)
    assert math.isnan(exp(math.nan))


def test_the_rough_logarithm_is_within_five_hundredths():
    x = np.exp(np.random.default_rng(1).uniform(-300, 300, 5000))
    assert max(abs(log2(v) - math.log2(v)) for v in x) < 0.05
