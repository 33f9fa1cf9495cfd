"""The fast CPU path: equations as numba functions of scalars, for loops that are themselves compiled."""

import math
from collections.abc import Callable
from typing import Any

import numba

from ferrion.kernels.bind import bind
from ferrion.kernels.exponential import exponential

_inline = numba.njit(inline="always")


@_inline
def _maximum(a, b):
    return a if a > b else b


@_inline
def _minimum(a, b):
    return a if a < b else b


@_inline
def _where(condition, a, b):
    return a if condition else b


TABLE = {
    "abs": abs,
    "arctan": math.atan,
    "exp": exponential,
    "log": math.log,
    "maximum": _maximum,
    "minimum": _minimum,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "where": _where,
}


def scalar(equation: Callable[..., Any]) -> Callable[..., Any]:
    """`equation` as a numba function of float64 scalars and a parameter NamedTuple."""
    return bind(equation, TABLE, _inline)
