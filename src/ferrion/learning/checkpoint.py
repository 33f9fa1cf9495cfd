"""Checkpoints of a training run: safetensors, written atomically, refused when damaged or of another run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from ferrion.core.errors import CheckpointError
from ferrion.core.files import write_atomically
from ferrion.core.kept import digest
from ferrion.learning.training import Plan, Training

FORMAT = "ferrion-checkpoint-2"


def fingerprint(plan: Plan, *data: NDArray[Any]) -> str:
    """A digest of everything that decides a run: plan, cards, data (training and test), and this package's own source."""
    chip = plan.chip
    settings = (plan.sizes, plan.rule, plan.epochs, plan.transfer_every, plan.fidelity, plan.seed, chip.transfer_spread, chip.read_spread)
    return digest((settings, [card.text for card in chip.cards]), *data)


def save(training: Training, path: Path, run: str) -> None:
    """Write the state of `training` to `path`, whole or not at all; `run` is the fingerprint of the run."""
    parts: dict[str, Any] = {"memory": training.memory, "counts": training.counts}
    if training.cells is not None:
        parts["cells"] = training.cells
    tensors = {f"{part}.{field}": np.ascontiguousarray(array) for part, arrays in parts.items() for field, array in arrays._asdict().items()}
    state = json.dumps(
        {
            "step": training.step,
            "loss": training.loss.hex(),
            "losses": [x.hex() for x in training.losses],
            "accuracies": training.accuracies,
            "seconds": training.seconds,
        }
    )
    write_tensors(path, tensors, FORMAT, run, state)


def write_tensors(path: Path, tensors: dict[str, NDArray[Any]], form: str, run: str, state: str) -> None:
    """Arrays and a text with their checksum, in the format called `form`, of the run with fingerprint `run`: whole or not at all."""
    content = to_bytes(tensors, metadata={"format": form, "run": run, "state": state, "sha256": _content(tensors, state)})

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomically(path, write)


def restore(training: Training, path: Path, run: str) -> None:
    """Put the state saved at `path` into `training`.

    Raises CheckpointError when the file is damaged, of another format or of a run with another fingerprint.
    """
    tensors, metadata = read(path)
    if metadata["run"] != run:
        raise CheckpointError(f"{path} belongs to a run with other data, cards, settings or another version of ferrion; give another --out, or delete that folder to start over")
    fill(training, tensors, metadata)


def fill(training: Training, tensors: dict[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Put what `read` found into `training`."""
    parts = {"memory": training.memory, "counts": training.counts, "cells": training.cells}
    for name, tensor in tensors.items():
        part, field = name.split(".")
        getattr(parts[part], field)[...] = tensor
    state = json.loads(metadata["state"])
    training.step = state["step"]
    training.loss = float.fromhex(state["loss"])
    training.losses = [float.fromhex(x) for x in state["losses"]]
    training.accuracies = state["accuracies"]
    training.seconds = state["seconds"]


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Tensors and metadata of a checkpoint of a training run; raises CheckpointError as `read_tensors`."""
    return read_tensors(path, FORMAT)


def read_tensors(path: Path, form: str) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """What `write_tensors` wrote, checked; raises CheckpointError when it is damaged or of another format."""
    try:
        with safe_open(path, framework="numpy") as file:
            names = file.keys()
            tensors, metadata = {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as problem:
        raise CheckpointError(f"{path} cannot be read as a checkpoint: {problem}; delete it to start over") from problem
    if metadata.get("format") != form:
        raise CheckpointError(f"{path} is no checkpoint of ferrion ({form}); give another --out, or delete it")
    if metadata["sha256"] != _content(tensors, metadata["state"]):
        raise CheckpointError(f"{path} is damaged: its contents do not match their checksum; delete it to start over")
    return tensors, metadata


def _content(tensors: dict[str, NDArray[Any]], state: str) -> str:
    content = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        content.update(name.encode())
        content.update(np.ascontiguousarray(tensors[name]).tobytes())
    return content.hexdigest()
