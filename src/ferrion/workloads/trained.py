"""A chip that was trained earlier and stands in a folder."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.core.errors import CheckpointError, DataError, MissingDataError
from ferrion.learning.checkpoint import fill, read
from ferrion.learning.rules import rule_of
from ferrion.learning.training import Fidelity, Plan, Training
from ferrion.workloads.data import DataSet


@dataclass(frozen=True)
class Trained:
    """What a folder holds: how the chip was trained, and its state."""

    plan: Plan
    tensors: dict[str, NDArray[Any]]
    metadata: dict[str, str]

    def training(self) -> Training:
        """The training as it ended."""
        found = Training(self.plan)
        fill(found, self.tensors, self.metadata)
        return found


def trained(folder: Path, data: DataSet) -> Trained:
    """The chip in `folder`, to be asked about `data`.

    Raises MissingDataError when `folder` holds no finished run, CheckpointError when its files are damaged and DataError
    when the chip was trained for other inputs.
    """
    files = folder / "result.json", folder / "checkpoint.safetensors"
    missing = [file.name for file in files if not file.is_file()]
    chips = sorted(path.name for path in folder.glob("chip-*"))
    if missing and chips:
        raise MissingDataError(f"{folder} holds several chips; give one of them: {', '.join(str(folder / chip) for chip in chips)}")
    if missing:
        raise MissingDataError(f"{folder} holds no {' and no '.join(missing)}; train first: ferrion train --data {data.name} --out {folder}")
    try:
        result = json.loads(files[0].read_text(encoding="utf-8"))
        sizes, name, trained_on = tuple(result["sizes"]), result["chip"], result["data"]
        plan = Plan(
            sizes=sizes,
            chip=Chip.from_card(folder / "cards" / f"{name}.toml"),
            rule=rule_of(result["rule"]),
            epochs=int(result["epochs"]),
            transfer_every=int(result["transfer_every"]),
            fidelity=Fidelity(result["fidelity"]),
            seed=int(result["seed"]),
        )
        tensors, metadata = read(files[1])
        held, expected = tensors["memory.analogue"].size, sum((n + 1) * m for n, m in pairwise(sizes))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
        raise CheckpointError(f"{folder} is damaged ({problem}); train again into another folder") from problem
    if data.inputs.shape[1] != sizes[0] or data.classes > sizes[-1]:
        raise DataError(f"{data.name} has {data.inputs.shape[1]} features and {data.classes} classes, but this chip was trained on {trained_on}: {sizes[0]} and {sizes[-1]}")
    if held != expected:
        raise CheckpointError(f"{folder} is damaged (result.json says {sizes}, the checkpoint holds {held} weights); train again into another folder")
    return Trained(plan, tensors, metadata)
