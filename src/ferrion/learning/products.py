"""Forward and backward products through the analogue weights, one sample at a time.

Sums run in a fixed order (four rows at a time, then the rest), in float32 without contraction, so that any machine
and the plain Python version give the same bits. A product costs 4 bytes and one multiply-add a weight on an active row.
"""

import math

import numpy as np

from ferrion.core.compiled import compiled
from ferrion.core.noise import NORMAL_TABLE, TABLE_BITS

F4, U4, U8 = np.float32, np.uint32, np.uint64
TABLE_SHIFT = U4(32 - TABLE_BITS)


@compiled
def active_rows(values, rows):
    """Write the indices of the non-zero `values` to `rows`; return how many there are."""
    count = 0
    for i in range(values.size):
        rows[count] = U8(i)
        count += values[i] != F4(0)
    return count


@compiled
def add_rows(weights, values, rows, count, out):
    """out += values[rows] @ weights[rows], weights flat with out.size columns."""
    columns = U8(out.size)
    k = 0
    while k + 4 <= count:
        a, b, c, d = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        va, vb, vc, vd = values[a], values[b], values[c], values[d]
        a, b, c, d = a * columns, b * columns, c * columns, d * columns
        for j in range(columns):
            out[j] += (va * weights[a + j] + vb * weights[b + j]) + (vc * weights[c + j] + vd * weights[d + j])
        k += 4
    while k < count:
        va = values[rows[k]]
        a = rows[k] * columns
        for j in range(columns):
            out[j] += va * weights[a + j]
        k += 1


@compiled
def add_read_noise(values, rows, count, bias, sigma, words, out):
    """Add to each output the noise of reading independent Gaussian devices: variance sigma^2 (sum of squared inputs)."""
    power = bias
    for k in range(count):
        power += values[rows[k]] * values[rows[k]]
    scale = sigma * F4(math.sqrt(power))
    for j in range(out.size):
        out[j] += scale * NORMAL_TABLE[words[j] >> TABLE_SHIFT]


@compiled
def forward(net, analogue, sigma, words, units, rows, counts):
    """Fill `units` layer by layer from the inputs (ReLU between layers) and `rows` with each layer's active inputs."""
    layers = net.sizes.size - 1
    for layer in range(layers):
        n, m = net.sizes[layer], net.sizes[layer + 1]
        inputs = units[net.units[layer] : net.units[layer] + n]
        outputs = units[net.units[layer + 1] : net.units[layer + 1] + m]
        weights = analogue[net.weights[layer] : net.weights[layer + 1]]
        active = rows[net.units[layer] + layer :]
        count = active_rows(inputs, active)
        outputs[:] = weights[n * m :]
        add_rows(weights, inputs, active, count, outputs)
        if sigma > F4(0):
            add_read_noise(inputs, active, count, F4(1), sigma * net.full[layer], words[net.units[layer + 1] :], outputs)
        if layer < layers - 1:
            for j in range(m):
                outputs[j] = max(outputs[j], F4(0))
        counts[layer] = count + 1


@compiled
def output_error(outputs, label, error):
    """Softmax and cross entropy: write the error signal, return the loss [nat]."""
    top = outputs.max()
    total = 0.0
    for j in range(outputs.size):
        error[j] = F4(math.exp(float(outputs[j] - top)))
        total += float(error[j])
    for j in range(outputs.size):
        error[j] = F4(float(error[j]) / total)
    loss = -math.log(max(float(error[label]), 1e-30))
    error[label] -= F4(1)
    return loss


@compiled
def backward(net, transposed, sigma, words, units, errors, rows, counts):
    """Carry the output error back through the weights from the last layer to the first hidden one."""
    for layer in range(net.sizes.size - 2, 0, -1):
        n, m = net.sizes[layer], net.sizes[layer + 1]
        inputs = units[net.units[layer] : net.units[layer] + n]
        error = errors[net.units[layer + 1] : net.units[layer + 1] + m]
        below = errors[net.units[layer] : net.units[layer] + n]
        count = active_rows(error, rows)
        below[:] = F4(0)
        add_rows(transposed[net.weights[layer] - net.weights[1] :], error, rows, count, below)
        if sigma > F4(0):
            add_read_noise(error, rows, count, F4(0), sigma * net.full[layer], words[net.units[layer] :], below)
        for i in range(n):
            if inputs[i] == F4(0):
                below[i] = F4(0)
        counts[layer] = count


@compiled
def transpose(net, analogue, transposed):
    """Copy the weights from the second layer on, turned, biases left out."""
    for layer in range(1, net.sizes.size - 1):
        n, m = net.sizes[layer], net.sizes[layer + 1]
        start = net.weights[layer] - net.weights[1]
        source = analogue[net.weights[layer] : net.weights[layer] + n * m].reshape(n, m)
        target = transposed[start : start + n * m].reshape(m, n)
        for i in range(n):
            for j in range(m):
                target[j, i] = source[i, j]
