"""Where trials run: on this machine's cores, or on a Dask cluster. Both give (trial, outcomes or why not) as they finish."""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from ferrion.core.errors import CardError, ConfigError, StateError
from ferrion.workloads.sweep.trial import Trial, Work, outcomes

AHEAD = 4
"""Trials handed to this machine's threads beyond those that run."""
CONNECT_S = 20
Finished = tuple[Trial, list[float] | str]


def attempt(work: Work, trial: Trial) -> list[float] | str:
    """Outcomes of a trial, or why its values are refused. What is wrong with this machine and not with the trial (its data, say) is raised."""
    try:
        return outcomes(work, trial)
    except (CardError, ConfigError) as problem:
        return str(problem)


def here(work: Work, trials: Sequence[Trial], workers: int) -> Iterator[Finished]:
    """On `workers` threads: compiled loops hold no interpreter lock, and threads share data and compiled code."""
    left = iter(trials)
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[list[float] | str], Trial] = {}
        try:
            while True:
                for trial in itertools.islice(left, workers + AHEAD - len(running)):
                    running[pool.submit(attempt, work, trial)] = trial
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def on_cluster(work: Work, trials: Sequence[Trial], address: str) -> Iterator[Finished]:
    """On the workers of the Dask scheduler at `address`; a trial whose worker is lost goes to another.

    Raises ConfigError when Dask is not installed or nobody answers there, and StateError, after all others, for trials that Dask has given up
    because several workers were lost under them: they stay unfinished, and the next run takes them up.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
    except ModuleNotFoundError as problem:
        raise ConfigError("--scheduler needs Dask: pip install 'ferrion[cluster]'") from problem
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise ConfigError(f"--scheduler {address}: no Dask scheduler answers there ({problem}); start one with: dask scheduler") from problem
    with client:
        shared = client.submit(_same, work, pure=False)
        running = {client.submit(attempt, shared, trial, pure=False): trial for trial in trials}
        lost: list[int] = []
        for future in as_completed(running, loop=client.loop):
            trial = running.pop(future)
            try:
                found = future.result()
            except KilledWorker:
                lost.append(trial.number)
            else:
                yield trial, found
            future.release()
        if lost:
            raise StateError(
                f"{len(lost)} trials were given up because their workers were lost again and again (the first is {min(lost)}): look at the workers' memory and logs, and run again"
            )


def _same(work: Work) -> Work:
    """As a task, so that the cluster can make it anew when the worker that holds it is lost."""
    return work
