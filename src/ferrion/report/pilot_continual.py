"""Pictures of learning on: what is still known of the first stage while later ones are learned."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ferrion.pilots.learners import CONSOLIDATING
from ferrion.pilots.newcomer import TAUGHT_ALL
from ferrion.report import plots
from ferrion.report.figures import bars
from ferrion.reproduce.figure import Curve, Panel

TITLES = {"orders": "Learning on while pixels are wired anew", "lights": "Learning on while the light changes", "sessions": "Learning on from session to session"}

SOON = {"chip": (CONSOLIDATING, "seconds"), "int8 on NDP120": (TAUGHT_ALL, "seconds, ndp120"), "int8 on STM32U385": (TAUGHT_ALL, "seconds, stm32u385")}
"""Whose latency is drawn, and where it stands."""


def kept(run: Mapping[str, Any]) -> list[Panel]:
    """A panel for each kind of change."""
    return [_panel(TITLES[what], found) for what, found in run["kept"].items()]


def arm(run: Mapping[str, Any]) -> Panel:
    """Another's arm, as more and more of it is learned."""
    curves = [Curve(name, tuple(100.0 * k / (len(right) - 1) for k in range(len(right))), tuple(100 * own for own in right)) for name, right in run["arm"].items()]
    return Panel("The armband on another's arm", "of three repetitions learned [%]", "right of the fourth [%]", tuple(curves))


def waits(run: Mapping[str, Any]) -> Panel:
    """Arrays, and networks whose rows are all there, take the same time for every sample."""
    curves = [Curve(name, (1e6 * run["columns"][who][key],) * 2, (0.0, 100.0)) for name, (who, key) in SOON.items()]
    return Panel("How soon a digit is decided: all alike", "from its last pixel to the decision [us]", "of all digits [%]", tuple(curves), log_x=True)


def confusions(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Digits of all wirings at the end."""
    return [(f"Which digit was taken for which, at the end, of all wirings: {name}", plots.confusion(name, np.array(table))) for name, table in run["confusion"].items()]


def energy(run: Mapping[str, Any]) -> tuple[str, str]:
    """Of a decision and of an example learned, and of what an int8 network decides."""
    return bars(run["actions"])


def _panel(title: str, found: Mapping[str, list[float]]) -> Panel:
    curves = [Curve(name, tuple(float(k + 1) for k in range(len(right))), tuple(100 * own for own in right)) for name, right in found.items()]
    return Panel(title, "stages learned", "first stage right [%]", tuple(curves))
