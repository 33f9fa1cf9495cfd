"""Points of a sweep in the space of its factors."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from ferrion.core.errors import ConfigError
from ferrion.workloads.sweep.factors import Choices, Factor

Floats = NDArray[np.float64]
INSIDE = 2.0**-53
"""Distance of quantiles from 0 and 1, where a normal factor would be infinite."""


class Design(StrEnum):
    """How points are chosen."""

    GRID = "grid"
    LATIN_HYPERCUBE = "latin-hypercube"
    SOBOL = "sobol"
    SENSITIVITY = "sensitivity"
    """Saltelli's: two Sobol matrices A and B, and A with each column in turn from B."""


def points(factors: Mapping[str, Factor], units: Mapping[str, str | None], design: Design, count: int, seed: int) -> list[dict[str, Any]]:
    """Values of all factors, point by point: every combination (grid), `count` points, or count (factors + 2) for sensitivities.

    Raises ConfigError when a grid has ranges, and for `count` that the design cannot take.
    """
    if design is Design.GRID or not factors:
        ranges = [name for name, factor in factors.items() if not isinstance(factor, Choices)]
        if ranges:
            raise ConfigError(f"{', '.join(ranges)}: a grid needs lists; give a list, or design = 'latin-hypercube' and points")
        lists = [factor.entries(units[name]) for name, factor in factors.items() if isinstance(factor, Choices)]
        return [dict(zip(factors, values, strict=True)) for values in product(*lists)]
    if design is not Design.LATIN_HYPERCUBE and (count < 2 or count & (count - 1)):
        raise ConfigError(f"points = {count} with design = '{design}': give a power of two (Sobol's sequence is balanced only there), e.g. {1 << max(count, 2).bit_length() - 1}")
    cube = np.clip(unit_cube(design, len(factors), count, seed), INSIDE, 1 - INSIDE)
    columns = [factor.at(cube[:, k], units[name]) for k, (name, factor) in enumerate(factors.items())]
    return [dict(zip(factors, values, strict=True)) for values in zip(*columns, strict=True)]


def unit_cube(design: Design, dimensions: int, count: int, seed: int) -> Floats:
    """Points (…, dimensions) of the unit cube (McKay et al. 1979; Sobol 1967, scrambled by Owen; Saltelli et al. 2010)."""
    if design is Design.LATIN_HYPERCUBE:
        return np.asarray(qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(count))
    if design is Design.SOBOL:
        return np.asarray(qmc.Sobol(dimensions, rng=np.random.default_rng(seed)).random(count))
    both = qmc.Sobol(2 * dimensions, rng=np.random.default_rng(seed)).random(count)
    a, b = both[:, :dimensions], both[:, dimensions:]
    mixed = np.repeat(a[None], dimensions, axis=0)
    for k in range(dimensions):
        mixed[k, :, k] = b[:, k]
    return np.concatenate([a, b, *mixed])


def parted(values: Floats, dimensions: int) -> dict[str, Floats]:
    """Values (points,) at the points of `Design.SENSITIVITY`: f_A and f_B (n,), and f_AB (dimensions, n)."""
    parts = np.split(values, dimensions + 2)
    return {"f_A": parts[0], "f_B": parts[1], "f_AB": np.array(parts[2:])}
