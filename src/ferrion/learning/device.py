"""The device fidelity: the same loop, but every FeCAP bit is read, written and worn, every memristor RESET and SET."""

import numpy as np

from ferrion.arrays.hybrid import read_word, reverse, transfer_weight, write_word
from ferrion.arrays.words import FULL_SCALE, LARGEST, LEVEL_MASK, changed_units, clamped, value_of, word_of
from ferrion.core.compiled import compiled, inlined
from ferrion.core.noise import Stream, fill_words
from ferrion.learning.epoch import signals
from ferrion.learning.hidden import ONE, steps_of
from ferrion.learning.products import transpose

F4, I2, I4, U1, U4, U8 = np.float32, np.int16, np.int32, np.uint8, np.uint32, np.uint64


@inlined
def move_weight(seed, step, hidden, stale, lsb_writes, cells, q, move, offset, p):
    """Read one hidden weight, move it by `move` steps, write it back; returns the unit capacitors changed."""
    before = cells.word[q]
    seen = read_word(seed, step, cells, q, p)
    value = clamped(I2(I4(value_of(seen, offset)) + move), I2(I2(LARGEST) - offset))
    word = word_of(value, offset)
    write_word(cells, q, word, p)
    flips = before ^ word
    hidden[q] = value
    stale[q] |= U1((flips & LEVEL_MASK) != 0)
    lsb_writes[q] += U4(flips & 1)
    return changed_units(flips)


@inlined
def renew(seed, step, hidden, stale, analogue, programmed, cells, q, full, offset, p):
    """Transfer one weight through its line. A bit that is sensed wrong is written back wrong."""
    analogue[q] = full * F4(transfer_weight(seed, step, cells, q, p))
    hidden[q] = value_of(cells.word[q], offset)
    stale[q] = U1(0)
    programmed[q] += U4(1)


@compiled
def update_devices(seed, step, net, memory, cells, rate, offset, work, p, counts):
    """Stochastic integer update with the same dither as the behavioural fidelity, weight by weight."""
    fill_words(seed, U8(Stream.ROW_DITHER), step, work.row_words)
    fill_words(seed, U8(Stream.COLUMN_DITHER), step, work.column_words)
    for layer in range(net.sizes.size - 1):
        n, m = net.sizes[layer], net.sizes[layer + 1]
        inputs, outputs = net.units[layer], net.units[layer + 1]
        scale = F4(rate * F4(FULL_SCALE) / net.full[layer] * ONE)
        for k in range(work.active_counts[layer]):
            bias = k == work.active_counts[layer] - 1
            row = n if bias else np.int64(work.active[inputs + layer + k])
            row_rate = scale if bias else F4(scale * work.units[inputs + row])
            for j in range(m):
                s = F4(row_rate * work.errors[outputs + j])
                steps = steps_of(abs(s), work.row_words[inputs + layer + row], work.column_words[outputs + j])
                if steps != I4(0):
                    q, move = net.weights[layer] + row * m + j, -steps if s > F4(0) else steps
                    counts.fecap_writes[layer] += move_weight(seed, step, memory.hidden, memory.stale, memory.lsb_writes, cells, q, move, offset, p)
                    counts.updates[layer] += 1


@compiled
def transfer_devices(seed, step, net, memory, cells, offset, only_changed, p, counts):
    """Transfer every weight, or the stale ones."""
    for layer in range(net.sizes.size - 1):
        for q in range(net.weights[layer], net.weights[layer + 1]):
            if only_changed and memory.stale[q] == U1(0):
                continue
            renew(seed, step, memory.hidden, memory.stale, memory.analogue, memory.programmed, cells, q, net.full[layer], offset, p)
            counts.programmed[layer] += 1
    transpose(net, memory.analogue, memory.transposed)


@compiled
def learn_devices(loss, seed, first_step, net, memory, cells, sigma, rate, offset, only_changed, every, inputs, labels, order, work, p, counts):
    """As `epoch.learn`, on devices; returns `loss` [nat] with theirs added."""
    for s in range(order.size):
        step = U8(first_step + s)
        loss += signals(U8(seed), step, net, memory, sigma, inputs[order[s]], labels[order[s]], work, counts)
        update_devices(U8(seed), step, net, memory, cells, F4(rate), I2(offset), work, p, counts)
        if (first_step + s + 1) % every == 0:
            transfer_devices(U8(seed), step, net, memory, cells, I2(offset), only_changed, p, counts)
            counts.transfers[0] += 1
    return loss


@compiled
def update_matrix_devices(seed, step, hidden, lsb_writes, stale, cells, offset, gradient, row_words, column_words, rate, p):
    """As `hidden.update_matrix`, on the devices of one layer."""
    units, touched, columns = 0, 0, gradient.shape[1]
    for i in range(gradient.shape[0]):
        for j in range(columns):
            s = F4(rate * gradient[i, j])
            steps = steps_of(abs(s), row_words[i], column_words[j])
            if steps != I4(0):
                units += move_weight(seed, step, hidden, stale, lsb_writes, cells, i * columns + j, -steps if s > F4(0) else steps, offset, p)
                touched += 1
    return units, touched


@compiled
def transfer_layer_devices(seed, step, hidden, stale, analogue, programmed, cells, full, offset, only_changed, p):
    """As `transfer.transfer_layer`, on the devices of one layer."""
    count = 0
    for q in range(hidden.size):
        if not only_changed or stale[q] != U1(0):
            renew(seed, step, hidden, stale, analogue, programmed, cells, q, full, offset, p)
            count += 1
    return count


@compiled
def rewrite_devices(cells, hidden, offset, p):
    """Write every hidden weight over whatever its capacitors hold, capacitor by capacitor where a bit differs."""
    for q in range(hidden.size):
        word = word_of(hidden[q], offset)
        flips = cells.word[q] ^ word
        cells.word[q] = word
        reverse(cells, q, flips, p)
