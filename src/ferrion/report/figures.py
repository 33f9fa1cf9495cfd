"""One static HTML page of pictures and a table of figures, published ones beside simulated where there are any."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import jinja2
import numpy as np

from ferrion.core.units import figure
from ferrion.report import plots
from ferrion.reproduce.figure import Panel, Row

SAME = 1e-4
"""Of a mean: a standard deviation that is no more is not told."""


def figures_page(title: str, lead: str, rows: Sequence[Row], panels: Sequence[Panel], pictures: Sequence[tuple[str, str]] = (), heading: str = "simulated") -> str:
    """The page as HTML: panels, further pictures as (title, PNG in base64), and the rows, their figures under `heading`."""
    compared = any(row.published is not None for row in rows)
    return rendered("figures.html", title, lead, drawn(panels, pictures), rows=rows, compared=compared, heading=heading)


def drawn(panels: Sequence[Panel], pictures: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Panels and further pictures as (title, PNG in base64)."""
    return [(panel.title, plots.panel(panel)) for panel in panels] + list(pictures)


def bars(works: Mapping[str, Mapping[str, float]]) -> tuple[str, str]:
    """Joules by action of some works, as a picture with its title."""
    actions = sorted({action for own in works.values() for action in own})
    joules = np.array([[own.get(action, 0.0) for own in works.values()] for action in actions])
    factor, unit = (1e6, "uJ") if joules.sum(axis=0).max() >= 1e-6 else (1e9, "nJ")
    return "Energy by action", plots.energy_bars(list(works), actions, factor * joules, f"energy [{unit}]")


def rendered(template: str, title: str, lead: str, pictures: Sequence[tuple[str, str]], **values: Any) -> str:
    """A template of this package, `figures.html` or one that extends it, as HTML."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, loader=jinja2.PackageLoader("ferrion.report", ""))
    environment.filters |= {"figure": figure, "spread": spread}
    return environment.get_template(template).render(version=version("ferrion"), title=title, lead=lead, pictures=pictures, **values)


def spread(own: Mapping[str, float | None]) -> str:
    """Mean and standard deviation over seeds, where there are several and they differ."""
    mean, deviation = own["mean"] or 0.0, own["deviation"]
    return figure(mean) + ("" if deviation is None or deviation <= SAME * abs(mean) else f" ± {figure(float(f'{deviation:.2g}'))}")
