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
FINE = np.logspace(-4.0, 0.0, 61)
"""Those at which a curve is drawn of what must hardly ever be a false alarm."""


def confusion(decided: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> list[list[int]]:
    """Counts, a row a true class, a column a class decided and a last one for none (-1)."""
    table = np.zeros((classes, classes + 1), np.int64)
    np.add.at(table, (labels, np.where(decided < 0, classes, decided)), 1)
    return [[int(count) for count in row] for row in table]


def histogram(seconds: list[float], longest: float) -> dict[str, list[float]]:
    """Latencies in `BINS` equal bins from 0 to `longest` [s]; those beyond are in the last."""
    counts, edges = np.histogram(np.minimum(seconds, longest), BINS, (0.0, longest))
    return {"edges": [float(edge) for edge in edges], "counts": [float(count) for count in counts]}


def leads(votes: NDArray[np.floating]) -> NDArray[np.float64]:
    """By how much each class is ahead of the best other one (samples, classes): what decides, and the same where all votes of a sample rise together."""
    ordered = np.partition(votes.astype(np.float64), -2, axis=1)
    best, next_best = ordered[:, -1:], ordered[:, -2:-1]
    ahead: NDArray[np.float64] = votes.astype(np.float64) - np.where(votes == best, next_best, best)
    return ahead


def roc(votes: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Each class against the rest by its lead in the votes (samples, classes), mean over classes that are there: detection at each false-alarm rate of `GRID`, area.

    Raises DataError where there is one class only.
    """
    if len(np.unique(labels)) < MIN_CLASSES:
        raise DataError(f"{len(labels)} samples of one class: a receiver operating characteristic needs another beside it; give more samples")
    ahead = leads(votes)
    curves = [detection(ahead[:, own], labels == own) for own in np.unique(labels)]
    return {"false": GRID.tolist(), "true": np.mean([own["true"] for own in curves], axis=0).tolist(), "area": float(np.mean([own["area"] for own in curves]))}


def detection(scores: NDArray[np.float64], there: NDArray[np.bool_], rates: NDArray[np.float64] = GRID) -> dict[str, Any]:
    """Share of what is `there` that lies above a limit on its score, at each of the false-alarm `rates`; and the area under the whole curve."""
    false, true, _ = roc_curve(there, scores)
    return {"false": rates.tolist(), "true": np.interp(rates, false, true).tolist(), "area": float(auc(false, true))}
