"""Inference with a chip that was trained earlier and stands in a folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ferrion.chip.chip import Chip
from ferrion.core.errors import CheckpointError, DataError, MissingDataError
from ferrion.learning.checkpoint import read
from ferrion.learning.costs import inference_ledger
from ferrion.learning.inference import infer
from ferrion.learning.network import layout
from ferrion.learning.retention import lain
from ferrion.learning.rules import rule_of
from ferrion.workloads.data import DataSet

ROOM = 298.15
"""Room temperature [K]."""
ASKED_LATER = 1 << 12
"""Number of this round of questions, beyond those of any training."""


def ask(folder: Path, data: DataSet, after: float = 0.0, temperature: float = ROOM) -> dict[str, Any]:
    """Accuracy, predictions and energy of the chip in `folder` on the test part of `data`, `after` [s] at `temperature` [K].

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
        sizes, rule, name, seed, trained_on = tuple(result["sizes"]), rule_of(result["rule"]), result["chip"], int(result["seed"]), result["data"]
        weights = read(files[1])[0]["memory.analogue"]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
        raise CheckpointError(f"{folder} is damaged ({problem}); train again into another folder") from problem
    if data.inputs.shape[1] != sizes[0] or data.classes > sizes[-1]:
        raise DataError(f"{data.name} has {data.inputs.shape[1]} features and {data.classes} classes, but this chip was trained on {trained_on}: {sizes[0]} and {sizes[-1]}")
    chip = Chip.from_card(folder / "cards" / f"{name}.toml")
    net = layout(sizes, rule.full_scale)
    if weights.size != int(net.weights[-1]):
        raise CheckpointError(f"{folder} is damaged (result.json says {sizes}, the checkpoint holds {weights.size} weights); train again into another folder")
    weights = lain(net, weights, chip.devices, seed, after, temperature)
    answer = infer(net, weights, data.test_inputs, np.float32(chip.read_noise), seed, ASKED_LATER)
    predictions = answer.outputs.argmax(axis=1)
    return {
        "data": data.name,
        "chip": name,
        "seed": seed,
        "after_s": after,
        "temperature_K": temperature,
        "samples": len(predictions),
        "accuracy": float(np.mean(predictions == data.test_labels)),
        "energy_per_inference_J": chip.prices.joules(inference_ledger(net, chip.geometry, answer.rows)),
        "predictions": predictions.tolist(),
    }
