"""The controller of a spiking chip's tiles as a picture: its states, its arrows, and how often each was taken."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferrion.chip.controller import ARROWS, Phase
from ferrion.report.plots import CHIP, GRID, INK

PLACES = {Phase.IDLE: (0.0, 0.0), Phase.READ: (2.6, 1.5), Phase.UPDATE: (5.2, 0.0), Phase.TRANSFER: (2.6, -1.5)}
BEND = 0.16
"""How far arrows curve, of their length: an arrow and its return lie apart."""
WIDEST = 5.0


def drawing(taken: NDArray[np.int64] | None = None) -> bytes:
    """A PNG. taken: (phases, triggers), how often each arrow was taken, e.g. `network.state.controllers.taken[tile]`; arrows are then as wide as its logarithm."""
    figure = Figure(figsize=(7.6, 4.4))
    axes = figure.subplots()
    counts = [None if taken is None else int(taken[arrow.source, arrow.trigger]) for arrow in ARROWS]
    most = np.log1p(max(count or 0 for count in counts)) or 1.0
    beside: dict[tuple[Phase, Phase], int] = {}
    for arrow, count in zip(ARROWS, counts, strict=True):
        lane = beside[arrow.source, arrow.target] = beside.get((arrow.source, arrow.target), 0) + 1
        width = 1.4 if count is None else max(WIDEST * float(np.log1p(count)) / most, 0.6)
        said = arrow.trigger.name.lower() + ("" if count is None else f"  {count:,}")
        _arrow(axes, arrow.source, arrow.target, lane * BEND, width, INK if count is None or count else GRID, said)
    for phase, (x, y) in PLACES.items():
        axes.text(x, y, phase.name.lower(), ha="center", va="center", color="white", zorder=3, bbox={"boxstyle": "round,pad=0.6", "facecolor": CHIP, "edgecolor": CHIP})
    axes.set(xlim=(-0.7, 5.9), ylim=(-2.0, 2.0))
    axes.set_axis_off()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=130, bbox_inches="tight", facecolor="white")
    return stream.getvalue()


def _arrow(axes: Axes, source: Phase, target: Phase, bend: float, width: float, colour: str, said: str) -> None:
    start, end = np.array(PLACES[source]), np.array(PLACES[target])
    style = {
        "arrowstyle": "-|>,head_width=0.3,head_length=0.6",
        "connectionstyle": f"arc3,rad={-bend}",
        "color": colour,
        "lw": width,
        "shrinkA": 24,
        "shrinkB": 24,
        "mutation_scale": 10,
    }
    axes.annotate("", xy=PLACES[target], xytext=PLACES[source], arrowprops=style)
    along = end - start
    x, y = (start + end) / 2 + 0.5 * bend * np.array([-along[1], along[0]])
    axes.text(x, y, said, ha="center", va="center", fontsize=8, color=INK, zorder=4, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})
