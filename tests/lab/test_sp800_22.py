"""NIST SP 800-22: P-values of appendix B for the binary expansions of e and pi, its worked examples, and sequences that must fail."""

import numpy as np
import pytest

from ferrion.core.errors import DataError
from ferrion.core.noise import Stream, words
from ferrion.lab import sp800_22
from ferrion.lab.sp800_22 import TESTS, aperiodic, approximate_entropy, battery, block_frequency, complexities, cumulative_sums, frequency, passed, ranks_of, runs

mpmath = pytest.importorskip("mpmath", reason="comes with torch; it makes the digits of e and pi")

APPENDIX_B = {
    "e": {
        "frequency": (0, 0.953749),
        "block_frequency": (0, 0.211072),
        "cumulative_sums": (0, 0.669886),
        "runs": (0, 0.561917),
        "longest_run": (0, 0.718945),
        "rank": (0, 0.306156),
        "spectral": (0, 0.847187),
        "non_overlapping": (0, 0.078790),
        "overlapping": (0, 0.110434),
        "universal": (0, 0.282568),
        "approximate_entropy": (0, 0.700073),
        "random_excursions": (4, 0.786868),
        "random_excursions_variant": (8, 0.826009),
        "linear_complexity": (0, 0.826335),
        "serial": (0, 0.766182),
    },
    "pi": {
        "frequency": (0, 0.578211),
        "block_frequency": (0, 0.380615),
        "cumulative_sums": (0, 0.628308),
        "runs": (0, 0.419268),
        "longest_run": (0, 0.024390),
        "rank": (0, 0.083553),
        "spectral": (0, 0.010186),
        "non_overlapping": (0, 0.165757),
        "overlapping": (0, 0.296897),
        "universal": (0, 0.669012),
        "approximate_entropy": (0, 0.361595),
        "random_excursions": (4, 0.844143),
        "random_excursions_variant": (8, 0.760966),
        "linear_complexity": (0, 0.255475),
        "serial": (0, 0.143005),
    },
}
ROUNDED = {"overlapping": 1e-5, "linear_complexity": 0.01}
"""Chances that appendix B had to fewer digits: 0.01047 for 1/96."""


def expansion(name: str, bits: int) -> np.ndarray:
    """The first bits of e or pi, those before the point among them."""
    with mpmath.workprec(bits + 100):
        digits = bin(int(mpmath.floor(getattr(mpmath.mp, name) * mpmath.mpf(2) ** (bits - 2))))[2:]
    return np.frombuffer(digits.encode(), np.uint8) - np.uint8(48)


@pytest.mark.slow
@pytest.mark.parametrize("name", APPENDIX_B)
def test_appendix_b(name):
    found = battery(expansion(name, 1_000_000))
    assert set(found) == set(APPENDIX_B[name]) == set(TESTS)
    for test, (place, expected) in APPENDIX_B[name].items():
        assert found[test][place] == pytest.approx(expected, abs=ROUNDED.get(test, 1e-6)), test


def test_worked_examples():
    """The first hundred bits of pi: sections 2.1.8, 2.2.8, 2.3.8, 2.12.8 and 2.13.8."""
    bits = expansion("pi", 100)
    assert frequency(bits)[0] == pytest.approx(0.109599, abs=1e-6)
    assert block_frequency(bits, 10)[0] == pytest.approx(0.706438, abs=1e-6)
    assert runs(bits)[0] == pytest.approx(0.500798, abs=1e-6)
    assert approximate_entropy(bits, 2)[0] == pytest.approx(0.235301, abs=1e-6)
    assert cumulative_sums(bits) == pytest.approx([0.219194, 0.114866], abs=1e-6)


def test_the_register_of_the_worked_example():
    """1101011110001 has complexity 4 (section 2.10.4); alternating bits 2, zeros 0."""
    assert complexities(np.array([[1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1]], np.uint8)).tolist() == [4]
    assert complexities(np.array([[0, 1] * 6, [0] * 12], np.uint8)).tolist() == [2, 0]


def test_ranks_and_templates():
    identity = 1 << np.arange(32)
    assert ranks_of(np.array([identity, np.ones(32, np.int64), np.zeros(32, np.int64)])).tolist() == [32, 1, 0]
    assert [aperiodic(m).size for m in (2, 3, 4, 5, 9)] == [2, 4, 6, 12, 148]


@pytest.mark.slow
def test_even_bits_pass_and_others_do_not():
    drawn = np.unpackbits(words(0, Stream.PROBE, 0, 31_250).view(np.uint8))
    assert all(passed(p) for p in battery(drawn).values())
    assert not passed(sp800_22.random_excursions(np.ones(1_000_000, np.uint8)))
    biased = (np.random.default_rng(0).random(1_000_000) < 0.51).astype(np.uint8)
    assert not passed(frequency(biased))
    assert not passed(sp800_22.spectral(np.tile(drawn[:1000], 1000)))
    assert not passed(sp800_22.universal(np.tile(drawn[:5000], 200)))
    assert not passed(sp800_22.serial(np.tile(drawn[:100_000], 10)))


def test_too_few_bits_are_refused():
    with pytest.raises(DataError, match="1,000,000"):
        battery(np.zeros(999, np.uint8))
    with pytest.raises(DataError, match="uint8"):
        battery(np.full(1_000_000, 2, np.uint8))
