"""A sweep as lines for the terminal and as a page: distributions against the specification, outcomes against factors, sensitivities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.core.units import figure
from ferrion.report import plots
from ferrion.report.figures import figures_page
from ferrion.report.protocols import distribution
from ferrion.reproduce.figure import Curve, Panel, Row
from ferrion.workloads.sweep.sweep import Sweep
from ferrion.workloads.sweep.trial import OUTCOMES

SHOWN = ("accuracy", "energy_J", "years_fecap", "years_memristor")
"""Outcomes whose distributions are drawn, beside those of the specification."""
LISTED = 25
"""Yields that are printed; all are in result.json."""
WIDE = 30.0
"""Ratio of the largest and least of values from which on an axis is logarithmic."""


def lines(result: Mapping[str, Any]) -> list[str]:
    """One line an outcome, then yields, then what matters for the accuracy."""
    found = [f"{name}: {figure(own['mean'])} ± {figure(own['deviation'])} {_unit(name)}, half below {figure(own['50 %'])}" for name, own in result["outcomes"].items()]
    found += [f"{quantity}: {100 * own['met'] / own['of']:.1f} %" for quantity, own in _yields(result)]
    hidden = len(result["yield"]) - LISTED
    found += [f"… and yields of {hidden} points more, in result.json"] if hidden > 0 else []
    found += [
        f"accuracy varies with {own['factor']}: {own['first']:.2f} of the variance by itself, {own['total']:.2f} with interactions"
        for own in result["sensitivity"]
        if own["outcome"] == "accuracy"
    ]
    if result["refused"]:
        number, why = next(iter(result["refused"].items()))
        found.append(f"{len(result['refused'])} trials were refused, and count as failed; trial {number}: {why}")
    idle = {own["factor"] for own in result["sensitivity"]} - {own["factor"] for own in result["sensitivity"] if own["total"] != 0}
    found += [f"no outcome depends on {factor}: a training does not read it" for factor in sorted(idle)]
    return [*found, f"{result['run']} trials run in {result['wall_s']:.1f} s, {result['kept']} kept from before"]


def sweep_page(sweep: Sweep, found: xr.Dataset, result: Mapping[str, Any]) -> str:
    """The page as HTML."""
    head = sweep.file.sweep
    lead = f"{head.data} on {head.chip} · {len(sweep.points)} points x {head.chips} chips, {head.design} design, seed {head.seed}"
    rows = [
        Row(quantity=f"{name}: mean ± standard deviation", unit=_unit(name), simulated=own["mean"], spread=own["deviation"], source="sweep")
        for name, own in result["outcomes"].items()
    ]
    rows += [Row(quantity=quantity, unit="%", simulated=100 * own["met"] / own["of"], source="sweep") for quantity, own in _yields(result)]
    pictures = [_bars(result["sensitivity"], outcome) for outcome in dict.fromkeys(own["outcome"] for own in result["sensitivity"]) if outcome in {*SHOWN, *sweep.file.spec}]
    return figures_page("Sweep", lead, rows, [*_distributions(sweep, found), *_factors(sweep, found)], pictures)


def _yields(result: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """That of all trials and of the first points, with their intervals in words."""
    told = []
    for own in result["yield"][:LISTED]:
        where = f" at {', '.join(f'{name} = {value}' for name, value in own['where'].items())}" if own["where"] else ""
        known = "" if own["low"] is None else f" (95 % interval {100 * own['low']:.1f} to {100 * own['high']:.1f} %)"
        told.append((f"yield{where}: {own['met']} of {own['of']}{known}", own))
    return told


def _distributions(sweep: Sweep, found: xr.Dataset) -> list[Panel]:
    panels = []
    for name in dict.fromkeys((*SHOWN, *sweep.file.spec)):
        values = found[name].to_numpy()
        values = values[np.isfinite(values)]
        if values.size and np.ptp(values) > 0:
            bound = sweep.file.spec.get(name)
            ends = [] if bound is None else [(side, limit) for side, limit in (("least", bound.least), ("most", bound.most)) if np.isfinite(limit)]
            limits = [Curve(f"specified: {side} {figure(limit)}", (limit, limit), (0.0, 1.0)) for side, limit in ends]
            panels.append(Panel(f"Distribution of {name}", _label(name), "share of trials below", (distribution("trials", values), *limits), log_x=_wide(values)))
    return panels


def _factors(sweep: Sweep, found: xr.Dataset) -> list[Panel]:
    """Accuracy and what the specification names against every factor that is a number: means and standard deviations where values repeat."""
    panels = []
    for factor in sweep.file.vary:
        at = found[factor].to_numpy()
        if np.issubdtype(at.dtype, np.number) and np.ptp(at) > 0:
            label = f"{factor} [{sweep.units[factor]}]" if sweep.units[factor] else factor
            for name in dict.fromkeys(("accuracy", *sweep.file.spec)):
                panels.append(Panel(f"{name} against {factor}", label, _label(name), (_against(at, found[name].to_numpy()),), log_x=_wide(at)))
    return panels


def _against(at: NDArray[Any], values: NDArray[np.float64]) -> Curve:
    places = np.unique(at)
    if 2 * places.size > at.size:
        return Curve("trials", tuple(at), tuple(values), points=True)
    groups = [values[(at == place) & np.isfinite(values)] for place in places]
    return Curve("mean ± standard deviation", tuple(places), tuple(float(own.mean()) for own in groups), tuple(float(own.std()) for own in groups))


def _bars(sensitivity: list[dict[str, Any]], outcome: str) -> tuple[str, str]:
    own = [row for row in sensitivity if row["outcome"] == outcome]
    ends = np.array([[[row[f"{order}_interval"][end] for row in own] for order in ("first", "total")] for end in (0, 1)])
    drawn = plots.index_bars([row["factor"] for row in own], np.array([row["first"] for row in own]), np.array([row["total"] for row in own]), ends)
    return f"What {outcome} depends on (Sobol indices)", drawn


def _wide(values: NDArray[Any]) -> bool:
    return bool(values.min() > 0 and values.max() / values.min() > WIDE)


def _unit(name: str) -> str:
    return "" if OUTCOMES[name] == "1" else OUTCOMES[name]


def _label(name: str) -> str:
    return f"{name} [{_unit(name)}]" if _unit(name) else name
