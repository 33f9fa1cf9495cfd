"""SWEEP.toml: what is trained, what varies, on how many chips, and what they must reach."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from ferrion.learning.training import Fidelity
from ferrion.workloads.sweep.design import Design
from ferrion.workloads.sweep.factors import Factor
from ferrion.workloads.toml import Strict, read_toml

LEAVES = {"from", "to", "log", "mean", "deviation", "values"}


class Settings(Strict):
    """How a chip is trained, as in `ferrion train`."""

    hidden: tuple[int, ...] = (256, 128)
    epochs: int = 10
    transfer_every: int = 100
    rule: str = "refined"
    fidelity: Fidelity = Fidelity.BEHAVIOURAL
    transfer_spread: float = Field(default=1.0, ge=0)
    read_spread: float = Field(default=1.0, ge=0)
    float_twin: bool = False
    """Whether a float twin is trained beside every chip."""


class Head(Strict):
    """The [sweep] table."""

    data: str = "digits"
    chip: str = "leti-2025"
    chips: int = Field(default=1, ge=1)
    """Different chips at every point, seeds `seed`, `seed` + 1, …: the same ones at every point."""
    seed: int = Field(default=0, ge=0)
    design: Design = Design.GRID
    points: int = Field(default=0, ge=0)


class Bound(Strict):
    """What an outcome must reach."""

    least: float = -float("inf")
    most: float = float("inf")

    model_config = Strict.model_config | {"allow_inf_nan": True}

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if not (self.least <= self.most and self.model_fields_set):
            raise ValueError("give least = …, most = …, or both with least below most")
        return self


class SweepFile(Strict):
    """A whole file."""

    sweep: Head
    settings: Settings = Settings()
    vary: dict[str, Factor] = Field(default_factory=dict)
    spec: dict[str, Bound] = Field(default_factory=dict)

    @field_validator("vary", mode="before")
    @classmethod
    def _factors(cls, tables: Any) -> Any:
        """Lists as `Choices`, and `a.b.c = …` (which TOML nests) as "a.b.c"."""
        return {name: {"values": value} if isinstance(value, list) else value for name, value in _flat(tables)} if isinstance(tables, dict) else tables

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.vary:
            if "." not in name and name not in Settings.model_fields:
                near = difflib.get_close_matches(name, Settings.model_fields, 1)
                raise ValueError(f"[vary] {name}: {f'did you mean {near[0]}?' if near else 'give one of ' + ', '.join(Settings.model_fields) + ', or ROLE.SECTION.KEY of a card'}")
        if self.sweep.design is not Design.GRID and (not self.vary or self.sweep.points == 0):
            raise ValueError(f"design = '{self.sweep.design}' needs [vary] and points = N")
        if self.sweep.design is Design.GRID and self.sweep.points:
            raise ValueError(f"points = {self.sweep.points} with design = 'grid', which takes every combination: leave points out, or give another design")
        return self


def read_sweep(path: Path) -> SweepFile:
    """The sweep in a TOML file; raises as `read_toml`."""
    return read_toml(path, SweepFile, "[sweep] and, say, [vary] transfer_every = [10, 100, 1000]")


def _flat(tables: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in tables.items():
        nested = isinstance(value, dict) and value and not LEAVES & set(value)
        found += _flat(value, f"{above}{name}.") if nested else [(f"{above}{name}", value)]
    return found
