"""`ferrion bench sweep`: chips trained a second by a sweep on one worker and on two, on threads and on Dask, and the memory a chip takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ferrion.core.errors import ConfigError
from ferrion.core.progress import Tell
from ferrion.learning.training import Training
from ferrion.workloads.bench import Timing, skipped, timing
from ferrion.workloads.sweep.file import Head, SweepFile
from ferrion.workloads.sweep.places import here, on_cluster
from ferrion.workloads.sweep.sweep import Place, Sweep
from ferrion.workloads.sweep.trial import data_of, outcomes, plan_of

CHIPS, RUNS = 100, 3
WORK = "64-256-128-10, digits, 10 epochs at batch 1"


def sweep(tell: Tell) -> list[Timing]:
    """Chips a second, one worker and two in turn, then two Dask workers."""
    trials = Sweep.of(SweepFile(sweep=Head(chips=CHIPS)))
    outcomes(trials.work, trials.trials[0])
    one, two = [], []
    for number in range(RUNS):
        tell(f"{WORK}: {CHIPS} chips, run {number + 1} of {RUNS}")
        one.append(_rate(trials, partial(here, workers=1)))
        two.append(_rate(trials, partial(here, workers=2)))
    rows = [timing(f"{WORK}, one worker", one, _memory(trials), unit="chips/s")]
    rows.append(timing(f"{WORK}, two workers", two, f"{_median(two) / _median(one):.2f} times one worker", unit="chips/s"))
    tell(f"{WORK}: two Dask workers")
    try:
        with _cluster() as address:
            rates = [_rate(trials, partial(on_cluster, address=address)) for _ in range(RUNS + 1)][1:]
    except ConfigError as problem:
        return [*rows, skipped(f"{WORK}, two Dask workers", "ferrion", str(problem))]
    return [*rows, replace(timing(f"{WORK}, two Dask workers of one thread", rates, unit="chips/s"), note="after a first run that loads and compiles")]


def _rate(trials: Sweep, place: Place) -> float:
    with TemporaryDirectory() as folder:
        store = trials.store(Path(folder) / "sweep.zarr")
        seconds = trials.go(store, place, lambda _: None)
        if store.refused:
            raise ConfigError(f"trials were refused: {next(iter(store.refused.values()))}")
        return len(trials.trials) / seconds


def _memory(trials: Sweep) -> str:
    """What one training holds beyond the data, which all share."""
    data, _ = data_of(trials.work.data)
    training = Training(plan_of(trials.work, trials.trials[0], (data.inputs.shape[1], data.classes)))
    held = sum(array.nbytes for part in (training.memory, training.counts, training.net) for array in part)
    return f"{held / 1e6:.2f} MB of memories and counts a chip"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@contextmanager
def _cluster() -> Iterator[str]:
    """The address of two Dask workers on this machine."""
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError as problem:
        raise ConfigError("Dask is not installed: pip install 'ferrion[cluster]'") from problem
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address
