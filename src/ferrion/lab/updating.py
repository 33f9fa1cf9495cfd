"""Weights under trains of equal pulses: a random walk with a drift, seen through read noise."""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import torch

from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Table

LAGS = (1, 2, 5, 10, 20, 40)
"""Pulses between two reads that are compared."""


class Updating(NamedTuple):
    """The [updating] section of a card: what one pulse does, in units of the weight."""

    step_up: Annotated[float, "1"]
    step_down: Annotated[float, "1"]
    """Mean change for one pulse of either sign."""
    write_noise: Annotated[float, "1"]
    """Standard deviation of the change."""
    see_noise: Annotated[float, "1"]
    """Standard deviation of one read of the weight."""


class PulseTrain:
    """Rows of a train follow each other, one read after every pulse; direction is 1 (up) or -1. Far from the ends of the range."""

    card = "reram-gong"
    columns: ClassVar = {"train": "1", "direction": "1", "weight": "1"}
    together = "train"
    nuisance: ClassVar[dict[str, object]] = {}
    sections: ClassVar = {"updating": Updating}
    free: ClassVar = {"step_up": Domain.REAL, "step_down": Domain.REAL, "write_noise": Domain.POSITIVE, "see_noise": Domain.POSITIVE}
    axes = Axes("pulses between two reads", "root mean square change of the weight", "1")

    def check(self, table: Table) -> None:
        """Raises DataError for directions that are neither 1 nor -1."""
        table.demand("direction", np.isin(table.columns["direction"], (-1.0, 1.0)), "1 (up) or -1 (down)")
        counts = np.unique(table.columns["train"], return_inverse=True, return_counts=True)
        table.demand("train", counts[2][counts[1]] > 2, "shared by three reads or more")

    def start(self, table: Table, _p: Parameters) -> dict[str, float]:
        """From changes of one pulse and of ten, or as many as a train has."""
        longest = min(10, int(np.unique(table.columns["train"], return_counts=True)[1].max()) - 1)
        one, more = (float(np.mean(np.concatenate(_changes(table, lag)) ** 2)) + 1e-300 for lag in (1, longest))
        write = max((more - one) / (longest - 1), 0.01 * one)
        return {"step_up": 0.0, "step_down": 0.0, "write_noise": float(np.sqrt(write)), "see_noise": float(np.sqrt(max(one - write, 0.1 * one) / 2))}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """Of every read from what those before it foretell (Kalman, J. Basic Eng. 82, 35 (1960)); the first of a train says nothing."""
        rows = _rows(columns["train"])
        weight, own = columns["weight"], p["updating"]
        drift = torch.where(columns["direction"] > 0, torch.as_tensor(own.step_up, dtype=torch.float64), torch.as_tensor(own.step_down, dtype=torch.float64))
        write, see = (torch.as_tensor(value, dtype=torch.float64) ** 2 for value in (own.write_noise, own.see_noise))
        mean, variance = weight[rows[0]], see.expand(len(rows[0]))
        z, log_sigma = [torch.zeros(len(rows[0]), dtype=torch.float64)], [torch.zeros(len(rows[0]), dtype=torch.float64)]
        for at in rows[1:]:
            mean, variance = mean[: len(at)] + drift[at], variance[: len(at)] + write
            total = variance + see
            off = weight[at] - mean
            z.append(off / torch.sqrt(total))
            log_sigma.append(0.5 * torch.log(total))
            mean, variance = mean + variance / total * off, variance * see / total
        return Parted(torch.cat(z), torch.cat(log_sigma))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Root mean square change between reads so many pulses apart, up and down."""
        own, found = p["updating"], []
        for direction, step in ((1.0, own.step_up), (-1.0, own.step_down)):
            halves = [table.rows(table.columns["direction"] == direction) for table in (held, fitted)]
            for lag in LAGS:
                changes = [_changes(table, lag) for table in halves]
                if all(changes):
                    measured, twin = (float(np.sqrt(np.mean(np.concatenate(part) ** 2))) for part in changes)
                    by_train = [float(np.mean(part**2)) for part in changes[0]]
                    error = float(np.std(by_train) / np.sqrt(len(by_train)) / (2 * measured))
                    predicted = float(np.sqrt(lag * own.write_noise**2 + 2 * own.see_noise**2 + (lag * step) ** 2))
                    found.append(Check("up" if direction > 0 else "down", float(lag), measured, error, predicted, twin))
        return found


def _rows(train: torch.Tensor) -> list[torch.Tensor]:
    """Row numbers of the first, second … read of all trains that have one, the longest train first."""
    count = torch.unique_consecutive(train, return_counts=True)[1]
    first = torch.cumsum(count, 0) - count
    order = torch.argsort(count, descending=True, stable=True)
    return [first[order[: int((count > k).sum())]] + k for k in range(int(count.max()))]


def _changes(table: Table, lag: int) -> list[np.ndarray]:
    """Changes over so many pulses, train by train."""
    cuts = np.flatnonzero(np.diff(table.columns["train"]) != 0) + 1
    return [own[lag:] - own[:-lag] for own in np.split(table.columns["weight"], cuts) if own.size > lag]
