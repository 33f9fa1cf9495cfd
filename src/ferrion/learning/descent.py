"""Training on chip for torch: stochastic integer updates of the hidden memories, a transfer every k samples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, words
from ferrion.learning.memories import TwoMemories


class TwoMemorySGD(torch.optim.Optimizer):
    """Plain gradient descent as the chip does it (Martemucci et al. 2025), for batches of any size.

    Hidden weights move by whole steps, right on average; every `transfer_every` samples sign and three bits of those that
    changed their level go to the memristors. Digital parameters of the model (normalisation, layers kept digital) descend as in torch.optim.SGD.
    """

    def __init__(self, model: torch.nn.Module, lr: float = 0.005, transfer_every: int = 100, seed: int = 0) -> None:
        """model: a network with two-memory layers. Raises ConfigError when it has none, or on settings out of range."""
        self.memories = [module for module in model.modules() if isinstance(module, TwoMemories)]
        if not self.memories:
            raise ConfigError("the model has no two-memory layers: build it from ferrion.nn layers, or call ferrion.nn.convert(model, chip) first")
        if lr <= 0 or transfer_every < 1 or seed < 0:
            raise ConfigError(f"lr = {lr}, transfer_every = {transfer_every}, seed = {seed}: give a rate above 0, 1 sample or more, a seed of 0 or more")
        super().__init__(model.parameters(), {"lr": lr, "transfer_every": transfer_every, "seed": seed, "steps": 0, "transfers": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every weight from its gradient; a transfer when another `transfer_every` samples have been learned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        group = self.param_groups[0]
        on_chip = {id(memories.analogue) for memories in self.memories}
        for parameter in group["params"]:
            if parameter.grad is not None and id(parameter) not in on_chip:
                parameter -= group["lr"] * parameter.grad
        self._update(group["lr"], group["seed"], group["steps"])
        group["steps"] += 1
        due = max(memories.tally.samples for memories in self.memories) // group["transfer_every"]
        if due > group["transfers"]:
            for memories in self.memories:
                memories.transfer()
            group["transfers"] = due
        return loss

    def _update(self, rate: float, seed: int, step: int) -> None:
        """All layers draw from one row of words and one of column words, laid out as in a fused run (`network.Layout`)."""
        shapes = [(memories.inputs, *memories.analogue.shape) for memories in self.memories]
        widths = [max(outputs, inputs) for (_, _, outputs), (inputs, _, _) in zip(shapes, [*shapes[1:], (0, 0, 0)], strict=True)]
        rows, columns = np.cumsum([0, *(rows for _, rows, _ in shapes)]), np.cumsum([shapes[0][0], *widths])
        size = max(int(rows[-1]) + 3, int(columns[-1]) + len(shapes) + 7) // 4 * 4
        row_words, column_words = words(seed, Stream.ROW_DITHER, step, size), words(seed, Stream.COLUMN_DITHER, step, size)
        for memories, row, column in zip(self.memories, rows, columns, strict=False):
            lines, outputs = memories.analogue.shape
            memories.update(rate, row_words[row : row + lines], column_words[column : column + outputs])
