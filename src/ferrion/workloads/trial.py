"""One trial, end to end: a chip and its float twin learn a data set; what the chip answered, cost and wore."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

import numpy as np

from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.core.ledger import Action, Ledger
from ferrion.learning.checkpoint import fingerprint, restore, save
from ferrion.learning.costs import arrays_of, cell_area, inference_ledger, latency, ledger_of
from ferrion.learning.float_twin import FloatTwin
from ferrion.learning.inference import infer
from ferrion.learning.training import Plan, Training
from ferrion.learning.wear import first_deaths, most_worn
from ferrion.workloads.data import DataSet

CHUNK = 1000
"""Samples between two looks at the clock."""
SAVE_SECONDS = 20.0
Progress = Callable[[int], None]
"""Told how many samples have been learned, from any thread."""


@dataclass(frozen=True)
class Result:
    """What a trial found; the first fields are the JSON other programs read."""

    data: str
    chip: str
    seed: int
    epochs: int
    transfer_every: int
    fidelity: str
    accuracy: float
    float_accuracy: float
    energy_J: float
    latency_s: float
    writes: dict[str, int]
    samples_per_s: float
    wall_s: float
    """Of the call that finished the run."""
    arrays: int
    provenance: dict[str, float]
    """Share of the joules that rests on measured, derived and assumed prices."""
    out: str | None
    rule: str
    sizes: tuple[int, ...]
    train_samples: int
    test_samples: int
    accuracies: tuple[float, ...]
    float_accuracies: tuple[float, ...]
    losses: tuple[float, ...]
    worn: dict[str, int]
    """Writes of the busiest least significant FeCAP and operations of the busiest memristor."""
    years: dict[str, float]
    """Years to the death of the first FeCAP and the first memristor at one learned sample a second."""
    inference_J: float
    """Energy of one inference."""
    area_m2: float
    ledger: list[list[str | int]]

    def to_json(self) -> dict[str, object]:
        """As plain types."""
        return asdict(self)


NEVER = Event()
"""A stop that nobody sets."""


def no_progress(done: int) -> None:
    """Say nothing."""


def accuracy(training: Training | FloatTwin, data: DataSet, sigma: float) -> float:
    """Share of the test set answered rightly, with read noise `sigma`."""
    asked = len(training.losses)
    answer = infer(training.net, training.memory.analogue, data.test_inputs, np.float32(sigma), training.plan.seed, asked)
    return float(np.mean(answer.outputs.argmax(axis=1) == data.test_labels))


def train(plan: Plan, data: DataSet, checkpoint: Path | None = None, progress: Progress = no_progress, stop: Event = NEVER) -> Training:
    """Train one chip, going on from `checkpoint` if it is there.

    Raises CheckpointError when the checkpoint is damaged or of another run.
    """
    training = Training(plan)
    run = fingerprint(plan, *data.arrays) if checkpoint else ""
    if checkpoint and checkpoint.exists():
        restore(training, checkpoint, run)
    saved = time.monotonic()
    training.advance(data.inputs, data.labels, 0)
    while not training.finished and not stop.is_set():
        before = time.perf_counter()
        training.advance(data.inputs, data.labels, CHUNK)
        training.seconds += time.perf_counter() - before
        if len(training.accuracies) < len(training.losses):
            training.accuracies.append(accuracy(training, data, float(training.sigma)))
        progress(training.step)
        if checkpoint and (training.finished or stop.is_set() or time.monotonic() - saved > SAVE_SECONDS):
            save(training, checkpoint, run)
            saved = time.monotonic()
    return training


def float_accuracies(plan: Plan, data: DataSet, stop: Event = NEVER) -> tuple[float, ...]:
    """Test accuracy of the float twin after each epoch."""
    twin = FloatTwin(plan)
    found = []
    for _ in range(plan.epochs):
        if stop.is_set():
            break
        twin.epoch(data.inputs, data.labels)
        found.append(accuracy(twin, data, 0.0))
    return tuple(found)


def run(plan: Plan, data: DataSet, out: Path | None = None, progress: Progress = no_progress, stop: Event = NEVER) -> tuple[Result, Training]:
    """Train chip and float twin side by side (two threads) and add up what the chip cost.

    Raises KeyboardInterrupt when `stop` was set on the way; the checkpoint then holds what was learned.
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(1) as beside:
        twin = beside.submit(float_accuracies, plan, data, stop)
        training = train(plan, data, out / "checkpoint.safetensors" if out else None, progress, stop)
        twins = twin.result()
    if stop.is_set():
        raise KeyboardInterrupt
    return result_of(training, data, twins, time.perf_counter() - start, out), training


def result_of(training: Training, data: DataSet, twins: tuple[float, ...], wall: float, out: Path | None) -> Result:
    """The books of a finished training."""
    plan, net, counts = training.plan, training.net, training.counts
    chip = plan.chip
    ledger: Ledger = ledger_of(net, counts, chip.geometry, plan.rule.only_changed)
    joules = chip.prices.joules(ledger)
    arrays = arrays_of(net, chip.geometry)
    answer = infer(net, training.memory.analogue, data.test_inputs[:1000], training.sigma, plan.seed, 0)
    return Result(
        data=data.name,
        chip=chip.name,
        seed=plan.seed,
        epochs=plan.epochs,
        transfer_every=plan.transfer_every,
        fidelity=plan.fidelity.value,
        accuracy=training.accuracies[-1],
        float_accuracy=twins[-1],
        energy_J=joules,
        latency_s=latency(net, counts, chip, plan.rule.only_changed),
        writes={"fecap": ledger.count(Action.FECAP_WRITE), "memristor": ledger.count(Action.MEMRISTOR_PROGRAM)},
        samples_per_s=training.step / training.seconds,
        wall_s=wall,
        arrays=arrays,
        provenance={str(kind): part / joules for kind, part in chip.prices.provenance(ledger).items()},
        out=str(out) if out else None,
        rule=plan.rule.name,
        sizes=plan.sizes,
        train_samples=len(data.labels),
        test_samples=len(data.test_labels),
        accuracies=tuple(training.accuracies),
        float_accuracies=twins,
        losses=tuple(training.losses),
        worn=most_worn(training),
        years={device: samples / SECONDS_PER_YEAR for device, samples in first_deaths(training).items()},
        inference_J=chip.prices.joules(inference_ledger(net, chip.geometry, answer.rows)),
        area_m2=cell_area(chip, arrays),
        ledger=ledger.rows(),
    )
