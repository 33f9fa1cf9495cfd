"""A trained chip after delivery, device by device: it rests, its hidden weights are refreshed, it learns on, its devices die."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.hybrid import Cells, first_unit, refresh_all, released, transfer_all
from ferrion.arrays.words import LEVEL_MASK, UNITS, value_of
from ferrion.core.compiled import compiled, inlined
from ferrion.core.errors import StateError
from ferrion.core.noise import Stream, permutation, uniforms
from ferrion.learning.device import learn_devices, rewrite_devices, transfer_devices
from ferrion.learning.epoch import scratch
from ferrion.learning.network import Counts
from ferrion.learning.products import transpose
from ferrion.learning.retention import relaxed_shares
from ferrion.learning.training import Fidelity, Training

SERVICE_STEP = 1 << 49
"""Step numbers of refreshes begin here, beyond those of trainings and below those of questions."""
LEARNING_STEP, ROUND = 1 << 47, 1 << 32
"""Step numbers of what is learned in service, so many a round."""
FRESH = 500
"""Refreshes, at least, between two looks at the windows."""
MOST = np.uint64(2**31)
"""What a device's count stops at: half of what it holds, so that what is counted one by one has room."""


def on_devices(training: Training) -> Training:
    """A training at the behavioural fidelity, put onto devices of the same seed.

    They have the counts of that training: of the memristors each pair's own, of the FeCAPs those of the least significant bit, the busiest.
    """
    if training.cells is not None:
        return training
    twin = Training(replace(training.plan, fidelity=Fidelity.DEVICE))
    cells, memory, offset = _cells(twin), training.memory, np.int16(twin.plan.rule.offset)
    cells.cycles[:] = memory.programmed[:, None]
    cells.reversals[:] = 0
    cells.reversals[:, 0] = 2 * memory.lsb_writes
    cells.word[:] = 0
    refresh_all(cells, twin.devices)
    rewrite_devices(cells, memory.hidden, offset, twin.devices)
    return twin


def _cells(training: Training) -> Cells:
    if training.cells is None:
        raise StateError("this training has no devices; put it onto some with on_devices(training)")
    return training.cells


class Service:
    """One chip in service; it owns the devices of `training` from here on. Every pair is programmed as it is delivered."""

    def __init__(self, training: Training) -> None:
        """Raises StateError for a training without devices."""
        self.training, self.cells, self.p = training, _cells(training), training.devices
        self.net, self.memory = training.net, training.memory
        self.counts = Counts(*(np.zeros_like(count) for count in training.counts))
        """What learning in service is charged for."""
        self._full = np.repeat(self.net.full, np.diff(self.net.weights)).astype(np.float64)
        self._steps = self._rounds = 0
        self._transfer()

    def refresh(self, times: int, left: float) -> None:
        """Read, write back and transfer every hidden weight `times` times, each when a share `left` of the polarisation was left; the last is now.

        What all but the last do is taken by law: bits flip as a chain of two states, devices age by their counts. Windows are brought up to date
        before the cycles of the busiest have more than doubled, or after `FRESH` refreshes.
        """
        while times > 0:
            part = min(times, max(FRESH, int(0.25 * float(self.cells.reversals.max()))))
            self._steps += 1
            draws = uniforms(self.training.plan.seed, Stream.KEPT, self._steps, self.cells.word.size * UNITS.size).reshape(-1, UNITS.size)
            keep_words(draws, self.cells, left, float(part), self.p)
            refresh_all(self.cells, self.p)
            times -= part
        self._transfer()

    def learn(self, inputs: NDArray[np.float32], labels: NDArray[np.int64], samples: int, times: int) -> None:
        """Learn `samples` samples, the rule's schedule run through once, and transfer; `times` - 1 rounds before it are taken to have worn the devices as this one does."""
        plan, cells = self.training.plan, self.cells
        order = np.resize(permutation(plan.seed, plan.epochs + self._rounds, len(labels)), samples)
        worn, charged = (cells.cycles, cells.reversals), Counts(*(np.zeros_like(count) for count in self.counts))
        before = [count.astype(np.uint64) for count in worn]
        work, first, offset = scratch(self.net), LEARNING_STEP + self._rounds * ROUND, plan.rule.offset
        for part, chosen in enumerate(np.array_split(order, len(plan.rule.decay))):
            rate = np.float32(plan.rule.rate(part, len(plan.rule.decay)))
            common = (self.training.sigma, rate, offset, plan.rule.only_changed, plan.transfer_every, inputs, labels, chosen, work)
            learn_devices(0.0, plan.seed, first, self.net, self.memory, cells, *common, self.p, charged)
            first += chosen.size
        transfer_devices(np.uint64(plan.seed), np.uint64(first), self.net, self.memory, cells, np.int16(offset), plan.rule.only_changed, self.p, charged)
        charged.transfers[0] += 1
        for now, then in zip(worn, before, strict=True):
            now[...] = np.minimum(then + np.uint64(times) * (now - then), MOST)
        for count, own in zip(self.counts, charged, strict=True):
            count += times * own
        self._rounds += 1
        refresh_all(cells, self.p)

    def weights(self, age: float) -> NDArray[np.float32]:
        """Analogue weights an equivalent `age` [s] after the last transfer (`physics.filament.equivalent`)."""
        return (relaxed_shares(self.memory.analogue / self._full, self.p, self.training.plan.seed, age, self._steps + self._rounds) * self._full).astype(np.float32)

    @property
    def dead(self) -> float:
        """Share of the memristors that no longer switch."""
        return float((self.cells.cycles >= self.cells.limit).mean())

    def _transfer(self) -> None:
        seed, step = np.uint64(self.training.plan.seed), np.uint64(SERVICE_STEP + self._steps)
        self.memory.analogue[:] = self._full * transfer_all(seed, step, self.cells, self.p)
        transpose(self.net, self.memory.analogue, self.memory.transposed)
        values_of(self.cells.word, np.int16(self.training.plan.rule.offset), self.memory.hidden)
        self.memory.stale[:] = 0


