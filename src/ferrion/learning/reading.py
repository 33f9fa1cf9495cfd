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

from ferrion.circuits.adc import MARGIN, Converters, Sar, calibrated, converter, draw_converters
from ferrion.circuits.encoding import MOST_BITS, Plane, amplitudes, normalised, steps
from ferrion.core.errors import DataError
from ferrion.core.noise import Stream, add_normals
from ferrion.learning.memories import Tally, TwoMemories

Floats = NDArray[np.float32]
F4 = np.float32
READS, VECTORS, PRODUCTS, CONVERSIONS, RAILS = (Tally._fields.index(name) for name in ("reads", "vectors", "products", "conversions", "rails"))
ROWS, PULSES = ([Tally._fields.index(name) for name in names] for names in (("forward_rows", "backward_rows"), ("forward_pulses", "backward_pulses")))
DRIVEN, CONVERTED = 0, 1
TINY = 1e-30
"""Least range: of a layer that has seen nothing but 0."""
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


class Block(NamedTuple):
    """Tiles of one depth, one below the other."""

    first: int
    """Number of its first tile."""
    lines: slice
    cells: Floats
    """(tiles, depth, outputs), a view of the layer's weights."""


class Noise(NamedTuple):
    """The draws of one read, and the deviation of a weight's read at a drive of 1."""

    seed: int
    stream: int
    step: int
    sigma: float


