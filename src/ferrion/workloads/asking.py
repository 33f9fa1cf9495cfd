"""Inference with a chip that was trained earlier and stands in a folder."""

from pathlib import Path
from typing import Any

import numpy as np

from ferrion.learning.costs import inference_ledger
from ferrion.learning.inference import infer
from ferrion.learning.network import layout
from ferrion.learning.retention import lain
from ferrion.workloads.data import DataSet
from ferrion.workloads.trained import trained

ROOM = 298.15
"""Room temperature [K]."""
ASKED_LATER = 1 << 12
"""Number of this round of questions, beyond those of any training."""


def ask(folder: Path, data: DataSet, after: float = 0.0, temperature: float = ROOM) -> dict[str, Any]:
    """Accuracy, predictions and energy of the chip in `folder` on the test part of `data`, `after` [s] at `temperature` [K]; raises as `trained`."""
    found = trained(folder, data)
    plan = found.plan
    net, chip = layout(plan.sizes, plan.rule.full_scale), plan.chip
    weights = lain(net, found.tensors["memory.analogue"], chip.devices, plan.seed, after, temperature)
    answer = infer(net, weights, data.test_inputs, np.float32(chip.read_noise), plan.seed, ASKED_LATER)
    predictions = answer.outputs.argmax(axis=1)
    return {
        "data": data.name,
        "chip": chip.name,
        "seed": plan.seed,
        "after_s": after,
        "temperature_K": temperature,
        "samples": len(predictions),
        "accuracy": float(np.mean(predictions == data.test_labels)),
        "energy_per_inference_J": chip.prices.joules(inference_ledger(net, chip.geometry, answer.rows)),
        "predictions": predictions.tolist(),
    }
