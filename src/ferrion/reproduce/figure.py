"""The rows every reproduction prints: published beside simulated."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from ferrion.core.errors import ConfigError
from ferrion.core.progress import Count


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure. `published` None: only plotted, or not published at all; such a row informs and cannot fail."""

    quantity: str
    unit: str
    simulated: float
    source: str
    published: float | None = None
    spread: float | None = None
    """Standard deviation over seeds."""
    tolerance: float | None = None
    how: str = "simulated"

    @property
    def ok(self) -> bool | None:
        """Whether simulated and published agree within the tolerance; None where there is nothing to agree with."""
        if self.published is None or self.tolerance is None:
            return None
        return abs(self.simulated - self.published) <= self.tolerance


@dataclass(frozen=True)
class Curve:
    """One line of a panel, or points where it was `measured` (published)."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    spread: tuple[float, ...] | None = None
    """Standard deviation of y over seeds."""
    measured: bool = False
    points: bool = False
    """Small dots and no line, as in a raster."""


@dataclass(frozen=True)
class Panel:
    """One picture of a reproduction; axis labels carry the units."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True)
class Reproduction:
    """All rows and pictures of one paper."""

    name: str
    rows: tuple[Row, ...]
    panels: tuple[Panel, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no row misses."""
        return all(row.ok is not False for row in self.rows)

    def to_json(self) -> dict[str, object]:
        """{"name", "ok", "rows": [...], "panels": [...]}."""
        return {"name": self.name, "ok": self.ok, "rows": [{**asdict(row), "ok": row.ok} for row in self.rows], "panels": [asdict(panel) for panel in self.panels]}


def papers() -> dict[str, Callable[[bool, Count], Reproduction]]:
    """Every reproduction, by name."""
    from ferrion.reproduce import fu_2025, martemucci_2025, zhao_2025

    return {module.NAME: module.reproduce for module in (martemucci_2025, zhao_2025, fu_2025)}


def reproduce(name: str, quick: bool, tell: Count) -> Reproduction:
    """Run one reproduction; raises ConfigError for a name there is none of."""
    if name not in papers():
        raise ConfigError(f"no reproduction {name!r}; there are {', '.join(papers())}")
    return papers()[name](quick, tell)