@inlined
def below(x, sigma):
    """Probability that a normal of that standard deviation is below x."""
    return 0.5 * math.erfc(-x / (math.sqrt(2.0) * sigma)) if sigma > 0.0 else (1.0 if x > 0.0 else 0.0)


@inlined
def flips(cells, q, bit, left, p):
    """Chances that a 1 is sensed as 0 and a 0 as 1 when a share `left` of the polarisation is left: a 1 then gives (1 + left) / 2 of its window and a 0 the rest."""
    window = released(cells, q, bit) * p.charge / (p.c_line + UNITS[bit] * p.c_film)
    margin = float(cells.offset[cells.line[q]]) - p.operation.reference
    return below(-(0.5 * (1.0 + left) * window + margin), p.operation.noise), below(0.5 * (1.0 - left) * window + margin, p.operation.noise)


@compiled
def keep_words(draws, cells, left, times, p):
    """Refresh every word `times` times: each is one read with write-back of all bits when a share `left` of the polarisation was left, and a transfer, which senses sign and
    level at once again; the last transfer is left to be made.

    The chance x that a bit is 1 goes to (1 - lose - gain) x + gain at a read, so after any number of refreshes it is known. Every read of a 1 reverses
    its capacitors twice, and so does every transfer; a refresh programs both memristors.
    """
    for q in range(cells.word.size):
        word = 0
        for bit in range(UNITS.size):
            level = (LEVEL_MASK >> bit) & 1
            lose, gain = flips(cells, q, bit, left, p)
            again_lost, again_gained = flips(cells, q, bit, 1.0, p) if level else (0.0, 0.0)
            moved = 1.0 - (1.0 - lose - gain) * (1.0 - again_lost - again_gained)
            steady = (gain * (1.0 - again_lost - again_gained) + again_gained) / moved if moved > 0.0 else 0.0
            begun = float((cells.word[q] >> bit) & 1) - steady
            before = steady + begun * (1.0 - moved) ** (times - 1.0)
            held = times * steady + (begun * (1.0 - (1.0 - moved) ** times) / moved if moved > 0.0 else times * begun)
            if draws[q, bit] < before * (1.0 - lose - gain) + gain:
                word |= 1 << bit
            reversals = np.uint64(2.0 * held * (2.0 if level else 1.0) + 0.5)
            if level:
                reversals -= min(np.uint64(2.0 * before + 0.5), reversals)
            for unit in range(first_unit(bit), first_unit(bit) + UNITS[bit]):
                cells.reversals[q, unit] = min(np.uint64(cells.reversals[q, unit]) + reversals, MOST)
        cells.word[q] = word
        for side in range(2):
            cells.cycles[q, side] = min(np.uint64(cells.cycles[q, side]) + np.uint64(times - 1.0), MOST)


@compiled
def values_of(word, offset, hidden):
    """Hidden weights of stored words."""
    for q in range(word.size):
        hidden[q] = value_of(word[q], offset)
