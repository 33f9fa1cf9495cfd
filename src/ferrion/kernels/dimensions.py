"""Equations on pint quantities: checks the dimensions of a whole equation at once."""

from collections.abc import Callable
from typing import Any, get_type_hints

from ferrion.core.constants import BOLTZMANN_EV, VOLTS_PER_KELVIN
from ferrion.core.units import registry
from ferrion.kernels.bind import bind


def _pure(name: str) -> Callable[[Any], Any]:
    def of(a: Any) -> Any:
        import numpy as np

        quantity = registry().Quantity(a)
        quantity.ito("dimensionless")
        return registry().Quantity(getattr(np, name)(quantity.magnitude))

    return of


def _same(pick: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Two arguments of one dimension; the number 0 has any."""

    def of(a: Any, b: Any) -> Any:
        ureg = registry()
        a = ureg.Quantity(0, b.units) if isinstance(a, float) and a == 0 else ureg.Quantity(a)
        b = ureg.Quantity(0, a.units) if isinstance(b, float) and b == 0 else ureg.Quantity(b)
        return pick(a, b.to(a.units))

    return of


def table() -> dict[str, Any]:
    """What each maths name means on quantities."""
    return {
        "abs": abs,
        "arctan": _pure("arctan"),
        "exp": _pure("exp"),
        "log": _pure("log"),
        "maximum": _same(max),
        "minimum": _same(min),
        "sin": _pure("sin"),
        "sqrt": lambda a: a**0.5,
        "where": lambda condition, a, b: _same(lambda x, y: x if condition else y)(a, b),
        "BOLTZMANN_EV": registry().Quantity(BOLTZMANN_EV, "eV/K"),
        "VOLTS_PER_KELVIN": registry().Quantity(VOLTS_PER_KELVIN, "V/K"),
    }


def dimensional(equation: Callable[..., Any]) -> Callable[..., Any]:
    """`equation` on pint quantities; raises pint.DimensionalityError where units do not fit."""
    return bind(equation, table())


def with_units(parameters: Any) -> Any:
    """A filled parameter NamedTuple with the annotated unit put back on every field."""
    hints = get_type_hints(type(parameters), include_extras=True)
    return type(parameters)(*(registry().Quantity(value, hint.__metadata__[0]) for value, hint in zip(parameters, hints.values(), strict=True)))
