"""A training run on one chip that can stop after any sample and go on as if it had not."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.geometry import Geometry
from ferrion.arrays.hybrid import Cells, draw_cells
from ferrion.arrays.words import changed_units, word_of
from ferrion.chip.chip import Chip
from ferrion.core.compiled import compiled
from ferrion.core.errors import ConfigError
from ferrion.core.noise import permutation
from ferrion.learning.device import learn_devices, rewrite_devices, transfer_devices
from ferrion.learning.epoch import learn, scratch
from ferrion.learning.network import Layout, blank, initial_hidden, layout, no_counts
from ferrion.learning.products import transpose
from ferrion.learning.rules import REFINED, Rule
from ferrion.learning.transfer import LevelTable, transfer

FIRST_STEP = np.uint64(1) << np.uint64(48)
"""Step number of the transfer that puts the initial weights on the chip: beyond any sample."""


class Fidelity(StrEnum):
    """How closely the chip is simulated; both share the equations and the draws of the dither."""

    BEHAVIOURAL = "behavioural"
    DEVICE = "device"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how."""

    sizes: tuple[int, ...]
    chip: Chip
    rule: Rule = REFINED
    epochs: int = 10
    transfer_every: int = 100
    fidelity: Fidelity = Fidelity.BEHAVIOURAL
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least in (("epochs", self.epochs, 1), ("transfer_every", self.transfer_every, 1), ("seed", self.seed, 0)):
            if value < least:
                raise ConfigError(f"{name} = {value}: give an integer of {least} or more")
        if self.transfer_every >= 2**63:
            raise ConfigError(f"transfer_every = {self.transfer_every}: give an integer below 2**63; to transfer at the end only, the number of samples of the run will do")
        if self.seed >= 2**63:
            raise ConfigError(f"seed = {self.seed}: give an integer below 2**63, the key of the noise generator")


class Training:
    """One chip being trained. `step` samples have been learned; `losses` holds the mean loss [nat] of each whole epoch."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.net = layout(plan.sizes, plan.rule.full_scale)
        self.memory = blank(self.net)
        self.counts = no_counts(len(plan.sizes) - 1)
        self.table = LevelTable(*plan.chip.levels)
        self.sigma = np.float32(plan.chip.read_noise)
        self.devices = plan.chip.devices
        self.cells: Cells | None = None
        self.step = 0
        self.loss = 0.0
        self.losses: list[float] = []
        self.seconds = 0.0
        """Time the simulation has taken, kept by who measures it."""
        self.accuracies: list[float] = []
        """Share of the test set answered rightly after each epoch, if anybody asked."""
        self._work = scratch(self.net)
        self._write_initial_weights()

    def _write_initial_weights(self) -> None:
        plan, memory = self.plan, self.memory
        memory.hidden[:] = initial_hidden(self.net, plan.seed, plan.rule.offset)
        if plan.fidelity is Fidelity.DEVICE:
            parts = plan.chip.parts
            self.cells = draw_cells(lines_of(self.net, plan.chip.geometry), plan.seed, self.devices, parts["memristor"], parts["transfer"])
            rewrite_devices(self.cells, memory.hidden, np.int16(plan.rule.offset), self.devices)
        first_write(self.net, memory, np.int16(plan.rule.offset), self.counts)
        self._transfer(FIRST_STEP)

    def _transfer(self, step: np.uint64) -> None:
        """Bring the analogue weights up to date."""
        plan, memory, seed = self.plan, self.memory, np.uint64(self.plan.seed)
        if self.cells is not None:
            transfer_devices(seed, step, self.net, memory, self.cells, np.int16(plan.rule.offset), plan.rule.only_changed, self.devices, self.counts)
        else:
            offset, words, programmed = np.int16(plan.rule.offset), self._work.transfer_words, self.counts.programmed
            state = (memory.hidden, memory.stale, memory.analogue, memory.programmed)
            transfer(seed, step, self.net, *state, self.table, offset, plan.rule.only_changed, words, programmed)
            transpose(self.net, memory.analogue, memory.transposed)
        self.counts.transfers[0] += 1

    @property
    def finished(self) -> bool:
        """Whether every epoch has been learned."""
        return len(self.losses) >= self.plan.epochs

    def advance(self, inputs: NDArray[np.float32], labels: NDArray[np.int64], samples: int) -> int:
        """Learn up to `samples` more samples (0 compiles and no more), but not past the end of an epoch; returns how many were learned."""
        plan, total = self.plan, len(labels)
        epoch, done = divmod(self.step, total)
        if epoch >= plan.epochs:
            return 0
        order = permutation(plan.seed, epoch, total)[done : done + samples]
        rule, rate = plan.rule, np.float32(plan.rule.rate(epoch, plan.epochs))
        common = (self.sigma, rate, rule.offset, rule.only_changed, plan.transfer_every, inputs, labels, order, self._work)
        if self.cells is None:
            self.loss = learn(self.loss, plan.seed, self.step, self.net, self.memory, self.table, *common, self.counts)
        else:
            self.loss = learn_devices(self.loss, plan.seed, self.step, self.net, self.memory, self.cells, *common, self.devices, self.counts)
        self.step += len(order)
        if len(order) and self.step % total == 0:
            self.losses.append(self.loss / total)
            self.loss = 0.0
        if len(order) and self.step == plan.epochs * total and self.step % plan.transfer_every:
            self._transfer(np.uint64(self.step))
        return len(order)


def lines_of(net: Layout, geometry: Geometry) -> NDArray[np.int64]:
    """The line each weight of a network stands on: every layer has lines of its own."""
    parts, first = [], 0
    for rows, columns in zip(net.sizes[:-1] + 1, net.sizes[1:], strict=True):
        numbers = geometry.line_numbers(int(rows), int(columns)).ravel()
        parts.append(first + numbers)
        first += int(numbers.max()) + 1
    return np.concatenate(parts)


@compiled
def first_write(net, memory, offset, counts):
    """Charge the first write of every hidden weight: its ones, over capacitors that hold 0."""
    for layer in range(net.sizes.size - 1):
        for q in range(net.weights[layer], net.weights[layer + 1]):
            word = word_of(memory.hidden[q], offset)
            counts.fecap_writes[layer] += changed_units(word)
            memory.lsb_writes[q] += np.uint32(word & 1)
