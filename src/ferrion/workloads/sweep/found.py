"""What a sweep found: how outcomes are distributed, how many chips meet the specification, and which factor matters."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import binomtest

from ferrion.core.errors import ConfigError
from ferrion.workloads.sweep.design import parted
from ferrion.workloads.sweep.file import Bound
from ferrion.workloads.sweep.trial import OUTCOMES

Floats = NDArray[np.float64]
QUANTILES = (0.01, 0.1, 0.5, 0.9, 0.99)
CONFIDENCE = 0.95
RESAMPLES = 200


class Yield(NamedTuple):
    """How many of how many chips meet a specification; `low` and `high` are the ends of the exact 95 % interval (Clopper and Pearson 1934).

    They are None where trials are not independent: the same chips at several points.
    """

    where: dict[str, Any]
    """Values of the factors; empty for all trials together."""
    met: int
    of: int
    low: float | None
    high: float | None


class Sensitivity(NamedTuple):
    """Sobol indices of one factor for one outcome, with bootstrapped 95 % intervals: its own share of the variance, and with all its interactions."""

    outcome: str
    factor: str
    first: float
    first_interval: tuple[float, float]
    total: float
    total_interval: tuple[float, float]


def checked_spec(spec: Mapping[str, Bound], float_twin: bool) -> None:
    """Raises ConfigError for an outcome that is none, or that no trial measures."""
    for name in spec:
        if name not in OUTCOMES:
            raise ConfigError(f"[spec] {name}: give {', '.join(OUTCOMES)}")
    if "float_accuracy" in spec and not float_twin:
        raise ConfigError("[spec] float_accuracy: no float twins are trained; write float_twin = true under [settings]")


def meets(found: xr.Dataset, spec: Mapping[str, Bound]) -> NDArray[np.bool_]:
    """Which finished trials meet every bound."""
    met = np.ones(found.sizes["trial"], bool)
    for name, bound in spec.items():
        values = found[name].to_numpy()
        met &= (values >= bound.least) & (values <= bound.most)
    return met


def yields(found: xr.Dataset, spec: Mapping[str, Bound], points: Sequence[Mapping[str, Any]], chips: int, independent: bool) -> list[Yield]:
    """Of all trials together (an interval where they are `independent`) and, where there are several of several chips each, of every one of `points`.

    A trial that was refused meets nothing.
    """
    if not spec:
        return []
    met = meets(found, spec)
    each = [_yield(dict(point), met[chips * k : chips * (k + 1)]) for k, point in enumerate(points)] if chips > 1 and len(points) > 1 else []
    whole = _yield({}, met)
    return [whole if independent else whole._replace(low=None, high=None), *each]


def _yield(where: dict[str, Any], met: NDArray[np.bool_]) -> Yield:
    interval = binomtest(int(met.sum()), met.size).proportion_ci(CONFIDENCE, "exact")
    return Yield(where, int(met.sum()), met.size, float(interval.low), float(interval.high))


def summary(found: xr.Dataset) -> dict[str, dict[str, float]]:
    """Mean, standard deviation and quantiles of every outcome that was measured."""
    table = {}
    for name in OUTCOMES:
        values = found[name].to_numpy()
        values = values[np.isfinite(values)]
        if values.size:
            quantiles = np.quantile(values, QUANTILES)
            table[name] = {"mean": float(values.mean()), "deviation": float((values - values[0]).std(ddof=1)) if values.size > 1 else 0.0}
            table[name] |= {f"{100 * q:g} %": float(value) for q, value in zip(QUANTILES, quantiles, strict=True)}
    return table


def sensitivities(found: xr.Dataset, factors: Sequence[str], chips: int, seed: int) -> list[Sensitivity]:
    """Of outcomes, each the mean over the chips of a point (Sobol 2001).

    Left out: outcomes that do not vary, and all of them where a trial was refused: an index needs the whole design.
    """
    table = []
    for outcome in OUTCOMES:
        values = found[outcome].to_numpy().reshape(-1, chips).mean(axis=1)
        parts = parted(values, len(factors))
        count = parts["f_A"].size
        if np.isfinite(values).all() and np.ptp(parts["f_A"]) > 0:
            draws = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
            redrawn = np.array([_indices({name: part[..., rows] for name, part in parts.items()}) for rows in draws])
            low, high = np.quantile(redrawn, (0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2), axis=0)
            own = _indices(parts)
            for k, factor in enumerate(factors):
                first, total = ((float(low[order, k]), float(high[order, k])) for order in (0, 1))
                table.append(Sensitivity(outcome, factor, float(own[0, k]), first, float(own[1, k]), total))
    return table


def _indices(parts: dict[str, Floats]) -> Floats:
    """First-order and total indices, (2, factors): estimators b and f of table 2 of Saltelli et al. 2010, of values about their mean."""
    centre = 0.5 * (parts["f_A"].mean() + parts["f_B"].mean())
    a, b, ab = (parts[name] - centre for name in ("f_A", "f_B", "f_AB"))
    variance = np.concatenate([a, b]).var()
    return np.array([(b * (ab - a)).mean(axis=1), 0.5 * ((a - ab) ** 2).mean(axis=1)]) / (variance or np.inf)
