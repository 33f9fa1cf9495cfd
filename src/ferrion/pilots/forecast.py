"""A forecast of a machine's next value: arrays learn it on the chip row by row, and what they did not foresee is an anomaly the first time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import smooth_l1_loss

from ferrion.chip.chip import Chip
from ferrion.core.noise import fork
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryLinear, on_devices
from ferrion.learning.memories import memories_of
from ferrion.learning.training import Fidelity
from ferrion.workloads.nab import F8, Series

LAGS, HIDDEN, RATE, TRANSFER_EVERY = 8, 16, 0.05, 10
INPUTS = LAGS + 2
CLIP = 6.0
"""Standard deviations at which the drivers of the rows end."""
DAY, WEEK, NEWEST = 86400.0, 7 * 86400.0, 0.3
"""Seconds; weight of the newest value in the mean of a time of day or of week."""
SHORT, LONG, RESTS = 3, 8000, 600
"""Errors that are averaged; means before them that say what is usual; rows after an alarm for which only a greater one is told."""
LEAST = 1e-3
"""Standard deviations of a signal that usual errors differ by at least."""
F4 = NDArray[np.float32]


class Known(NamedTuple):
    """Of one series, in standard deviations of its probation."""

    inputs: F4
    """(rows, `INPUTS`): the last value, and how far those before it and the means of this time of day and of week are from it.

    Arrays add noise to what they are given, and steps are small.
    """
    changes: F4
    """To the value that comes."""
    weekly: F8
    """What the mean of this time of week is wrong by."""
    probation: int
    step: float
    """Seconds between rows."""


def known(series: Series) -> Known:
    """What a row can be told from before it comes."""
    first = series.values[: series.probation]
    values = np.clip((series.values - first.mean()) / (first.std() or 1.0), -CLIP, CLIP)
    lags = [np.concatenate([np.full(k, values[0]), values[:-k]]) for k in range(1, LAGS + 1)]
    day, week = (seasonal(series, values, period) for period in (DAY, WEEK))
    last = lags[0]
    inputs = np.stack([last, *(own - last for own in (*lags[1:], day, week))], axis=1)
    return Known(inputs.astype(np.float32), (values - last).astype(np.float32), week - values, series.probation, float(np.median(np.diff(series.seconds))))


def seasonal(series: Series, values: F8, period: float) -> F8:
    """Running mean of earlier values at the same time of a period; the value before where there is none yet."""
    slots = ((series.seconds % period) / np.median(np.diff(series.seconds))).astype(int)
    means, found = np.full(slots.max() + 1, np.nan), np.empty(len(values))
    for k, slot in enumerate(slots):
        met = not np.isnan(means[slot])
        found[k] = means[slot] if met else values[max(k - 1, 0)]
        means[slot] = found[k] + NEWEST * (values[k] - found[k]) if met else values[k]
    return found


@dataclass(frozen=True)
class Forecaster:
    """A model that learns every row once it has come."""

    model: torch.nn.Module
    descent: torch.optim.Optimizer
    before: Callable[[int], None] = lambda _: None
    """What happens before a row, by its number."""

    def __call__(self, inputs: F4, changes: F4) -> F8:
        """What each of the changes was foreseen wrongly by, from what is known at each row (rows, `INPUTS`)."""
        errors = np.empty(len(changes))
        self.model.train()
        for k, (row, change) in enumerate(zip(torch.from_numpy(inputs), torch.from_numpy(changes), strict=True)):
            self.before(k)
            told = self.model(row[None])[0, 0]
            self.descent.zero_grad()
            smooth_l1_loss(told, change).backward()
            self.descent.step()
            errors[k] = float(told.detach() - change)
        return errors


def on_chip(chip: Chip, seed: int, step: float, kelvin: float | None = None, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> Forecaster:
    """Two arrays; one seed is one chip. step: seconds between rows. kelvin: at which the memristors rest, a day at a time; None: they do not."""
    model = torch.nn.Sequential(TwoMemoryLinear(INPUTS, HIDDEN, chip, seed=fork(seed, 0)), torch.nn.ReLU(), TwoMemoryLinear(HIDDEN, 1, chip, seed=fork(seed, 1)))
    if fidelity is Fidelity.DEVICE:
        on_devices(model)
    day = max(round(DAY / step), 1)

    def rest(row: int) -> None:
        if kelvin and row and row % day == 0:
            for memories in memories_of(model):
                memories.rest(DAY, kelvin)

    return Forecaster(model, TwoMemorySGD(model, lr=RATE, transfer_every=TRANSFER_EVERY, seed=seed), rest)


def in_float(seed: int) -> Forecaster:
    """The same network in float32."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    return Forecaster(model, torch.optim.SGD(model.parameters(), RATE))


def surprise(errors: F8) -> F8:
    """How far the mean of the last errors is above the usual one, in its standard deviations (after the anomaly likelihood of Ahmad et al., Neurocomputing 262, 134 (2017)).

    0 where it is no alarm of its own: not above all of the last `RESTS` rows.
    """
    size, count = np.abs(errors), np.arange(len(errors))
    short = _before(size, count + 1, SHORT)[0]
    mean, deviation = _before(short, count, LONG)
    level = np.maximum((short - mean) / np.maximum(deviation, LEAST), 0.0)
    padded = np.concatenate([np.full(RESTS, -1.0), level])
    highest = np.lib.stride_tricks.sliding_window_view(padded, RESTS).max(axis=1)[: len(level)]
    return np.where(level > highest, level, 0.0)


def _before(values: F8, ends: NDArray[np.int64], most: int) -> tuple[F8, F8]:
    """Mean and deviation of the values before each end, so many at most."""
    starts = np.maximum(ends - most, 0)
    sums, squares = (np.concatenate([[0.0], np.cumsum(own)]) for own in (values, values**2))
    count = np.maximum(ends - starts, 1)
    mean = (sums[ends] - sums[starts]) / count
    return mean, np.sqrt(np.maximum((squares[ends] - squares[starts]) / count - mean**2, 0.0))
