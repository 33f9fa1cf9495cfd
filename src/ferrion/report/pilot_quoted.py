"""Numbers of pilots as prose quotes them: {tactile: int8: joules} is read from the record."""

import math
import re
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Any

from ferrion.core.errors import ConfigError
from ferrion.core.units import figure, pretty
from ferrion.pilots.table import QUANTITIES
from ferrion.report.figures import SAME

QUOTED = re.compile(r"\{([a-z-]+): ([^:{}]+): ([^:{}]+)\}")
"""Pilot, column and what `QUANTITIES` calls it."""
OF_SI = {"uJ": "J", "pJ": "J", "ms": "s", "us": "s", "nW": "W", "uW": "W", "kB": "B"}
"""Units that are told with a prefix that suits the number."""
BARE = ("1", "1/h", "1/s")
"""Units that the sentence tells."""
DIGITS = 2
"""Of a number that is told without its spread."""


def quoted(text: str, results: Mapping[str, Mapping[str, Any]]) -> str:
    """`text` with the numbers of `results`, by pilot. Raises ConfigError for one that no record has."""
    return QUOTED.sub(lambda found: _number(results, *found.groups()), text)


def _number(results: Mapping[str, Mapping[str, Any]], name: str, column: str, key: str) -> str:
    try:
        _, unit, factor = QUANTITIES[key]
        values = [run["columns"][column][key] for run in results[name]["runs"]]
        if None in values:
            raise KeyError(key)
    except KeyError as problem:
        raise ConfigError(
            f"{{{name}: {column}: {key}}} is in no record: {problem} is unknown; write a pilot, one of its columns and one of ferrion.pilots.table.QUANTITIES"
        ) from problem
    if unit in OF_SI:
        return pretty(float(f"{fmean(values):.{DIGITS}g}"), OF_SI[unit], DIGITS + 1).replace("µ", "u")
    return told([factor * value for value in values]) + ("" if unit in BARE else f" {unit}")


def told(values: list[float]) -> str:
    """Mean and standard deviation to the first digit of the latter, to the second where the first is 1; to one decimal where there is none."""
    mean, spread = fmean(values), stdev(values) if len(values) > 1 else 0.0
    if spread <= SAME * abs(mean):
        return figure(float(f"{mean:.1f}"))
    decimals = max(-math.floor(math.log10(spread / 2)), 0)
    return f"{mean:,.{decimals}f} ± {spread:.{decimals}f}"
