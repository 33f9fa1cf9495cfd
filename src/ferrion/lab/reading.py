"""Read noise: one memristor read again and again."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Table
from ferrion.physics.filament import Filament


class ReadNoise:
    """Reads are normal about the mean of those read together (one device within a short while), with the same deviation at every level."""

    card = "memristor-martemucci2025"
    columns: ClassVar = {"series": "1", "conductance": "S"}
    together = "series"
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"filament": Filament}
    free: ClassVar = {"read_noise": Domain.POSITIVE}
    axes = Axes("mean conductance [S]", "standard deviation of the reads [S]", "S")

    def check(self, table: Table) -> None:
        """Raises DataError when a series holds a single read."""
        counts = np.unique(table.columns["series"], return_inverse=True, return_counts=True)
        table.demand("series", counts[2][counts[1]] > 1, "shared by two reads or more")

    def start(self, table: Table, p: Parameters) -> dict[str, float]:
        """From the spread of all series."""
        return {"read_noise": float(np.sqrt(np.mean([own.var() for own in _series(table)])) / p["filament"].g_max) + 1e-9}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of a read from the mean of its series. The mean takes one of its n reads: ln sigma counts (n - 1) / n times (restricted likelihood)."""
        mean, count = _mean(columns)
        sigma = torch.as_tensor(p["filament"].read_noise * p["filament"].g_max, dtype=torch.float64)
        return Parted((columns["conductance"] - mean) / sigma, torch.log(sigma) * (1.0 - 1.0 / count))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Standard deviation of every held-out series; its twin is that of the fitted series of the nearest mean."""
        twins = [(float(own.mean()), float(own.std(ddof=1))) for own in _series(fitted)]
        found = []
        for own in _series(held):
            at, measured = float(own.mean()), float(own.std(ddof=1))
            error, twin = measured / np.sqrt(2 * own.size), min(twins, key=lambda other: abs(other[0] - at))[1]
            found.append(Check("series", at, measured, float(error), float(p["filament"].read_noise * p["filament"].g_max), twin))
        return sorted(found, key=lambda check: check.at)


def _series(table: Table) -> list[np.ndarray]:
    return [table.columns["conductance"][table.columns["series"] == own] for own in np.unique(table.columns["series"])]


def _mean(columns: Columns) -> tuple[Tensor, Tensor]:
    """Mean and number of the reads of every row's series."""
    place = torch.unique(columns["series"], return_inverse=True)[1]
    count = torch.bincount(place).to(torch.float64)
    sums = torch.zeros(len(count), dtype=torch.float64).index_add(0, place, columns["conductance"])
    return (sums / count)[place], count[place]
