"""The fifteen statistical tests of random bits of NIST SP 800-22 Rev. 1a (Rukhin et al. 2010), numbered as its section 2.

Every test takes bits (n,), uint8 of 0 and 1, and returns its P-values: probabilities that a perfect generator would look no better. Block sizes are
those of its appendix B, whose figures for the binary expansions of e and pi these functions give (tested).
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, gammaincc, ndtr

from ferrion.core.compiled import compiled
from ferrion.core.errors import DataError

Bits = NDArray[np.uint8]
Floats = NDArray[np.float64]
LEAST = 1_000_000
"""Bits that all fifteen tests need."""
LEVEL = 0.01
"""P-value below which a sequence fails a test."""
CYCLES = 500
"""Returns to zero below which excursions say nothing."""
LONGEST = ((750_000, 10_000, 10, (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)), (6272, 128, 4, (0.1174, 0.2430, 0.2493, 0.1752, 0.1027, 0.1124)))
"""Least n, block, shortest class of longest run, and the chances of the classes."""
RANK = (0.2887880951538411, 0.5775761901732046, 0.1336357146729543)
"""Chances of rank 32, 31 and less of a 32 x 32 matrix."""
OVERLAPPING = (0.367879, 0.183940, 0.137955, 0.099634, 0.069935, 0.140657)
"""Chances of 0 to 4 and more runs of nine ones in 1,032 bits, of a compound Poisson law, as the program of NIST has them."""
COMPLEXITY = (1 / 96, 1 / 32, 1 / 8, 1 / 2, 1 / 4, 1 / 16, 1 / 48)
UNIVERSAL = {6: (5.2177052, 2.954), 7: (6.1962507, 3.125), 8: (7.1836656, 3.238), 9: (8.1764248, 3.311), 10: (9.1723243, 3.356)}
"""Block -> mean and variance of log2 of the distance between equal blocks."""


def _chi(counts: Floats, chances: Any) -> Floats:
    expected = counts.sum() * np.asarray(chances)
    return np.array([gammaincc((counts.size - 1) / 2, float(((counts - expected) ** 2 / expected).sum()) / 2)])


def _blocks(bits: Bits, size: int) -> Bits:
    return bits[: bits.size // size * size].reshape(-1, size)


def _windows(bits: Bits, size: int) -> NDArray[np.int64]:
    """The number that every `size` bits in a row stand for, the ends joined: (n,)."""
    ring = np.concatenate([bits, bits[: size - 1]]).astype(np.int64)
    found = np.zeros(bits.size, np.int64)
    for k in range(size):
        found = 2 * found + ring[k : k + bits.size]
    return found


def frequency(bits: Bits) -> Floats:
    """2.1: as many ones as zeros."""
    return np.array([erfc(abs(2.0 * bits.sum(dtype=np.int64) - bits.size) / np.sqrt(2.0 * bits.size))])


def block_frequency(bits: Bits, size: int = 128) -> Floats:
    """2.2: the same in blocks."""
    shares = _blocks(bits, size).mean(axis=1)
    return np.array([gammaincc(shares.size / 2, 2 * size * float(((shares - 0.5) ** 2).sum()))])


def runs(bits: Bits) -> Floats:
    """2.3: changes between neighbours."""
    share = float(bits.mean())
    if abs(share - 0.5) >= 2 / np.sqrt(bits.size):
        return np.zeros(1)
    changes = 1 + int((np.diff(bits) != 0).sum())
    return np.array([erfc(abs(changes - 2 * bits.size * share * (1 - share)) / (2 * np.sqrt(2 * bits.size) * share * (1 - share)))])


def longest_run(bits: Bits) -> Floats:
    """2.4: the longest run of ones in each block."""
    _, size, shortest, chances = next(row for row in LONGEST if bits.size >= row[0])
    run, longest = np.zeros(bits.size // size, np.int64), np.zeros(bits.size // size, np.int64)
    for column in _blocks(bits, size).T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    return _chi(np.bincount(np.clip(longest - shortest, 0, len(chances) - 1), minlength=len(chances)).astype(float), chances)


def rank(bits: Bits) -> Floats:
    """2.5: ranks of 32 x 32 matrices over the field of two."""
    rows = _blocks(bits, 1024).reshape(-1, 32, 32).astype(np.int64) @ (1 << np.arange(31, -1, -1))
    ranks = ranks_of(rows)
    return _chi(np.array([(ranks == 32).sum(), (ranks == 31).sum(), (ranks < 31).sum()], float), RANK)


def spectral(bits: Bits) -> Floats:
    """2.6: peaks of the Fourier transform."""
    n = bits.size
    peaks = np.abs(np.fft.rfft(2.0 * bits - 1.0))[: n // 2]
    low = float((peaks < np.sqrt(n * np.log(1 / 0.05))).sum())
    return np.array([erfc(abs(low - 0.95 * n / 2) / np.sqrt(n * 0.95 * 0.05 / 4) / np.sqrt(2))])


def non_overlapping(bits: Bits, size: int = 9, blocks: int = 8) -> Floats:
    """2.7: occurrences of every template that cannot overlap itself, 148 of nine bits, in eight blocks."""
    length = bits.size // blocks
    counts = np.array([np.bincount(_windows(block, size)[: length - size + 1], minlength=1 << size) for block in _blocks(bits[: blocks * length], length)])
    mean, variance = (length - size + 1) / 2**size, length * (2.0**-size - (2 * size - 1) * 4.0**-size)
    return np.asarray(gammaincc(blocks / 2, ((counts[:, aperiodic(size)] - mean) ** 2 / variance).sum(axis=0) / 2))


def aperiodic(size: int) -> NDArray[np.int64]:
    """Templates no end of which is their beginning."""
    found = [word for word in range(1 << size) if all(word >> shift != word & ((1 << (size - shift)) - 1) for shift in range(1, size))]
    return np.array(found)


def overlapping(bits: Bits) -> Floats:
    """2.8: runs of nine ones in blocks of 1,032."""
    counts = [int((_windows(block, 9)[:1024] == 511).sum()) for block in _blocks(bits, 1032)]
    return _chi(np.bincount(np.minimum(counts, 5), minlength=6).astype(float), OVERLAPPING)


def universal(bits: Bits) -> Floats:
    """2.9: distances between equal blocks (Maurer 1992)."""
    size = max(own for own in UNIVERSAL if bits.size >= 1010 * own * 2**own or own == min(UNIVERSAL))
    first, words = 10 * 2**size, _blocks(bits, size).astype(np.int64) @ (1 << np.arange(size - 1, -1, -1))
    total, tested = 0.0, words.size - first
    for word in range(1 << size):
        places = np.concatenate([[0], np.flatnonzero(words == word) + 1])
        total += float(np.log2(np.diff(places)[places[1:] > first]).sum())
    mean, variance = UNIVERSAL[size]
    deviation = (0.7 - 0.8 / size + (4 + 32 / size) * tested ** (-3 / size) / 15) * np.sqrt(variance / tested)
    return np.array([erfc(abs(total / tested - mean) / (np.sqrt(2) * deviation))])


def linear_complexity(bits: Bits, size: int = 500) -> Floats:
    """2.10: the shortest feedback register that makes each block (Berlekamp and Massey)."""
    sign = -1.0 if size % 2 else 1.0
    mean = size / 2 + (9 - sign) / 36 - (size / 3 + 2 / 9) / 2.0**size
    excess = sign * (complexities(_blocks(bits, size)) - mean) + 2 / 9
    return _chi(np.bincount(np.digitize(excess, np.arange(-2.5, 3.0), right=True), minlength=7).astype(float), COMPLEXITY)


def serial(bits: Bits, size: int = 16) -> Floats:
    """2.11: all words of sixteen bits, and what fifteen and fourteen do not tell of them."""
    squares = [float((np.bincount(_windows(bits, m), minlength=1 << m).astype(float) ** 2).sum()) * 2**m / bits.size - bits.size for m in (size, size - 1, size - 2)]
    first, second = (a - b for a, b in pairwise(squares))
    return np.array([gammaincc(2.0 ** (size - 2), first / 2), gammaincc(2.0 ** (size - 3), (first - second) / 2)])


def approximate_entropy(bits: Bits, size: int = 10) -> Floats:
    """2.12: what one bit more adds to words of ten."""
    entropies = []
    for m in (size, size + 1):
        shares = np.bincount(_windows(bits, m), minlength=1 << m) / bits.size
        entropies.append(float((shares[shares > 0] * np.log(shares[shares > 0])).sum()))
    return np.array([gammaincc(2.0 ** (size - 1), bits.size * (np.log(2) - (entropies[0] - entropies[1])))])


def cumulative_sums(bits: Bits) -> Floats:
    """2.13: how far the walk of the bits strays, forwards and backwards."""
    steps = 2 * bits.astype(np.int64) - 1
    return np.array([_strayed(int(np.abs(np.cumsum(own)).max()), bits.size) for own in (steps, steps[::-1])])


def _strayed(far: int, n: int) -> float:
    root = np.sqrt(n)
    k = np.arange(int((-n / far + 1) / 4), int((n / far - 1) / 4) + 1)
    more = np.arange(int((-n / far - 3) / 4), int((n / far - 1) / 4) + 1)
    inside = (ndtr((4 * k + 1) * far / root) - ndtr((4 * k - 1) * far / root)).sum()
    return float(1 - inside + (ndtr((4 * more + 3) * far / root) - ndtr((4 * more + 1) * far / root)).sum())


def _walk(bits: Bits) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """The walk, the cycle each step is in, and how many cycles there are."""
    walk = np.cumsum(2 * bits.astype(np.int64) - 1)
    cycle = np.concatenate([[0], np.cumsum(walk == 0)[:-1]])
    return walk, cycle, int(cycle[-1]) + 1


def random_excursions(bits: Bits) -> Floats:
    """2.14: visits of -4 to 4 between two returns to zero; no P-values where there are too few returns."""
    walk, cycle, cycles = _walk(bits)
    if cycles < CYCLES:
        return np.zeros(0)
    found = []
    for state in (-4, -3, -2, -1, 1, 2, 3, 4):
        visits = np.bincount(np.minimum(np.bincount(cycle[walk == state], minlength=cycles), 5), minlength=6)
        stay = 1 - 1 / (2 * abs(state))
        chances = [stay, *(stay ** (k - 1) / (4 * state**2) for k in range(1, 5)), stay**4 / (2 * abs(state))]
        found.append(_chi(visits.astype(float), chances)[0])
    return np.array(found)


def random_excursions_variant(bits: Bits) -> Floats:
    """2.15: visits of -9 to 9 in all; no P-values where there are too few returns."""
    walk, _, cycles = _walk(bits)
    states = np.array([state for state in range(-9, 10) if state])
    visits = np.array([(walk == state).sum() for state in states])
    return np.asarray(erfc(np.abs(visits - cycles) / np.sqrt(2 * cycles * (4 * np.abs(states) - 2)))) if cycles >= CYCLES else np.zeros(0)


@compiled
def ranks_of(rows):
    """Ranks of matrices over the field of two, rows as integers: (matrices, 32)."""
    found = np.zeros(rows.shape[0], np.int64)
    for k in range(rows.shape[0]):
        left = rows[k].copy()
        for bit in range(32):
            pivot = -1
            for i in range(found[k], 32):
                if (left[i] >> bit) & 1:
                    pivot = i
                    break
            if pivot >= 0:
                left[pivot], left[found[k]] = left[found[k]], left[pivot]
                for i in range(found[k] + 1, 32):
                    if (left[i] >> bit) & 1:
                        left[i] ^= left[found[k]]
                found[k] += 1
    return found


@compiled
def complexities(blocks):
    """Length of the shortest linear feedback register of every block (Massey, IEEE Trans. Inf. Theory 15, 122 (1969))."""
    size, found = blocks.shape[1], np.zeros(blocks.shape[0], np.int64)
    for k in range(blocks.shape[0]):
        c, b, t = np.zeros(size + 1, np.uint8), np.zeros(size + 1, np.uint8), np.zeros(size + 1, np.uint8)
        c[0] = b[0] = 1
        length, since = 0, 1
        for n in range(size):
            wrong = 0
            for i in range(length + 1):
                wrong ^= c[i] & blocks[k, n - i]
            if wrong == 0:
                since += 1
                continue
            t[:] = c
            for i in range(size + 1 - since):
                c[i + since] ^= b[i]
            if 2 * length <= n:
                length, since = n + 1 - length, 1
                b[:] = t
            else:
                since += 1
        found[k] = length
    return found


TESTS: dict[str, Callable[[Bits], Floats]] = {
    own.__name__: own
    for own in (
        frequency,
        block_frequency,
        runs,
        longest_run,
        rank,
        spectral,
        non_overlapping,
        overlapping,
        universal,
        linear_complexity,
        serial,
        approximate_entropy,
        cumulative_sums,
        random_excursions,
        random_excursions_variant,
    )
}


def battery(bits: Bits) -> dict[str, Floats]:
    """P-values of all tests, by name. Raises DataError for fewer than a million bits, or values other than 0 and 1."""
    if bits.ndim != 1 or bits.size < LEAST:
        raise DataError(f"{bits.size:,} bits: the fifteen tests need {LEAST:,} in a row")
    if bits.dtype != np.uint8 or bits.max() > 1:
        raise DataError(f"bits of {bits.dtype} up to {bits.max()}: give uint8 of 0 and 1")
    return {name: test(bits) for name, test in TESTS.items()}


def passed(p: Floats) -> bool:
    """Whether a sequence passes a test: none of its P-values is below `LEVEL`, of many no smaller one than their number lets expect (Bonferroni).

    A test that does not apply is not passed.
    """
    return bool(p.size > 0 and p.min() >= LEVEL / p.size)
