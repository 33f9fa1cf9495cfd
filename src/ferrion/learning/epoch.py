"""The training loop of one chip, read top to bottom: forward, error, backward, update, and every k samples a transfer."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import FULL_SCALE
from ferrion.core.compiled import compiled
from ferrion.core.noise import Stream, fill_words
from ferrion.learning.hidden import ONE, UpdateScratch, update_layer, update_scratch
from ferrion.learning.network import Layout
from ferrion.learning.products import backward, forward, output_error, transpose
from ferrion.learning.transfer import transfer, transfer_words

F4, I2, I4, U1, U4, U8 = np.float32, np.int16, np.int32, np.uint8, np.uint32, np.uint64
FLUSH_EVERY = 255
"""Writes of a FeCAP are counted in a byte and added up before it can overflow: at most one a sample."""


class Scratch(NamedTuple):
    """Working memory of one chip: about 8 bytes a unit and 2 a weight of the largest layer."""

    units: NDArray[np.float32]
    errors: NDArray[np.float32]
    active: NDArray[np.uint64]
    error_rows: NDArray[np.uint64]
    active_counts: NDArray[np.int64]
    back_counts: NDArray[np.int64]
    row_words: NDArray[np.uint32]
    column_words: NDArray[np.uint32]
    read_words: NDArray[np.uint32]
    back_words: NDArray[np.uint32]
    transfer_words: NDArray[np.uint32]
    update: UpdateScratch


def scratch(net: Layout) -> Scratch:
    """Working memory for a network."""
    units, layers, widest = int(net.units[-1]), len(net.sizes) - 1, int(net.sizes.max()) + 1
    padded = (units + layers + 7) // 4 * 4
    return Scratch(
        units=np.zeros(units, F4),
        errors=np.zeros(units, F4),
        active=np.zeros(units + 2 * layers, U8),
        error_rows=np.zeros(widest, U8),
        active_counts=np.zeros(layers, np.int64),
        back_counts=np.zeros(layers, np.int64),
        row_words=np.zeros(padded, U4),
        column_words=np.zeros(padded, U4),
        read_words=np.zeros(padded, U4),
        back_words=np.zeros(padded, U4),
        transfer_words=transfer_words(int(np.diff(net.weights).max())),
        update=update_scratch(widest),
    )


@compiled
def flush_wear(recent, lsb_writes):
    """Add the bytes of recent writes to the long counters."""
    for q in range(recent.size):
        lsb_writes[q] += U4(recent[q])
        recent[q] = U1(0)


@compiled
def signals(seed, step, net, memory, sigma, inputs, label, work, counts):
    """Forward, error and backward of one sample; returns the loss [nat]. Leaves units and errors in `work`."""
    layers = net.sizes.size - 1
    work.units[: net.sizes[0]] = inputs
    if sigma > F4(0):
        fill_words(seed, U8(Stream.READ), step, work.read_words)
        fill_words(seed, U8(Stream.READ_BACK), step, work.back_words)
    forward(net, memory.analogue, sigma, work.read_words, work.units, work.active, work.active_counts)
    loss = output_error(work.units[net.units[layers] :], label, work.errors[net.units[layers] :])
    backward(net, memory.transposed, sigma, work.back_words, work.units, work.errors, work.error_rows, work.back_counts)
    for layer in range(layers):
        counts.forward_rows[layer] += work.active_counts[layer]
        counts.backward_rows[layer] += work.back_counts[layer]
    counts.samples[0] += 1
    return loss


@compiled
def update(seed, step, net, memory, rate, offset, work, counts):
    """Stochastic integer update of every hidden weight."""
    fill_words(seed, U8(Stream.ROW_DITHER), step, work.row_words)
    fill_words(seed, U8(Stream.COLUMN_DITHER), step, work.column_words)
    for layer in range(net.sizes.size - 1):
        n, m = net.sizes[layer], net.sizes[layer + 1]
        first, last = net.weights[layer], net.weights[layer + 1]
        inputs, outputs = net.units[layer], net.units[layer + 1]
        units, touched = update_layer(
            memory.hidden[first:last],
            memory.recent[first:last],
            memory.stale[first:last],
            offset,
            work.units[inputs : inputs + n],
            work.active[inputs + layer :],
            work.active_counts[layer] - 1,
            work.errors[outputs : outputs + m],
            work.row_words[inputs + layer :],
            work.column_words[outputs : outputs + m],
            F4(rate * F4(FULL_SCALE) / net.full[layer] * ONE),
            work.update,
        )
        counts.fecap_writes[layer] += units
        counts.updates[layer] += touched


@compiled
def learn(loss, seed, first_step, net, memory, table, sigma, rate, offset, only_changed, every, inputs, labels, order, work, counts):
    """Learn the samples in `order`, one by one; returns `loss` [nat] with theirs added. Step numbers begin at `first_step`."""
    for s in range(order.size):
        step = first_step + s
        loss += signals(U8(seed), U8(step), net, memory, sigma, inputs[order[s]], labels[order[s]], work, counts)
        update(U8(seed), U8(step), net, memory, F4(rate), I2(offset), work, counts)
        if (s + 1) % FLUSH_EVERY == 0 or s + 1 == order.size:
            flush_wear(memory.recent, memory.lsb_writes)
        if (step + 1) % every == 0:
            transfer(
                U8(seed), U8(step), net, memory.hidden, memory.stale, memory.analogue, memory.programmed, table, I2(offset), only_changed, work.transfer_words, counts.programmed
            )
            counts.transfers[0] += 1
            transpose(net, memory.analogue, memory.transposed)
    return loss
