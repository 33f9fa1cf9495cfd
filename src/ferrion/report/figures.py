"""One static HTML page of pictures and a table of figures, published ones beside simulated where there are any."""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files

import jinja2

from ferrion.core.units import figure
from ferrion.report import plots
from ferrion.reproduce.figure import Panel, Row


def figures_page(title: str, lead: str, rows: Sequence[Row], panels: Sequence[Panel], pictures: Sequence[tuple[str, str]] = (), heading: str = "simulated") -> str:
    """The page as HTML: panels, further pictures as (title, PNG in base64), and the rows, their figures under `heading`."""
    template = files("ferrion.report").joinpath("figures.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["figure"] = figure
    drawn = [(panel.title, plots.panel(panel)) for panel in panels] + list(pictures)
    compared = any(row.published is not None for row in rows)
    return environment.from_string(template).render(version=version("ferrion"), title=title, lead=lead, rows=rows, pictures=drawn, compared=compared, heading=heading)
