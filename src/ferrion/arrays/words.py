"""A hidden weight as a word of ten bits in sixteen ferroelectric capacitors.

The integer -511..511 is kept as sign and magnitude (Martemucci 2025). The three most significant bits stand in
capacitors of area 4 : 2 : 1, so a weight takes 1 + (4 + 2 + 1) + 6 = 14 unit capacitors; the line counts
(128 FeCAPs for 8 weights) leave two spare.

The controller may store |value| + offset: with half a level added, the three bits that are cut out are those of the
rounded and not of the truncated magnitude, and no adder is needed at the transfer.
"""

import numpy as np

from ferrion.core.compiled import inlined

MAGNITUDE_BITS = 9
LARGEST = 511
SIGN = 1 << MAGNITUDE_BITS
MSBS = 3
TOP_LEVEL = (1 << MSBS) - 1
LEVEL_SHIFT = MAGNITUDE_BITS - MSBS
STEPS_PER_LEVEL = 1 << LEVEL_SHIFT
FULL_SCALE = TOP_LEVEL * STEPS_PER_LEVEL
"""The integer that stands for the largest analogue weight: 7 x 64 = 448."""

FECAPS_PER_WEIGHT = 16
UNITS = np.array([1, 1, 1, 1, 1, 1, 1, 2, 4, 1], np.int64)
"""Unit capacitors of each bit, from the least significant to the sign."""
USED_FECAPS = int(UNITS.sum())
LEVEL_MASK = SIGN | (TOP_LEVEL << LEVEL_SHIFT)
"""The bits a transfer reads."""

i2, i4 = np.int16, np.int32


@inlined
def word_of(value, offset):
    """Stored word of an int16 hidden weight: sign, and magnitude moved up by `offset`, without a branch."""
    sign = i2(value >> i2(15))
    return i2(i2(i2(i2(value ^ sign) - sign) + offset) | i2(sign & i2(SIGN)))


@inlined
def value_of(word, offset):
    """Hidden weight of a stored word; a magnitude below the offset (a misread bit) counts as zero."""
    magnitude = max((word & LARGEST) - offset, 0)
    return -magnitude if word & SIGN else magnitude


@inlined
def level_of(word):
    """Level 0..7 of a stored word: its three most significant bits."""
    return (i4(word) & i4(LARGEST)) >> i4(LEVEL_SHIFT)


@inlined
def changed_units(bits):
    """Unit capacitors behind the set bits of a word."""
    units = 0
    for bit in range(UNITS.size):
        if (bits >> bit) & 1:
            units += UNITS[bit]
    return units


@inlined
def clamped(value, limit):
    """An int16 held within -limit..limit."""
    value = value if value < limit else limit
    return value if value > -limit else i2(-limit)
