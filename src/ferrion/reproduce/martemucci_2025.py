"""M. Martemucci et al., "A ferroelectric-memristor memory for both training and inference", Nature Electronics 8, 921 (2025).

Learning figures: three fully connected layers, batch 1, ten epochs. Layer sizes are not published; 784-256-128-10 was
chosen, and the sensitivity to what else is not published is in docs/fidelity.md.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import TOP_LEVEL
from ferrion.chip.chip import Chip
from ferrion.core.errors import MissingDataError
from ferrion.core.ledger import Action
from ferrion.core.progress import Count
from ferrion.devices.fecap import FeCap
from ferrion.learning.rules import PUBLISHED, REFINED, Rule
from ferrion.learning.training import Fidelity, Plan
from ferrion.reproduce.figure import Curve, Panel, Reproduction, Row
from ferrion.reproduce.runs import Outcome, chips, twins
from ferrion.workloads.data import DataSet, load

NAME = "martemucci-2025"
TEXT = "Martemucci2025 (text, second hand)"
FIG_5 = "Martemucci2025, Fig. 5 (second hand)"
HIDDEN = (256, 128)
SEEDS = 5
EPOCHS = 10
KS = (1, 10, 100, 1000)
PUBLISHED_SAMPLES = 600_000


WIDE = dataclasses.replace(PUBLISHED, full_scale=REFINED.full_scale)
ROUNDED = dataclasses.replace(WIDE, offset=REFINED.offset)
DECAYED = dataclasses.replace(ROUNDED, step=REFINED.step, decay=REFINED.decay)
LADDER = (
    ("published rule at the full scale of the refined one", WIDE),
    ("… and rounding", ROUNDED),
    ("… and a decaying step", DECAYED),
)
"""From the published to the refined rule, one thing at a time; the last, leaving unchanged pairs alone, makes the refined rule."""


def reproduce(quick: bool, tell: Count) -> Reproduction:
    """Every published figure beside ours. `quick`: one seed, two epochs, 10,000 training samples; figures then differ."""
    mnist, panels = learning(quick, tell)
    return Reproduction(NAME, (*devices(), *mnist, *other_tasks(quick, tell), *fidelities(quick, tell)), panels)


def devices() -> tuple[Row, ...]:
    """The array and its capacitors."""
    chip = Chip.from_card()
    cap = FeCap(16384, chip.parts["fecap"], 0)
    cap.cycle(1000)
    window = 1e3 * cap.read()
    write = 1e15 * cap.write(1)
    mean, spread = chip.level_table()
    return (
        Row(quantity="devices of the hybrid array", unit="", published=18432, simulated=chip.geometry.devices, tolerance=0, source=TEXT),
        Row(quantity="weights of the hybrid array", unit="", published=1024, simulated=chip.geometry.weights, tolerance=0, source="line counts", how="derived"),
        Row(quantity="FeCAP window, median of 16,384 after 1,000 cycles", unit="mV", published=360, simulated=float(np.median(window)), tolerance=5, source=TEXT, how="calibrated"),
        Row(quantity="FeCAP window, least of 16,384 after 1,000 cycles", unit="mV", published=120, simulated=float(window.min()), tolerance=50, source=TEXT, how="calibrated"),
        Row(quantity="switching energy of a FeCAP write (published: below 200, 100 assumed)", unit="fJ", simulated=float(np.median(write)), source=TEXT, how="derived"),
        Row(quantity="levels of a weight", unit="", published=15, simulated=2 * int(np.sum(np.diff(mean) > 0)) + 1, tolerance=0, source=TEXT),
        Row(quantity="spread of a transferred weight, top level", unit="% of full scale", simulated=100 * float(spread[TOP_LEVEL]), source="not published"),
    )


def learning(quick: bool, tell: Count) -> tuple[tuple[Row, ...], tuple[Panel, ...]]:
    """MNIST: accuracy, its losses, wear and energy against k."""
    data = _data("mnist", quick)
    hybrid = chips("published rule", _plans(data, PUBLISHED, quick), data, tell)
    still = Chip.from_card(transfer_spread=0.0, read_spread=0.0)
    quantised = chips("published rule, no variability", _plans(data, PUBLISHED, quick, still), data, tell)
    ladder = [(what, chips(what, _plans(data, rule, quick), data, tell)) for what, rule in LADDER]
    refined = chips("refined rule", _plans(data, REFINED, quick), data, tell)
    plain = twins("float", _plans(data, PUBLISHED, quick), data, tell)
    refined_twins = twins("float, refined schedule", _plans(data, REFINED, quick), data, tell)
    closed = 100 * (np.mean(_accuracies(refined)) - 0.967) / (0.981 - 0.967)
    swept = {k: hybrid if k == 100 else chips(f"k = {k}", _plans(data, PUBLISHED, quick, k=k), data, tell) for k in KS}
    samples = len(data.labels) * _plans(data, PUBLISHED, quick)[0].epochs
    rows = (
        _row("MNIST, float, 10 epochs, batch 1", 98.1, plain, 0.5, how="calibrated"),
        _row("MNIST, hybrid with variability, k = 100, published rule", 96.7, _accuracies(hybrid), 0.5, how="calibrated"),
        _loss("loss to quantisation, published rule", 1.0, plain, _accuracies(quantised)),
        _loss("loss to transfer variability, published rule", 1.0, _accuracies(quantised), _accuracies(hybrid)),
        *(_row(f"MNIST, hybrid, {what}", None, _accuracies(outcomes), None) for what, outcomes in ladder),
        _row("MNIST, hybrid with variability, k = 100, refined rule", None, _accuracies(refined), None),
        _row("MNIST, float with the refined schedule", None, refined_twins, None),
        Row(quantity="share of the published gap to float closed by the refined rule (target: 50 or more)", unit="%", simulated=float(closed), source="this package"),
        *_wear(hybrid, refined, samples),
        *_against_k(swept, samples),
    )
    return rows, _panels(swept, samples)


def _wear(hybrid: list[Outcome], refined: list[Outcome], samples: int) -> tuple[Row, ...]:
    """Margins of the most-worn devices after the published 600,000 samples, at the pace found in `samples`."""

    def margin(worn: list[int], limit: float) -> float:
        return limit / (max(worn) * PUBLISHED_SAMPLES / samples)

    def row(device: str, rule: str, published: float | None, value: float, tolerance: float | None) -> Row:
        quantity = f"margin of the most-worn {device} to {'1e5' if device == 'memristor' else '1e7'}, {rule} rule"
        how = "simulated" if published is None else "calibrated" if device == "FeCAP" else "derived"
        return Row(quantity=quantity, unit="x", published=published, simulated=value, tolerance=tolerance, source=FIG_5, how=how)

    return (
        row("memristor", "published", 17, margin([o.worn_memristor for o in hybrid], 1e5), 1),
        row("FeCAP", "published", 75, margin([o.worn_fecap for o in hybrid], 1e7), 15),
        row("memristor", "refined", None, margin([o.worn_memristor for o in refined], 1e5), None),
        row("FeCAP", "refined", None, margin([o.worn_fecap for o in refined], 1e7), None),
    )


def _joules(outcome: Outcome) -> float:
    """Programming energy [J] of the busiest synapse.

    The published energy fits one synapse: 2 memristors x 1 pJ a transfer, 100 fJ a changed bit. Of a counter that moves by single
    steps the bits above the least one change as often together as it does alone, hence twice its writes.
    """
    price = Chip.from_card().prices.energy
    return 2 * outcome.worn_memristor * price[Action.MEMRISTOR_PROGRAM][0] + 2 * outcome.worn_fecap * price[Action.FECAP_WRITE][0]


def _against_k(swept: dict[int, list[Outcome]], samples: int) -> list[Row]:
    """Accuracy, operations and programming energy of the busiest synapse against k."""
    scale = PUBLISHED_SAMPLES / samples
    energy = {k: scale * 1e9 * np.array([_joules(o) for o in outcomes]) for k, outcomes in swept.items()}
    ratio = energy[1] / energy[100]

    def row(quantity: str, unit: str, values: object, published: float | None = None, tolerance: float | None = None, how: str = "derived") -> Row:
        found = np.asarray(values)
        return Row(quantity=quantity, unit=unit, published=published, simulated=float(found.mean()), spread=_spread(found), tolerance=tolerance, source=FIG_5, how=how)

    rows = [
        row("programming energy of the busiest synapse, k = 100", "nJ", energy[100], 38, 8),
        row("programming energy at k = 1 over k = 100", "x", ratio, 38, 8),
    ]
    for k, outcomes in swept.items():
        rows.append(_row(f"MNIST, hybrid, k = {k}, published rule", None, _accuracies(outcomes), None))
        rows.append(row(f"operations of a memristor in ten epochs, k = {k}", "", [scale * o.worn_memristor for o in outcomes], how="simulated"))
        rows.append(row(f"programming energy of the busiest synapse, k = {k}, ten epochs", "nJ", energy[k]))
    return rows


def _panels(swept: dict[int, list[Outcome]], samples: int) -> tuple[Panel, ...]:
    """The paper's Fig. 5c-e."""
    scale = PUBLISHED_SAMPLES / samples

    def curve(name: str, of: Callable[[Outcome], float]) -> Curve:
        values = [np.array([of(o) for o in outcomes]) for outcomes in swept.values()]
        return Curve(name, tuple(map(float, swept)), tuple(float(v.mean()) for v in values), tuple(_spread(v) or 0.0 for v in values))

    def published(k: float, value: float, name: str = "published") -> Curve:
        return Curve(name, (k,), (value,), measured=True)

    x = "samples between transfers, k"
    return (
        Panel("Accuracy against k", x, "MNIST test accuracy [%]", (curve("simulated", lambda o: 100 * o.accuracy), published(100, 96.7)), log_x=True),
        Panel(
            "Operations of the busiest devices in ten epochs",
            x,
            "operations",
            (
                curve("memristor", lambda o: scale * o.worn_memristor),
                curve("least significant FeCAP", lambda o: scale * o.worn_fecap),
                published(100, 1e5 / 17),
                published(100, 1e7 / 75),
            ),
            log_x=True,
            log_y=True,
        ),
        Panel(
            "Programming energy of the busiest synapse in ten epochs",
            x,
            "energy [nJ]",
            (curve("simulated", lambda o: scale * 1e9 * _joules(o)), published(100, 38), published(1, 38 * 38, "published, by the ratio")),
            log_x=True,
            log_y=True,
        ),
    )


