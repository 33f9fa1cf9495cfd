"""A watch on a machine: two arrays learn on the chip to give back what normal sensors say, and what they cannot give back is an anomaly."""

import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.core.errors import DataError
from ferrion.core.noise import fork, permutation
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryLinear, on_devices
from ferrion.learning.memories import memories_of
from ferrion.learning.training import Fidelity
from ferrion.learning.wear import busiest
from ferrion.workloads.streams.lines import Reading

HIDDEN, PASSES, RATE, TRANSFER_EVERY = 4, 3, 0.05, 10
CLIP = 6.0
"""Standard deviations at which the drivers of the rows end."""
MEDIAN, QUANTILE = 5, 0.99
"""Rows over which a residual is smoothed by its running median; of the residuals of normal rows, the quantile beyond which one is an anomaly."""
FAR, USUAL = 20.0, (0.05, 0.95)
"""A reading to learn from is taken for a fault where a sensor lies so many times the spread between these quantiles from its median. Ours: on SKAB's bench none is beyond 2."""
DAY, CELSIUS = 86400.0, 273.15
DRIFTS = {"a day at 25 C": (DAY, 25.0), "a month at 85 C": (30 * DAY, 85.0), "a month at 125 C": (30 * DAY, 125.0)}
"""How long memristors rest between learning and watching, and at which temperature [degrees Celsius]."""
F8 = NDArray[np.float64]


class Standard:
    """Sensors in standard deviations from their mean over normal rows: a digital front end."""

    def __init__(self, normal: F8) -> None:
        """normal: (rows, sensors). Raises DataError where it holds no two finite rows, or numbers whose spread no float holds."""
        if len(normal) < 2 or not np.isfinite(normal).all():
            raise DataError(f"normal rows of shape {normal.shape}, {np.count_nonzero(~np.isfinite(normal))} numbers not finite: give two rows of finite numbers or more")
        with np.errstate(over="ignore", invalid="ignore"):
            self.rows, self.mean, deviation = len(normal), normal.mean(axis=0), normal.std(axis=0)
        if not np.isfinite(deviation).all():
            sensor = int(np.flatnonzero(~np.isfinite(deviation))[0])
            largest = np.abs(normal[:, sensor]).max()
            raise DataError(f"sensor {sensor + 1} reads up to {largest:g}, whose spread is beyond a float of 64 bits: give it in a larger unit, below 1e150")
        self.deviation = np.where(deviation > 0.0, deviation, 1.0)

    def move(self, row: F8) -> None:
        """Let the mean follow a normal row, as far as it is not clipped, by one in so many as were normal at first."""
        self.mean = self.mean + self.deviation * np.clip(self.exact(row), -CLIP, CLIP) / self.rows

    def __call__(self, values: F8) -> NDArray[np.float32]:
        """(rows, sensors), clipped."""
        return np.clip(self.exact(values), -CLIP, CLIP).astype(np.float32)

    def exact(self, values: F8) -> F8:
        """(rows, sensors), as far as they go."""
        found: F8 = (values - self.mean) / self.deviation
        return found


