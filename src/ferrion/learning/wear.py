"""When a chip that goes on learning as it did will lose its first device."""

import numpy as np
import torch

from ferrion.devices.memristor import draw_limits
from ferrion.learning.memories import some_memories_of
from ferrion.learning.training import Training


def most_worn(training: Training) -> dict[str, int]:
    """Bit changes of the busiest least significant FeCAP (the published count) and operations of the busiest memristor."""
    return {"fecap": int(training.memory.lsb_writes.max()), "memristor": int(training.memory.programmed.max())}


def busiest(model: torch.nn.Module) -> dict[str, int]:
    """The same of the array layers of a model; of weights that stand on devices cycles of the busiest FeCAP, two reversals each. Raises ConfigError when it has none."""
    layers = some_memories_of(model)
    fecap = [int(own.cells.reversals.max()) // 2 if own.cells else int(own.lsb_writes.numpy().max()) for own in layers]
    return {"fecap": max(fecap), "memristor": max(int(own.programmed.numpy().max()) for own in layers)}


def fecap_cycles(training: Training) -> float:
    """Cycles of the busiest FeCAP: two reversals each where every device is simulated, else the published count, the bit
    changes of the busiest least significant FeCAP."""
    if training.cells is not None:
        return float(training.cells.reversals.max()) / 2
    return float(training.memory.lsb_writes.max())


def first_deaths(training: Training) -> dict[str, float]:
    """Samples until the first FeCAP and the first memristor reach their limits, at the pace of this run.

    Memristors: each pair's operations against its own drawn limits. FeCAPs: the rated endurance over `fecap_cycles`.
    """
    memory, plan = training.memory, training.plan
    samples = max(int(training.counts.samples[0]), 1)
    limits = draw_limits(2 * memory.hidden.size, plan.seed, plan.chip.parts["memristor"]).reshape(-1, 2).min(axis=1)
    return {
        "fecap": samples * plan.chip.endurance()["fecap"] / max(fecap_cycles(training), 1.0),
        "memristor": samples * float(np.min(limits / np.maximum(memory.programmed, 1))),
    }
