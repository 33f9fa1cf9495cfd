"""One equation, every machine: rebind the maths names of a physics function to a backend, recursively."""

import builtins
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from ferrion.core.errors import BindError

Table = Mapping[str, Any]
"""What a backend calls each name of `core.maths` (and, for dimensions, each constant with a unit)."""


def bind(equation: Callable[..., Any], table: Table, compile: Callable[[Any], Any] = lambda f: f) -> Callable[..., Any]:
    """`equation` with every maths name taken from `table`, and so for every equation it calls.

    `compile` is applied to each function, innermost first (numba.njit, say). Raises BindError when an equation uses a
    maths name the table lacks, or any function that is neither maths nor another equation.
    """
    return _bind(equation, table, compile, {})


def _bind(equation: Any, table: Table, compile: Callable[[Any], Any], done: dict[Any, Any]) -> Any:
    if equation not in done:
        scope = {name: _replace(name, equation, table, compile, done) for name in equation.__code__.co_names if _is_global(name, equation)}
        bound = FunctionType(equation.__code__, scope, equation.__name__, equation.__defaults__)
        bound.__module__, bound.__qualname__, bound.__doc__ = equation.__module__, equation.__qualname__, equation.__doc__
        done[equation] = compile(bound)
    return done[equation]


def _is_global(name: str, equation: Any) -> bool:
    """Whether `name` is looked up in the module (attribute names such as `p.v_a` are in co_names too)."""
    return name in equation.__globals__ or hasattr(builtins, name)


def _replace(name: str, equation: Any, table: Table, compile: Callable[[Any], Any], done: dict[Any, Any]) -> Any:
    value = equation.__globals__.get(name, getattr(builtins, name, None))
    if name in table:
        return table[name]
    if isinstance(value, FunctionType) and value.__module__.startswith("ferrion.physics"):
        return _bind(value, table, compile, done)
    if isinstance(value, int | float):
        return value
    kind = "a module" if isinstance(value, ModuleType) else "a function"
    raise BindError(
        f"{equation.__module__}.{equation.__name__} uses {name!r}, {kind} this backend does not have; an equation may use {', '.join(sorted(table))}, numbers and other equations"
    )
