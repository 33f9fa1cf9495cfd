"""Arrays that learn counts of events (`workloads.counting`), as columns of a pilot at both levels; parts of a recording are those of the classical method (of beats: ten)."""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.chip.cmos import Cmos, controller, memory
from ferrion.chip.outlet import Outlet
from ferrion.chip.prices import Prices
from ferrion.core.ledger import Action
from ferrion.core.noise import permutation
from ferrion.core.progress import Tell
from ferrion.learning.costs import arrays_of, cell_area, inference_ledger, ledger_of
from ferrion.learning.inference import Answer, infer
from ferrion.learning.training import Fidelity, Training
from ferrion.learning.wear import fecap_cycles
from ferrion.pilots.array_costs import kept
from ferrion.pilots.sending import example_bytes
from ferrion.pilots.table import Columns
from ferrion.workloads.counting import CHOICE, SHORT, TRANSFER_EVERY, chosen, driven, plan
from ferrion.workloads.data import DataSet
from ferrion.workloads.digital.costs import byte_joules, until_next, widest
from ferrion.workloads.digital.inputs import binned
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.spiking_account import A_YEAR
from ferrion.workloads.trial import float_accuracies, result_of, train
from ferrion.workloads.verdicts import confusion, roc

SHORT_SAMPLES = 400
ARRAYS = {"arrays on counts": Fidelity.BEHAVIOURAL, "arrays on counts, device level": Fidelity.DEVICE}
PRODUCTS = 2
"""Of a decision, one a layer."""


def columns(events: EventSet, test: NDArray[np.int64], bins: int, seed: int, short: bool, tell: Tell) -> tuple[Columns, dict[str, Any]]:
    """Arrays at both levels and their float32 twin, on samples `test` of the test set, counted in so many parts of a recording; and what is drawn of the first."""
    tell(f"seed {seed}: arrays on counts")
    counts, tested = binned(bins)(events)
    some = np.sort(permutation(seed, CHOICE, len(counts))[: SHORT_SAMPLES if short else None])
    x, y, group = counts[some], events.training.labels[some], events.training.group[some]
    best = SHORT if short else chosen(x, y, group, events.classes, seed)
    data = DataSet(events.name, driven(x, best), y, driven(tested[test], best), events.test.labels[test], events.classes)
    trained = {name: train(plan(data, best, seed, short, fidelity), data) for name, fidelity in ARRAYS.items()}
    found: Columns = {name: numbers(own, data, events, bins) for name, own in trained.items()}
    found["arrays on counts, float32"] = {"accuracy": float_accuracies(plan(data, best, seed, short), data)[-1]}
    return found, drawn(trained[next(iter(ARRAYS))], data) | {"setting": best._asdict()}


def drawn(training: Training, data: DataSet) -> dict[str, Any]:
    """Who was taken for whom, detection, and the share right of the test after each pass."""
    told = asked(training, data).outputs
    return {
        "confusion": confusion(told.argmax(axis=1), data.test_labels, data.classes),
        "roc": roc(told.astype(np.float64), data.test_labels),
        "accuracies": training.accuracies,
        "samples": len(data.labels),
    }


def asked(training: Training, data: DataSet) -> Answer:
    """What a chip says to the test."""
    return infer(training.net, training.memory.analogue, data.test_inputs, training.sigma, training.plan.seed, len(training.losses))


def numbers(training: Training, data: DataSet, events: EventSet, bins: int) -> dict[str, Any]:
    """A column; an example is all its passes, each of which counts its events and learns them."""
    own, chip, counters = result_of(training, data, (np.nan,), 0.0, None), training.plan.chip, bins * events.rows
    values = widest(training.plan.sizes)
    told, arrays = asked(training, data), arrays_of(training.net, chip.geometry)
    outlet = Outlet()
    right = outlet.tell(told.outputs.argmax(axis=1)) == data.test_labels
    passes, prices = training.plan.epochs, chip.prices
    ledger = inference_ledger(training.net, chip.geometry, told.rows)
    beside = counting(events.test, data.test_inputs, prices) + held(told.rows[1:].sum() + ledger.count(Action.ADC_SAMPLE), prices)
    spent, shares = prices.joules(ledger) + beside, defaultdict(float, prices.provenance(ledger))
    shares[prices.energy[Action.TRACE_UPDATE][1].provenance] += beside
    keeps = memory(values).plus(Cmos(*(arrays * count for count in controller(TRANSFER_EVERY))))
    seconds = PRODUCTS * (prices.seconds[Action.MEMRISTOR_READ] + chip.columns_per_adc * prices.seconds[Action.ADC_SAMPLE])
    worn, limits = {"fecap": fecap_cycles(training), "memristor": own.worn["memristor"]}, chip.endurance()
    year = {device: count / len(data.labels) * A_YEAR / limits[device] for device, count in worn.items()}
    column = {
        "accuracy": float(right.mean()),
        "balanced": float(np.mean([right[data.test_labels == label].mean() for label in np.unique(data.test_labels)])),
        "joules": spent,
        "learned": (own.energy_J + held(edges(training), prices)) / len(data.labels) + passes * counting(events.training, data.inputs, prices),
        "seconds": seconds,
        "told": events.seconds + seconds,
        "area": cell_area(chip, arrays),
        "cmos": keeps.area,
        "leaked": keeps.leakage,
        "memory": training.memory.hidden.size * (MAGNITUDE_BITS + 1) / 8 + values,
        "wear": year["fecap"],
        "wear, memristor": year["memristor"],
        **{how: shares[how] / spent for how in ("measured", "assumed")},
        "once": training.accuracies[0],
        **kept(len(data.labels) * example_bytes(events.training, counters)),
        **outlet.leaving(len(data.labels)),
    }
    return column | until_next(column, events.seconds)


def counting(samples: Samples, inputs: NDArray[np.float32], prices: Prices) -> float:
    """Joules a recording: a counter, a byte, is rewritten at every event, as a trace is, and read where it drives a row."""
    return len(samples.times) / len(samples) * prices.energy[Action.TRACE_UPDATE][0] + held(float((inputs != 0).sum(axis=1).mean()), prices)


def edges(training: Training) -> int:
    """Digital values of its arrays while they learned: lines driven, but for inputs, which are counters', and conversions."""
    net, counts, chip = training.net, training.counts, training.plan.chip
    ledger = ledger_of(net, counts, chip.geometry, training.plan.rule.only_changed)
    return int(counts.forward_rows[1:].sum() + counts.backward_rows.sum()) + ledger.count(Action.ADC_SAMPLE)


def held(count: float, prices: Prices) -> float:
    """Joules of so many bytes of counters, or between arrays, that are read or written (`array_costs.costs`)."""
    return count * byte_joules(prices)
