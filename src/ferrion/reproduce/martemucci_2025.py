"""M. Martemucci et al., "A ferroelectric-memristor memory for both training and inference", Nature Electronics 8, 921 (2025).

Learning figures: three fully connected layers, batch 1, ten epochs. Layer sizes are not published; 784-256-128-10 was
chosen, and the sensitivity to what else is not published is in docs/fidelity.md.
"""

import dataclasses
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from ferrion.arrays.words import TOP_LEVEL
from ferrion.chip.chip import Chip
from ferrion.core.errors import MissingDataError
from ferrion.core.files import write_text
from ferrion.core.ledger import Action
from ferrion.devices.fecap import FeCap
from ferrion.learning.checkpoint import fingerprint
from ferrion.learning.rules import PUBLISHED, REFINED, Rule
from ferrion.learning.training import Plan
from ferrion.reproduce.figure import Reproduction, Row, Tell
from ferrion.workloads.data import DataSet, load
from ferrion.workloads.trial import float_accuracies, train

NAME = "martemucci-2025"
TEXT = "Martemucci2025 (text, second hand)"
FIG_5 = "Martemucci2025, Fig. 5 (second hand)"
HIDDEN = (256, 128)
SEEDS = 5
EPOCHS = 10
KS = (1, 10, 1000)
PUBLISHED_SAMPLES = 600_000
STORE = Path("runs") / "reproduce"
"""Where finished chips are kept, so that a reproduction that was stopped goes on."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one trained chip shows."""

    accuracy: float
    worn_fecap: int
    worn_memristor: int


def reproduce(quick: bool, tell: Tell) -> Reproduction:
    """Every published figure beside ours. `quick`: one seed, two epochs, 10,000 training samples; figures then differ."""
    rows = (*devices(), *learning(quick, tell), *other_tasks(quick, tell))
    return Reproduction(NAME, rows)


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
        Row(quantity="energy of a FeCAP write (published: 100 to 200)", unit="fJ", published=150, simulated=float(np.median(write)), tolerance=50, source=TEXT, how="derived"),
        Row(quantity="levels of a weight", unit="", published=15, simulated=2 * int(np.sum(np.diff(mean) > 0)) + 1, tolerance=0, source=TEXT),
        Row(quantity="spread of a transferred weight, top level", unit="% of full scale", simulated=100 * float(spread[TOP_LEVEL]), source="not published"),
    )


def learning(quick: bool, tell: Tell) -> tuple[Row, ...]:
    """MNIST: accuracy, its losses, wear and energy against k."""
    data = _data("mnist", quick)
    seeds, epochs = (1, 2) if quick else (SEEDS, EPOCHS)
    hybrid = _fleet("published rule", data, PUBLISHED, seeds, epochs, tell)
    quantised = _fleet("published rule, no variability", data, PUBLISHED, seeds, epochs, tell, Chip.from_card(transfer_spread=0.0, read_spread=0.0))
    refined = _fleet("refined rule", data, REFINED, seeds, epochs, tell)
    twins = _twins("float", data, PUBLISHED, seeds, epochs, tell)
    refined_twins = _twins("float, refined schedule", data, REFINED, seeds, epochs, tell)
    closed = 100 * (np.mean(_accuracies(refined)) - 0.967) / (0.981 - 0.967)
    return (
        _row("MNIST, float, 10 epochs, batch 1", 98.1, twins, 0.5),
        _row("MNIST, hybrid with variability, k = 100, published rule", 96.7, _accuracies(hybrid), 0.5, how="calibrated"),
        _loss("loss to quantisation, published rule", 1.0, twins, _accuracies(quantised)),
        _loss("loss to transfer variability, published rule", 1.0, _accuracies(quantised), _accuracies(hybrid)),
        _row("MNIST, hybrid with variability, k = 100, refined rule", None, _accuracies(refined), None),
        _row("MNIST, float with the refined schedule", None, refined_twins, None),
        Row(quantity="share of the published gap to float closed by the refined rule (target: 50 or more)", unit="%", simulated=float(closed), source="this package"),
        *_wear(hybrid, refined, epochs * len(data.labels)),
        *_against_k(data, hybrid, epochs, tell),
    )