class Converted(NamedTuple):
    """One read of all tiles: their sum (samples, outputs), how many conversions ended at a rail, and the largest partial sum with room for noise."""

    out: Floats
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
        self._blocks: dict[int, tuple[Tensor, list[Block]]] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs (samples, inputs) @ weights + bias, through the arrays: (samples, columns)."""
        memories = self.memories
        if memories.rehearsing and memories.training:
            weights = memories.rehearsed()
            return _Product.apply(inputs, weights, weights.detach(), self)
        return _Product.apply(inputs, memories.analogue, memories.held(), self)

    def product(self, side: int, numbers: Tensor, met: Tensor) -> tuple[Tensor, float, Tensor]:
        """What the drivers made of `numbers` (samples, n), as lines (samples, n + bias lines) and what one step of theirs stands for; and the product.

        Raises DataError on NaN.
        """
        memories, readout, depth = self.memories, self.memories.readout, self.sides[side].depth
        source, ones = numbers.numpy(), (len(met) - memories.inputs) * (1 - side)
        seed, full, done, ranges = memories.books(side)
        top, settled = float(ranges[DRIVEN]), True
        if math.isnan(top):
            top = float(np.abs(source).max(initial=0.0))
            settled = top > 0
            top = max(top, float(ones > 0)) or 1.0 if readout.encoding else 1.0
        largest = steps(readout.encoding.bits) if readout.encoding else 0
        whole, most = amplitudes(source, ones, (largest or 1) / top, largest, depth)
        if not math.isfinite(most):
            raise DataError("a layer was given NaN or infinite numbers: look at its inputs, or lower the learning rate")
        planes = readout.encoding.planes(whole) if readout.encoding else [whole]
        done[READS] += 1
        done[VECTORS] += len(source)
        done[ROWS[side]] += whole.pulses if len(planes) == 1 else sum(plane.pulses for plane in planes)
        done[PULSES[side]] += sum(plane.pulses for plane in planes)
        noise = Noise(seed, self.sides[side].stream, int(done[READS]) * MOST_BITS, readout.noise * full)
        found = [self._read(side, noise, slot, plane, met, top, float(ranges[CONVERTED])) for slot, plane in enumerate(planes)]
        total = found[0].out
        for more in found[1:]:
            total += more.out
        if readout.adc:
            done[CONVERSIONS] += len(found) * planes[0].power.shape[1] * total.size
            done[RAILS] += sum(one.rails for one in found)
        if settled:
            self._follow(ranges, top, max(most, float(ones > 0), TINY) if largest else top, max(TINY, *(one.most for one in found)))
        return torch.from_numpy(whole.drive), top / (largest or 1), torch.from_numpy(total)

    def _follow(self, ranges: Floats, top: float, largest: float, converted: float) -> None:
        """Set ranges that have not been set; move others towards what a training batch needed."""
        ranges[DRIVEN] = top
        if math.isnan(ranges[CONVERTED]):
            ranges[CONVERTED] = converted
        elif self.memories.training:
            ranges[DRIVEN] += FOLLOW * (largest - top)
            ranges[CONVERTED] += FOLLOW * (converted - ranges[CONVERTED])

    def _read(self, side: int, noise: Noise, slot: int, plane: Plane, met: Tensor, top: float, reach: float) -> Converted:
        """One read: noise, conversion, sum of the partial sums. reach: range of the converters at a full drive of `top`; NaN: what this read needs."""
        adc = self.memories.readout.adc
        draws, unit = (noise.seed, noise.stream, noise.step + slot), top / plane.full
        if adc is None:
            out = plane.drive @ (met.numpy() if side == 0 else met.numpy()[: self.memories.inputs].T)
            if noise.sigma > 0:
                add_normals(*draws, F4(noise.sigma) * np.sqrt(plane.power.sum(1)), out)
            out *= F4(unit * plane.weight)
            return Converted(out, 0, 0.0)
        partials = self._partials(side, plane.drive, met, plane.power.shape[1])
        if math.isnan(reach):
            most = float(np.abs(partials).max())
            reach = max((most + float(MARGIN) * noise.sigma * math.sqrt(plane.power.max())) * unit, TINY)
        tiles, samples, columns = partials.shape
        lsb, out = reach / 2.0 ** (adc.bits - 1), np.zeros((samples, columns), F4)
        converters = self._converters_of(side, tiles, columns, adc, noise.seed)
        rails, most = converter(int(adc.bits))(0, partials, plane.power, unit / lsb, noise.sigma, adc.noise, converters, *draws, out)
        out *= F4(lsb * plane.weight)
        return Converted(out, rails, most * unit)

    def _partials(self, side: int, drive: Floats, met: Tensor, tiles: int) -> Floats:
        """What every tile's columns sum up, (tiles, samples, columns)."""
        blocks = self._blocks_of(side, met)
        sums = np.empty((tiles, len(drive), blocks[0].cells.shape[2]), F4)
        for first, lines, cells in blocks:
            several, depth, _ = cells.shape
            np.matmul(drive[:, lines].reshape(-1, several, depth).transpose(1, 0, 2), cells, out=sums[first : first + several])
        return sums

    def _blocks_of(self, side: int, met: Tensor) -> list[Block]:
        """The weights met as the tiles that are full and the one that is not."""
        known, blocks = self._blocks.get(side, (None, []))
        if known is not met:
            weights, depth = met.numpy(), self.sides[side].depth
            turned = weights if side == 0 else weights[: self.memories.inputs].T
            full = len(turned) // depth
            cuts = (0, slice(0, full * depth)), (full, slice(full * depth, len(turned)))
            blocks = [Block(first, cut, turned[cut].reshape(-1, min(depth, cut.stop - cut.start), turned.shape[1])) for first, cut in cuts if cut.stop > cut.start]
            self._blocks[side] = met, blocks
        return blocks

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
        (lines, met), reading, error = ctx.saved_tensors, ctx.reading, errors[0].contiguous()
        sizes, shares = torch.empty(len(error), 1), torch.empty_like(error)
        if not math.isfinite(normalised(error.numpy(), sizes.numpy(), shares.numpy())):
            raise DataError("errors that come back to a layer are NaN or infinite: lower the learning rate, or look at the loss")
        below = gradient = None
        if ctx.needs_input_grad[0]:
            on_chip, inputs = reading.memories.readout.errors_on_chip, reading.memories.inputs
            below = reading.product(1, shares, met)[2].mul_(sizes) if on_chip else error @ met[:inputs].T
        if ctx.needs_input_grad[1]:
            reading.memories.tallied.numpy()[PRODUCTS] += np.count_nonzero(lines.numpy()) * met.shape[1]
            gradient = torch.from_numpy(products(lines.numpy().T, error.numpy() * F4(ctx.unit)))
        return below, gradient, None, None


def products(drives: Floats, errors: Floats) -> Floats:
    """drives (lines, samples) @ errors (samples, columns); of one sample without BLAS, which takes ten times longer for it."""
    return drives @ errors if len(errors) > 1 else drives * errors
