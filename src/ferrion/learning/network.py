"""Where the weights, activations and errors of a network lie in memory."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import FULL_SCALE, LARGEST
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, uniforms

F4 = np.float32
WIDEST = 4096
"""Units of the widest layer: the lane counters of the update hold 4,681 columns."""


class Layout(NamedTuple):
    """A fully connected network with a bias line per layer. Layer l has sizes[l] + 1 rows and sizes[l + 1] columns."""

    sizes: NDArray[np.int64]
    weights: NDArray[np.int64]
    """Where each layer's weights begin, and their total: layers + 1 entries."""
    units: NDArray[np.int64]
    """Where each layer's units begin, inputs first: layers + 2 entries."""
    full: NDArray[np.float32]
    """Largest weight of each layer: what G+ - G- at the top level stands for."""


class Memory(NamedTuple):
    """The two memories of a chip and their wear, one entry a weight."""

    hidden: NDArray[np.int16]
    stale: NDArray[np.uint8]
    """1 where the level has changed since its last transfer: the flag in one of the two spare FeCAPs."""
    analogue: NDArray[np.float32]
    """Weight as the memristor pair holds it, layer by layer, rows of inputs."""
    transposed: NDArray[np.float32]
    """The same weights from the second layer on, rows of outputs: the array read from its other side."""
    recent: NDArray[np.uint8]
    """Writes of the least significant FeCAP since they were last added to `lsb_writes`."""
    lsb_writes: NDArray[np.uint32]
    programmed: NDArray[np.uint32]
    """Programming operations of each memristor of the pair."""


class Counts(NamedTuple):
    """What a run is charged for, one entry a layer unless said otherwise."""

    fecap_writes: NDArray[np.int64]
    """Unit capacitors whose bit changed."""
    updates: NDArray[np.int64]
    """Hidden weights read and written back."""
    programmed: NDArray[np.int64]
    """Pairs of memristors programmed."""
    transfers: NDArray[np.int64]
    """One entry: transfers of the whole network."""
    forward_rows: NDArray[np.int64]
    """Rows driven in forward products."""
    backward_rows: NDArray[np.int64]
    """Columns driven in backward products."""
    samples: NDArray[np.int64]
    """One entry: samples learned."""


def layout(sizes: Sequence[int], full_scale: float) -> Layout:
    """Layout of a network of `sizes` (inputs, hidden layers, classes).

    The largest weight of a layer is full_scale * sqrt(2 / inputs): full_scale standard deviations of He's
    initialisation (He et al., ICCV 2015). Raises ConfigError unless there are two sizes or more, all positive.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ConfigError(f"sizes = {tuple(sizes)}: give inputs and classes at least, each 1 or more, e.g. (64, 32, 10)")
    if max(sizes[1:]) > WIDEST:
        raise ConfigError(f"sizes = {tuple(sizes)}: a layer holds {WIDEST} units at most; split it")
    dims = np.array(sizes, np.int64)
    cells = (dims[:-1] + 1) * dims[1:]
    return Layout(
        sizes=dims,
        weights=np.concatenate([[0], np.cumsum(cells)]),
        units=np.concatenate([[0], np.cumsum(dims)]),
        full=(full_scale * np.sqrt(2.0 / dims[:-1])).astype(F4),
    )


def blank(net: Layout) -> Memory:
    """Memory of a chip before its first write."""
    cells = int(net.weights[-1])
    return Memory(
        hidden=np.zeros(cells, np.int16),
        stale=np.ones(cells, np.uint8),
        analogue=np.zeros(cells, F4),
        transposed=np.zeros(cells - int(net.weights[1]), F4),
        recent=np.zeros(cells, np.uint8),
        lsb_writes=np.zeros(cells, np.uint32),
        programmed=np.zeros(cells, np.uint32),
    )


def no_counts(layers: int) -> Counts:
    """Counts of a run that has not begun."""
    return Counts(*(np.zeros(1 if field in ("samples", "transfers") else layers, np.int64) for field in Counts._fields))


def initial_weights(net: Layout, seed: int) -> NDArray[np.float64]:
    """Initial weights, flat: uniform with variance 2 / inputs (1 / inputs in the last layer), biases zero."""
    layers = len(net.sizes) - 1
    parts = []
    for layer in range(layers):
        rows, columns = int(net.sizes[layer]), int(net.sizes[layer + 1])
        bound = np.sqrt(3.0 * (2.0 if layer < layers - 1 else 1.0) / rows)
        draws = uniforms(seed, Stream.INITIAL, layer, rows * columns)
        parts += [bound * (2.0 * draws - 1.0), np.zeros(columns)]
    return np.concatenate(parts)


def initial_hidden(net: Layout, seed: int, offset: int) -> NDArray[np.int16]:
    """The initial weights as hidden integers that leave room for the rule's `offset`."""
    layers = np.repeat(np.arange(len(net.full)), np.diff(net.weights))
    steps = np.rint(initial_weights(net, seed) / net.full[layers] * FULL_SCALE)
    return np.clip(steps, -LARGEST + offset, LARGEST - offset).astype(np.int16)
