"""One static HTML page on a reproduction: published beside simulated, in a table and in pictures."""

from importlib.metadata import version
from importlib.resources import files

import jinja2

from ferrion.report import plots
from ferrion.reproduce.figure import Reproduction


def reproduction_page(found: Reproduction, quick: bool) -> str:
    """The page as HTML, pictures inside. `quick`: the page says that it does not show the published setting."""
    template = files("ferrion.report").joinpath("reproduction.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    pictures = [(panel, plots.panel(panel)) for panel in found.panels]
    return environment.from_string(template).render(version=version("ferrion"), found=found, quick=quick, pictures=pictures)
