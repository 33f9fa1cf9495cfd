"""The training loop in plain Python: slow, true, written from the description and not from the fast loop.

Every weight is visited; hidden weights are Python integers; float32 where the chip's model says float32.
"""

import math

import numpy as np

from ferrion.core.noise import NORMAL_TABLE, Stream, words

F = np.float32


def word(value: int, offset: int) -> int:
    return (abs(value) + offset) | (512 if value < 0 else 0)


def product(values, weights, out):
    """out += values @ weights over non-zero values, four rows at a time, in float32."""
    rows = [i for i in range(len(values)) if values[i] != 0]
    k = 0
    while k + 4 <= len(rows):
        a, b, c, d = rows[k : k + 4]
        out += (values[a] * weights[a] + values[b] * weights[b]) + (values[c] * weights[c] + values[d] * weights[d])
        k += 4
    for row in rows[k:]:
        out += values[row] * weights[row]
    return out


def noise(values, bias, sigma, draws):
    power = F(bias)
    for value in values:
        if value != 0:
            power = F(power + value * value)
    scale = F(sigma * F(math.sqrt(power)))
    return np.array([scale * NORMAL_TABLE[draw >> 20] for draw in draws], F)


def learn(sizes, full, hidden, weights, table, sigma, rate, offset, only_changed, every, seed, inputs, labels, order):
    """Learn in place; `hidden` and `weights` are lists of (rows + 1, columns) arrays, the last row the biases.

    Returns (loss, units changed, weights changed, lsb writes, stale flags, pairs programmed), per layer where sensible.
    """
    layers = len(sizes) - 1
    units_at = np.concatenate([[0], np.cumsum(sizes)])
    padded = (int(units_at[-1]) + layers + 7) // 4 * 4
    loss, units, touched = 0.0, [0] * layers, [0] * layers
    lsb = [np.zeros(h.shape, int) for h in hidden]
    stale = [np.zeros(h.shape, int) for h in hidden]
    programmed = [np.zeros(h.shape, int) for h in hidden]
    for step, sample in enumerate(order):
        draws = {stream: words(seed, stream, step, padded) for stream in (Stream.ROW_DITHER, Stream.COLUMN_DITHER, Stream.READ, Stream.READ_BACK)}
        activity = [inputs[sample]]
        for layer in range(layers):
            z = product(activity[-1], weights[layer], weights[layer][-1].copy())
            here = slice(units_at[layer + 1], units_at[layer + 2])
            z = z + noise(activity[-1], 1, F(sigma) * full[layer], draws[Stream.READ][here])
            activity.append(np.maximum(z, F(0)) if layer < layers - 1 else z)
        powers = [F(math.exp(float(z - activity[-1].max()))) for z in activity[-1]]
        total = 0.0
        for power in powers:
            total += float(power)
        error = np.array([F(float(power) / total) for power in powers], F)
        loss += -math.log(max(float(error[labels[sample]]), 1e-30))
        error[labels[sample]] -= F(1)
        errors = [error]
        for layer in range(layers - 1, 0, -1):
            below = product(errors[0], np.ascontiguousarray(weights[layer][:-1].T), np.zeros(sizes[layer], F))
            here = slice(units_at[layer], units_at[layer + 1])
            below = below + noise(errors[0], 0, F(sigma) * full[layer], draws[Stream.READ_BACK][here])
            errors.insert(0, np.where(activity[layer] != 0, below, F(0)))
        for layer in range(layers):
            scale = F(F(rate) * F(448) / full[layer] * F(2**24))
            for i in range(sizes[layer] + 1):
                row_rate = scale if i == sizes[layer] else F(scale * activity[layer][i])
                for j in range(sizes[layer + 1]):
                    s = F(row_rate * errors[layer][j])
                    a = int(draws[Stream.ROW_DITHER][units_at[layer] + layer + i])
                    b = int(draws[Stream.COLUMN_DITHER][units_at[layer + 1] + j])
                    steps = (int(min(abs(s), F(100 * 2**24))) + ((a + b) % 2**32 >> 8)) >> 24
                    old = int(hidden[layer][i, j])
                    new = max(min(old - steps if s > 0 else old + steps, 511 - offset), offset - 511)
                    hidden[layer][i, j] = new
                    flips = word(old, offset) ^ word(new, offset)
                    units[layer] += bin(flips).count("1") + 3 * (flips >> 8 & 1) + (flips >> 7 & 1)
                    touched[layer] += steps != 0
                    lsb[layer][i, j] += flips & 1
                    stale[layer][i, j] |= (flips & 0x3C0) != 0
        if (step + 1) % every == 0:
            for layer in range(layers):
                cells = hidden[layer].size
                half = ((cells + 1) // 2 + 3) // 4 * 4
                bits = words(seed, Stream.TRANSFER + layer, step, half)
                for q in range(cells):
                    i, j = divmod(q, sizes[layer + 1])
                    if only_changed and not stale[layer][i, j]:
                        continue
                    draw = int(bits[q]) >> 20 if q < half else int(bits[q - half]) >> 4 & 4095
                    level = word(int(hidden[layer][i, j]), offset) % 512 >> 6
                    weight = full[layer] * F(table.mean[level] + table.spread[level] * NORMAL_TABLE[draw])
                    weights[layer][i, j] = -weight if hidden[layer][i, j] < 0 else weight
                    stale[layer][i, j] = 0
                    programmed[layer][i, j] += 1
    return loss, units, touched, lsb, stale, programmed
