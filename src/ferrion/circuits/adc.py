"""Analogue-to-digital converters by successive approximation (SAR): capacitor mismatch, offset, gain, noise, saturation, calibration, price.

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
MARGIN = F4(3.0)
"""Deviations of the read noise for which a converter's range leaves room."""


class Sar(NamedTuple):
    """The [adc] section of a converter card. Errors are in units of the ideal least significant bit (LSB)."""

    bits: Annotated[float, "1"]
    noise: Annotated[float, "1"]
    """Standard deviation of one conversion [LSB]."""
    offset: Annotated[float, "1"]
    """Standard deviation of the offset from converter to converter [LSB], that of its sense amplifier or integrator included."""
    gain: Annotated[float, "1"]
    """Standard deviation of the gain of a sense amplifier or integrator, from converter to converter, as a share of it."""
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
    gain: Floats
    """What a partial sum is multiplied by before conversion: (T, M)."""
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
    offset, gain = (np.ascontiguousarray(normals(seed, stream, step, tiles * each).reshape(tiles, each)[:, own], F4) for step in (1, 2))
    return Converters(
        shares=np.ascontiguousarray(shares.reshape(bits, tiles, each)[:, :, own].transpose(1, 0, 2).reshape(tiles, -1), F4),
        offset=F4(sar.offset) * offset,
        gain=F4(1) + F4(sar.gain) * gain,
        zero=np.zeros((tiles, columns), F4),
    )


def calibrated(converters: Converters, noise: float, reads: int, seed: int, stream: int) -> Converters:
    """The same converters after the controller has converted an input of 0 `reads` times and kept the mean code."""
    tiles, columns = converters.offset.shape
    out = np.zeros((reads, columns), F4)
    zero = np.empty((tiles, columns), F4)
    convert, still = converter(converters.shares.shape[1] // columns), np.zeros((1, reads, columns), F4)
    for tile in range(tiles):
        out[:] = 0.0
        convert(tile, still, np.zeros((reads, tiles), F4), 1.0, 0.0, noise, converters, seed, stream, 0, out)
        zero[tile] = out.mean(axis=0)
    return converters._replace(zero=zero)


@lru_cache
def converter(bits: int) -> Any:
    """The compiled conversion of `bits` bits, unrolled over them: `convert(first, partials, power, scale, sigma, noise, converters, seed, stream, step, out)`.

    Converts the partial sums (t, S, M) of tiles `first`, first + 1 … and adds them, in LSB, to out (S, M). scale: LSB per unit of `partials`. Read noise is
    sigma sqrt(power) for power (S, T): independent Gaussian devices of one deviation give, exactly, one Gaussian of variance sigma^2 (sum of
    squared inputs). noise: the converter's own [LSB]. Returns how many conversions ended at the first or the last code, and the largest
    magnitude of `partials` with `MARGIN` deviations of its read noise.
    """
    middle, last = F4(1 << (bits - 1)), F4((1 << bits) - 1)

    @compiled
    def convert(first, partials, power, scale, sigma, noise, converters, seed, stream, step, out):
        tiles, samples, columns = partials.shape
        scale, sigma, noise, seed, stream, step = F4(scale), F4(sigma), F4(noise), U8(seed), U8(stream), U8(step)
        words = np.empty((U8(columns + 1) // U8(2) + U8(3)) // U8(4) * U8(4), np.uint32)
        drawn, entering, most, rails = np.zeros(2 * words.size, F4), np.empty(columns, F4), np.zeros(columns, F4), np.zeros(columns, np.uint32)
        loudest = F4(0)
        for t in range(first, first + tiles):
            offset, gain, zero, shares = converters.offset[t], converters.gain[t], converters.zero[t], converters.shares[t]
            for s in range(samples):
                row, result = partials[t - first, s], out[s]
                spread = F4(np.sqrt(sigma * scale * sigma * scale * power[s, t] + noise * noise))
                loudest = max(loudest, power[s, t])
                if spread > F4(0):
                    fill_normals(seed, stream, (step << U8(32)) + U8(t * samples + s), words, drawn)
                for j in range(U8(columns)):
                    size = abs(row[j])
                    most[j] = size if size > most[j] else most[j]
                    entering[j] = row[j] * scale * gain[j] + (middle + F4(0.5)) + offset[j] + spread * drawn[j]
                for j in range(U8(columns)):
                    code, value, rest = F4(0), middle, entering[j]
                    for b in range(bits):
                        share = shares[U8(b) * U8(columns) + j]
                        taken = share <= rest
                        rest -= share if taken else F4(0)
                        code += value if taken else F4(0)
                        value = value * F4(0.5)
                    rails[j] += np.uint32((code == F4(0)) | (code == last))
                    result[j] += code - middle - zero[j]
        return rails.sum(), most.max() + MARGIN * sigma * np.sqrt(loudest)

    return convert