class Watch:
    """Sensors -> hidden -> sensors on two-memory arrays, learned row by row: the chip sees no label and sends nothing."""

    def __init__(self, chip: Chip, sensors: int, seed: int, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> None:
        """One seed is one chip."""
        self.model = torch.nn.Sequential(TwoMemoryLinear(sensors, HIDDEN, chip, seed=fork(seed, 0)), TwoMemoryLinear(HIDDEN, sensors, chip, seed=fork(seed, 1)))
        if fidelity is Fidelity.DEVICE:
            on_devices(self.model)
        self.descent = TwoMemorySGD(self.model, lr=RATE, transfer_every=TRANSFER_EVERY, seed=seed)
        self.seed, self.sensors, self.limit, self.followed = seed, sensors, np.inf, 0
        self._recent: deque[float] = deque(maxlen=MEDIAN)

    def learn(self, rows: NDArray[np.float32]) -> list[float]:
        """Some passes over normal rows, one at a time, and the limit of what is normal; the mean squared error of each tenth of a pass."""
        inputs, errors = torch.from_numpy(rows), []
        self.model.train()
        for step in range(PASSES):
            for k in permutation(self.seed, step, len(rows)):
                loss = self._loss(inputs[k : k + 1])
                self._learn(loss)
                errors.append(float(loss.detach()) / rows.shape[1])
        self.limit = limit_of(self.residuals(rows))
        return [float(part.mean()) for part in np.array_split(errors, 10 * PASSES)]

    def _loss(self, row: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.mse_loss(self.model(row), row, reduction="sum")

    def _learn(self, loss: torch.Tensor) -> None:
        self.descent.zero_grad()
        (loss / self.sensors).backward()
        self.descent.step()

    def take(self, row: F8, standard: Standard) -> float:
        """Smoothed residual, over the limit, of one more row; a row that is within it, by itself and smoothed, is learned, and the mean of the front end moves with it."""
        self.model.train()
        loss = self._loss(torch.from_numpy(standard(row[None])))
        self._recent.append(float(loss.detach()))
        level = float(np.median(self._recent)) / self.limit if len(self._recent) == MEDIAN else 0.0
        if max(level, self._recent[-1] / self.limit) <= 1.0:
            self._learn(loss)
            standard.move(row)
            self.followed += 1
        return level

    def residuals(self, rows: NDArray[np.float32]) -> F8:
        """Squared error of each row."""
        self.model.eval()
        with torch.no_grad():
            found: F8 = ((self.model(torch.from_numpy(rows)) - torch.from_numpy(rows)) ** 2).sum(1).double().numpy()
        return found

    def rest(self, seconds: float, kelvin: float) -> None:
        """Time passes, and the memristors drift."""
        for memories in memories_of(self.model):
            memories.rest(seconds, kelvin)

    def refresh(self) -> None:
        """Program every memristor anew from its hidden weight, which the ferroelectric capacitors have kept."""
        for memories in memories_of(self.model):
            memories.transfer(only_changed=False)

    @property
    def weights(self) -> int:
        """In both arrays, bias lines included."""
        return sum(own.hidden.numel() for own in memories_of(self.model))

    def wear(self) -> dict[str, int]:
        """Writes of the busiest FeCAP, operations of the busiest memristor."""
        return busiest(self.model)


def usual(readings: F8) -> NDArray[np.bool_]:
    """Which readings (rows, sensors) are no faults, of which a few among hundreds would make the scale so wide that nothing is an anomaly any more.

    A sensor that hardly ever moves has no spread to go by: none of its readings is taken for a fault. Nor are faults told that are one reading in twenty or more:
    they are part of the spread.
    """
    low, middle, high = np.quantile(readings, (USUAL[0], 0.5, USUAL[1]), axis=0)
    away = (np.abs(readings - middle) > FAR * (high - low)) & (high > low)
    found: NDArray[np.bool_] = ~away.any(axis=1)
    return found


class Told(NamedTuple):
    """What a watch says to a reading; above 1 is an anomaly."""

    number: int
    level: float


def watch_on(readings: Iterable[Reading], chip: Chip, sensors: int, normal: int, seed: int) -> Iterator[Told]:
    """Learn the first `normal` readings, `usual` ones, then say what each further one is, following the machine. Raises DataError for a stream that ends before."""
    going_on = iter(readings)
    first = np.array([reading.values for reading in islice(going_on, normal)])
    if len(first) < normal:
        raise DataError(f"the stream ended after {len(first)} readings; {normal} are learned as normal before anything is watched")
    kept = usual(first)
    if not kept.all():
        example = f"the first {first[~kept][0].tolist()}"
        warnings.warn(f"{np.count_nonzero(~kept)} of {normal} readings to learn from are far from all others ({example}) and are not learned", stacklevel=2)
    first = first[kept]
    standard, watch = Standard(first), Watch(chip, sensors, seed)
    watch.learn(standard(first))
    for reading in going_on:
        yield Told(reading.number, watch.take(np.array(reading.values), standard))


def limit_of(residuals: F8) -> float:
    """Beyond which a residual is no longer normal."""
    return float(np.quantile(residuals, QUANTILE))


def smoothed(residuals: F8) -> F8:
    """Running median over the last `MEDIAN` rows, fewer at the start counted as nothing."""
    if len(residuals) < MEDIAN:
        return np.zeros(len(residuals))
    windows = np.lib.stride_tricks.sliding_window_view(residuals, MEDIAN)
    return np.concatenate([np.zeros(MEDIAN - 1), np.median(windows, axis=1)])
