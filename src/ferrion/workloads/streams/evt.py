"""Prophesee's raw formats EVT 2.0 and EVT 3.0 (Metavision SDK documentation, "Data encoding formats"), decoded as they arrive."""

import warnings

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.workloads.streams.ahead import Ahead
from ferrion.workloads.streams.block import Blocks, block, words

CD_OFF, CD_ON, TIME_HIGH = 0, 1, 8
"""Types of EVT 2.0 words."""
ADD_Y, ADD_X, BASE_X, VECTOR_12, VECTOR_8, LOW, HIGH = 0, 2, 3, 4, 5, 6, 8
"""Types of EVT 3.0 words."""
Ints = NDArray[np.int64]


def unwrapped(high: Ints, last: int, bits: int) -> Ints:
    """Counters of `bits` bits made to go on after they wrap; `last` is the unwrapped one before, negative where there is none."""
    before = np.concatenate([[last % (1 << bits) if last >= 0 else high[0] if high.size else 0], high])
    wraps = np.cumsum(np.diff(before) < -(1 << (bits - 1)))
    return high + ((wraps + max(last, 0) // (1 << bits)) << bits)


def evt2(file: Ahead, name: str) -> Blocks:
    """32-bit words: events carry six bits of the time, the others come in words of their own. Events before the first of these have no time and are left out, with a warning."""
    high, untimed = -1, 0
    try:
        for word in words(file, np.dtype("<u4"), name):
            kind = word >> 28
            is_high = kind == TIME_HIGH
            highs = np.concatenate([[high], unwrapped((word[is_high] & 0x0FFFFFFF).astype(np.int64), high, 28)])
            high = int(highs[-1])
            known = (kind <= CD_ON) & (highs[np.cumsum(is_high)] >= 0)
            untimed += int((kind <= CD_ON).sum() - known.sum())
            if high >= 0:
                untimed = leave_out(untimed, name)
            cd, upper = word[known], highs[np.cumsum(is_high)[known]]
            yield block(upper << 6 | cd >> 22 & 0x3F, cd >> 11 & 0x7FF, cd & 0x7FF, cd >> 28)
    finally:
        leave_out(untimed, name)


def leave_out(untimed: int, name: str) -> int:
    """Say how many events nobody will see, once; returns how many are left to be told of."""
    if untimed:
        warnings.warn(f"{name}: {untimed:,} events came before the first word that tells the time; they have none and are left out", stacklevel=3)
    return 0


def write_evt2(t: Ints, x: Ints, y: Ints, p: Ints) -> bytes:
    """Events in time order as EVT 2.0 words without a header, for `HEADER` and whatever reads the format; times in 0..2^34 us, x and y below 2048."""
    upper = t >> 6
    fresh = np.flatnonzero(np.diff(upper, prepend=-1))
    cd = (p << 28 | (t & 0x3F) << 22 | x << 11 | y).astype("<u4")
    return np.insert(cd, fresh, (upper[fresh] | TIME_HIGH << 28).astype("<u4")).astype("<u4").tobytes()


HEADER = b"% evt 2.0\n% end\n"
"""Before the words of `write_evt2`."""


def evt3(file: Ahead, name: str) -> Blocks:
    """16-bit words that change one register each: row, base column, low and high time; pixels come singly or as vectors of 12 or 8. Before any time as in `evt2`."""
    state = np.array([-1, 0, 0, 0, 0, 0])
    try:
        for word in words(file, np.dtype("<u2"), name):
            kinds = np.bincount(word >> 12, minlength=16)
            columns = np.empty((4, kinds[ADD_X] + 12 * kinds[VECTOR_12] + 8 * kinds[VECTOR_8]), np.int64)
            count = registers(word, state, columns)
            if state[0] >= 0:
                state[-1] = leave_out(int(state[-1]), name)
            yield block(*columns[:, :count])
    finally:
        leave_out(int(state[-1]), name)


@compiled
def registers(words, state, out):
    """Run through the words; `state` (high time, low time, row, base column, its polarity) goes on from block to block, and how many events had no time.

    Fills `out` (t, x, y, p) and returns how many events.
    """
    high, low, y, base, polarity, untimed = state
    count = 0
    for word in words:
        kind, value = word >> 12, np.int64(word & 0xFFF)
        if kind == ADD_Y:
            y = value & 0x7FF
        elif kind == BASE_X:
            base, polarity = value & 0x7FF, value >> 11
        elif kind == LOW:
            low = value
        elif kind == HIGH:
            wraps = high >= 0 and value - (high & 0xFFF) < -(1 << 11)
            high = (max(high, 0) & ~0xFFF) + (wraps << 12) | value
            low = 0
        else:
            pixels, x, p = value & 0, base, polarity
            if kind == ADD_X:
                pixels, x, p = value & 0 | 1, value & 0x7FF, value >> 11
            elif kind == VECTOR_12:
                pixels, base = value, base + 12
            elif kind == VECTOR_8:
                pixels, base = value & 0xFF, base + 8
            while pixels:
                if pixels & 1 and high < 0:
                    untimed += 1
                elif pixels & 1:
                    out[0, count], out[1, count], out[2, count], out[3, count] = high << 12 | low, x, y, p
                    count += 1
                pixels, x = pixels >> 1, x + 1
    state[0], state[1], state[2], state[3], state[4], state[5] = high, low, y, base, polarity, untimed
    return count
