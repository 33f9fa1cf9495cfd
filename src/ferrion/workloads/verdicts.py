"""What a series of decisions is worth: who was taken for whom, how soon, and the receiver operating characteristic of the votes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import auc, roc_curve

from ferrion.core.errors import DataError

MIN_CLASSES = 2
BINS = 40
"""Of a latency histogram."""
GRID = np.linspace(0.0, 1.0, 51)
"""False-alarm rates at which curves of classes are averaged."""


def confusion(decided: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> list[list[int]]:
    """Counts, a row a true class, a column a class decided and a last one for none (-1)."""
    table = np.zeros((classes, classes + 1), np.int64)
    np.add.at(table, (labels, np.where(decided < 0, classes, decided)), 1)
    return [[int(count) for count in row] for row in table]


def histogram(seconds: list[float], longest: float) -> dict[str, list[float]]:
    """Latencies in `BINS` equal bins from 0 to `longest` [s]; those beyond are in the last."""
    counts, edges = np.histogram(np.minimum(seconds, longest), BINS, (0.0, longest))
    return {"edges": [float(edge) for edge in edges], "counts": [float(count) for count in counts]}


def roc(votes: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Each class against the rest by its votes (samples, classes), mean over classes that are there: detection at each false-alarm rate of `GRID`, area.

    Raises DataError where there is one class only.
    """
    if len(np.unique(labels)) < MIN_CLASSES:
        raise DataError(f"{len(labels)} samples of one class: a receiver operating characteristic needs another beside it; give more samples")
    curves = [roc_curve(labels == own, votes[:, own]) for own in np.unique(labels)]
    detected = np.mean([np.interp(GRID, false, true) for false, true, _ in curves], axis=0)
    return {"false": GRID.tolist(), "true": detected.tolist(), "area": float(np.mean([auc(false, true) for false, true, _ in curves]))}
