"""A task's net on samples held out from its training: what its twin tells, what a chip does with its weights, and with --tuned what the teacher makes of that chip.

python benchmarks/held_out.py braille --scale 0.5 --swing 1.0 0.1      # any of these numbers in place of the task's own; minutes
for k in 0 1 2 3; do python benchmarks/held_out.py ecg --fold $k --seed $k; done    # every patient of the training set is held out once
"""

import argparse
from dataclasses import replace

import numpy as np

from ferrion.circuits.neuron import Level
from ferrion.core.noise import permutation
from ferrion.workloads.event_sets import EventSet, load_events
from ferrion.workloads.spiking import accuracy
from ferrion.workloads.spiking_seed import learn_pass, tested
from ferrion.workloads.spiking_tasks import Task, chosen, deployed, task_of, trained_twin

APART, PATIENTS, HELD = 7, 6, 0.2
COURSE = {"epochs": int, "fine": int, "rate": float, "sharpness": float, "scale": float, "batch": int}


def without(events: EventSet, fold: int = 0, most: int = 400) -> EventSet:
    """The same without its test: a fifth of its training is asked instead, `most` at most, of heart beats those of some patients, others in each fold."""
    training = events.training
    patients = np.unique(training.group)
    held = np.isin(training.group, patients[permutation(APART, 0, len(patients))[PATIENTS * fold : PATIENTS * (fold + 1)]])
    if events.name != "ecg":
        held = permutation(APART, 0, len(training)) // (HELD * len(training)) == fold
    if not held.any():
        raise SystemExit(f"fold {fold} holds nothing out; give one from 0 to {(-(-len(patients) // PATIENTS) if events.name == 'ecg' else round(1 / HELD)) - 1}")
    test = training.take(np.flatnonzero(held))
    return replace(events, training=training.take(np.flatnonzero(~held)), test=test.take(chosen(test, most, 0)))


def asked() -> tuple[Task, int, int, bool]:
    """The task with what the command line has put in place of its own numbers; the seed; what is held out; whether to tune."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--swing", type=float, nargs=2)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--recurrent", type=float)
    for name, kind in COURSE.items():
        parser.add_argument(f"--{name}", type=kind)
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    task, seed, fold, tuned = task_of(given.pop("task")), given.pop("seed"), given.pop("fold"), given.pop("tuned")
    course = replace(task.course, **{name: given.pop(name) for name in COURSE if name in given})
    return replace(task, course=course, **{name: tuple(value) if name == "swing" else value for name, value in given.items()}), seed, fold, tuned


def main() -> None:
    """Train, deploy, tell; tune, tell."""
    task, seed, fold, tuned = asked()
    events = without(load_events(task.events), fold)
    twin, left_out = trained_twin(task, events, seed)
    print(f"{task.events}, seed {seed}, fold {fold}, {len(events.test)} held out, {left_out} steps left out: twin {100 * accuracy(twin, events.test, events):.1f} %", flush=True)
    network = deployed(task, events, twin, seed, Level.EVENT)
    first = tested(network, events, events.test)
    print(f"  deployed {100 * first['accuracy']:.1f} % ({100 * first['balanced']:.1f} over classes), {1e6 * first['joules']:.3f} uJ, {first['spikes']:.0f} spikes", flush=True)
    if tuned:
        learn_pass(network, events, chosen(events.training, task.most, seed))
        then = tested(network, events, events.test)
        print(f"  tuned: {100 * then['accuracy']:.1f} % ({100 * then['balanced']:.1f})", flush=True)


if __name__ == "__main__":
    main()
