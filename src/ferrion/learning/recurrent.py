"""Recurrent cells for torch whose products run on two-memory arrays: input and state drive lines of the same arrays, one read a step."""

import torch
from torch import Tensor

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.learning.layers import TwoMemoryLayer
from ferrion.learning.rules import REFINED, Rule

GATES = 4


class _Cell(TwoMemoryLayer):
    """x W + h U + b for as many columns as the cell's units have gates. Every step counts as a sample learned."""

    def __init__(self, input_size: int, hidden_size: int, gates: int, chip: Chip | None, bias: int, readout: Readout | None, rule: Rule, seed: int | None) -> None:
        super().__init__(input_size + hidden_size, gates * hidden_size, bias, chip, readout, rule, seed)
        self.hidden_size = hidden_size

    def initial(self, x: Tensor) -> Tensor:
        """A state of zeros for a batch x (…, input_size): (…, hidden_size)."""
        return x.new_zeros(*x.shape[:-1], self.hidden_size)

    def driven(self, x: Tensor, h: Tensor) -> Tensor:
        """One read."""
        self.learned(x)
        return self.read(torch.cat([x, h], dim=-1))


class TwoMemoryRNNCell(_Cell):
    """h' = tanh(x W + h U + b)."""

    def __init__(
        self, input_size: int, hidden_size: int, chip: Chip | None = None, *, bias: int = 1, readout: Readout | None = None, rule: Rule = REFINED, seed: int | None = None
    ) -> None:
        """As `TwoMemoryLinear` and torch.nn.RNNCell."""
        super().__init__(input_size, hidden_size, 1, chip, int(bias), readout, rule, seed)

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """x (batch, input_size), h (batch, hidden_size) or None for zeros -> (batch, hidden_size)."""
        return torch.tanh(self.driven(x, self.initial(x) if h is None else h))


class TwoMemoryLSTMCell(_Cell):
    """c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'), with i, f, g, o = x W + h U + b; the state c is digital."""

    def __init__(
        self, input_size: int, hidden_size: int, chip: Chip | None = None, *, bias: int = 1, readout: Readout | None = None, rule: Rule = REFINED, seed: int | None = None
    ) -> None:
        """As `TwoMemoryLinear` and torch.nn.LSTMCell."""
        super().__init__(input_size, hidden_size, GATES, chip, int(bias), readout, rule, seed)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """x (batch, input_size), state (h, c), each (batch, hidden_size), or None for zeros -> (h', c')."""
        h, c = (self.initial(x), self.initial(x)) if state is None else state
        i, f, g, o = self.driven(x, h).chunk(GATES, dim=-1)
        after = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(after), after
