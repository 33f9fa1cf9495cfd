"""Training runs behind a reproduction, on all cores; finished ones are kept, and the one that was stopped goes on."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from ferrion.core.kept import kept
from ferrion.core.progress import Count
from ferrion.learning.checkpoint import fingerprint
from ferrion.learning.training import Plan
from ferrion.workloads.data import DataSet
from ferrion.workloads.trial import float_accuracies, train

STORE = Path("runs") / "reproduce"


@dataclass(frozen=True)
class Outcome:
    """What one trained chip shows."""

    accuracy: float
    worn_fecap: int
    """Writes of the busiest least significant FeCAP."""
    worn_memristor: int
    """Operations of the busiest memristor."""


def chips(what: str, plans: Sequence[Plan], data: DataSet, tell: Count) -> list[Outcome]:
    """Train one chip a plan."""

    def train_one(plan: Plan, checkpoint: Path) -> dict[str, Any]:
        training = train(plan, data, checkpoint)
        memory = training.memory
        return asdict(Outcome(training.accuracies[-1], int(memory.lsb_writes.max()), int(memory.programmed.max())))

    return [Outcome(**found) for found in _all(what, "chip", plans, data, train_one, tell)]


def twins(what: str, plans: Sequence[Plan], data: DataSet, tell: Count) -> list[float]:
    """Float accuracy of the same networks."""
    found = _all(what, "float", plans, data, lambda plan, _: {"accuracy": float_accuracies(plan, data)[-1]}, tell)
    return [float(one["accuracy"]) for one in found]


def _all(what: str, kind: str, plans: Sequence[Plan], data: DataSet, compute: Callable[[Plan, Path], dict[str, Any]], tell: Count) -> list[dict[str, Any]]:
    done = count(1)

    def one(plan: Plan) -> dict[str, Any]:
        path = STORE / f"{kind}-{fingerprint(plan, *data.arrays)[:24]}.json"
        checkpoint = path.with_suffix(".safetensors")
        found = kept(path, lambda: compute(plan, checkpoint))
        checkpoint.unlink(missing_ok=True)
        tell(what, next(done), len(plans))
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, plans))
