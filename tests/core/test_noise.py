"""Philox against its published known answers; draws against their distributions."""

import numpy as np
import pytest
from scipy import stats

from ferrion.core.noise import NORMAL_TABLE, Stream, fork, normals, permutation, philox, uniforms, words

U = np.uint64
# Salmon et al., Random123 kat_vectors: philox4x32 10 rounds.
KNOWN = [
    ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF,) * 4, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0xA4093822, 0x299F31D0), (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN)
def test_philox_gives_the_published_words(key, counter, answer):
    import numba

    compiled = numba.njit(lambda a, b, c, d, e, f: philox(a, b, c, d, e, f))
    assert tuple(int(w) for w in compiled(*map(U, key), *map(U, counter))) == answer


def test_a_word_hangs_on_its_counter_alone():
    whole = words(7, Stream.SET, 3, 64)
    a = words(7, Stream.SET, 3, 64)
    assert (whole == a).all()
    assert (words(8, Stream.SET, 3, 64) != whole).any()
    assert (words(7, Stream.RESET, 3, 64) != whole).any()
    assert (words(7, Stream.SET, 4, 64) != whole).any()


def test_uniforms_and_normals_have_their_distributions():
    n = 200_000
    assert stats.kstest(uniforms(1, Stream.SET, 0, n), "uniform").pvalue > 1e-3
    assert stats.kstest(normals(1, Stream.SET, 1, n), "norm").pvalue > 1e-3


def test_the_normal_table_has_unit_variance_and_no_bias():
    assert NORMAL_TABLE.mean() == pytest.approx(0, abs=1e-6)
    assert NORMAL_TABLE.var() == pytest.approx(1, abs=1e-6)


def test_a_permutation_holds_every_sample_once():
    assert sorted(permutation(3, 2, 1000)) == list(range(1000))
    assert (permutation(3, 2, 1000) != permutation(3, 3, 1000)).any()


def test_forks_of_neighbouring_seeds_share_nothing():
    seeds = {fork(seed, number) for seed in range(50) for number in range(50)}
    assert len(seeds) == 2500
    assert max(seeds) < 2**63
