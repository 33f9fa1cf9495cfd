"""The pictures of a report, as PNG in base64. One house style."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferrion.arrays.words import FULL_SCALE, STEPS_PER_LEVEL, TOP_LEVEL
from ferrion.reproduce.figure import Panel

INK, CHIP, FLOAT, GRID = "#1b2a33", "#0b7285", "#c2571a", "#d9dfe3"
MARKED = 40
"""Points of a curve up to which each is marked."""
MANY = 3
"""Names of a legend beyond which it stands beside the curves, and not where they may lie."""
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "savefig.dpi": 130,
}


def _png(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", bbox_inches="tight", facecolor="white")
    plt.close(figure)
    return base64.b64encode(stream.getvalue()).decode()


def _axes(width: float = 6.4, height: float = 3.4, columns: int = 1) -> tuple[Figure, list[Axes]]:
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, columns, figsize=(width, height), squeeze=False)
    return figure, list(axes[0])


def curves(accuracies: Sequence[Sequence[float]], twins: Sequence[Sequence[float]]) -> str:
    """Test accuracy after each epoch, one line a chip, beside the float twins."""
    figure, (axes,) = _axes()
    for group, colour, name in ((twins, FLOAT, "float twin"), (accuracies, CHIP, "chip")):
        for number, line in enumerate(group):
            axes.plot(range(1, len(line) + 1), 100 * np.array(line), "o-", color=colour, ms=3.5, lw=1.4, alpha=0.85, label=name if number == 0 else None)
    axes.set_xlabel("epoch")
    axes.set_ylabel("test accuracy [%]")
    axes.legend(frameon=False, loc="lower right")
    return _png(figure)


def panel(found: Panel) -> str:
    """One picture of a reproduction: lines for what was simulated, diamonds for what was published."""
    figure, (axes,) = _axes()
    for number, curve in enumerate(found.curves):
        colour = FLOAT if curve.measured else (CHIP if number == 0 else f"C{number}")
        style: dict[str, Any] = {"marker": "o" if len(curve.x) < MARKED else "", "ms": 4.0, "lw": 1.4}
        if curve.measured or curve.points:
            style = {"ls": "none", "marker": "D" if curve.measured else ".", "ms": 7.0 if curve.measured else 3.0}
        axes.errorbar(curve.x, curve.y, yerr=curve.spread, color=colour, capsize=3, label=curve.name, **style)
    axes.set(title=found.title, xlabel=found.x, ylabel=found.y, xscale="log" if found.log_x else "linear", yscale="log" if found.log_y else "linear")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if len(unique) > MANY else {"loc": "best"}
    axes.legend(unique.values(), unique.keys(), frameon=False, **beside)
    return _png(figure)


def losses(lines: Sequence[Sequence[float]]) -> str:
    """Training loss of each epoch, one line a chip."""
    figure, (axes,) = _axes()
    for line in lines:
        axes.semilogy(range(1, len(line) + 1), line, "o-", color=CHIP, ms=3.5, lw=1.4)
    axes.set_xlabel("epoch")
    axes.set_ylabel("cross entropy on the way [nat]")
    return _png(figure)


def weight_histograms(hidden: NDArray[np.int16], offset: int, conductance: NDArray[np.floating[Any]]) -> str:
    """Hidden integers with the edges of the levels (a rule's `offset` moves them), and conductance differences [S] they became."""
    figure, (left, right) = _axes(11.0, 3.2, 2)
    left.hist(hidden, bins=list(range(-512, 513, 8)), color=CHIP, log=True)
    for edge in range(1, TOP_LEVEL + 1):
        for sign in (-1, 1):
            left.axvline(sign * (edge * STEPS_PER_LEVEL - offset), color=FLOAT, lw=0.6, alpha=0.7)
    left.set_xlabel(f"hidden weight [steps; {FULL_SCALE} is full scale]")
    left.set_ylabel("weights")
    right.hist(1e6 * conductance, bins=280, color=CHIP, log=True)
    right.set_xlabel("analogue weight: G+ − G− [µS]")
    right.set_ylabel("weights")
    return _png(figure)


def wear_map(values: NDArray[np.float64], label: str, row: str) -> str:
    """A map over one physical array: transfer lines along, devices of a line up."""
    with plt.rc_context({**STYLE, "axes.grid": False}):
        figure, axes = plt.subplots(figsize=(11.0, 2.6))
    image = axes.imshow(values.T, aspect="auto", origin="lower", cmap="magma_r", interpolation="nearest")
    axes.set_xlabel("transfer line")
    axes.set_ylabel(row)
    figure.colorbar(image, ax=axes, label=label, pad=0.01)
    return _png(figure)


COLOURS = [tuple(colour) for colour in plt.get_cmap("tab20")([*range(0, 20, 2), *range(1, 20, 2)])]
"""Of bars, all of which differ: ten strong ones, then ten pale ones."""


def energy_bars(places: Sequence[str], actions: Sequence[str], energy: NDArray[np.float64], label: str) -> str:
    """Energy, in the unit that `label` says, of each action (rows of `energy`) at each place (columns), stacked."""
    figure, (axes,) = _axes(11.0, 0.5 * len(places) + 1.6)
    left = np.zeros(len(places))
    for number, action in enumerate(actions):
        axes.barh(places, energy[number], left=left, color=COLOURS[number], label=action)
        left += energy[number]
    axes.set_xlabel(label)
    axes.invert_yaxis()
    axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.25 - 0.35 / len(places)))
    return _png(figure)


