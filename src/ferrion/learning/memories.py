"""The two memories of one layer as a torch module: hidden integers, and the memristor pairs they are transferred to."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferrion.arrays.faults import FaultMap, Faults, draw_faults, remapped
from ferrion.arrays.hybrid import Cells, draw_cells, refresh_all
from ferrion.arrays.pairs import WiredPairs, conductances, read_shares
from ferrion.arrays.readout import Readout
from ferrion.arrays.words import FULL_SCALE, LARGEST, LEVEL_SHIFT, STEPS_PER_LEVEL
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, DataError
from ferrion.core.noise import Stream, normals, uniforms
from ferrion.learning.device import rewrite_devices, transfer_layer_devices, update_matrix_devices
from ferrion.learning.hidden import ONE, rewrite, update_matrix, update_scratch
from ferrion.learning.retention import relaxed_shares
from ferrion.learning.rules import Rule
from ferrion.learning.transfer import LevelTable, nearest, transfer_layer, transfer_words
from ferrion.physics.filament import equivalent

F4, I2, U8 = np.float32, np.int16, np.uint64


class Tally(NamedTuple):
    """What a layer has done so far."""

    samples: int = 0
    """Samples learned."""
    forward_rows: int = 0
    """Rows driven in forward reads."""
    backward_rows: int = 0
    """Columns driven in backward reads."""
    forward_pulses: int = 0
    """Unit pulses on rows."""
    backward_pulses: int = 0
    """Unit pulses on columns."""
    verified: int = 0
    """Pairs read to verify them."""
    conversions: int = 0
    rails: int = 0
    """Conversions that ended at the first or the last code."""
    reads: int = 0
    """Batches read, either way: numbers the draws of the read noise."""
    vectors: int = 0
    """Products, either way, one a sample (or a patch of it)."""
    products: int = 0
    """Multiplications of the digital gradient."""
    fecap_writes: int = 0
    updates: int = 0
    """Hidden weights read and written back."""
    steps: int = 0
    """Updates of all weights at once, one a batch."""
    programmed: int = 0
    """Pairs programmed."""
    transfers: int = 0
    flags: int = 0
    """Flags read to find the pairs to be programmed."""
    rehearsals: int = 0


class TwoMemories(torch.nn.Module):
    """Weights (rows, columns) of a layer, rows of inputs, the last rows - inputs of them bias lines.

    `analogue`, the only parameter, is what the pairs hold; its gradient is what `ferrion.optim.TwoMemorySGD` puts into the hidden memory.
    All else are buffers, so that a state_dict is the whole layer.
    """

    hidden: Tensor
    stale: Tensor
    lsb_writes: Tensor
    programmed: Tensor
    full: Tensor
    strength: Tensor
    stuck: Tensor
    biases: Tensor
    """What the bias lines carry; by its shape a state of another number of inputs is refused, even where the rows add up to the same."""
    seed: Tensor
    written: Tensor
    """What the pairs held when they began to rest."""
    age: Tensor
    """Equivalent time [s] they have rested since the last transfer."""
    ranges: Tensor
    """Largest number a driver carries and largest partial sum a converter takes, forwards and backwards: (2 sides, 2); NaN before the first batch."""
    tallied: Tensor

    def __init__(self, rows: int, columns: int, inputs: int, chip: Chip, readout: Readout, rule: Rule, seed: int) -> None:
        """Starts as a training run does: uniform weights of variance 2 / inputs, biases 0, transferred. Raises ConfigError on sizes below 1."""
        super().__init__()
        if min(columns, inputs) < 1 or rows < inputs or not 0 <= seed < 2**63:
            raise ConfigError(
                f"{inputs} inputs, {rows - inputs} bias lines, {columns} outputs, seed {seed}: give 1 or more inputs and outputs, 0 or more bias lines, a seed of 0 to 2^63 - 1"
            )
        geometry = chip.geometry
        if not readout.tiling and geometry.tiles(rows, columns) != (1, 1):
            raise ConfigError(
                f"{rows} lines of {columns} weights do not fit one array of {chip.name}, {geometry.lines} lines of {geometry.weights_per_line} weights: "
                "allow tiling (Readout(tiling=True)), or give a chip card with larger arrays"
            )
        self.chip, self.readout, self.rule, self.inputs = chip, readout, rule, inputs
        self.table, self.devices = LevelTable(*chip.levels), chip.devices
        self.rehearsing = False
        """Whether a training pass reads weights as a transfer would leave them, with a spread of its own each time (hardware-aware training)."""
        self.analogue = torch.nn.Parameter(torch.zeros(rows, columns))
        for name, kind in (("hidden", torch.int16), ("lsb_writes", torch.uint32), ("programmed", torch.uint32)):
            self.register_buffer(name, torch.zeros(rows, columns, dtype=kind))
        self.register_buffer("stale", torch.ones(rows, columns, dtype=torch.uint8))
        self.register_buffer("full", torch.tensor(rule.full_scale * np.sqrt(2.0 / inputs), dtype=torch.float32))
        self.register_buffer("strength", torch.ones(rows, columns, 2))
        self.register_buffer("stuck", torch.zeros(rows, columns, 2))
        self.register_buffer("biases", torch.ones(rows - inputs))
        self.register_buffer("seed", torch.tensor(seed))
        self.register_buffer("written", torch.zeros(rows, columns))
        self.register_buffer("age", torch.tensor(0.0, dtype=torch.float64))
        self.register_buffer("ranges", torch.full((2, 2), torch.nan))
        self.register_buffer("tallied", torch.zeros(len(Tally._fields), dtype=torch.int64))
        self._wired = WiredPairs(chip.geometry, readout.wires, self.devices) if readout.wires else None
        self._scratch = update_scratch(max(rows, columns))
        self._held: tuple[object, Tensor] | None = None
        self._plain: Tensor | None = None
        self._sound: tuple[object, bool] | None = None
        self.begin()

    def begin(self) -> None:
        """Write and transfer the initial weights of a training run: uniform of variance 2 / inputs, biases 0."""
        rows, columns = self.analogue.shape
        draws = 2.0 * uniforms(int(self.seed), Stream.INITIAL, 0, self.inputs * columns).reshape(self.inputs, columns) - 1.0
        first = np.concatenate([np.sqrt(6.0 / self.inputs) * draws, np.zeros((rows - self.inputs, columns))])
        limit = LARGEST - self.rule.offset
        self._put(np.clip(np.rint(first / float(self.full) * FULL_SCALE), -limit, limit))

    @property
    def tally(self) -> Tally:
        """What the layer has done."""
        return Tally(*self.tallied.tolist())

    def count(self, **more: int) -> None:
        """Add to the tally."""
        for name, number in more.items():
            self.tallied.numpy()[Tally._fields.index(name)] += number

    def books(self, side: int) -> tuple[int, float, NDArray[np.int64], NDArray[np.float32]]:
        """Seed and full scale; tally and ranges of one side, to be written."""
        return int(self.seed), float(self.full), self.tallied.numpy(), self.ranges.numpy()[side]

    def write(self, weights: NDArray[Any], full: float) -> None:
        """Deploy `weights` (rows, columns): each at the centre of the level whose mean is nearest, `full` standing for the top one; then transfer.

        Raises DataError on another shape or NaN, and unless `full` is above 0.
        """
        if np.shape(weights) != tuple(self.analogue.shape) or not np.isfinite(weights).all() or not 0 < full < np.inf:
            raise DataError(f"weights of shape {np.shape(weights)}, full scale {full}: give finite weights as {tuple(self.analogue.shape)} and a scale above 0")
        self.full.fill_(full)
        level = nearest(weights / full, self.table.mean)
        steps = np.minimum((level << LEVEL_SHIFT) + STEPS_PER_LEVEL // 2 - self.rule.offset, LARGEST - self.rule.offset)
        self._put(np.where(weights < 0, -steps, steps))

    def blank(self) -> None:
        """As they came from the factory: hidden weights 0, nothing written, programmed or counted."""
        with torch.no_grad():
            for cells in (self.hidden, self.lsb_writes, self.programmed, self.tallied, self.analogue):
                cells.zero_()
            self.stale.fill_(1)
        if self.cells:
            self._draw()

    @property
    def cells(self) -> Cells | None:
        """Every device, flat, once the weights stand on devices; views of the buffers `cell_…`."""
        if "cell_word" not in self._buffers:
            return None
        return Cells(*(self.get_buffer(f"cell_{name}").numpy() for name in Cells._fields))

    def on_devices(self) -> None:
        """From here on every ferroelectric capacitor of every bit and both memristors of every weight are devices of their own, with spread, wear and an end, drawn by the seed.

        What was written and programmed so far has worn them: memristors as they were, the capacitor of the least significant bit as it was, the others not. All weights are
        transferred once more: what was verified pair by pair, drifted, or put into `analogue` and not written, is lost. Does nothing where weights stand on devices already.
        A state_dict then holds the devices, and goes into layers that stand on devices alone. `rest` moves what pairs are read as, and nothing of the devices.
        """
        if not self.cells:
            self._draw()
            self.transfer(only_changed=False)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *further: Any) -> None:
        """As torch does, and an error, strict or not, where a state with devices meets a layer without, or the reverse: hidden weights and devices would say different things."""
        super()._load_from_state_dict(state_dict, prefix, *further)
        there, error_messages = f"{prefix}cell_word" in state_dict, further[-1]
        if there != bool(self.cells):
            who = "call ferrion.nn.on_devices(model) before loading" if there else "load into a model that on_devices was not called for, then call it"
            error_messages.append(f"{prefix}: the state {'has' if there else 'has no'} devices and the layer {'none' if there else 'stands on some'}: {who}")

    def _draw(self) -> None:
        rows, columns = self.analogue.shape
        parts, line = self.chip.parts, self.chip.geometry.line_numbers(rows, columns).ravel()
        drawn = draw_cells(line, int(self.seed), self.devices, parts["memristor"], parts["transfer"])
        drawn.cycles[:] = _flat(self.programmed)[:, None]
        drawn.reversals[:, 0] = 2 * _flat(self.lsb_writes)
        refresh_all(drawn, self.devices)
        rewrite_devices(drawn, _flat(self.hidden), I2(self.rule.offset), self.devices)
        for name, values in drawn._asdict().items():
            self.register_buffer(f"cell_{name}", torch.from_numpy(values))

    def _put(self, hidden: NDArray[Any]) -> None:
        """Write every hidden weight and transfer all."""
        if cells := self.cells:
            rewrite_devices(cells, hidden.astype(np.int16).reshape(-1), I2(self.rule.offset), self.devices)
        units = rewrite(_flat(self.hidden), hidden.astype(np.int16).reshape(-1), _flat(self.lsb_writes), I2(self.rule.offset))
        self.count(fecap_writes=units)
        self.transfer(only_changed=False)

    def transfer(self, only_changed: bool | None = None) -> None:
        """Program the pairs whose level changed (or all; None: as the rule says) from sign and three most significant bits."""
        hidden, stale, analogue, programmed = (_flat(cells) for cells in (self.hidden, self.stale, self.analogue, self.programmed))
        words, rule, step = transfer_words(hidden.size), self.rule, U8(self.tally.transfers)
        only = rule.only_changed if only_changed is None else only_changed
        seed, state, offset = U8(int(self.seed)), (hidden, stale, analogue, programmed), I2(rule.offset)
        if cells := self.cells:
            pairs = transfer_layer_devices(seed, step, *state, cells, F4(self.full), offset, only, self.devices)
        else:
            pairs = transfer_layer(seed, U8(Stream.TRANSFER), step, *state, F4(self.full), self.table, offset, only, words)
        self.count(programmed=pairs, transfers=1, flags=hidden.size if only else 0)
        self.age.zero_()
        self._held = None

    def update(self, rate: float, row_words: NDArray[np.uint32], column_words: NDArray[np.uint32], metaplasticity: float = 0.0) -> None:
        """Move every hidden weight against the gradient of `analogue`, by whole steps, right on average (`hidden.update_matrix`).

        With metaplasticity m a step that makes |h| smaller is taken 1 - tanh^2(m |h|) times as often, h in full scales: what was learned long and surely is hard to undo
        (Laborieux et al., Nat. Commun. 12, 2549 (2021)). The controller reads the word it rewrites, so it needs a table and no memory.
        """
        if self.analogue.grad is None:
            return
        gradient = np.ascontiguousarray(self.analogue.grad.numpy(), F4)
        if metaplasticity:
            share = self.hidden.numpy() * F4(1.0 / FULL_SCALE)
            gradient = np.where(gradient * share > 0.0, gradient * (1.0 - np.tanh(F4(metaplasticity) * share) ** 2), gradient).astype(F4)
        hidden, lsb_writes, stale = _flat(self.hidden), _flat(self.lsb_writes), _flat(self.stale)
        scale = F4(rate) * F4(FULL_SCALE) / F4(self.full) * ONE
        offset, moved = I2(self.rule.offset), (gradient, row_words, column_words, scale)
        if cells := self.cells:
            units, touched = update_matrix_devices(U8(int(self.seed)), U8(self.tally.samples), hidden, lsb_writes, stale, cells, offset, *moved, self.devices)
        else:
            units, touched = update_matrix(hidden, lsb_writes, stale, offset, *moved, self._scratch)
        self.count(fecap_writes=units, updates=touched, steps=1)

    def held(self) -> Tensor:
        """What a product meets (rows, columns), without gradient: the pairs with their faults, behind their wires. Writes through `.data` go unnoticed."""
        analogue = self.analogue
        if self._wired is None and not self._faulty():
            if self._plain is None or self._plain.data_ptr() != analogue.data_ptr():
                with torch.inference_mode(False):
                    self._plain = analogue.detach()
            return self._plain
        key = tuple((tensor._version, tensor.data_ptr()) for tensor in (analogue, self.strength, self.full))
        if self._held is None or self._held[0] != key:
            with torch.inference_mode(False):
                self._held = key, self._through(analogue.detach() / self.full) * self.full
        return self._held[1]

    def _faulty(self) -> bool:
        """Whether any device does not work, looked up once for every change of the fault map."""
        strength = self.strength
        key = strength._version, strength.data_ptr()
        if self._sound is None or self._sound[0] != key:
            self._sound = key, not bool((strength == 1.0).all())
        return self._sound[1]

    def _through(self, shares: Tensor) -> Tensor:
        pairs = self._pairs(shares.double().numpy())
        found = read_shares(pairs, self.devices) if self._wired is None else self._wired.shares(pairs)
        return torch.from_numpy(found.astype(F4))

    def _pairs(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.faults.applied(conductances(shares, self.devices))

    @property
    def faults(self) -> FaultMap:
        """What became of the devices."""
        return FaultMap(self.strength.double().numpy(), self.stuck.double().numpy())

    @faults.setter
    def faults(self, found: FaultMap) -> None:
        self.strength.copy_(torch.from_numpy(found.strength))
        self.stuck.copy_(torch.from_numpy(found.stuck))

    def fail(self, faults: Faults) -> None:
        """Let devices and lines fail, which ones by the layer's seed."""
        rows, columns = self.analogue.shape
        self.faults = draw_faults(faults, rows, columns, self.chip.geometry, self.devices, int(self.seed))

    def remap(self) -> None:
        """Move the rows of every tile to the lines whose faults spoil their weights least (`faults.remapped`)."""
        wanted = conductances((self.analogue.detach() / self.full).double().numpy(), self.devices)
        self.faults = remapped(self.faults, wanted, self.chip.geometry)

    def rest(self, time: float, temperature: float) -> None:
        """Let `time` [s] pass at `temperature` [K]: relaxation and drift of the memristors. Rests since a transfer are one of their joint length."""
        with torch.no_grad():
            if self.age == 0.0:
                self.written.copy_(self.analogue)
            self.age += float(equivalent(time, temperature, self.devices.filament))
            shares = relaxed_shares((self.written / self.full).double().numpy(), self.devices, int(self.seed), float(self.age))
            self.analogue.copy_(torch.from_numpy(shares) * self.full)

    def verify(self, weights: NDArray[Any], tolerance: float, most: int) -> float:
        """Program again, up to `most` times, the pairs that read further than `tolerance` (a share of the full scale) from `weights`.

        Returns the share of the pairs that still do. Every read has its noise, every SET the spread of its level; pairs are read one by
        one, so wires are left out, faults are not.
        """
        wanted, stale = weights / float(self.full), self.stale.numpy()
        pending = stale.copy()
        for attempt in range(most + 1):
            noise = self.readout.noise * normals(int(self.seed), Stream.VERIFY, self.tally.transfers, wanted.size).reshape(wanted.shape)
            held = read_shares(self._pairs((self.analogue.detach() / self.full).double().numpy()), self.devices)
            far = np.abs(held + noise - wanted) > tolerance
            self.count(verified=far.size)
            if attempt == most or not far.any():
                break
            stale[:] = far
            self.transfer(only_changed=True)
            pending[far] = 0
        stale[:] = pending
        return float(far.mean())

    def rehearsed(self) -> Tensor:
        """Weights as if `analogue` were written and transferred now, with gradients: levels and spread are passed straight through, wires exactly."""
        ideal = (self.analogue / self.full).detach().numpy()
        level = nearest(ideal, self.table.mean)
        xi = normals(int(self.seed), Stream.REHEARSAL, self.tally.rehearsals, ideal.size).reshape(ideal.shape)
        self.count(rehearsals=1)
        shares = torch.from_numpy((np.where(ideal < 0, -1.0, 1.0) * (self.table.mean[level] + self.table.spread[level] * xi)).astype(F4))
        own = self.analogue / self.full
        return _Through.apply(own + (shares - own).detach(), self) * self.full


