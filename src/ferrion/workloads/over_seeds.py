"""What is told of numbers that differ between seeds."""

from typing import Any

import numpy as np


def row(what: str, values: list[float | None]) -> dict[str, Any]:
    """Mean and standard deviation of those that are known; None where too few are."""
    known = [value for value in values if value is not None]
    return {"what": what, "mean": float(np.mean(known)) if known else None, "deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None}