def _wear(hybrid: list[Outcome], refined: list[Outcome], samples: int) -> tuple[Row, ...]:
    """Margins of the most-worn devices after the published 600,000 samples, at the pace found in `samples`."""

    def margin(worn: list[int], limit: float) -> float:
        return limit / (max(worn) * PUBLISHED_SAMPLES / samples)

    def row(device: str, rule: str, published: float | None, value: float, tolerance: float | None) -> Row:
        quantity = f"margin of the most-worn {device} to {'1e5' if device == 'memristor' else '1e7'}, {rule} rule"
        how = "calibrated" if published and device == "FeCAP" else "simulated"
        return Row(quantity=quantity, unit="x", published=published, simulated=value, tolerance=tolerance, source=FIG_5, how=how)

    return (
        row("memristor", "published", 17, margin([o.worn_memristor for o in hybrid], 1e5), 1),
        row("FeCAP", "published", 75, margin([o.worn_fecap for o in hybrid], 1e7), 15),
        row("memristor", "refined", None, margin([o.worn_memristor for o in refined], 1e5), None),
        row("FeCAP", "refined", None, margin([o.worn_fecap for o in refined], 1e7), None),
    )


def _against_k(data: DataSet, hybrid: list[Outcome], epochs: int, tell: Tell) -> list[Row]:
    """Accuracy, operations and programming energy of the busiest synapse against k, one seed a k beside the first at 100.

    The published energy fits one synapse: 2 memristors x 1 pJ a transfer, 100 fJ a changed bit. Of a counter that moves by single
    steps the bits above the least one change as often together as it does alone, hence twice its writes.
    """
    found = {**dict(zip(KS, _sweep(data, epochs, tell), strict=True)), 100: hybrid[0]}
    energy = {k: 1e9 * (2 * o.worn_memristor * _price(Action.MEMRISTOR_PROGRAM) + 2 * o.worn_fecap * _price(Action.FECAP_WRITE)) for k, o in found.items()}
    scale = PUBLISHED_SAMPLES / (epochs * len(data.labels))
    rows = [
        Row(quantity="programming energy of the busiest synapse, k = 100", unit="nJ", published=38, simulated=scale * energy[100], tolerance=8, source=FIG_5, how="derived"),
        Row(quantity="programming energy at k = 1 over k = 100", unit="x", published=38, simulated=energy[1] / energy[100], tolerance=8, source=FIG_5, how="derived"),
    ]
    for k, outcome in sorted(found.items()):
        rows.append(_row(f"MNIST, hybrid, k = {k}, published rule, one seed", None, [outcome.accuracy], None))
        rows.append(Row(quantity=f"operations of a memristor in ten epochs, k = {k}", unit="", simulated=scale * outcome.worn_memristor, source=FIG_5))
        rows.append(Row(quantity=f"programming energy of the busiest synapse, k = {k}, ten epochs", unit="nJ", simulated=scale * energy[k], source=FIG_5, how="derived"))
    return rows


def other_tasks(quick: bool, tell: Tell) -> tuple[Row, ...]:
    """Fashion-MNIST and ECG: the paper only plots them."""
    rows: list[Row] = []
    seeds, epochs = (1, 2) if quick else (SEEDS, EPOCHS)
    for name in ("fashion-mnist", "ecg"):
        data = _data(name, quick)
        for rule in (PUBLISHED, REFINED):
            twins = _twins(f"{name}, float, schedule of the {rule.name} rule", data, rule, seeds, epochs, tell)
            rows.append(_row(f"{name} ({len(data.labels):,} training samples), float, schedule of the {rule.name} rule", None, twins, None))
            outcomes = _fleet(f"{name}, {rule.name} rule", data, rule, seeds, epochs, tell)
            rows.append(_row(f"{name}, hybrid with variability, {rule.name} rule", None, _accuracies(outcomes), None))
    return tuple(rows)


