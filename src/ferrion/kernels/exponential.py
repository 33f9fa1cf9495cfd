"""exp for compiled loops: inlined straight-line arithmetic, so that loops that call it are vectorised; the C library's call stops that.

x = n ln 2 + r with |r| <= ln 2 / 2; exp r by its Taylor series to r^13 (truncated at 5e-18), times 2^n set in the exponent bits, in
two halves so that overflow gives infinity and underflow a denormal or 0. Within two units in the last place of the library's.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ferrion.core.compiled import inlined

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts, the first with trailing zeros, so that n times it is exact (fdlibm)."""
LARGEST = 745.2
"""Beyond this the result is 0 or infinity."""
I8 = np.int64


@intrinsic
def _from_bits(_context: Any, _bits: Any) -> Any:
    """The float64 with these 64 bits."""

    def cast(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), cast


@intrinsic
def _to_bits(_context: Any, _value: Any) -> Any:
    """The 64 bits of a float64."""

    def cast(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), cast


@inlined
def rough_log2(x):
    """Base-2 logarithm of a positive float64 within 0.05: its exponent, and its mantissa for the fraction."""
    return float(_to_bits(x)) * 2.0**-52 - 1022.957


@inlined
def exponential(x):
    """e^x of a float64."""
    held = min(max(x, -LARGEST), LARGEST)
    n = np.floor(held * LOG2_E + 0.5)
    r = (held - n * LN2_HIGH) - n * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0))
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0))
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    last = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
    p = low + r4 * (middle + r4 * (high + r4 * last))
    whole = I8(n)
    half = whole >> I8(1)
    scaled = p * _from_bits((half + I8(1023)) << I8(52)) * _from_bits((whole - half + I8(1023)) << I8(52))
    return scaled if x == x else x
