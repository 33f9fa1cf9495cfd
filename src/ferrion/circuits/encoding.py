"""How numbers reach the lines of an array: as amplitudes, as pulse widths, or bit by bit.

Drivers round numbers to whole steps of their range; an encoding turns those into one or more reads, whose results the digital side adds up.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.errors import ConfigError

Floats = NDArray[np.float32]
F4, U8 = np.float32, np.uint64
MOST_BITS = 16


class Plane(NamedTuple):
    """One read of an array."""

    drive: Floats
    """What the lines carry, (samples, lines)."""
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

    def planes(self, whole: Floats, depth: int) -> list[Plane]:
        """The reads that carry `whole` steps (samples, lines) in -(2^bits - 1)..2^bits - 1, for tiles of `depth` lines."""
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

    def planes(self, whole: Floats, depth: int) -> list[Plane]:
        """One plane."""
        return [Plane(whole, squares(whole, depth), steps(self.bits), 1.0, int(np.count_nonzero(whole)))]


class PulseWidth(_Bits):
    """Full voltage for as many slots as the number has steps, the current integrated: one read, no converter a line. White noise grows with time."""

    reads = 1

    @property
    def slots(self) -> int:
        """As many as the largest number has steps."""
        return steps(self.bits)

    def planes(self, whole: Floats, depth: int) -> list[Plane]:
        """One plane."""
        times = squares(np.sqrt(np.abs(whole)), depth)
        return [Plane(whole, times * F4(steps(self.bits)), steps(self.bits), 1.0, int(np.abs(whole).sum(dtype=np.float64)))]


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

    def planes(self, whole: Floats, depth: int) -> list[Plane]:
        """A plane for each bit, the largest first."""
        magnitude, found = np.abs(whole).astype(np.int32), []
        for bit in range(self.bits - 1, -1, -1):
            drive = np.copysign((magnitude >> bit & 1).astype(F4), whole)
            found.append(Plane(drive, squares(drive, depth), 1.0, 2.0**bit / steps(self.bits), int(np.count_nonzero(drive))))
        return found


def steps(bits: int) -> int:
    """Steps of the largest magnitude of so many bits."""
    return int(2**bits - 1)


def squares(drive: Floats, depth: int) -> Floats:
    """Sum of squares of the lines of each tile of `depth` lines: (samples, lines) -> (samples, tiles)."""
    found = np.empty((len(drive), -(-drive.shape[1] // depth)), F4)
    _squares(drive, depth, found)
    return found


@compiled
def _squares(drive, depth, found):
    part = np.empty(16, F4)
    for s in range(drive.shape[0]):
        for t in range(U8(found.shape[1])):
            line = drive[s, t * U8(depth) : min((t + U8(1)) * U8(depth), U8(drive.shape[1]))]
            whole = U8(line.size) // U8(16)
            part[:] = F4(0)
            for i in range(whole):
                for k in range(U8(16)):
                    part[k] += line[i * U8(16) + k] * line[i * U8(16) + k]
            for i in range(whole * U8(16), U8(line.size)):
                part[0] += line[i] * line[i]
            found[s, t] = part.sum()


@compiled
def driven(numbers, ones, scale, largest, lines):
    """lines (samples, lines) <- numbers (samples, n), then 1 on `ones` bias lines, times `scale`, rounded, cut at +-largest; 0 on empty lines.

    largest = 0 drives exactly. Returns how many lines are driven, over all samples, and the largest magnitude of `numbers` (NaN if any is).
    """
    count, n, scale, largest = U8(0), U8(numbers.shape[1]), F4(scale), F4(largest)
    bias = scale if largest == F4(0) else min(F4(np.rint(scale)), largest)
    most, wrong, driving = np.zeros(numbers.shape[1], F4), np.zeros(numbers.shape[1], F4), np.zeros(numbers.shape[1], np.uint32)
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
        for i in range(n, n + U8(ones)):
            line[i] = bias
        for i in range(n + U8(ones), U8(lines.shape[1])):
            line[i] = F4(0)
    for i in range(n):
        count += U8(driving[i])
    return count + U8(numbers.shape[0] * ones), most.max() + wrong.sum()
