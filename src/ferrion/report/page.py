"""One static HTML page on a training: what the chip learned, what it cost, what it wore, and where each figure comes from."""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.sense import bit_error_rate
from ferrion.core.ledger import Ledger
from ferrion.core.units import pretty
from ferrion.devices.fecap import FeCap
from ferrion.learning.training import Training
from ferrion.learning.wear import fecap_cycles
from ferrion.params.cite import bibliography, sources
from ferrion.report import plots
from ferrion.workloads.data import DataSet
from ferrion.workloads.trial import Result

Trial = tuple[Result, Training]
NORMAL_95 = 1.96


def interval(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `count` samples (Wilson, JASA 22, 209 (1927))."""
    z2 = NORMAL_95**2 / count
    centre = (share + z2 / 2) / (1 + z2)
    half = NORMAL_95 * np.sqrt(share * (1 - share) / count + z2 / count / 4) / (1 + z2)
    return float(centre - half), float(centre + half)


def page(trials: Sequence[Trial], data: DataSet) -> str:
    """The page as HTML, pictures inside; the first chip of several is drawn, all are tabled."""
    result, training = trials[0]
    chip = training.plan.chip
    template = files("ferrion.report").joinpath("page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["pretty"] = pretty
    environment.filters["percent"] = lambda share: f"{100 * share:.2f} %"
    bills = chip.prices.bills(Ledger.from_rows(result.ledger))
    return environment.from_string(template).render(
        version=version("ferrion"),
        result=result,
        results=[r for r, _ in trials],
        data=data,
        chip=chip,
        rule=training.plan.rule,
        interval=interval(result.accuracy, result.test_samples),
        float_interval=interval(result.float_accuracy, result.test_samples),
        spread=_spread(trials),
        bills=bills,
        provenance=sorted(result.provenance.items()),
        limits=chip.endurance(),
        pictures=_pictures(trials),
        sources=sources(chip.cards),
        bibliography=bibliography(),
        cards=chip.cards,
        sense=_window(training),
        reversals=int(training.cells.reversals.max()) if training.cells else 0,
    )


def _spread(trials: Sequence[Trial]) -> dict[str, float] | None:
    """Mean and standard deviation over chips, of chip and float accuracy."""
    if len(trials) < 2:
        return None
    chips = np.array([(r.accuracy, r.float_accuracy) for r, _ in trials])
    mean, sd = chips.mean(axis=0), chips.std(axis=0, ddof=1)
    return {"mean": float(mean[0]), "sd": float(sd[0]), "float_mean": float(mean[1]), "float_sd": float(sd[1])}


def _window(training: Training) -> dict[str, float]:
    """Read window and bit error rate of a median FeCAP after wake-up and the writes of the most-worn one."""
    cap = FeCap(1, training.plan.chip.parts["fecap"], 0)
    cap.strength[:] = 1.0
    cap.cycle(cap.operation.wake_up + fecap_cycles(training))
    window = float(cap.read()[0])
    return {"window": window, "error": bit_error_rate(window, cap.operation)}


def _pictures(trials: Sequence[Trial]) -> dict[str, str]:
    result, training = trials[0]
    memory, net, chip = training.memory, training.net, training.plan.chip
    full = np.repeat(net.full, np.diff(net.weights))
    geometry = chip.geometry
    worst = int(memory.lsb_writes.argmax())
    layer = int(np.searchsorted(net.weights, worst, side="right")) - 1
    row, column = divmod(worst - int(net.weights[layer]), int(net.sizes[layer + 1]))

    def tile(values: NDArray[Any]) -> NDArray[np.float64]:
        part = values[net.weights[layer] : net.weights[layer + 1]]
        return geometry.tile(part.reshape(-1, int(net.sizes[layer + 1])), row, column)

    bills = chip.prices.bills(Ledger.from_rows(result.ledger))
    places = sorted({bill.place for bill in bills})
    actions = sorted({str(bill.action) for bill in bills})
    joules = np.array([[sum(b.joules for b in bills if b.place == place and b.action == action) for place in places] for action in actions])
    pictures = {
        "curves": plots.curves([r.accuracies for r, _ in trials], [r.float_accuracies for r, _ in trials]),
        "losses": plots.losses([r.losses for r, _ in trials]),
        "weights": plots.weight_histograms(memory.hidden, training.plan.rule.offset, training.devices.g_span * memory.analogue / full),
        "wear": plots.wear_map(tile(memory.lsb_writes), "writes of the\nleast significant FeCAP", "weight on the line"),
        "programmed": plots.wear_map(tile(memory.programmed), "operations of\neach memristor", "weight on the line"),
        "energy": plots.energy_bars(places, actions, 1e3 * joules, "energy of the training [mJ]"),
    }
    if training.cells is not None:
        per_unit = [tile(unit) for unit in training.cells.reversals.T]
        reversals = np.stack(per_unit, axis=-1).reshape(geometry.lines, geometry.fecaps_per_line)
        pictures["reversals"] = plots.wear_map(reversals, "reversals of each FeCAP\n(destructive reads included)", "FeCAP on the line")
    return pictures
