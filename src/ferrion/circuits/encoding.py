"""How numbers reach the lines of an array: as amplitudes, as pulse widths, or bit by bit.

Drivers round numbers to whole steps of their range; an encoding turns those into one or more reads, whose results the digital side adds up.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled, inlined
from ferrion.core.errors import ConfigError

Floats = NDArray[np.float32]
F4, U8 = np.float32, np.uint64
MOST_BITS = 16
LANES = U8(16)
TINY = F4(np.finfo(F4).tiny)


class Plane(NamedTuple):
    """One read of an array."""

    drive: Floats
    """What the lines carry, (samples, lines)."""
    depth: int
    """Lines of a tile."""
    power: Floats
    """Variance of the sum of the read noise of a tile's devices, over that of one device at a drive of 1: (samples, tiles)."""
    full: float
    """The drive at full voltage for a full read."""
    weight: float
    """By what the digital side multiplies the result of a read at full drive."""
    pulses: int
    """Unit pulses on lines, over all samples: what reads are charged by."""


class Encoding(Protocol):
    """What a driver does with a number."""

    @property
    def bits(self) -> int:
        """Of the magnitude; the sign is driven besides."""
        ...

    @property
    def slots(self) -> int:
        """Unit pulses one product takes."""
        ...

    @property
    def reads(self) -> int:
        """Conversions of every column one product takes."""
        ...

    def planes(self, whole: Plane) -> list[Plane]:
        """The reads that carry whole steps in -(2^bits - 1)..2^bits - 1, given as one read of their amplitudes."""
        ...


@dataclass(frozen=True)
class _Bits:
    bits: int

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= MOST_BITS:
            raise ConfigError(f"bits = {self.bits} of an input: give 1 to {MOST_BITS} (besides the sign)")


class Amplitude(_Bits):
    """A digital-to-analogue converter a line: magnitude and sign as voltage, one read. A device's noise grows with its voltage."""

    slots, reads = 1, 1

    def planes(self, whole: Plane) -> list[Plane]:
        """One plane."""
        return [whole]


class PulseWidth(_Bits):
    """Full voltage for as many slots as the number has steps, the current integrated: one read, no converter a line. White noise grows with time."""

    reads = 1

    @property
    def slots(self) -> int:
        """As many as the largest number has steps."""
        return steps(self.bits)

    def planes(self, whole: Plane) -> list[Plane]:
        """One plane."""
        times = np.abs(whole.drive)
        return [whole._replace(power=_summed(times, whole.depth) * F4(whole.full), pulses=int(times.sum(dtype=np.float64)))]


class BitSerial(_Bits):
    """One read for each bit of the magnitude, lines on or off, the results shifted and added. Every read has noise of its own."""

    @property
    def slots(self) -> int:
        """One pulse a bit."""
        return self.bits

    @property
    def reads(self) -> int:
        """One conversion a bit."""
        return self.bits

    def planes(self, whole: Plane) -> list[Plane]:
        """A plane for each bit, the largest first."""
        magnitude, found = np.abs(whole.drive).astype(np.int32), []
        for bit in range(self.bits - 1, -1, -1):
            on = (magnitude >> bit & 1).astype(F4)
            found.append(Plane(np.copysign(on, whole.drive), whole.depth, _summed(on, whole.depth), 1.0, 2.0**bit / whole.full, int(np.count_nonzero(on))))
        return found


def steps(bits: int) -> int:
    """Steps of the largest magnitude of so many bits."""
    return int(2**bits - 1)


def _summed(lines: Floats, depth: int) -> Floats:
    """Sum over the lines of each tile of `depth` lines: (samples, lines) -> (samples, tiles)."""
    return np.asarray(np.add.reduceat(lines, np.arange(0, lines.shape[1], depth), axis=1))


def amplitudes(numbers: Floats, ones: int, scale: float, largest: int, depth: int) -> tuple[Plane, float]:
    """Numbers (samples, n), then 1 on `ones` bias lines, times `scale`, rounded to whole steps and cut at +-largest (0: driven exactly), as one read.

    Also the largest magnitude of `numbers`, NaN if any is.
    """
    lines = np.empty((len(numbers), numbers.shape[1] + ones), F4)
    power = np.empty((len(numbers), -(-lines.shape[1] // depth)), F4)
    pulses, most = driven(numbers, scale, largest, depth, lines, power)
    return Plane(lines, depth, power, largest or 1.0, 1.0, pulses), most


@compiled
def driven(numbers, scale, largest, depth, lines, power):
    """`amplitudes` into lines (samples, n + ones) and power (samples, tiles); returns how many lines are driven, over all samples, and the largest number."""
    n, width, depth, scale, largest = U8(numbers.shape[1]), U8(lines.shape[1]), U8(depth), F4(scale), F4(largest)
    bias = scale if largest == F4(0) else min(F4(np.rint(scale)), largest)
    most, wrong, driving = np.zeros(n, F4), np.zeros(n, F4), np.zeros(n, np.uint32)
    part = np.empty(LANES, F4)
    for s in range(numbers.shape[0]):
        source, line = numbers[s], lines[s]
        for i in range(n):
            size = abs(source[i])
            most[i] = size if size > most[i] else most[i]
            wrong[i] += source[i] - source[i]
        if largest == F4(0):
            for i in range(n):
                line[i] = source[i] * scale
        else:
            for i in range(n):
                steps = source[i] * scale
                steps = steps if steps < largest else largest
                steps = steps if steps > -largest else -largest
                line[i] = np.rint(steps)
        for i in range(n):
            driving[i] += np.uint32(line[i] != F4(0))
        for i in range(n, width):
            line[i] = bias
        for t in range(U8(power.shape[1])):
            power[s, t] = sum_of_squares(line[t * depth : min((t + U8(1)) * depth, width)], part)
    count = U8(numbers.shape[0]) * (width - n)
    for i in range(n):
        count += U8(driving[i])
    return count, most.max() + wrong.sum()


@inlined
def sum_of_squares(numbers, part):
    """In as many partial sums as a vector has lanes."""
    part[:] = F4(0)
    for i in range(U8(numbers.size) // LANES):
        for k in range(LANES):
            part[k] += numbers[i * LANES + k] * numbers[i * LANES + k]
    for i in range(U8(numbers.size) // LANES * LANES, U8(numbers.size)):
        part[U8(0)] += numbers[i] * numbers[i]
    return part.sum()


@inlined
def largest_of(numbers, part):
    """Largest magnitude, `TINY` at least; NaN does not count."""
    part[:] = TINY
    for i in range(U8(numbers.size) // LANES):
        for k in range(LANES):
            size = abs(numbers[i * LANES + k])
            part[k] = size if size > part[k] else part[k]
    for i in range(U8(numbers.size) // LANES * LANES, U8(numbers.size)):
        part[U8(0)] = max(part[U8(0)], abs(numbers[i]))
    return part.max()


@compiled
def normalised(numbers, sizes, shares):
    """sizes (samples, 1) <- the largest magnitude of each row of numbers (samples, n), shares <- numbers / sizes; returns the largest of all (NaN if any is)."""
    wrong, part = np.zeros(numbers.shape[1], F4), np.empty(LANES, F4)
    for s in range(numbers.shape[0]):
        row, share = numbers[s], shares[s]
        most = largest_of(row, part)
        sizes[s, 0] = most
        for j in range(U8(row.size)):
            share[j] = row[j] / most
            wrong[j] += share[j] - share[j]
    return sizes.max() + wrong.sum()