def other_tasks(quick: bool, tell: Count) -> tuple[Row, ...]:
    """Fashion-MNIST and ECG: the paper only plots them."""
    rows: list[Row] = []
    for name in ("fashion-mnist", "ecg"):
        data = _data(name, quick)
        for rule in (PUBLISHED, REFINED):
            plans, schedule = _plans(data, rule, quick), f"{name}, float, schedule of the {rule.name} rule"
            rows.append(_row(schedule.replace(name, f"{name} ({len(data.labels):,} training samples)"), None, twins(schedule, plans, data, tell), None))
            outcomes = chips(f"{name}, {rule.name} rule", plans, data, tell)
            rows.append(_row(f"{name}, hybrid with variability, {rule.name} rule", None, _accuracies(outcomes), None))
    return tuple(rows)


def fidelities(quick: bool, tell: Count) -> tuple[Row, ...]:
    """Both fidelities on the same task: digits, 64-64-10."""
    rows: list[Row] = []
    data = load("digits")
    for rule in (PUBLISHED, REFINED):
        for fidelity in Fidelity:
            plans = [dataclasses.replace(plan, sizes=(64, 64, 10), fidelity=fidelity) for plan in _plans(data, rule, quick)]
            outcomes = chips(f"digits, {fidelity} fidelity, {rule.name} rule", plans, data, tell)
            rows.append(dataclasses.replace(_row(f"digits, {fidelity} fidelity, {rule.name} rule", None, _accuracies(outcomes), None), source="this package"))
    return tuple(rows)


