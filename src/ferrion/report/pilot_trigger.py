"""Pictures of a trigger: what it heard and decided, learning, and how fast and how right a race of ion neurons is."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ferrion.pilots.load import SHARES
from ferrion.pilots.race import HIGHEST
from ferrion.pilots.trigger import EACH
from ferrion.report import plots
from ferrion.report.figures import bars
from ferrion.reproduce.figure import Curve, Panel
from ferrion.workloads.pulses import NO_UNIT, RATE

Run = Mapping[str, Any]
ABOVE = 1.4
"""Heights of a pulse at which decisions are marked."""


def stretch(run: Run) -> Panel:
    """The signal, the comparator's level, and a mark over each pulse that was decided for a unit."""
    own = run["stretch"]
    times = tuple(1e3 * k / RATE for k in range(len(own["signal"])))
    curves = [Curve("electrode", times, tuple(own["signal"])), Curve("comparator", (times[0], times[-1]), (own["level"],) * 2)]
    peaks, decided = np.array(own["peaks"]), np.array(own["decided"])
    for unit in range(NO_UNIT + 1):
        mine = 1e3 * peaks[decided == unit] / RATE
        curves.append(Curve("no unit" if unit == NO_UNIT else f"unit {unit}", tuple(mine), (ABOVE + 0.1 * unit,) * len(mine), points=True))
    return Panel("An electrode, and what the chip made of it", "ms", "heights of a pulse", tuple(curves))


def learning(run: Run) -> Panel:
    """Pulses that were answered rightly before they were learned, pass by pass."""
    right = [100 * own for own in run["learned"]]
    curve = Curve("chip", tuple(float(k + 1) for k in range(len(right))), tuple(right))
    return Panel("Learning on the chip: answered before learned", "pass", "% right", (curve,))


def racing(run: Run) -> Panel:
    """Accuracy against the time to the first spike."""
    races = run["races"]
    name = f"{EACH} cells a class, votes of 0 at {races[0]['centre']:g} to {races[-1]['centre']:g} V of {HIGHEST:g} V"
    curve = Curve(name, tuple(1e3 * own["seconds"] for own in races), tuple(100 * own["right"] for own in races))
    return Panel("A race of ion neurons: fast or right", "median time to the first spike [ms]", "pulses found and sorted rightly [%]", (curve,), log_x=True)


def waits(run: Run) -> Panel:
    """How soon a pulse is decided when a million a second come to enough copies of the chip."""
    curves = [Curve(name, tuple(1e6 * t for t in own["within"]), tuple(100.0 * share * (1.0 - own["lost"]) for share in SHARES)) for name, own in run["load"].items()]
    return Panel("A million pulses a second: how soon one is decided", "from the pulse to its decision [us]", "of all pulses, those lost among them [%]", tuple(curves), log_x=True)


def energy(run: Run) -> tuple[str, str]:
    """What a pulse takes to be sorted or learned, and what digital sorters take, converter and all."""
    digital = {f"{name}: sorted": {"products and memory": joules, "conversion of samples": run["digital"]["converted"]} for name, joules in run["digital"]["sorted"].items()}
    return bars({f"chip: {name}": own for name, own in run["actions"].items()} | digital)


def confusions(run: Run) -> list[tuple[str, str]]:
    """Who was taken for whom; the last class is none."""
    return [(f"Which unit was taken for which: {name}", plots.confusion(name, np.array(table))) for name, table in run["confusion"].items()]
