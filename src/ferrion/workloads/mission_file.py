"""MISSION.toml: what a chip lives through, and what is done to keep it well."""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from ferrion.core.units import from_text
from ferrion.workloads.toml import Strict, read_toml

Floats = NDArray[np.float64]
CELSIUS = 273.15
MOST = 1e7
"""Refreshes of one mission."""


def _seconds(text: str) -> str:
    if from_text(text, "s") <= 0:
        raise ValueError("give a time above 0, e.g. '30 days'")
    return text


Time = Annotated[str, AfterValidator(_seconds)]


class Phase(Strict):
    """Some time at one temperature; the phases of a mission follow each other and begin again."""

    lasts: Time
    celsius: float = Field(gt=-CELSIUS, le=400)


class Policy(Strict):
    """What is done every so often: every hidden weight is read, written back and transferred, and `samples` are learned if there are any."""

    every: Time | None = None
    samples: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _when(self) -> Self:
        if self.samples and self.every is None:
            raise ValueError(f"samples = {self.samples} needs every = …, e.g. '1 year'")
        return self


class Mission(Strict):
    """A whole file. Without policies, the chip is left alone."""

    lasts: Time = "10 years"
    checks: int = Field(default=24, ge=3, le=1000)
    """How often the chip is asked, evenly in log time from the first day on."""
    inferences_per_s: float = Field(default=1.0, ge=0)
    least_accuracy: float = Field(default=0.0, ge=0, le=1)
    """Below it a chip has failed."""
    phase: tuple[Phase, ...] = Field(min_length=1)
    policy: dict[str, Policy] = Field(default_factory=lambda: {"left alone": Policy()}, min_length=1)

    @model_validator(mode="after")
    def _countable(self) -> Self:
        for name, own in self.policy.items():
            if own.every is not None and self.seconds / from_text(own.every, "s") > MOST:
                raise ValueError(f"policy.{name}: every = '{own.every}' is more than {MOST:.0e} refreshes in {self.lasts}; devices last {1e5:.0e}: give a longer time")
        return self

    @property
    def seconds(self) -> float:
        """Length [s] of the whole mission."""
        return from_text(self.lasts, "s")

    def phases(self) -> tuple[Floats, Floats]:
        """Lengths [s] and temperatures [K] of the phases."""
        return np.array([from_text(own.lasts, "s") for own in self.phase]), np.array([own.celsius + CELSIUS for own in self.phase])


def read_mission(path: Path) -> Mission:
    """The mission in a TOML file; raises as `read_toml`."""
    return read_toml(path, Mission, "[[phase]] lasts = '1 day', celsius = 55")
