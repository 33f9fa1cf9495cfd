"""What a fit needs to know of a law: its columns, its parameters, and how far a measurement is from it.

A law's equations are those of `physics`, on torch float64; parameters are those of a card.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from ferrion.lab.table import Table

Columns = Mapping[str, Tensor]
Parameters = Mapping[str, Any]
"""Section of a card -> its NamedTuple, of floats and of tensors where a parameter is fitted."""


class Domain(Enum):
    """Where a parameter may lie, in words a message can use; it is fitted on a scale on which it may lie anywhere."""

    REAL = "any number"
    POSITIVE = "above 0"
    SHARE = "between 0 and 1"

    def holds(self, value: float) -> bool:
        """Whether a number lies there."""
        return {Domain.REAL: bool(np.isfinite(value)), Domain.POSITIVE: 0 < value < np.inf, Domain.SHARE: 0 < value < 1}[self]

    def scaled(self, value: Tensor) -> Tensor:
        """From the parameter to the scale of the fit."""
        return {Domain.REAL: lambda v: v, Domain.POSITIVE: torch.log, Domain.SHARE: torch.logit}[self](value)

    def parameter(self, scaled: Tensor) -> Tensor:
        """From the scale of the fit to the parameter."""
        return {Domain.REAL: lambda s: s, Domain.POSITIVE: torch.exp, Domain.SHARE: torch.sigmoid}[self](scaled)


class LogScatter(NamedTuple):
    """What a law of logarithms leaves unexplained: a section that no card has."""

    deviation: Annotated[float, "1"]
    """Standard deviation of ln of what was measured."""


class Parted(NamedTuple):
    """Measurements beside a law, each (rows,)."""

    z: Tensor
    """Deviation from the law over the standard deviation that the law expects."""
    log_sigma: Tensor
    """ln of that standard deviation."""
    outlived: Tensor | None = None
    """Rows of which only this is known, that they lie beyond (a device that outlived the measurement)."""


class Check(NamedTuple):
    """One figure of the held-out measurements."""

    series: str
    at: float
    """Where it stands on the axis `Law.axes` names."""
    measured: float
    error: float
    """Standard error of `measured`."""
    predicted: float
    twin: float
    """The same figure of the rows that were fitted: how far apart the two halves are without any law."""


class Axes(NamedTuple):
    """What the checks are: labels with units, and the unit of the figure."""

    x: str
    y: str
    unit: str


class Law(Protocol):
    """One law that can be fitted."""

    @property
    def card(self) -> str:
        """The shipped card a fit begins from."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """Columns and their SI units."""
        ...

    @property
    def together(self) -> str | None:
        """The column that tells apart what was measured together, where the law needs it whole."""
        ...

    @property
    def sections(self) -> Mapping[str, Any]:
        """Sections of the card, and the NamedTuples that hold them."""
        ...

    @property
    def nuisance(self) -> Mapping[str, Any]:
        """Further sections that no card has, and where they begin: the size of the noise, say."""
        ...

    @property
    def free(self) -> Mapping[str, Domain]:
        """Parameters that can be fitted, and where they may lie."""
        ...

    @property
    def axes(self) -> Axes:
        """Of the checks."""
        ...

    def check(self, table: Table) -> None:
        """Raises DataError for measurements the law knows nothing of."""
        ...

    def start(self, table: Table, p: Parameters) -> Mapping[str, float]:
        """Where to begin, as far as the card is a poor place."""
        ...

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """How far measurements are from the law."""
        ...

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Figures of held-out measurements beside those the law expects."""
        ...
