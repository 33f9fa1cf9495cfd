"""The effective matrix of a crossbar, directly: blocks of its cells as multiports, joined two by two.

A block is seen at the ends of its lines. Voltages at the left ends of its rows and the lower ends of its columns, currents out of the right ends
and into the upper ends: these give what is missing at every end, by the block's hybrid matrix H. (As admittances, blocks would be small
differences of large numbers, for wires conduct far better than devices; here every denominator is 1 or more.) Two blocks side by side share
voltages v and currents i of the lines between them. With v = Z i + A u from the one and i = Y v + B w from the other,

    v = (1 + K Y) A u + K B w,    i = Y v + B w,    K = (1 - Z Y)^-1 Z,

which is Redheffer's star product. The array is halved along its longer side down to blocks of a few cells. The last join of n x n takes some 5 n^3
operations, all before it about 70 n^3.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.blas import one_thread
from ferrion.core.compiled import compiled, inlined

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
LEFT, RIGHT, TOP, BOTTOM = range(4)
SMALL = 16
"""Most rows and columns of a block that is built cell by cell: 8 and 32 take longer (64 to 512 lines)."""
APART = 4
"""Parts of an array that are worked on beside one another."""
NONE = np.arange(0)


class Block(NamedTuple):
    """Some rows and columns of an array."""

    rows: slice
    columns: slice
    hybrid: Floats
    """(outputs, inputs): volts and amperes."""
    inputs: tuple[Places, ...]
    """Where in `hybrid` the ends of the lines stand: voltages left, currents right and top, voltages bottom. Nothing enters at the array's right, top and lower edges …"""
    outputs: tuple[Places, ...]
    """… and no one asks for what comes out at its left, right and top."""


class Segments(NamedTuple):
    """Resistances [ohm] from cell to cell."""

    along: Floats
    """(columns,): of a row, on the left of each column's node; the driver's in the first."""
    down: Floats
    """(rows,): of a column, below each row's node; the sense amplifier's in the last."""


@compiled
def cells(g, along, down, hybrid):
    """hybrid <- H of branches g (m, n) [S]; ends in the order bottom (n), top (n), then left and right of every row."""
    m, n = g.shape
    size = hybrid.shape[0]
    hybrid[:] = 0.0
    right, above, drawn, sunk = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    for j in range(n):
        hybrid[j, n + j] = hybrid[n + j, j] = 1.0
    for i in range(m):
        r = 2 * n + 2 * i + 1
        known = r + 1
        hybrid[r - 1, r] = hybrid[r, r - 1] = 1.0
        for j in range(n):
            hybrid[r, r] -= along[j]
            conducts = g[i, j] / (1.0 - g[i, j] * hybrid[r, r])
            for k in range(known):
                right[k] = hybrid[k, r]
                drawn[k] = conducts * hybrid[r, k]
            drawn[j] -= conducts
            for k in range(known):
                above[k] = hybrid[k, j] + right[k] * drawn[j]
            right[j] += 1.0
            above[j] += drawn[j]
            drops = down[i] / (1.0 - down[i] * above[j])
            for k in range(known):
                sunk[k] = drops * (hybrid[j, k] + right[j] * drawn[k])
            for p in range(known):
                by_device, by_segment = right[p], above[p]
                for k in range(known):
                    hybrid[p, k] += by_device * drawn[k] + by_segment * sunk[k]


@inlined
def part(hybrid, rows, columns):
    """Some rows and columns, as a matrix of their own."""
    found = np.empty((rows.size, columns.size))
    for p in range(rows.size):
        row = hybrid[rows[p]]
        for q in range(columns.size):
            found[p, q] = row[columns[q]]
    return found


@compiled
def star(one, u, y, i_in, v_out, other, w, z, v_in, i_out):
    """H (y then z, u then w) of two blocks: `one` gives voltages for currents, `other` currents for voltages, between ends i_in, v_out and v_in, i_out."""
    Z, A, D, C = part(one, v_out, i_in), part(one, v_out, u), part(one, y, i_in), part(one, y, u)
    Y, B, E, F = part(other, i_out, v_in), part(other, i_out, w), part(other, z, v_in), part(other, z, w)
    system = -np.dot(Z, Y)
    for p in range(len(system)):
        system[p, p] += 1.0
    K = np.linalg.solve(system, Z)
    EK = np.dot(E, K)
    D += np.dot(D, np.dot(Y, K))
    E += np.dot(EK, Y)
    joined, first = np.empty((len(y) + len(z), len(u) + len(w))), len(u)
    joined[: len(y), :first] = C + np.dot(np.dot(D, Y), A)
    joined[: len(y), first:] = np.dot(D, B)
    joined[len(y) :, :first] = np.dot(E, A)
    joined[len(y) :, first:] = F + np.dot(EK, B)
    return joined