def _data(name: str, quick: bool) -> DataSet:
    try:
        data = load(name)
    except MissingDataError as problem:
        raise MissingDataError(f"reproducing the paper needs {name}: {problem}") from problem
    return dataclasses.replace(data, inputs=data.inputs[:10000], labels=data.labels[:10000]) if quick else data


def _plan(data: DataSet, rule: Rule, epochs: int, seed: int, chip: Chip | None = None) -> Plan:
    sizes = (data.inputs.shape[1], *HIDDEN, data.classes)
    return Plan(sizes=sizes, chip=chip or Chip.from_card(), rule=rule, epochs=epochs, seed=seed)


def _fleet(what: str, data: DataSet, rule: Rule, seeds: int, epochs: int, tell: Tell, chip: Chip | None = None) -> list[Outcome]:
    """Train one chip a seed, on all cores."""
    return _outcomes(what, [_plan(data, rule, epochs, seed, chip) for seed in range(seeds)], data, tell)


def _sweep(data: DataSet, epochs: int, tell: Tell) -> list[Outcome]:
    """Train one chip for each k but 100."""
    plans = [dataclasses.replace(_plan(data, PUBLISHED, epochs, 0), transfer_every=k) for k in KS]
    return _outcomes(f"k = {', '.join(map(str, KS))}", plans, data, tell)


def _outcomes(what: str, plans: list[Plan], data: DataSet, tell: Tell) -> list[Outcome]:
    done = count(1)

    def train_one(plan: Plan) -> Outcome:
        training, _ = train(plan, data)
        memory = training.memory
        return Outcome(training.accuracies[-1], int(memory.lsb_writes.max()), int(memory.programmed.max()))

    def one(plan: Plan) -> Outcome:
        found = Outcome(**_stored("chip", plan, data, lambda: dataclasses.asdict(train_one(plan))))
        tell(what, next(done), len(plans))
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, plans))


def _twins(what: str, data: DataSet, rule: Rule, seeds: int, epochs: int, tell: Tell) -> list[float]:
    """Float accuracy of one network a seed."""
    done = count(1)

    def one(seed: int) -> float:
        plan = _plan(data, rule, epochs, seed)
        found = _stored("float", plan, data, lambda: {"accuracy": float_accuracies(plan, data)[-1]})
        tell(what, next(done), seeds)
        return float(found["accuracy"])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, range(seeds)))


def _stored(kind: str, plan: Plan, data: DataSet, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `compute` gives, from the store if the same run of the same sources was finished before."""
    path = STORE / NAME / f"{kind}-{fingerprint(plan, data.inputs, data.labels, data.test_inputs, data.test_labels)[:24]}.json"
    if not path.exists():
        write_text(path, json.dumps(compute()))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _accuracies(outcomes: list[Outcome]) -> list[float]:
    return [outcome.accuracy for outcome in outcomes]


def _row(quantity: str, published: float | None, accuracies: list[float], tolerance: float | None, how: str = "simulated") -> Row:
    spread = 100 * float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else None
    return Row(quantity=quantity, unit="%", published=published, simulated=100 * float(np.mean(accuracies)), spread=spread, tolerance=tolerance, source=FIG_5, how=how)


def _loss(quantity: str, published: float, before: list[float], after: list[float]) -> Row:
    lost = 100 * (np.array(before) - np.array(after))
    spread = float(np.std(lost, ddof=1)) if len(lost) > 1 else None
    return Row(quantity=quantity, unit="points", published=published, simulated=float(np.mean(lost)), spread=spread, tolerance=0.5, source=FIG_5)


def _price(action: Action) -> float:
    return Chip.from_card().prices.energy[action][0]
