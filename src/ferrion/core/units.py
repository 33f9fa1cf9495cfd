"""Text with units to SI floats and back: used by cards, the command line and reports only."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ferrion.core.errors import CardError, ConfigError

if TYPE_CHECKING:
    import pint

SEPARATED = 1000
PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


@lru_cache(maxsize=1)
def registry() -> "pint.UnitRegistry[Any]":
    """The one pint registry (built on first use: importing pint takes a tenth of a second). A cycle is a number here, not a full turn of 2 pi."""
    import pint

    found: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    found.define("cycle = 1 = _ = cycles")
    return found


@lru_cache(maxsize=4096)
def to_si(value: float, unit: str, expected: str) -> float:
    """`value` in `unit` as a float in the SI unit `expected`.

    Raises CardError when `unit` is unknown or its dimension is not that of `expected`. Remembered: a chip asks for the same numbers again and again.
    """
    ureg = registry()
    try:
        quantity = ureg.Quantity(value, ureg.parse_units(unit))
        return float(quantity.to(ureg.parse_units(expected)).magnitude)
    except Exception as problem:
        raise CardError(f"unit {unit!r} cannot be read as {expected!r}: {problem}; write a unit of that dimension") from problem


def from_text(text: str, expected: str) -> float:
    """A quantity as a user types it ("3 days") in the SI unit `expected`; raises ConfigError when it is none."""
    try:
        value = float(registry().Quantity(text).to(expected).magnitude)
    except Exception as problem:
        raise ConfigError(f"{text!r} cannot be read as a quantity in {expected}: {problem}; write a number and a unit, e.g. '30 days'") from problem
    if not math.isfinite(value):
        raise ConfigError(f"{text!r} is not finite; write a number and a unit, e.g. '30 days'")
    return value


def figure(value: float) -> str:
    """A number of a table: four digits, and whole thousands with separators."""
    return f"{value:,.0f}" if abs(value) >= SEPARATED else f"{value:.4g}"


def pretty(value: float, unit: str, digits: int = 3) -> str:
    """`value` with an SI prefix, as in "38.2 nJ"; plain for zero and for dimensionless numbers."""
    if value == 0 or not unit:
        return f"{value:.{digits}g} {unit}".strip()
    exponent = max(-18, min(9, int(f"{abs(value):.{digits - 1}e}".split("e")[1]) // 3 * 3))
    return f"{value / 10.0**exponent:.{digits}g} {PREFIXES[exponent]}{unit}"
