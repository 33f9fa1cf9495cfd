"""The store of a sweep: a zarr folder that xarray opens, one chunk a trial, written whole or not at all."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from ferrion.core.errors import CheckpointError
from ferrion.workloads.sweep.trial import OUTCOMES, Trial


class Store:
    """Outcomes (trial, outcome) on disk, NaN where a trial is not finished; one process writes."""

    def __init__(self, path: Path, run: str, trials: Sequence[Trial], units: dict[str, str | None]) -> None:
        """Open the store at `path`, or make it; raises CheckpointError when it is damaged or of a sweep with another digest than `run`."""
        self.path = path
        if not path.exists():
            _made(path, run, trials, units)
        try:
            self._group = zarr.open_group(str(path), mode="r+", zarr_format=2)
            own = self._group.attrs["run"]
            self._outcomes: Any = self._group["outcomes"]
            self.done()
        except (KeyError, ValueError, OSError, RuntimeError) as problem:
            raise CheckpointError(f"{path} is no store of a sweep ({problem}); give another --out, or delete it to start over") from problem
        if own != run:
            raise CheckpointError(f"{path} belongs to a sweep of another file, other cards or data, or another version of ferrion; give another --out, or delete it to start over")

    def write(self, number: int, found: Sequence[float]) -> None:
        """Keep the outcomes of one trial."""
        if str(number) in self.refused:
            self._group.attrs["refused"] = json.dumps({other: why for other, why in self.refused.items() if other != str(number)})
        self._outcomes[number] = np.array([1.0, *found])

    def refuse(self, number: int, why: str) -> None:
        """Keep that a trial cannot be done, and why."""
        self._group.attrs["refused"] = json.dumps(self.refused | {str(number): why})
        self._outcomes[number] = np.array([0.0, *(np.nan for _ in OUTCOMES)])

    @property
    def refused(self) -> dict[str, str]:
        """Why trials could not be done, by number."""
        found: dict[str, str] = json.loads(str(self._group.attrs.get("refused", "{}")))
        return found

    def done(self) -> NDArray[np.bool_]:
        """Which trials are finished or refused."""
        return np.isfinite(self._outcomes[:, 0])

    def row(self, number: int) -> list[float]:
        """Outcomes of one trial."""
        return [float(value) for value in self._outcomes[number][1:]]

    def read(self) -> xr.Dataset:
        """Everything so far: one variable an outcome, (trial,), and what was varied as coordinates."""
        with xr.open_zarr(self.path, consolidated=False, chunks=None) as opened:
            whole = opened.load()
        found = whole["outcomes"].to_dataset("outcome")
        for name, unit in OUTCOMES.items():
            found[name].attrs["units"] = unit
        return found.assign_attrs(whole.attrs)


def _made(path: Path, run: str, trials: Sequence[Trial], units: dict[str, str | None]) -> None:
    """Make an empty store beside `path` and rename it, so that a kill leaves none that is half made."""
    names = ["finished", *OUTCOMES]
    coordinates: dict[str, Any] = {"outcome": ("outcome", names), "seed": ("trial", [trial.seed for trial in trials])}
    for name in trials[0].values:
        values = [trial.values[name] for trial in trials]
        plain = values if all(isinstance(value, int | float) for value in values) else [str(value) for value in values]
        coordinates[name] = ("trial", plain, {"units": units[name] or "1"})
    empty = xr.Dataset({"outcomes": (("trial", "outcome"), np.full((len(trials), len(names)), np.nan))}, coordinates, {"run": run})
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.making")
    shutil.rmtree(beside, ignore_errors=True)
    empty.to_zarr(beside, zarr_format=2, consolidated=False, write_empty_chunks=False, encoding={"outcomes": {"chunks": (1, len(names))}})
    beside.rename(path)
