"""Counter-based noise: (seed, stream, cell, step) fixes a draw on any backend, thread count and machine.

Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11. The 128-bit counter holds
(cell // 4, stream, step low, step high); the 64-bit key is the seed. One call gives four 32-bit words.
"""

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ferrion.core.compiled import compiled, inlined

U64 = np.uint64
MASK = U64(0xFFFFFFFF)
SHIFT = U64(32)
ROUND_A, ROUND_B = U64(0xD2511F53), U64(0xCD9E8D57)
WEYL_A, WEYL_B = U64(0x9E3779B9), U64(0xBB67AE85)
WORD = 2.0**-32
TABLE_BITS = 12
"""A normal draw takes 16 bits of a word, of which the upper 12 choose an entry of `NORMAL_TABLE`."""


class Stream(IntEnum):
    """What a draw is for. Two purposes never share a stream, so adding one changes no other."""

    SILVER = 0
    ORDER = 1
    INITIAL = 2
    ROW_DITHER = 3
    COLUMN_DITHER = 4
    READ = 5
    READ_BACK = 14
    FECAP_SPREAD = 6
    MEMRISTOR_SPREAD = 7
    SENSE = 8
    SET = 9
    RESET = 10
    DOMAINS = 11
    NUCLEATION = 12
    REST = 13
    FIRING = 15
    TRANSFER = 16
    """One stream for each layer: TRANSFER + layer."""
    ADC = 1 << 20
    ADC_BACK = (1 << 20) + 1
    CALIBRATION = (1 << 20) + 2
    FAULTS = (1 << 20) + 3
    REHEARSAL = (1 << 20) + 4
    VERIFY = (1 << 20) + 5
    PROBE = (1 << 20) + 6
    BOOTSTRAP = (1 << 20) + 7
    KEPT = (1 << 20) + 8
    FORK = (1 << 20) + 9
    ENCODER = (1 << 20) + 10


def _normal_table() -> NDArray[np.float32]:
    """Quantiles of the unit normal at 4,096 mid-points, scaled to unit variance (largest 3.7 sigma)."""
    n = 1 << TABLE_BITS
    quantiles = ndtri((np.arange(n) + 0.5) / n)
    return np.asarray(quantiles / quantiles.std(), dtype=np.float32)


NORMAL_TABLE = _normal_table()


@inlined
def gauss(a, b):
    """Two unit normals of two 32-bit words (Box and Muller, Ann. Math. Stat. 29, 610 (1958)); none is beyond 6.7."""
    radius = math.sqrt(-2.0 * math.log((float(a) + 0.5) * WORD))
    angle = 2.0 * math.pi * float(b) * WORD
    return radius * math.cos(angle), radius * math.sin(angle)


@inlined
def philox(key0, key1, c0, c1, c2, c3):
    """Ten rounds of Philox4x32; every argument a uint64 below 2**32."""
    for _ in range(10):
        p = ROUND_A * c0
        q = ROUND_B * c2
        c0, c1, c2, c3 = (q >> SHIFT) ^ c1 ^ key0, q & MASK, (p >> SHIFT) ^ c3 ^ key1, p & MASK
        key0 = (key0 + WEYL_A) & MASK
        key1 = (key1 + WEYL_B) & MASK
    return c0, c1, c2, c3


@compiled
def fill_words(seed: np.uint64, stream: np.uint64, step: np.uint64, out: NDArray[np.uint32]) -> None:
    """Fill `out` (size a multiple of 4) with the words of cells 0..size-1; cell c is word c // (size/4) of counter c % (size/4)."""
    quarter = out.size // 4
    for i in range(quarter):
        a, b, c, d = philox(seed & MASK, seed >> SHIFT, U64(i), stream, step & MASK, step >> SHIFT)
        out[i] = a
        out[quarter + i] = b
        out[2 * quarter + i] = c
        out[3 * quarter + i] = d


@inlined
def word_at(seed, stream, step, cell, size):
    """The word that `fill_words` gives cell `cell` of `size` (a multiple of 4)."""
    quarter = size // 4
    lane = U64(cell >= quarter) + U64(cell >= quarter + quarter) + U64(cell >= size - quarter)
    a, b, c, d = philox(seed & MASK, seed >> SHIFT, U64(cell) - lane * U64(quarter), stream, step & MASK, step >> SHIFT)
    return np.uint32(a if lane == 0 else b if lane == 1 else c if lane == 2 else d)


@compiled
def fill_normals(seed: np.uint64, stream: np.uint64, step: np.uint64, words: NDArray[np.uint32], out: NDArray[np.float32]) -> None:
    """Fill `out` (twice as long as `words`) with unit normals of `NORMAL_TABLE`, two a word."""
    fill_words(seed, stream, step, words)
    for j in range(U64(words.size)):
        out[j] = NORMAL_TABLE[words[j] >> np.uint32(20)]
    for j in range(U64(words.size)):
        out[U64(words.size) + j] = NORMAL_TABLE[(words[j] >> np.uint32(4)) & np.uint32(4095)]


@compiled
def add_normals(seed: int, stream: int, step: int, sigma: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add to every row of `out` (rows, columns) unit normals times its sigma (rows,); row r draws at step * 2^32 + r."""
    half = (out.shape[1] + 1) // 2
    words = np.empty((half + 3) // 4 * 4, np.uint32)
    drawn = np.empty(2 * words.size, np.float32)
    for row in range(out.shape[0]):
        fill_normals(U64(seed), U64(stream), (U64(step) << SHIFT) + U64(row), words, drawn)
        for j in range(U64(out.shape[1])):
            out[row, j] += sigma[row] * drawn[j]


def words(seed: int, stream: int, step: int, count: int) -> NDArray[np.uint32]:
    """`count` uniform 32-bit words of one stream and step."""
    out = np.empty((count + 3) // 4 * 4, np.uint32)
    fill_words(U64(seed), U64(stream), U64(step), out)
    return out[:count]


def fork(seed: int, number: int) -> int:
    """A seed of its own for part `number` of what `seed` decides: unlike seed + number, no other seed's parts have it (but by a chance of 2^-63)."""
    high, low = (int(word) for word in words(seed, Stream.FORK, number, 2))
    return (high << 32 | low) >> 1


def uniforms(seed: int, stream: int, step: int, count: int) -> NDArray[np.float64]:
    """`count` uniform draws in the open interval (0, 1), on a grid of 2**-32."""
    return np.asarray((words(seed, stream, step, count) + 0.5) / 2.0**32, np.float64)


def normals(seed: int, stream: int, step: int, count: int) -> NDArray[np.float64]:
    """`count` unit normal draws by inversion (exact to the 32-bit grid, tails to 6.3 sigma)."""
    return np.asarray(ndtri(uniforms(seed, stream, step, count)))


def permutation(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of `count` samples in one epoch."""
    return np.argsort(words(seed, Stream.ORDER, epoch, count), kind="stable")
