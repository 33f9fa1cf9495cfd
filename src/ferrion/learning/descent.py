"""Training on chip for torch: stochastic integer updates of the hidden memories, a transfer every k samples."""

import math
from collections.abc import Callable
from typing import Any

import torch

from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, words
from ferrion.learning.layers import TwoMemoryLayer
from ferrion.learning.memories import some_memories_of


class TwoMemorySGD(torch.optim.Optimizer):
    """Plain gradient descent as the chip does it (Martemucci et al. 2025), for batches of any size.

    Hidden weights move by whole steps, right on average; every `transfer_every` samples sign and three bits of those that
    changed their level go to the memristors. Digital parameters of the model (normalisation, layers kept digital) descend as in torch.optim.SGD.
    """

    def __init__(self, model: torch.nn.Module, lr: float = 0.005, transfer_every: int = 100, seed: int = 0, metaplasticity: float = 0.0) -> None:
        """model: a network with two-memory layers. metaplasticity: 0 for none, of the order of 1 to keep what was learned before (`TwoMemories.update`).

        Raises ConfigError when the model has no such layer, or on settings out of range.
        """
        self.memories = some_memories_of(model)
        if any(isinstance(module, TwoMemoryLayer) and len(module.finer) for module in model.modules()):
            raise ConfigError("the model's weights are cut into slices, which hold fixed weights: to train on chip, convert it with slices = 1")
        if lr <= 0 or transfer_every < 1 or seed < 0 or not 0.0 <= metaplasticity < math.inf:
            raise ConfigError(
                f"lr = {lr}, transfer_every = {transfer_every}, seed = {seed}, metaplasticity = {metaplasticity}: "
                "give a rate above 0, 1 sample or more, a seed and a metaplasticity of 0 or more"
            )
        super().__init__(model.parameters(), {"lr": lr, "transfer_every": transfer_every, "seed": seed, "steps": 0, "transfers": 0, "metaplasticity": metaplasticity})
        on_chip = {id(memories.analogue) for memories in self.memories}
        self._digital = [parameter for parameter in model.parameters() if id(parameter) not in on_chip]
        self._rows, self._columns, self._words = self._laid_out()

    def __getstate__(self) -> dict[str, Any]:
        """What torch keeps, and what a copy made together with its model needs to go on."""
        return {**super().__getstate__(), "memories": self.memories, "_digital": self._digital, "_rows": self._rows, "_columns": self._columns, "_words": self._words}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Also of states that were saved before there was metaplasticity."""
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("metaplasticity", 0.0)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every weight from its gradient; a transfer when another `transfer_every` samples have been learned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        group = self.param_groups[0]
        for parameter in self._digital:
            if parameter.grad is not None:
                parameter.add_(parameter.grad, alpha=-group["lr"])
        row_words, column_words = (words(group["seed"], stream, group["steps"], self._words) for stream in (Stream.ROW_DITHER, Stream.COLUMN_DITHER))
        for memories, rows, columns in zip(self.memories, self._rows, self._columns, strict=True):
            memories.update(group["lr"], row_words[rows], column_words[columns], group["metaplasticity"])
        group["steps"] += 1
        due = max(memories.tally.samples for memories in self.memories) // group["transfer_every"]
        if due > group["transfers"]:
            for memories in self.memories:
                memories.transfer()
            group["transfers"] = due
        return loss

    def _laid_out(self) -> tuple[list[slice], list[slice], int]:
        """Where each layer's words stand in the one row of row words and of column words all draw from, as in a fused run (`network.Layout`); their number."""
        rows, columns, row, column = [], [], 0, self.memories[0].inputs
        for memories, above in zip(self.memories, [*self.memories[1:], None], strict=True):
            lines, outputs = memories.analogue.shape
            rows.append(slice(row, row + lines))
            columns.append(slice(column, column + outputs))
            row, column = row + lines, column + max(outputs, above.inputs if above else 0)
        return rows, columns, max(row + 3, column + len(rows) + 7) // 4 * 4
