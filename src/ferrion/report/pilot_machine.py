"""Pictures of a watch on a machine: levels over time, learning row by row, and what drift does."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ferrion.pilots.watch import DRIFTS
from ferrion.report import plots
from ferrion.report.figures import bars
from ferrion.reproduce.figure import Curve, Panel

FLOOR = 1e-3
"""Least level drawn."""


def trace(run: Mapping[str, Any]) -> Panel:
    """Levels of the first recording after it was learned; an anomaly is above 1."""
    own = run["drawn"]
    rows = tuple(float(k) for k in range(len(own["level"])))
    levels, truth = np.maximum(own["level"], FLOOR), np.where(np.array(own["anomaly"]) > 0, np.max(own["level"]), FLOOR)
    curves = (Curve("residual over its limit, chip", rows, tuple(levels)), Curve("limit", (rows[0], rows[-1]), (1.0, 1.0)), Curve("labelled anomaly", rows, tuple(truth)))
    return Panel(f"Watching {own['name']}", "s after learning", "level", curves, log_y=True)


def waits(run: Mapping[str, Any]) -> Panel:
    """How soon an anomaly is told, of those that are."""
    curves = [Curve(name, tuple(own), tuple(100.0 * (k + 1) / len(own) for k in range(len(own)))) for name, own in run["waits"].items() if own]
    return Panel("How soon an anomaly is told", "from its onset to the alarm [s]", "of the anomalies told [%]", tuple(curves))


def confusions(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Rows of all recordings: 0 is normal, 1 an anomaly."""
    return [(f"Rows taken for normal (0) or anomalous (1): {name}", plots.confusion(name, np.array(table))) for name, table in run["confusion"].items()]


def energy(run: Mapping[str, Any]) -> tuple[str, str]:
    """Of a row: decided, learned at first, followed; and of what digital methods decide."""
    return bars(run["actions"])


def errors(run: Mapping[str, Any]) -> Panel:
    """Mean squared error while normal rows are learned one by one."""
    found = run["drawn"]["errors"]
    return Panel(
        "Learning what is normal, on the chip",
        "tenths of a pass",
        "error of a sensor, its variance being 1",
        (Curve("chip", tuple(float(k + 1) for k in range(len(found))), tuple(found)),),
    )


def drift(run: Mapping[str, Any]) -> Panel:
    """F1 after rests of the memristors, before and after they are programmed anew."""
    chip = run["columns"]["chip"]
    places = tuple(float(k) for k in range(len(DRIFTS) + 1))
    drifted = tuple(100 * chip[key] for key in ("f1", *(f"f1 after {name}" for name in DRIFTS)))
    fresh = tuple(100 * chip[key] for key in ("f1", *(f"f1 after {name}, refreshed" for name in DRIFTS)))
    labels = "; ".join(f"{k + 1}: {name}" for k, name in enumerate(DRIFTS))
    return Panel("Drift of the chip", f"0: fresh; {labels}", "F1 [%]", (Curve("drifted", places, drifted), Curve("refreshed from the hidden weights", places, fresh)))


def foreseen(run: Mapping[str, Any]) -> Panel:
    """A series of NAB, its alarms and its windows."""
    own = run["foreseen"]
    low, high = min(own["values"]), max(own["values"])
    windows = [Curve("labelled window" if k == 0 else "", tuple(window), (low, low)) for k, window in enumerate(own["windows"])]
    curves = [Curve("sensor", tuple(own["days"]), tuple(own["values"])), Curve("alarm of the chip", tuple(own["alarms"]), (high,) * len(own["alarms"]), points=True), *windows]
    return Panel(f"Forecasts on the chip: {own['name'].replace('_', ' ')}", "days", "degrees", tuple(curves))
