"""The stochastic integer update of the hidden weights, at every sample.

A weight should move by the real number of steps s = rate * input * error. It moves by the integer floor(|s| + u),
against the sign of s, with u uniform in [0, 1): right on average. The dither of row i and column j is
u = frac(a_i + b_j) with one random word a row and one a column, so a product of n x m weights takes n + m words, and any two
weights' dithers are independent: the variance of every weighted sum of updates is that of independent draws.

Two orders of work give the same bits. A row whose largest |s| is considerable visits every column. On a row with small |s|
only columns whose dither lies in the top |s| of its range can move, and since columns are sorted by b_j those are found
without looking at the others. A pass over a row costs 2 bytes read and written a hidden weight, and 1 for its wear.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import LARGEST, LEVEL_MASK, clamped, word_of
from ferrion.core.compiled import compiled, inlined

F4, I2, I4, I8, U1, U2, U4, U8 = np.float32, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64
ONE = F4(2.0**24)
"""One step in the fixed-point numbers of `steps_of`: 24 bits of dither."""
BUCKETS = 256
SPARSE_BELOW = F4(0.15) * ONE
MOST = F4(100) * ONE
"""No update moves a weight by more than 100 steps, a limit of the fixed-point sum, not of the chip: 32 bits hold 127."""


class UpdateScratch(NamedTuple):
    """Working memory of one update: the rows of either order of work, the sorted columns, and one row of 16-bit numbers."""

    dense_rows: NDArray[np.uint64]
    dense_rates: NDArray[np.float32]
    sparse_rows: NDArray[np.uint64]
    sparse_rates: NDArray[np.float32]
    order: NDArray[np.uint64]
    first: NDArray[np.int64]
    packed: NDArray[np.uint64]
    """Four words of sixteen bits in each: one view of it is the flips of weights."""
    sizes: NDArray[np.float32]
    downhill: NDArray[np.int16]
    moved: NDArray[np.uint16]


def update_scratch(widest: int) -> UpdateScratch:
    """Working memory for layers of up to `widest` rows, bias row included, or columns."""
    return UpdateScratch(
        dense_rows=np.zeros(widest, U8),
        dense_rates=np.zeros(widest, F4),
        sparse_rows=np.zeros(widest, U8),
        sparse_rates=np.zeros(widest, F4),
        order=np.zeros(widest, U8),
        first=np.zeros(BUCKETS + 1, np.int64),
        packed=np.zeros((widest + 3) // 4, U8),
        sizes=np.zeros(widest, F4),
        downhill=np.zeros(widest, np.int16),
        moved=np.zeros(widest, np.uint16),
    )


@inlined
def steps_of(size, row_word, column_word):
    """floor(|s| + u): |s| in units of 2^-24 step, u the upper 24 bits of the sum of both words."""
    size = size if size < MOST else MOST
    return I4(I4(I4(size) + I4(U4(row_word + column_word) >> U4(8))) >> I4(24))


LEVEL_BITS = U8(0x0001000100010001) * U8(LEVEL_MASK)
"""The bits of a transfer in each of four words of 16 bits."""
TWO, FOUR = U8(0x0080008000800080), U8(0x0100010001000100)
"""The magnitude bits that stand in two and in four unit capacitors."""
DRAIN_EVERY = 1 << 15
"""Rows after which 16-bit counters that grow by at most one a row are added up."""


@inlined
def ones(x):
    """Set bits of a 64-bit number: the classic count, which compilers know as one operation and do four at a time."""
    x = x - ((x >> U8(1)) & U8(0x5555555555555555))
    x = (x & U8(0x3333333333333333)) + ((x >> U8(2)) & U8(0x3333333333333333))
    x = (x + (x >> U8(4))) & U8(0x0F0F0F0F0F0F0F0F)
    return (x * U8(0x0101010101010101)) >> U8(56)


@inlined
def further_units(x):
    """Unit capacitors behind the bits of four words, less one a bit."""
    return ones(x & TWO) + U8(3) * ones(x & FOUR)


@compiled
def drained(counters):
    """Sum of 16-bit counters, which begin again at zero."""
    total = U8(0)
    for j in range(counters.size):
        total += U8(counters[j])
        counters[j] = U2(0)
    return total


@compiled
def update_dense(hidden, recent, stale, offset, columns, rows, rates, count, row_words, errors, column_words, work):
    """Update `count` rows, every column. Returns (unit capacitors changed, weights read and rewritten).

    One loop for each width of number (32, 16, 8 and 64 bits), since a vector register holds numbers of one width.
    """
    changed, touched = U8(0), U8(0)
    limit = I2(I2(LARGEST) - offset)
    packed, sizes = work.packed[: (columns + 3) // 4], work.sizes[:columns]
    flips, moved, downhill = packed.view(I2), work.moved[:columns], work.downhill[:columns]
    flips[:] = I2(0)
    for j in range(U8(columns)):
        sizes[j] = abs(errors[j])
        downhill[j] = I2(-1) if errors[j] > F4(0) else I2(0)
    for k in range(U8(count)):
        row = rows[k]
        rate = abs(rates[k])
        turned = I2(-1) if rates[k] < F4(0) else I2(0)
        word = row_words[row]
        start = row * U8(columns)
        for j in range(U8(columns)):
            flips[j] = I2(steps_of(rate * sizes[j], word, column_words[j]))
        for j in range(U8(columns)):
            steps, down = flips[j], I2(downhill[j] ^ turned)
            moved[j] = U2(moved[j] + U2(steps != I2(0)))
            old = hidden[start + j]
            new = clamped(I2(old + I2(I2(steps ^ down) - down)), limit)
            hidden[start + j] = new
            flips[j] = I2(word_of(old, offset) ^ word_of(new, offset))
        for j in range(U8(columns)):
            recent[start + j] = U1(recent[start + j] + U1(flips[j] & I2(1)))
        units, seen = U8(0), U8(0)
        for j in range(U8(packed.size)):
            units += ones(packed[j])
            seen |= packed[j]
        changed += units
        if seen & LEVEL_BITS:
            for j in range(U8(packed.size)):
                changed += further_units(packed[j])
            for j in range(U8(columns)):
                stale[start + j] = U1(stale[start + j] | U1((flips[j] & I2(LEVEL_MASK)) != I2(0)))
        if k % U8(DRAIN_EVERY) == U8(DRAIN_EVERY - 1):
            touched += drained(moved)
    return I8(changed), I8(touched + drained(moved))


@compiled
def sort_columns(column_words, work):
    """Columns in order of the upper 8 bits of their words; bucket b holds order[first[b] : first[b + 1]]."""
    order, first = work.order, work.first
    for bucket in range(BUCKETS + 1):
        first[bucket] = 0
    for j in range(column_words.size):
        first[column_words[j] >> U4(24)] += 1
    for bucket in range(1, BUCKETS):
        first[bucket] += first[bucket - 1]
    first[BUCKETS] = column_words.size
    for j in range(column_words.size):
        bucket = column_words[j] >> U4(24)
        first[bucket] -= 1
        order[first[bucket]] = U8(j)


@inlined
def move(hidden, lsb_writes, stale, q, steps, offset, limit):
    """Move weight q by `steps`, counting a write of its least significant capacitor; returns the unit capacitors changed."""
    old = hidden[q]
    new = clamped(I2(old + steps), limit)
    hidden[q] = new
    flip = I2(word_of(old, offset) ^ word_of(new, offset))
    lsb_writes[q] += U1(flip & I2(1))
    stale[q] = U1(stale[q] | U1((flip & I2(LEVEL_MASK)) != I2(0)))
    return ones(U8(flip)) + further_units(U8(flip))


@compiled
def update_sparse(hidden, recent, stale, offset, columns, rows, rates, count, row_words, errors, largest, column_words, work):
    """Update `count` rows, only the columns that can move. Returns (unit capacitors changed, weights read and rewritten).

    u reaches 1 - |s| only if row word + column word lies within |s| below 2^32, that is if the column word lies in
    [low, high) with high = -row word (mod 2^32); an interval that begins below 0 wraps around.
    """
    changed, touched = U8(0), I8(0)
    order, first = work.order, work.first
    limit = I2(I2(LARGEST) - offset)
    for k in range(U8(count)):
        row = rows[k]
        rate = rates[k]
        word = row_words[row]
        start = row * U8(columns)
        high = -I8(word) & I8(0xFFFFFFFF)
        low = (high - ((I8(abs(rate) * largest) + 2) << 8)) >> 24
        high = high >> 24
        for part in range(2):
            if part == 0:
                begin, end = (first[BUCKETS + low], first[BUCKETS]) if low < 0 else (first[0], first[0])
            else:
                begin, end = first[max(low, 0)], first[high + 1]
            for q in range(U8(begin), U8(end)):
                j = order[q]
                s = rate * errors[j]
                steps = steps_of(abs(s), word, column_words[j])
                if steps != I4(0):
                    changed += move(hidden, recent, stale, start + j, I2(-I2(steps)) if s > F4(0) else I2(steps), offset, limit)
                    touched += I8(1)
    return I8(changed), touched


@compiled
def update_layer(hidden, recent, stale, offset, inputs, active, count, errors, row_words, column_words, rate, work):
    """One layer, one sample: inputs at the first `count` rows of `active`, then the bias row (input 1).

    `rate` is the learning rate over the size of one hidden step, times 2^24. Returns (units changed, weights rewritten).
    """
    largest = F4(0)
    for j in range(errors.size):
        largest = max(largest, abs(errors[j]))
    dense, sparse = 0, 0
    active[count] = U8(inputs.size)
    for k in range(count + 1):
        row = active[k]
        scale = rate * inputs[row] if k < count else rate
        if abs(scale) * largest >= SPARSE_BELOW:
            work.dense_rows[dense], work.dense_rates[dense] = row, scale
            dense += 1
        elif abs(scale) * largest >= F4(1):
            work.sparse_rows[sparse], work.sparse_rates[sparse] = row, scale
            sparse += 1
    units, touched = I8(0), I8(0)
    if dense > 0:
        a, b = update_dense(hidden, recent, stale, offset, errors.size, work.dense_rows, work.dense_rates, dense, row_words, errors, column_words, work)
        units, touched = units + a, touched + b
    if sparse > 0:
        sort_columns(column_words, work)
        a, b = update_sparse(hidden, recent, stale, offset, errors.size, work.sparse_rows, work.sparse_rates, sparse, row_words, errors, largest, column_words, work)
        units, touched = units + a, touched + b
    return units, touched


@compiled
def update_matrix(hidden, lsb_writes, stale, offset, gradient, row_words, column_words, rate, work):
    """One layer, one batch: every weight moves against gradient (rows, columns). `rate` and result as in `update_layer`.

    Most weights of a batch stay: the steps of a row are found side by side, and only those that are not 0 are taken, four at a time looked for.
    """
    changed, touched, columns = U8(0), I8(0), U8(gradient.shape[1])
    limit = I2(I2(LARGEST) - offset)
    packed = work.packed[: (gradient.shape[1] + 3) // 4]
    flips = packed.view(I2)
    flips[:] = I2(0)
    for i in range(U8(gradient.shape[0])):
        slope, word, start = gradient[i], row_words[i], i * columns
        for j in range(columns):
            flips[j] = I2(steps_of(abs(rate * slope[j]), word, column_words[j]))
        for four in range(U8(packed.size)):
            if packed[four] != U8(0):
                for j in range(four * U8(4), four * U8(4) + U8(4)):
                    steps = flips[j]
                    if steps != I2(0):
                        changed += move(hidden, lsb_writes, stale, start + j, I2(-steps) if rate * slope[j] > F4(0) else steps, offset, limit)
                        touched += I8(1)
    return I8(changed), touched


@compiled
def rewrite(hidden, wanted, lsb_writes, offset):
    """hidden <- wanted, capacitor by capacitor where a bit differs; returns the unit capacitors changed."""
    changed = U8(0)
    for q in range(hidden.size):
        flip = I2(word_of(hidden[q], offset) ^ word_of(wanted[q], offset))
        lsb_writes[q] += U1(flip & I2(1))
        changed += ones(U8(flip)) + further_units(U8(flip))
        hidden[q] = wanted[q]
    return I8(changed)