def effective(g: Floats, segments: Segments) -> Floats:
    """The effective matrix (rows, columns) [S] of branches g (rows, columns) [S]. Takes all cores; the same bits on any number of them."""
    areas = [(slice(0, g.shape[0]), slice(0, g.shape[1]))]
    while len(areas) < APART and all(_large(*area) for area in areas):
        areas = [half for area in areas for half in _halves(*area)]
    with ThreadPoolExecutor(os.cpu_count()) as pool, one_thread():
        blocks = list(pool.map(lambda area: _block(g, segments, *area), areas))
        while len(blocks) > 1:
            blocks = [_joined(*blocks[k : k + 2]) for k in range(0, len(blocks), 2)]
    (whole,) = blocks
    return np.ascontiguousarray(whole.hybrid[np.ix_(whole.outputs[BOTTOM], whole.inputs[LEFT])].T)


def _large(rows: slice, columns: slice) -> bool:
    return max(rows.stop - rows.start, columns.stop - columns.start) > SMALL


def _halves(rows: slice, columns: slice) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Left and right or, of what is higher than wide, upper and lower, cut at a whole number of small blocks."""
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    middle = -(-max(high, wide) // SMALL) // 2 * SMALL
    if wide >= high:
        cut = columns.start + middle
        return (rows, slice(columns.start, cut)), (rows, slice(cut, columns.stop))
    cut = rows.start + middle
    return (slice(rows.start, cut), columns), (slice(cut, rows.stop), columns)


def _block(g: Floats, segments: Segments, rows: slice, columns: slice) -> Block:
    if _large(rows, columns):
        return _joined(*(_block(g, segments, *half) for half in _halves(rows, columns)))
    m, n = rows.stop - rows.start, columns.stop - columns.start
    hybrid = np.empty((2 * (m + n), 2 * (m + n)))
    cells(np.ascontiguousarray(g[rows, columns]), segments.along[columns], segments.down[rows], hybrid)
    left, top = 2 * n + 2 * np.arange(m), n + np.arange(n)
    right = left + 1 if columns.stop < g.shape[1] else NONE
    top = top if rows.start > 0 else NONE
    inputs = left, right, top, np.arange(n) if rows.stop < g.shape[0] else NONE
    return Block(rows, columns, hybrid, inputs, (left if columns.start > 0 else NONE, right, top, np.arange(n)))


def _joined(first: Block, second: Block) -> Block:
    """Left and right, or upper and lower."""
    if first.rows == second.rows:
        ports, rows, columns = (RIGHT, LEFT), first.rows, slice(first.columns.start, second.columns.stop)
        one, other = first, second
    else:
        ports, rows, columns = (TOP, BOTTOM), slice(first.rows.start, second.rows.stop), first.columns
        one, other = second, first
    (i_in, u), (v_out, y) = (_parted(places, ports[0]) for places in (one.inputs, one.outputs))
    (v_in, w), (i_out, z) = (_parted(places, ports[1]) for places in (other.inputs, other.outputs))
    hybrid = star(one.hybrid, u, y, i_in, v_out, other.hybrid, w, z, v_in, i_out)
    forward = 1 if one is first else -1
    return Block(rows, columns, hybrid, _beside(one.inputs, other.inputs, ports, forward), _beside(one.outputs, other.outputs, ports, forward))


def _parted(places: tuple[Places, ...], port: int) -> tuple[Places, Places]:
    """Those of one side of a block, and all others."""
    return places[port], np.concatenate([own for side, own in enumerate(places) if side != port])


def _beside(one: tuple[Places, ...], other: tuple[Places, ...], ports: tuple[int, int], forward: int) -> tuple[Places, ...]:
    """Where the sides of two joined blocks stand, all of the one before all of the other; forward: -1 where the other comes first on a side."""
    sizes = [len(own) * (side != port) for places, port in ((one, ports[0]), (other, ports[1])) for side, own in enumerate(places)]
    places = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    return tuple(np.concatenate([places[side], places[side + 4]][::forward]) for side in range(4))
