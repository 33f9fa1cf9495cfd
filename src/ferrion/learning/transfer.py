"""The transfer of sign and three most significant bits from the hidden to the analogue memory, every k samples."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import level_of, word_of
from ferrion.core.compiled import compiled, inlined
from ferrion.core.noise import NORMAL_TABLE, Stream, fill_words, word_at

F4, U1, U4, U8 = np.float32, np.uint8, np.uint32, np.uint64


SCALES = np.linspace(0.3, 1.0, 36)
"""Full scales tried for weights, as shares of the largest."""


class LevelTable(NamedTuple):
    """What the eight levels of a pair become, as shares of the full scale; calibrated from the device level."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


def nearest(shares: NDArray[Any], mean: NDArray[np.float32]) -> NDArray[np.int64]:
    """The level 0..7 whose mean is nearest to the magnitude of each share of the full scale."""
    return np.searchsorted((mean[1:] + mean[:-1]) / 2, np.abs(shares))


def best_scale(weights: NDArray[np.float64], mean: NDArray[np.float32]) -> float:
    """The full scale at which levels of these means (shares of it) leave the least squared error."""
    largest = float(np.abs(weights).max()) or 1.0
    errors = [float(np.square(np.abs(weights) - scale * mean[nearest(weights / scale, mean)]).sum()) for scale in SCALES * largest]
    return float(SCALES[int(np.argmin(errors))] * largest)


@compiled
def transfer(seed, step, net, hidden, stale, analogue, programmed, table, offset, only_changed, words, counts):
    """Program every pair (or those marked stale) to the level of its hidden weight, with its spread.

    Cell q of layer l takes 16 bits of stream TRANSFER + l: the upper half of word q, or the lower half of word q - n/2.
    """
    for layer in range(net.sizes.size - 1):
        part = slice(net.weights[layer], net.weights[layer + 1])
        counts[layer] += transfer_layer(
            seed, U8(Stream.TRANSFER + layer), step, hidden[part], stale[part], analogue[part], programmed[part], net.full[layer], table, offset, only_changed, words
        )


@compiled
def transfer_layer(seed, stream, step, hidden, stale, analogue, programmed, full, table, offset, only_changed, words):
    """One layer; returns how many pairs were programmed."""
    cells, count = hidden.size, 0
    half = ((cells + 1) // 2 + 3) // 4 * 4
    fill_words(seed, stream, step, words[:half])
    for part in range(2):
        first, last = part * half, min(cells, (part + 1) * half)
        shift = U4(20) if part == 0 else U4(4)
        count += transfer_cells(hidden[first:last], stale[first:last], analogue[first:last], programmed[first:last], full, table, offset, only_changed, words, shift)
    return count


@compiled
def transfer_cells(hidden, stale, analogue, programmed, full, table, offset, only_changed, words, shift):
    """One run of cells; returns how many were programmed."""
    count = 0
    for q in range(hidden.size):
        if only_changed and stale[q] == U1(0):
            continue
        program(q, hidden, stale, analogue, programmed, full, table, offset, words[q] >> shift)
        count += 1
    return count


@inlined
def program(q, hidden, stale, analogue, programmed, full, table, offset, drawn):
    """Pair q takes the level of its hidden weight, with the spread that the lower twelve bits of `drawn` choose."""
    level = level_of(word_of(hidden[q], offset))
    weight = full * (table.mean[level] + table.spread[level] * NORMAL_TABLE[drawn & U4(4095)])
    analogue[q] = -weight if hidden[q] < 0 else weight
    stale[q] = U1(0)
    programmed[q] += U4(1)


@compiled
def transfer_stale(seed, stream, step, hidden, stale, analogue, programmed, full, table, offset):
    """`transfer_layer` of the pairs marked stale, bit for bit, in a time that goes with how many they are: where few have changed."""
    cells, count = hidden.size, 0
    half = ((cells + 1) // 2 + 3) // 4 * 4
    eights = stale[: cells // 8 * 8].view(U8)
    for block in range((cells + 7) // 8):
        if block < eights.size and eights[block] == U8(0):
            continue
        for q in range(8 * block, min(8 * block + 8, cells)):
            if stale[q] != U1(0):
                shift = U4(20) if q < half else U4(4)
                program(q, hidden, stale, analogue, programmed, full, table, offset, word_at(seed, stream, step, q % half, half) >> shift)
                count += 1
    return count


def transfer_words(cells: int) -> NDArray[np.uint32]:
    """Room for the words of a layer of `cells` weights."""
    return np.empty(cells // 2 + 8, np.uint32)