def confusion(title: str, table: NDArray[np.int64]) -> str:
    """Shares of each true class (rows) by class decided; a last column for none."""
    classes = len(table)
    with plt.rc_context({**STYLE, "axes.grid": False}):
        figure, axes = plt.subplots(figsize=(2.6 + 0.16 * classes, 2.2 + 0.16 * classes))
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, interpolation="nearest")
    axes.set_xticks([*range(0, classes, 1 + classes // 12), classes], [*map(str, range(0, classes, 1 + classes // 12)), "none"], fontsize=7)
    axes.set_yticks(range(0, classes, 1 + classes // 12))
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("decided")
    axes.set_ylabel("true class")
    figure.colorbar(image, ax=axes, label="share of the class", fraction=0.05)
    return _png(figure)


def accuracy_bars(settings: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Test accuracy of each setting, mean over chips, every chip a dot."""
    figure, (axes,) = _axes(8.0, 0.32 * len(settings) + 1.0)
    names, means = [name for name, _ in settings], [100 * float(np.mean(values)) for _, values in settings]
    axes.barh(names, means, color=[FLOAT, *[CHIP] * (len(settings) - 1)], alpha=0.8)
    for place, (_, values) in enumerate(settings):
        axes.plot(100 * np.array(values), [place] * len(values), ".", color=INK, ms=4)
    lowest = 100 * min(min(values) for _, values in settings)
    axes.set_xlim(max(0.0, lowest - 0.35 * (100 - lowest) - 1), min(100.0, max(means) + 1))
    axes.set_xlabel("test accuracy [%]; the axis does not begin at 0")
    axes.invert_yaxis()
    return _png(figure)


def correlations(names: Sequence[str], found: NDArray[np.float64]) -> str:
    """Correlations of parameters as a map with the numbers in it."""
    with plt.rc_context({**STYLE, "axes.grid": False}):
        figure, axes = plt.subplots(figsize=(0.75 * len(names) + 1.8, 0.6 * len(names) + 1.0))
    axes.imshow(found, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    for (row, column), value in np.ndenumerate(found):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color="white" if abs(value) > 0.6 else INK)
    return _png(figure)


def index_bars(factors: Sequence[str], first: NDArray[np.float64], total: NDArray[np.float64], intervals: NDArray[np.float64]) -> str:
    """Sobol indices of every factor, its own and with interactions; `intervals` (2, 2, factors): lower and upper ends of both."""
    figure, (axes,) = _axes(8.0, 0.6 * len(factors) + 1.2)
    places = np.arange(len(factors))
    for offset, values, own, colour, name in ((-0.2, first, intervals[:, 0], CHIP, "its own share"), (0.2, total, intervals[:, 1], FLOAT, "with interactions")):
        reach = np.maximum(np.abs(own - values), 0.0)
        axes.barh(places + offset, values, 0.36, color=colour, alpha=0.8, label=name, xerr=reach, error_kw={"ecolor": INK, "capsize": 2, "lw": 1})
    axes.set_yticks(places, factors)
    axes.set_xlabel("share of the variance (95 % intervals)")
    axes.invert_yaxis()
    axes.legend(frameon=False)
    return _png(figure)