def _data(name: str, quick: bool) -> DataSet:
    try:
        data = load(name)
    except MissingDataError as problem:
        raise MissingDataError(f"reproducing the paper needs {name}: {problem}") from problem
    return dataclasses.replace(data, inputs=data.inputs[:10000], labels=data.labels[:10000]) if quick else data


def _plans(data: DataSet, rule: Rule, quick: bool, chip: Chip | None = None, k: int = 100) -> list[Plan]:
    """One chip a seed."""
    sizes = (data.inputs.shape[1], *HIDDEN, data.classes)
    seeds, epochs = (1, 2) if quick else (SEEDS, EPOCHS)
    return [Plan(sizes=sizes, chip=chip or Chip.from_card(), rule=rule, epochs=epochs, transfer_every=k, seed=seed) for seed in range(seeds)]


def _accuracies(outcomes: list[Outcome]) -> list[float]:
    return [outcome.accuracy for outcome in outcomes]


def _spread(values: NDArray[np.float64]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _row(quantity: str, published: float | None, accuracies: list[float], tolerance: float | None, how: str = "simulated") -> Row:
    percent = 100 * np.array(accuracies)
    return Row(quantity=quantity, unit="%", published=published, simulated=float(percent.mean()), spread=_spread(percent), tolerance=tolerance, source=FIG_5, how=how)


def _loss(quantity: str, published: float, before: list[float], after: list[float]) -> Row:
    lost = 100 * (np.array(before) - np.array(after))
    return Row(quantity=quantity, unit="points", published=published, simulated=float(lost.mean()), spread=_spread(lost), tolerance=0.5, source=FIG_5)
