"""The plain reference: torch float64. Slow, true, and differentiable."""

import math
from collections.abc import Callable
from typing import Any

import torch

from ferrion.kernels.bind import bind


def _either(tensor: Callable[[Any], Any], scalar: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of a tensor or a Python float; scalars stay Python floats, so nothing falls to float32."""
    return lambda a: tensor(a) if isinstance(a, torch.Tensor) else scalar(a)


def _pair(tensor: Callable[[Any, Any], Any], scalar: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def either(a: Any, b: Any) -> Any:
        if not isinstance(a, torch.Tensor) and not isinstance(b, torch.Tensor):
            return scalar(a, b)
        like = a if isinstance(a, torch.Tensor) else b
        return tensor(*(x if isinstance(x, torch.Tensor) else torch.full_like(like, x) for x in (a, b)))

    return either


TABLE = {
    "abs": abs,
    "arctan": _either(torch.arctan, math.atan),
    "exp": _either(torch.exp, math.exp),
    "log": _either(torch.log, math.log),
    "maximum": _pair(torch.maximum, max),
    "minimum": _pair(torch.minimum, min),
    "sin": _either(torch.sin, math.sin),
    "sqrt": _either(torch.sqrt, math.sqrt),
    "where": torch.where,
}


def reference(equation: Callable[..., Any]) -> Callable[..., Any]:
    """`equation` on torch float64 tensors and Python floats."""
    return bind(equation, TABLE)
