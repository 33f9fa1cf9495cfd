"""The stochastic integer update of the hidden weights, at every sample.

A weight should move by the real number of steps s = rate * input * error. It moves by the integer floor(|s| + u),
against the sign of s, with u uniform in [0, 1): right on average. The dither of row i and column j is
u = frac(a_i + b_j) with one random word a row and one a column, so a product of n x m weights takes n + m words, and any two
weights' dithers are independent: the variance of every weighted sum of updates is that of independent draws.

Two orders of work give the same bits. A row whose largest |s| is considerable visits every column. On a row with small |s|
only columns whose dither lies in the top |s| of its range can move, and since columns are sorted by b_j those are found
without looking at the others. A pass over a row costs 2 bytes read and written a hidden weight, and 1 for its wear.
"""

import numpy as np

from ferrion.arrays.words import LARGEST, LEVEL_MASK, clamped, word_of
from ferrion.core.compiled import compiled, inlined

F4, I2, I4, I8, U1, U4, U8 = np.float32, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64
ONE = F4(2.0**24)
"""One step in the fixed-point numbers of `steps_of`: 24 bits of dither."""
BUCKETS = 256
SPARSE_BELOW = F4(0.15) * ONE
MOST = F4(100) * ONE
"""No update moves a weight by more than 100 steps, a limit of the fixed-point sum, not of the chip: 32 bits hold 127."""


@inlined
def steps_of(s, row_word, column_word):
    """floor(|s| + u): s in units of 2^-24 step, u the upper 24 bits of the sum of both words."""
    real = abs(s)
    real = real if real < MOST else MOST
    return I4(I4(I4(real) + I4(U4(row_word + column_word) >> U4(8))) >> I4(24))


LANES = U8(0x0001000100010001)
"""One in each of four 16-bit lanes; times this, the top lane of a 64-bit number holds the sum of all four."""
LEVEL_LANES = LANES * U8(LEVEL_MASK)


@inlined
def unit_flips(x):
    """Unit capacitors that change in four words packed into 64 bits, from the bits that change: a count in each lane.

    The top magnitude bit stands in four units, the next in two; then the classic count of bits.
    """
    four = x & U8(0x0100010001000100)
    two = x & U8(0x0080008000800080)
    x = x | (four << U8(2)) | (four << U8(3)) | (four << U8(4)) | (two << U8(6))
    x = x - ((x >> U8(1)) & U8(0x5555555555555555))
    x = (x & U8(0x3333333333333333)) + ((x >> U8(2)) & U8(0x3333333333333333))
    x = (x + (x >> U8(4))) & U8(0x0F0F0F0F0F0F0F0F)
    return (x + (x >> U8(8))) & U8(0x001F001F001F001F)


@inlined
def lanes_used(x):
    """One in each lane that is not zero."""
    low = U8(0x7FFF7FFF7FFF7FFF)
    return ((((x & low) + low) | x) >> U8(15)) & LANES


@inlined
def lane_sum(x):
    """Sum of the four lanes, right below 65,536: 14 units a word leave room for 4,681 columns (`network.WIDEST`)."""
    return (x * LANES) >> U8(48)


@compiled
def update_dense(hidden, recent, stale, offset, columns, rows, rates, count, row_words, errors, column_words, flips, packed):
    """Update `count` rows, every column. Returns (unit capacitors changed, weights read and rewritten)."""
    changed, touched = U8(0), U8(0)
    limit = I2(I2(LARGEST) - offset)
    for k in range(U8(count)):
        row = rows[k]
        rate = rates[k]
        word = row_words[row]
        start = row * U8(columns)
        for j in range(U8(columns)):
            s = rate * errors[j]
            steps = steps_of(s, word, column_words[j])
            flips[j] = I2(I4(-steps) if s > F4(0) else steps)
        moved = U8(0)
        for j in range(U8(packed.size)):
            moved += lanes_used(packed[j])
        touched += lane_sum(moved)
        for j in range(U8(columns)):
            old = hidden[start + j]
            new = clamped(I2(old + flips[j]), limit)
            hidden[start + j] = new
            flips[j] = I2(word_of(old, offset) ^ word_of(new, offset))
        for j in range(U8(columns)):
            recent[start + j] = U1(recent[start + j] + U1(flips[j] & I2(1)))
        units, seen = U8(0), U8(0)
        for j in range(U8(packed.size)):
            units += unit_flips(packed[j])
            seen |= packed[j]
        changed += lane_sum(units)
        if seen & LEVEL_LANES:
            for j in range(U8(columns)):
                stale[start + j] = U1(stale[start + j] | U1((flips[j] & I2(LEVEL_MASK)) != I2(0)))
    return I8(changed), I8(touched)


@compiled
def sort_columns(column_words, order, first):
    """Columns in order of the upper 8 bits of their words; bucket b holds order[first[b] : first[b + 1]]."""
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


@compiled
def update_sparse(hidden, recent, stale, offset, columns, rows, rates, count, row_words, errors, largest, column_words, order, first):
    """Update `count` rows, only the columns that can move. Returns (unit capacitors changed, weights read and rewritten).

    u reaches 1 - |s| only if row word + column word lies within |s| below 2^32, that is if the column word lies in
    [low, high) with high = -row word (mod 2^32); an interval that begins below 0 wraps around.
    """
    changed, touched = U8(0), I8(0)
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
                steps = steps_of(s, word, column_words[j])
                if steps != I4(0):
                    old = hidden[start + j]
                    new = clamped(I2(old - I2(steps)) if s > F4(0) else I2(old + I2(steps)), limit)
                    hidden[start + j] = new
                    flip = I2(word_of(old, offset) ^ word_of(new, offset))
                    recent[start + j] = U1(recent[start + j] + U1(flip & I2(1)))
                    changed += lane_sum(unit_flips(U8(flip)))
                    touched += I8(1)
                    stale[start + j] = U1(stale[start + j] | U1((flip & I2(LEVEL_MASK)) != I2(0)))
    return I8(changed), touched


@compiled
def update_layer(
    hidden, recent, stale, offset, inputs, active, count, errors, row_words, column_words, rate, dense_rows, dense_rates, sparse_rows, sparse_rates, order, first, flips, packed
):
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
            dense_rows[dense], dense_rates[dense] = row, scale
            dense += 1
        elif abs(scale) * largest >= F4(1):
            sparse_rows[sparse], sparse_rates[sparse] = row, scale
            sparse += 1
    units, touched = I8(0), I8(0)
    if dense > 0:
        flips[:] = I2(0)
        a, b = update_dense(hidden, recent, stale, offset, errors.size, dense_rows, dense_rates, dense, row_words, errors, column_words, flips, packed)
        units, touched = units + a, touched + b
    if sparse > 0:
        sort_columns(column_words, order, first)
        a, b = update_sparse(hidden, recent, stale, offset, errors.size, sparse_rows, sparse_rates, sparse, row_words, errors, largest, column_words, order, first)
        units, touched = units + a, touched + b
    return units, touched
