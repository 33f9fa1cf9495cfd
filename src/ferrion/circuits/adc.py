"""Analogue-to-digital converters by successive approximation (SAR): capacitor mismatch, offset, noise, saturation, calibration, price.

A SAR converter compares its input with a sum of binary-weighted capacitors, largest first, and keeps a capacitor's share where the input
is no smaller. Mismatched capacitors bend its characteristic (integral nonlinearity); inputs beyond the range end at the first or last code.
"""

from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.errors import ConfigError
from ferrion.core.noise import fill_normals, normals

Floats = NDArray[np.float32]
F4, U8 = np.float32, np.uint64
MOST_BITS = 16


class Sar(NamedTuple):
    """The [adc] section of a converter card. Errors are in units of the ideal least significant bit (LSB)."""

    bits: Annotated[float, "1"]
    noise: Annotated[float, "1"]
    """Standard deviation of one conversion [LSB]."""
    offset: Annotated[float, "1"]
    """Standard deviation of the offset from converter to converter [LSB]."""
    mismatch: Annotated[float, "1"]
    """Standard deviation of a unit capacitor as a share of it."""
    walden: Annotated[float, "J"]
    """Energy of one conversion over 2^bits (Walden's figure of merit)."""
    rate: Annotated[float, "1/s"]
    """Conversions a second."""
    area: Annotated[float, "m^2"]

    @property
    def joules(self) -> float:
        """Energy [J] of one conversion: walden 2^bits."""
        return self.walden * 2.0**self.bits


class Converters(NamedTuple):
    """The converters behind the columns of a layer: tiles (T,) by columns (M,). A converter that serves several columns stands once for each."""

    shares: Floats
    """What each capacitor weighs [LSB], largest first: (T, bits M), all columns' largest capacitors, then their next."""
    offset: Floats
    """(T, M) [LSB]."""
    zero: Floats
    """What the controller subtracts from every code after calibration: (T, M) [LSB]."""


def draw_converters(sar: Sar, tiles: int, columns: int, columns_per_adc: int, seed: int, stream: int) -> Converters:
    """Converters of one chip. Raises ConfigError unless sar.bits is a whole number of 2 to 16 and no error is negative or NaN."""
    if not (sar.bits == int(sar.bits) and 2 <= sar.bits <= MOST_BITS):
        raise ConfigError(f"bits = {sar.bits:g} of the converter: give a whole number of 2 to {MOST_BITS}")
    if not all(np.isfinite(sar)) or min(sar) < 0:
        raise ConfigError(f"{sar}: give finite numbers of 0 or more")
    bits, each = int(sar.bits), -(-columns // columns_per_adc)
    own = np.repeat(np.arange(each), columns_per_adc)[:columns]
    ideal = 2.0 ** np.arange(bits - 1, -1, -1)[:, None]
    shares = ideal + np.sqrt(ideal) * sar.mismatch * normals(seed, stream, 0, bits * tiles * each).reshape(bits, -1)
    shares *= (2.0**bits - 1.0) / shares.sum(axis=0)
    offset = sar.offset * normals(seed, stream, 1, tiles * each).reshape(tiles, each)
    return Converters(
        shares=np.ascontiguousarray(shares.reshape(bits, tiles, each)[:, :, own].transpose(1, 0, 2).reshape(tiles, -1), F4),
        offset=np.ascontiguousarray(offset[:, own], F4),
        zero=np.zeros((tiles, columns), F4),
    )


def calibrated(converters: Converters, noise: float, reads: int, seed: int, stream: int) -> Converters:
    """The same converters after the controller has converted an input of 0 `reads` times and kept the mean code."""
    tiles, columns = converters.offset.shape
    out = np.zeros((reads, columns), F4)
    zero = np.empty((tiles, columns), F4)
    for tile in range(tiles):
        one = Converters(converters.shares[tile : tile + 1], converters.offset[tile : tile + 1], np.zeros((1, columns), F4))
        out[:] = 0.0
        converter(converters.shares.shape[1] // columns)(np.zeros((1, reads, columns), F4), np.zeros((reads, 1), F4), 1.0, 0.0, noise, one, seed, stream, tile, out)
        zero[tile] = out.mean(axis=0)
    return converters._replace(zero=zero)


@lru_cache
def converter(bits: int) -> Any:
    """The compiled conversion of `bits` bits, unrolled over them: `convert(partials, power, scale, sigma, noise, converters, seed, stream, step, out)`.

    Converts the partial sums (T, S, M) of every tile and adds them, in LSB, to out (S, M). scale: LSB per unit of `partials`. Read noise is
    sigma sqrt(power) for power (S, T): independent Gaussian devices of one deviation give, exactly, one Gaussian of variance sigma^2 (sum of
    squared inputs). noise: the converter's own [LSB]. Returns how many conversions ended at the first or the last code, and the largest
    magnitude of `partials`.
    """
    middle, last = F4(1 << (bits - 1)), F4((1 << bits) - 1)

    @compiled
    def convert(partials, power, scale, sigma, noise, converters, seed, stream, step, out):
        tiles, samples, columns = partials.shape
        scale, sigma, noise, seed, stream, step = F4(scale), F4(sigma), F4(noise), U8(seed), U8(stream), U8(step)
        rails, half = 0, U8(columns + 1) // U8(2)
        words = np.empty((half + U8(3)) // U8(4) * U8(4), np.uint32)
        drawn = np.zeros(2 * words.size, F4)
        code, left, most = np.empty(columns, F4), np.empty(columns, F4), np.zeros(columns, F4)
        for t in range(tiles):
            offset, zero, shares = converters.offset[t], converters.zero[t], converters.shares[t]
            for s in range(samples):
                row, result = partials[t, s], out[s]
                spread = F4(np.sqrt(sigma * scale * sigma * scale * power[s, t] + noise * noise))
                if spread > F4(0):
                    fill_normals(seed, stream, (step << U8(32)) + U8(t * samples + s), words, drawn)
                for j in range(U8(columns)):
                    left[j] = row[j] * scale + (middle + F4(0.5)) + offset[j] + spread * drawn[j]
                for j in range(U8(columns)):
                    found, held, value, rest = F4(0), F4(0), middle, left[j]
                    for b in range(bits):
                        tried = held + shares[U8(b) * U8(columns) + j]
                        taken = tried <= rest
                        held = tried if taken else held
                        found += value if taken else F4(0)
                        value = value * F4(0.5)
                    code[j] = found
                for j in range(U8(columns)):
                    rails += (code[j] == F4(0)) | (code[j] == last)
                for j in range(U8(columns)):
                    result[j] += code[j] - middle - zero[j]
                for j in range(U8(columns)):
                    size = abs(row[j])
                    most[j] = size if size > most[j] else most[j]
        return rails, most.max()

    return convert
