"""Many different chips at once, one thread each; each is bit-identical to the same chip trained alone."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from ferrion.learning.training import Plan, Training
from ferrion.workloads.data import DataSet
from ferrion.workloads.trial import Result, run

FleetProgress = Callable[[int, int], None]
"""Told (number of the chip, samples learned)."""


def run_chips(plans: Sequence[Plan], data: DataSet, out: Path, progress: FleetProgress) -> list[tuple[Result, Training]]:
    """Run every plan on all cores; compiled loops hold no interpreter lock.

    One chip writes to `out`, several to chip-SEED below. An error or an interrupt stops all at their next thousand samples.
    """

    def one(number: int) -> tuple[Result, Training]:
        folder = out if len(plans) == 1 else out / f"chip-{plans[number].seed}"
        return run(plans[number], data, folder, lambda done: progress(number, done), stop)

    stop = Event()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return list(pool.map(one, range(len(plans))))
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
