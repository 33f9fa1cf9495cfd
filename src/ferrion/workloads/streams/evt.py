"""Prophesee's raw formats EVT 2.0 and EVT 3.0 (Metavision SDK documentation, "Data encoding formats"), decoded as they arrive."""

from io import BufferedReader

import numpy as np
from numpy.typing import NDArray

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


def evt2(file: BufferedReader, name: str) -> Blocks:
    """32-bit words: events carry six bits of the time, the others come in words of their own. Events before the first of these have no time and are left out."""
    high = -1
    for word in words(file, np.dtype("<u4"), name):
        kind = word >> 28
        is_high = kind == TIME_HIGH
        highs = np.concatenate([[high], unwrapped((word[is_high] & 0x0FFFFFFF).astype(np.int64), high, 28)])
        high = int(highs[-1])
        known = (kind <= CD_ON) & (highs[np.cumsum(is_high)] >= 0)
        cd, upper = word[known], highs[np.cumsum(is_high)[known]]
        yield block(upper << 6 | cd >> 22 & 0x3F, cd >> 11 & 0x7FF, cd & 0x7FF, cd >> 28)


def write_evt2(t: Ints, x: Ints, y: Ints, p: Ints) -> bytes:
    """Events in time order as EVT 2.0 words without a header, for `HEADER` and whatever reads the format; times in 0..2^34 us, x and y below 2048."""
    upper = t >> 6
    fresh = np.flatnonzero(np.diff(upper, prepend=-1))
    cd = (p << 28 | (t & 0x3F) << 22 | x << 11 | y).astype("<u4")
    return np.insert(cd, fresh, (upper[fresh] | TIME_HIGH << 28).astype("<u4")).astype("<u4").tobytes()


HEADER = b"% evt 2.0\n% end\n"
"""Before the words of `write_evt2`."""


def _latest(is_set: NDArray[np.bool_]) -> Ints:
    """For every place the last one at or before it where `is_set`; 0 before the first."""
    return np.maximum.accumulate(np.where(is_set, np.arange(is_set.size), 0))


def evt3(file: BufferedReader, name: str) -> Blocks:
    """16-bit words that change one register each: row, base column, low and high time; pixels come singly or as vectors of 12 or 8."""
    high, low, y, base = -1, 0, 0, 0
    for read in words(file, np.dtype("<u2"), name):
        registers = np.array([ADD_Y << 12 | y, BASE_X << 12 | base, HIGH << 12 | max(high, 0) & 0xFFF, LOW << 12 | low], "<u2")
        word = np.concatenate([registers, read])
        kind, value = word >> 12, (word & 0xFFF).astype(np.int64)
        is_high, started = kind == HIGH, high >= 0
        highs = unwrapped(value[is_high], high, 12)
        which = np.cumsum(is_high) - 1
        set_low, set_y, set_base = _latest((kind == LOW) | is_high), _latest(kind == ADD_Y), _latest(kind == BASE_X)
        lows = np.where(kind[set_low] == LOW, value[set_low], 0)
        steps = np.where(kind == VECTOR_12, 12, np.where(kind == VECTOR_8, 8, 0))
        moved = np.cumsum(steps) - steps
        bases = (value[set_base] & 0x7FF) + moved - moved[set_base]
        bits = np.where(kind == ADD_X, 1, np.where(kind == VECTOR_12, value, np.where(kind == VECTOR_8, value & 0xFF, 0)))
        if not started:
            bits[which <= 0] = 0
        at, pixel = np.nonzero(bits[:, None] >> np.arange(12) & 1)
        single = kind[at] == ADD_X
        x, p = np.where(single, value[at] & 0x7FF, bases[at] + pixel), np.where(single, value[at], value[set_base][at]) >> 11
        yield block(highs[which[at].clip(0)] << 12 | lows[at], x, value[set_y[at]] & 0x7FF, p)
        if started or highs.size > 1:
            high = int(highs[-1])
        low, y, base = int(lows[-1]), int(value[set_y[-1]]), int(bases[-1] + steps[-1]) & 0x7FF | int(value[set_base[-1]]) & 0x800
