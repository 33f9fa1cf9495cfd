"""What a spiking chip holds: populations of ion neurons, tiles of two-memory synapses between them, and all state that changes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

INPUT = -1
"""The source of a tile that listens to the events from outside."""


class Fabric(NamedTuple):
    """Who feeds whom; K tiles, P populations."""

    source: NDArray[np.int64]
    """(K,): a population, or INPUT."""
    target: NDArray[np.int64]
    """(K,)."""
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.int64]
    """(K + 1,): where each tile's weights begin, rows by columns."""
    lines: NDArray[np.int64]
    """(K + 1,): where each tile's rows begin."""
    cells: NDArray[np.int64]
    """(P + 1,): where each population's cells begin."""
    swing: NDArray[np.float64]
    """(K,): volts that one event adds to a node through the largest weight."""
    plastic: NDArray[np.bool_]
    """(K,): whether the tile learns."""
    service: NDArray[np.float64]
    """(K,): seconds a link takes for an event."""
    word: NDArray[np.float64]
    """(K,): seconds in which every line of the tile's arrays reads and rewrites one word."""
    words_at_once: NDArray[np.float64]
    """(K,): words that are rewritten side by side: the lines of its arrays."""
    transfer: NDArray[np.float64]
    """(K,): seconds of a transfer."""


class Synapses(NamedTuple):
    """The two memories of all tiles, and their wear; a weight of the analogue memory is a share of the full scale."""

    hidden: NDArray[np.int16]
    stale: NDArray[np.uint8]
    analogue: NDArray[np.float32]
    lsb_writes: NDArray[np.uint32]
    programmed: NDArray[np.uint32]
    waiting: NDArray[np.float32]
    """Eligibilities, times what they will have lost at the time `since` [s] of a rule that waits for reward; empty for others."""
    since: NDArray[np.float64]
    """(1,)."""


class Traces(NamedTuple):
    """What rows and columns remember of their events; each holds at its own time and decays."""

    x1: NDArray[np.float64]
    x2: NDArray[np.float64]
    x_time: NDArray[np.float64]
    y1: NDArray[np.float64]
    y2: NDArray[np.float64]
    y_time: NDArray[np.float64]
    ticked: NDArray[np.int64]
    """Spikes of every cell since the last tick."""
    error: NDArray[np.float64]
    """Of every cell, at the last tick."""


class Counts(NamedTuple):
    """What a run is charged for, one entry a tile unless said otherwise."""

    fecap_writes: NDArray[np.int64]
    updates: NDArray[np.int64]
    """Hidden weights read and rewritten."""
    learned: NDArray[np.int64]
    """Updates of a row, a column or the whole tile since the last transfer."""
    programmed: NDArray[np.int64]
    transfers: NDArray[np.int64]
    backward: NDArray[np.int64]
    """Columns driven to read errors backwards."""
    looks: NDArray[np.int64]
    """Reads backwards: every row is converted."""
    traces: NDArray[np.int64]
    """Traces read or rewritten."""
    compared: NDArray[np.int64]
    """Nodes that comparators looked at, counted at the tile that feeds them forward."""
    serial: NDArray[np.int64]
    """Two entries: updates, and events delivered, since the chip began: they number the draws."""
    outside: NDArray[np.int64]
    """One entry: events whose address no tile has."""


def fabric(sizes: list[int], tiles: list[tuple[int, int, int]], swing: list[float], plastic: list[bool]) -> Fabric:
    """Populations of `sizes` cells and tiles (source, target, rows), without times."""
    source, target, rows = (np.array(column, np.int64) for column in zip(*tiles, strict=True))
    columns = np.array(sizes, np.int64)[target]
    nothing = np.zeros(len(tiles))
    return Fabric(
        source=source,
        target=target,
        rows=rows,
        columns=columns,
        weights=np.concatenate([[0], np.cumsum(rows * columns)]),
        lines=np.concatenate([[0], np.cumsum(rows)]),
        cells=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        swing=np.array(swing, np.float64),
        plastic=np.array(plastic, np.bool_),
        service=nothing,
        word=nothing,
        words_at_once=np.ones(len(tiles)),
        transfer=nothing,
    )


def synapses(net: Fabric, eligible: bool = False) -> Synapses:
    """Memories before their first write; with eligibilities for a rule that waits for reward."""
    cells = int(net.weights[-1])
    return Synapses(
        hidden=np.zeros(cells, np.int16),
        stale=np.ones(cells, np.uint8),
        analogue=np.zeros(cells, np.float32),
        lsb_writes=np.zeros(cells, np.uint32),
        programmed=np.zeros(cells, np.uint32),
        waiting=np.zeros(cells * eligible, np.float32),
        since=np.zeros(1),
    )


def traces(net: Fabric) -> Traces:
    """Of rows and cells that have seen nothing."""
    r, c = int(net.lines[-1]), int(net.cells[-1])
    return Traces(np.zeros(r), np.zeros(r), np.zeros(r), np.zeros(c), np.zeros(c), np.zeros(c), np.zeros(c, np.int64), np.zeros(c))


def no_counts(tiles: int) -> Counts:
    """Counts of a chip that has done nothing."""
    single = {"serial": 2, "outside": 1}
    return Counts(*(np.zeros(single.get(name, tiles), np.int64) for name in Counts._fields))
