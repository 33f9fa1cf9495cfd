"""How one parameter varies: over a list, evenly over a range, or normally about a mean."""

from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Field, Tag, model_validator
from scipy.special import ndtri

from ferrion.core.units import from_text
from ferrion.workloads.toml import Strict

Floats = NDArray[np.float64]
Quantity = float | str
"""A number in the unit of its card, or text with a unit."""


def _number(value: Quantity, unit: str) -> float:
    return from_text(value, unit or "dimensionless") if isinstance(value, str) else value


class Range(Strict):
    """Evenly from one number to another, or evenly in their logarithms."""

    begin: Quantity = Field(alias="from")
    to: Quantity
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not isinstance(self.begin, str) and not isinstance(self.to, str) and not self.begin < self.to:
            raise ValueError(f"from = {self.begin:g} is not below to = {self.to:g}")
        if self.log and not isinstance(self.begin, str) and self.begin <= 0:
            raise ValueError(f"from = {self.begin:g} with log = true: give a number above 0")
        return self

    def at(self, u: Floats, unit: str) -> list[Any]:
        """Values at quantiles `u` in (0, 1), in `unit`."""
        low, high = _number(self.begin, unit), _number(self.to, unit)
        values = low * (high / low) ** u if self.log else low + (high - low) * u
        return [float(value) for value in values]


class Normal(Strict):
    """Normally about a mean."""

    mean: Quantity
    deviation: Quantity

    def at(self, u: Floats, unit: str) -> list[Any]:
        """Values at quantiles `u` in (0, 1), in `unit`."""
        return [float(value) for value in _number(self.mean, unit) + _number(self.deviation, unit) * ndtri(u)]


class Choices(Strict):
    """A list, every entry as likely as any other."""

    values: tuple[Any, ...] = Field(min_length=1)

    def at(self, u: Floats, unit: str) -> list[Any]:
        """Entries at quantiles `u` in (0, 1), numbers in `unit`."""
        return [self.entries(unit)[int(place)] for place in u * len(self.values)]

    def entries(self, unit: str) -> list[Any]:
        """The list, quantities of a card (`unit` not empty) as numbers in it."""
        return [_number(value, unit) if unit and isinstance(value, str) else value for value in self.values]


def _kind(table: Any) -> str:
    """Which of the three a table of a file is."""
    return "range" if not isinstance(table, dict) else "list" if "values" in table else "mean" if "mean" in table else "range"


Factor = Annotated[Annotated[Choices, Tag("list")] | Annotated[Normal, Tag("mean")] | Annotated[Range, Tag("range")], Discriminator(_kind)]
