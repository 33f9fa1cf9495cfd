"""State machines as pictures: their states, their arrows, and how often each was taken."""

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferrion.chip.controller import ARROWS, Phase
from ferrion.report.plots import CHIP, GRID, INK

PLACES = {"idle": (0.0, 0.0), "read": (2.6, 1.5), "update": (5.2, 0.0), "transfer": (2.6, -1.5)}
BEND = 0.16
"""How far arrows curve, of their length: an arrow and its return lie apart."""
WIDEST = 5.0
"""Of an arrow, in points; those that were taken are as wide as the logarithm of how often."""
Places = Mapping[str, tuple[float, float]]


class Drawn(NamedTuple):
    """One arrow."""

    source: str
    said: str
    target: str
    taken: int | None
    """How often; None where that is not told."""


def drawing(taken: NDArray[np.int64] | None = None) -> bytes:
    """The controller of a spiking chip's tiles, a PNG. taken: (phases, triggers), how often each arrow was, e.g. `network.state.controllers.taken[tile]`."""
    names = {phase: phase.name.lower() for phase in Phase}
    return machine(PLACES, [Drawn(names[a.source], a.trigger.name.lower(), names[a.target], None if taken is None else int(taken[a.source, a.trigger])) for a in ARROWS])


def machine(places: Places, arrows: Sequence[Drawn]) -> bytes:
    """A PNG of states at their places and the arrows between them."""
    across, up = np.array(list(places.values())).T
    figure = Figure(figsize=(7.6, 4.4))
    axes = figure.subplots()
    most = np.log1p(max(own.taken or 0 for own in arrows)) or 1.0
    beside: dict[tuple[str, str], int] = {}
    for own in arrows:
        lane = beside[own.source, own.target] = beside.get((own.source, own.target), 0) + 1
        width = 1.4 if own.taken is None else max(WIDEST * float(np.log1p(own.taken)) / most, 0.6)
        said = own.said + ("" if own.taken is None else f"  {own.taken:,}")
        _arrow(axes, places[own.source], places[own.target], lane * BEND, width, GRID if own.taken == 0 else INK, said)
    for name, (x, y) in places.items():
        axes.text(x, y, name, ha="center", va="center", color="white", zorder=3, bbox={"boxstyle": "round,pad=0.6", "facecolor": CHIP, "edgecolor": CHIP})
    axes.set(xlim=(across.min() - 0.7, across.max() + 0.7), ylim=(up.min() - 0.5, up.max() + 0.5))
    axes.set_axis_off()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=130, bbox_inches="tight", facecolor="white")
    return stream.getvalue()


def _arrow(axes: Axes, source: tuple[float, float], target: tuple[float, float], bend: float, width: float, colour: str, said: str) -> None:
    start, end = np.array(source), np.array(target)
    style = {
        "arrowstyle": "-|>,head_width=0.3,head_length=0.6",
        "connectionstyle": f"arc3,rad={-bend}",
        "color": colour,
        "lw": width,
        "shrinkA": 24,
        "shrinkB": 24,
        "mutation_scale": 10,
    }
    axes.annotate("", xy=target, xytext=source, arrowprops=style)
    along = end - start
    x, y = (start + end) / 2 + 0.5 * bend * np.array([-along[1], along[0]])
    axes.text(x, y, said, ha="center", va="center", fontsize=8, color=INK, zorder=4, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})
