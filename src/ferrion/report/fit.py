"""A fit as lines for the terminal and as a page: what was held out beside what the law expects, parameters, correlations."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from ferrion.core.units import figure
from ferrion.lab.fit import Fit
from ferrion.lab.law import Axes
from ferrion.report import plots
from ferrion.report.figures import figures_page
from ferrion.reproduce.figure import Curve, Panel, Row

CLUSTERED = ", too small: rows that were measured together were taken as independent"


def rows(found: Fit) -> list[Row]:
    """Parameters with half their 95 % intervals / 1.96, then how good the fit is."""
    table = [
        Row(quantity=f"{own.section}.{own.name}", unit=own.unit * (own.unit != "1"), simulated=own.value, spread=(own.high - own.low) / 3.92, source="fit") for own in found.known
    ]
    off, twin = found.off
    more = [
        ("held-out figures: law against measured, rms", "%", 100 * off),
        ("the same: fitted half against held-out half, without any law", "%", 100 * twin),
        ("scatter of held-out rows over that expected", "", found.scatter),
        ("-ln likelihood a row, fitted", "", found.cost_fitted),
        ("-ln likelihood a row, held out", "", found.cost_held),
        ("-ln likelihood a row, held out, by the card it began from (with what was fixed, and the fitted noise)", "", found.cost_card),
    ]
    return table + [Row(quantity=quantity, unit=unit, simulated=value, source="fit") for quantity, unit, value in more if value == value]


def figures(found: Fit) -> dict[str, Any]:
    """A fit as plain types; what is not known is None."""
    return {
        "parameters": [own._asdict() for own in found.known],
        "correlations": found.correlations.tolist(),
        "scatter": found.scatter if isfinite(found.scatter) else None,
        "off": {name: share if isfinite(share) else None for name, share in zip(("law", "halves"), found.off, strict=True)},
        "cost": {"fitted": found.cost_fitted, "held": found.cost_held, "card": found.cost_card},
        "checks": [own._asdict() for own in found.checks],
    }


def lines(found: Fit) -> list[str]:
    """One line a parameter with its 95 % interval, then how good the fit is."""
    known = [f"{own.section}.{own.name} = {own.value:.5g} {'' if own.unit == '1' else own.unit} (95 %: {own.low:.5g} to {own.high:.5g})".replace("  ", " ") for own in found.known]
    if found.clustered:
        known.append("rows that were measured together deviate together: these intervals are too narrow, --bootstrap 200 gives wider ones where there are groups enough")
    return known + [f"{row.quantity}: {figure(row.simulated)} {row.unit}".rstrip() for row in rows(found)[len(found.known) :]]


def fit_page(found: Fit, axes: Axes, result: Mapping[str, Any]) -> str:
    """The page as HTML."""
    curves = []
    for series in dict.fromkeys(check.series for check in found.checks):
        own = [check for check in found.checks if check.series == series]
        at = tuple(check.at for check in own)
        curves.append(Curve(f"law, {series}", at, tuple(check.predicted for check in own)))
        curves.append(Curve("measured, held out", at, tuple(check.measured for check in own), tuple(check.error for check in own), measured=True))
    lead = f"{result['data']}: {found.fitted:,} rows fitted, {found.held:,} held out · from card {result['card']} · spread: standard error{CLUSTERED if found.clustered else ''}"
    panel = Panel("Held-out measurements beside the law", axes.x, axes.y, tuple(curves), log_x=True, log_y=True)
    picture = ("Correlations of the parameters", plots.correlations([own.name for own in found.known], found.correlations))
    return figures_page(f"Fit of {result['model']}", lead, rows(found), (panel,), (picture,), "value")
