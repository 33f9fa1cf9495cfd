"""Products through the arrays of a layer, forward and backward, with drivers, read noise and converters.

A layer is cut into tiles; every tile's columns are converted and the digital side adds up the partial sums. Backwards the same pairs are read from
their columns to their rows. The weights' gradient is the digital product of what was driven and the errors.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from ferrion.circuits.adc import Converters, Sar, calibrated, converter, draw_converters
from ferrion.circuits.encoding import MOST_BITS, Plane, driven, squares, steps
from ferrion.core.errors import DataError
from ferrion.core.noise import Stream, add_normals
from ferrion.learning.memories import Tally, TwoMemories

F4, U8 = np.float32, np.uint64
READS, VECTORS, PRODUCTS, CONVERSIONS, RAILS = (Tally._fields.index(name) for name in ("reads", "vectors", "products", "conversions", "rails"))
ROWS, PULSES = ([Tally._fields.index(name) for name in names] for names in (("forward_rows", "backward_rows"), ("forward_pulses", "backward_pulses")))
DRIVEN, CONVERTED = 0, 1
TINY = 1e-30
"""Least range: of a layer that has seen nothing but 0."""
MARGIN = 3.0
"""Deviations of the read noise for which a converter's range leaves room."""
FOLLOW = 0.05
"""How far the ranges of drivers and converters move towards a training batch's largest number."""


class Side(NamedTuple):
    """One way through the arrays."""

    depth: int
    """Rows of a tile that are driven."""
    stream: int
    """Draws of the read noise."""
    adc: int
    """Draws of the converters."""


class Noise(NamedTuple):
    """The draws of one read, and the deviation of a weight's read at a drive of 1."""

    seed: int
    stream: int
    step: int
    sigma: float


class Converted(NamedTuple):
    """One read of all tiles: their sum (samples, outputs), how many conversions ended at a rail, and the largest partial sum with room for noise."""

    out: NDArray[np.float32]
    rails: int
    most: float
    """In the layer's units, as the range."""


