"""Years of service as lines for the terminal and as a page, policy beside policy."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.report.figures import figures_page
from ferrion.report.protocols import distribution, row
from ferrion.reproduce.figure import Curve, Panel, Row
from ferrion.workloads.mission import Life

YEAR = SECONDS_PER_YEAR
OUTER = (0.05, 0.5, 0.95)


def outcome(life: Life) -> dict[str, Any]:
    """One policy as plain types; what never happens is null."""
    wear = {name: _quantiles(years) for name, years in life.wear_out.items()}
    return {
        "policy": life.name,
        "refreshes": life.refreshes,
        "checks": [own._asdict() for own in life.checks],
        "years_to_dead_memristors": wear,
        "years_to_rated_fecap_cycles": _finite(life.fecap_years),
        "years_to_least_accuracy": _finite(life.failed / YEAR),
    }


def lines(found: Sequence[dict[str, Any]]) -> list[str]:
    """Two lines a policy."""
    told = []
    for own in found:
        first, last, failed, wear = own["checks"][0], own["checks"][-1], own["years_to_least_accuracy"], own["years_to_dead_memristors"]["first"]
        told.append(
            f"{own['policy']}: {100 * first['accuracy']:.1f} % as delivered, {100 * last['accuracy']:.1f} % after {last['time'] / YEAR:.3g} years, {last['joules']:.3g} J"
            + (f"; found below the least accuracy after {failed:.3g} years" if failed is not None else "")
        )
        if wear is not None:
            told.append(
                f"  first memristor dead after {wear['50 %']:.3g} years (90 % of chips: {wear['5 %']:.3g} to {wear['95 %']:.3g}); {100 * last['dead']:.2g} % dead at the end"
            )
    return told


def mission_page(lives: Sequence[Life], lead: str, least: float) -> str:
    """The page as HTML."""
    rows: list[Row] = []
    for life in lives:
        last = life.checks[-1]
        rows += [row(f"{life.name}: accuracy at the end", "%", 100 * last.accuracy), row(f"{life.name}: energy of all years", "J", last.joules)]
        rows += [row(f"{life.name}: memristors dead at the end", "%", 100 * last.dead), row(f"{life.name}: hidden weights no longer those delivered", "%", 100 * last.moved)]
        for name, years in life.wear_out.items():
            if np.isfinite(years).all():
                rows.append(row(f"{life.name}: {name} of the memristors dead, mean of {years.size} chips", "years", float(years.mean()), float(years.std())))
        if np.isfinite(life.fecap_years):
            rows.append(row(f"{life.name}: busiest FeCAP at its rated cycles", "years", life.fecap_years))
    accuracy = [Curve(life.name, _years(life), tuple(100 * own.accuracy for own in life.checks[1:])) for life in lives]
    if least > 0:
        ends = _years(lives[0])
        accuracy.append(Curve("least accuracy", (ends[0], ends[-1]), (100 * least, 100 * least)))
    dead = tuple(Curve(life.name, _years(life), tuple(100 * own.dead for own in life.checks[1:])) for life in lives)
    panels = [Panel("Accuracy in service", "years", "test accuracy [%]", tuple(accuracy), log_x=True)]
    panels.append(Panel("Dead memristors", "years", "share [%]", dead, log_x=True))
    first = [(life.name, life.wear_out["first"][np.isfinite(life.wear_out["first"]) & (life.wear_out["first"] > 0)]) for life in lives]
    worn = tuple(distribution(name, years) for name, years in first if years.size)
    if worn:
        panels.append(Panel("When the first memristor dies", "years", "share of chips", worn, log_x=True))
    return figures_page("Mission", lead, rows, panels)


def _years(life: Life) -> tuple[float, ...]:
    return tuple(own.time / YEAR for own in life.checks[1:])


def _quantiles(years: Any) -> dict[str, float | None] | None:
    """None where no chip ever gets there; a quantile is None where so many never do."""
    if not np.isfinite(years).any():
        return None
    return {f"{100 * q:g} %": _finite(float(value)) for q, value in zip(OUTER, np.quantile(years, OUTER, method="inverted_cdf"), strict=True)}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