def memories_of(model: torch.nn.Module) -> list[TwoMemories]:
    """The blocks of weights of a model that stand in two memories, in order: to let them fail, rest, be verified, or to look at them."""
    return [module for module in model.modules() if isinstance(module, TwoMemories)]


def some_memories_of(model: torch.nn.Module) -> list[TwoMemories]:
    """`memories_of` a model that has any; raises ConfigError for one that has none."""
    if found := memories_of(model):
        return found
    raise ConfigError("the model has no two-memory layers: build it from ferrion.nn layers, or call ferrion.nn.convert(model, chip) first")


def _flat(cells: Tensor) -> NDArray[Any]:
    """The same memory as a flat array."""
    return cells.detach().numpy().reshape(-1)


class _Through(torch.autograd.Function):
    """Shares of the full scale through faults and wires; backwards by `WiredPairs.gradient`."""

    @staticmethod
    def forward(ctx: Any, shares: Tensor, memories: TwoMemories) -> Tensor:
        ctx.save_for_backward(shares)
        ctx.memories = memories
        return memories._through(shares)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (shares,), memories = ctx.saved_tensors, ctx.memories
        ideal, slope = shares.double().numpy(), slopes[0].double().numpy()
        pairs, span = memories._pairs(ideal), memories.devices.g_span
        gradient = np.stack([slope, -slope], axis=-1) / span if memories._wired is None else memories._wired.gradient(pairs, slope)
        gradient = memories.faults.strength * gradient * span
        side = (ideal < 0).astype(int)
        own = np.take_along_axis(gradient, side[..., None], -1)[..., 0]
        return torch.from_numpy((np.where(ideal < 0, -own, own)).astype(F4)), None