class ArrayRead:
    """Reads a layer's memories. Ranges of drivers and converters follow the training batches and stand still in evaluation; the first batch sets them."""

    def __init__(self, memories: TwoMemories) -> None:
        geometry = memories.chip.geometry
        self.memories = memories
        self.sides = Side(geometry.lines, int(Stream.READ), int(Stream.ADC)), Side(geometry.weights_per_line, int(Stream.READ_BACK), int(Stream.ADC_BACK))
        self._converters: dict[tuple[int, int], Converters] = {}
        self._cells: dict[int, tuple[Tensor | None, Tensor]] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs (samples, inputs) @ weights + bias, through the arrays: (samples, columns)."""
        memories = self.memories
        if memories.rehearsing and memories.training:
            weights = memories.rehearsed()
            return _Product.apply(inputs, weights, weights.detach(), self)
        return _Product.apply(inputs, memories.analogue, memories.held(), self)

    def product(self, side: int, numbers: Tensor, met: Tensor) -> tuple[Tensor, float, Tensor]:
        """What the drivers made of `numbers` (samples, n), as lines (samples, lines of all tiles) and what one step of theirs stands for; and the product.

        Raises DataError on NaN.
        """
        memories, cells, readout = self.memories, self._cells_of(side, met), self.memories.readout
        source, ones, depth = numbers.numpy(), (len(met) - memories.inputs) * (1 - side), cells.shape[1]
        seed, full, done, ranges = memories.books(side)
        top, settled = float(ranges[DRIVEN]), True
        if math.isnan(top):
            top = float(np.abs(source).max(initial=0.0))
            settled = top > 0
            top = max(top, float(ones > 0)) or 1.0 if readout.encoding else 1.0
        largest = steps(readout.encoding.bits) if readout.encoding else 0
        lines = np.empty((len(source), cells.shape[0] * depth), F4)
        driving, most = driven(source, ones, (largest or 1) / top, largest, lines)
        if not math.isfinite(most):
            raise DataError("a layer was given NaN or infinite numbers: look at its inputs, or lower the learning rate")
        planes = readout.encoding.planes(lines, depth) if readout.encoding else [Plane(lines, squares(lines, depth), 1.0, 1.0, driving)]
        done[READS] += 1
        done[VECTORS] += len(source)
        done[ROWS[side]] += driving if len(planes) == 1 else sum(plane.pulses for plane in planes)
        done[PULSES[side]] += sum(plane.pulses for plane in planes)
        noise = Noise(seed, self.sides[side].stream, int(done[READS]) * MOST_BITS, readout.noise * full)
        found = [self._read(side, noise, slot, plane, cells, top, float(ranges[CONVERTED])) for slot, plane in enumerate(planes)]
        total = found[0].out
        for more in found[1:]:
            total += more.out
        if readout.adc:
            done[CONVERSIONS] += len(found) * planes[0].power.shape[1] * total.size
            done[RAILS] += sum(one.rails for one in found)
        if settled:
            self._follow(ranges, top, max(most, float(ones > 0), TINY) if largest else top, max(TINY, *(one.most for one in found)))
        return torch.from_numpy(lines), top / (largest or 1), torch.from_numpy(total)

    def _follow(self, ranges: NDArray[np.float32], top: float, largest: float, converted: float) -> None:
        """Set ranges that have not been set; move others towards what a training batch needed."""
        ranges[DRIVEN] = top
        if math.isnan(ranges[CONVERTED]):
            ranges[CONVERTED] = converted
        elif self.memories.training:
            ranges[DRIVEN] += FOLLOW * (largest - top)
            ranges[CONVERTED] += FOLLOW * (converted - ranges[CONVERTED])

    def _read(self, side: int, noise: Noise, slot: int, plane: Plane, cells: Tensor, top: float, reach: float) -> Converted:
        """One read: noise, conversion, sum of the partial sums. reach: range of the converters at a full drive of `top`; NaN: what this read needs."""
        adc, drive = self.memories.readout.adc, torch.from_numpy(plane.drive)
        draws, unit = (noise.seed, noise.stream, noise.step + slot), top / plane.full
        if adc is None:
            out = (drive @ cells.flatten(0, 1)).numpy()
            if noise.sigma > 0:
                add_normals(*draws, F4(noise.sigma) * np.sqrt(plane.power.sum(1)), out)
            out *= F4(unit * plane.weight)
            return Converted(out, 0, 0.0)
        partials = torch.bmm(drive.view(len(drive), *cells.shape[:2]).transpose(0, 1), cells).numpy()
        over = MARGIN * noise.sigma * math.sqrt(plane.power.max())
        if math.isnan(reach):
            reach = max((float(np.abs(partials).max()) + over) * unit, TINY)
        lsb = reach / 2.0 ** (adc.bits - 1)
        out = np.zeros(partials.shape[1:], F4)
        converters = self._converters_of(side, partials.shape[0], partials.shape[2], adc, noise.seed)
        rails, most = converter(int(adc.bits))(partials, plane.power, unit / lsb, noise.sigma, adc.noise, converters, *draws, out)
        out *= F4(lsb * plane.weight)
        return Converted(out, rails, (most + over) * unit)

    def _cells_of(self, side: int, met: Tensor) -> Tensor:
        """The weights met, tile by tile, empty lines 0: (tiles, lines of a tile, outputs)."""
        known, cells = self._cells.get(side, (None, met))
        if known is not met:
            turned, depth = met if side == 0 else met[: self.memories.inputs].T, self.sides[side].depth
            cells = pad(turned, (0, 0, 0, -len(turned) % depth)).view(-1, depth, turned.shape[1])
            self._cells[side] = met, cells
        return cells

    def _converters_of(self, side: int, tiles: int, columns: int, adc: Sar, seed: int) -> Converters:
        """The converters of one side of this chip, calibrated."""
        if (seed, side) not in self._converters:
            stream, reads = self.sides[side].adc, self.memories.readout.calibration
            fresh = draw_converters(adc, tiles, columns, self.memories.readout.weights_per_adc, seed, stream)
            self._converters[seed, side] = calibrated(fresh, adc.noise, reads, seed, int(Stream.CALIBRATION)) if reads else fresh
        return self._converters[seed, side]


class _Product(torch.autograd.Function):
    """The array's product; backwards its transposed read, and the digital product of drives and errors."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, _weights: Tensor, met: Tensor, reading: ArrayRead) -> Tensor:
        lines, unit, out = reading.product(0, inputs.contiguous(), met)
        ctx.save_for_backward(lines, met)
        ctx.reading, ctx.unit = reading, unit
        return out

    @staticmethod
    def backward(ctx: Any, *errors: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        (lines, met), reading, (error,) = ctx.saved_tensors, ctx.reading, errors
        if not bool(error.isfinite().all()):
            raise DataError("errors that come back to a layer are NaN or infinite: lower the learning rate, or look at the loss")
        below = None
        if ctx.needs_input_grad[0]:
            if reading.memories.readout.errors_on_chip:
                scale = error.abs().amax(1, keepdim=True).clamp(min=torch.finfo(error.dtype).tiny)
                below = reading.product(1, error / scale, met)[2] * scale
            else:
                below = error @ met[: reading.memories.inputs].T
        if ctx.needs_input_grad[1]:
            reading.memories.tallied.numpy()[PRODUCTS] += lines.shape[0] * met.numel()
        return below, lines[:, : len(met)].T @ (error * ctx.unit) if ctx.needs_input_grad[1] else None, None, None
