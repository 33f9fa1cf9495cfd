"""How one parameter varies: over a list, evenly over a range, or normally about a mean."""

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Field, Tag
from scipy.special import ndtri

from ferrion.core.errors import ConfigError
from ferrion.core.units import from_text
from ferrion.workloads.toml import Strict

Floats = NDArray[np.float64]
Quantity = float | str
"""A number in the unit of its card, or text with a unit."""


def _number(value: Any, unit: str | None) -> float:
    """A quantity in `unit`; raises ConfigError for anything that is no finite number."""
    if isinstance(value, str):
        return from_text(value, unit or "dimensionless")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{value!r} is no finite number: give numbers in the card's unit, or text with a unit")
    return float(value)


class Range(Strict):
    """Evenly from one number to another, or evenly in their logarithms."""

    begin: Quantity = Field(alias="from")
    to: Quantity
    log: bool = False

    def at(self, u: Floats, unit: str | None) -> list[Any]:
        """Values at quantiles `u` in (0, 1), in `unit`; raises ConfigError for ends that are no numbers, or in the wrong order."""
        low, high = _number(self.begin, unit), _number(self.to, unit)
        if not low < high:
            raise ConfigError(f"from = {self.begin} is not below to = {self.to}")
        if self.log and low <= 0:
            raise ConfigError(f"from = {self.begin} with log = true: give a number above 0")
        values = low * (high / low) ** u if self.log else low + (high - low) * u
        return [float(value) for value in values]


class Normal(Strict):
    """Normally about a mean."""

    mean: Quantity
    deviation: Quantity

    def at(self, u: Floats, unit: str | None) -> list[Any]:
        """Values at quantiles `u` in (0, 1), in `unit`; raises ConfigError unless the deviation is above 0."""
        deviation = _number(self.deviation, unit)
        if deviation <= 0:
            raise ConfigError(f"deviation = {self.deviation}: give a number above 0")
        return [float(value) for value in _number(self.mean, unit) + deviation * ndtri(u)]


class Choices(Strict):
    """A list, every entry as likely as any other."""

    values: tuple[Any, ...] = Field(min_length=1)

    def at(self, u: Floats, unit: str | None) -> list[Any]:
        """Entries at quantiles `u` in (0, 1), as `entries`."""
        entries = self.entries(unit)
        return [entries[int(place)] for place in u * len(entries)]

    def entries(self, unit: str | None) -> list[Any]:
        """The list: numbers in the `unit` of a card, or (None) what a setting takes as it stands."""
        return list(self.values) if unit is None else [_number(value, unit) for value in self.values]


def _kind(table: Any) -> str:
    """Which of the three a table of a file is."""
    return "range" if not isinstance(table, dict) else "list" if "values" in table else "mean" if "mean" in table else "range"


Factor = Annotated[Annotated[Choices, Tag("list")] | Annotated[Normal, Tag("mean")] | Annotated[Range, Tag("range")], Discriminator(_kind)]
