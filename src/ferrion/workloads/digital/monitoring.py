"""Statistical process control, what a digital watch on a machine begins with: squares of standardised sensors, Hotelling's T2, and T2 with Q."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as fisher
from scipy.stats import norm

CONFIDENCE, EXPLAINED = 0.999, 0.85
"""Of the limits, and share of the variance that principal components keep: as SKAB's notebooks have them."""
F8 = NDArray[np.float64]


class Statistic(NamedTuple):
    """Of every watched row, over its limit: an anomaly is above 1."""

    watched: F8
    products: int
    """Multiplications a row."""
    read: int
    """Bytes read and written a row: coefficients, the row, and what is between."""
    kept: int
    """Bytes that are kept: coefficients, and the row where it is read more than once; the front end's are not among them."""


Monitor = Callable[[F8, F8], list[Statistic]]
"""Of normal and watched standardised rows (rows, sensors); an anomaly is one of any of its statistics."""


def squares(normal: F8, watched: F8) -> list[Statistic]:
    """Sum of squares, its limit the 99th percentile of normal rows."""
    own, seen = (normal**2).sum(axis=1), (watched**2).sum(axis=1)
    return [Statistic(seen / np.quantile(own, 0.99), normal.shape[1], normal.shape[1], 0)]


def hotelling(normal: F8, watched: F8) -> list[Statistic]:
    """T2 on all sensors, alarms beyond twice its limit (SKAB, notebooks/t2_SKAB.ipynb, core/t2.py; Hotelling 1947)."""
    inverse = np.linalg.pinv(np.cov(normal.T))
    limit, sensors = 2.0 * t2_limit(*normal.shape), normal.shape[1]
    return [Statistic(np.einsum("ij,jk,ik->i", watched, inverse, watched) / limit, sensors * sensors + sensors, sensors * sensors + 3 * sensors, sensors * sensors + sensors)]


def components(normal: F8, watched: F8) -> list[Statistic]:
    """T2 of the principal components and Q of what they leave (Jackson and Mudholkar, Technometrics 21, 341 (1979))."""
    variances, axes = np.linalg.eigh(np.cov(normal.T))
    variances, axes = variances[::-1], axes[:, ::-1]
    count = min(int(np.searchsorted(np.cumsum(variances) / variances.sum(), EXPLAINED)) + 1, len(variances) - 1)
    kept, products = axes[:, :count], 2 * axes.shape[0] * count + axes.shape[0] + 2 * count
    scores = watched @ kept
    left = ((watched - scores @ kept.T) ** 2).sum(axis=1) / q_limit(variances[count:])
    t2 = (scores**2 / np.maximum(variances[:count], 1e-12)).sum(axis=1) / t2_limit(len(normal), count)
    read = axes.shape[0] * (2 * count + 2) + 3 * count
    return [Statistic(t2, products, read, axes.shape[0] * (count + 1) + count), Statistic(left, 0, 0, 0)]


def t2_limit(rows: int, count: int) -> float:
    """Upper limit of T2 of a new row."""
    return float(count * (rows - 1) * (rows + 1) / (rows * (rows - count)) * fisher.ppf(CONFIDENCE, count, rows - count))


def q_limit(variances: F8) -> float:
    """Upper limit of the sum of squares that components of these variances leave."""
    first, second, third = (float((np.maximum(variances, 1e-12) ** k).sum()) for k in (1, 2, 3))
    power, quantile = 1.0 - 2.0 * first * third / (3.0 * second**2), norm.ppf(CONFIDENCE)
    return float(first * (quantile * np.sqrt(2.0 * second * power**2) / first + 1.0 + second * power * (power - 1.0) / first**2) ** (1.0 / power))
