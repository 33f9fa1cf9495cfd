"""Spiking layers in discrete time, forwards and backwards through all steps in one call each: for training off the chip.

The leaky integrate-and-fire neuron that subtracts its threshold: u' = alpha u + what arrives - theta z, z' = 1 where x = u' - theta > 0.

The ion neuron, node u, gate g, residue r and remnant m, spike z, is the event level between the ends of steps. A spike, in the middle of its step,
sets g = u - v_hold, r = 1, m = remnant, h = 0; then
  g' = gamma g (after a spike gamma^1.5 g),  u' = alpha u + arrived within +-v_max,  r' = keep_r r + feed (max(u - g, 0) + max(u' - g', 0)) / 2,  m' = keep_m m,
  x = u' - g' - theta + kappa (r' + m'),  h' = (supply + supply_residue (r' + m')) / (1 + exp(-x / v_t)),  z' = 1 where (h + h') / 2 exceeds an exponential draw:
h is the nucleation rate times the step, which the supply of silver bounds however large x is. What arrives, at the middle of a step on average, has decayed by `arrive`.
A draw is made only where h or h' is not 0, and is that of its cell, sample and step (`core.noise`, the stream of nucleations), whoever else draws.

Backwards a spike has the derivative (1 + sharpness |x|)^-2 (Zenke and Ganguli, Neural Computation 30, 1514 (2018)), an ion neuron's times dt over the time
constant of its gate, so that it does not grow as steps become shorter; nothing is passed through residue and remnant; the follower's range passes everything.

Spikes are sparse, so forward products and weight gradients take one row of weights for each spike; only what is passed back through the
recurrent weights is a full product, tiled by four cells and four samples so that it runs from registers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.noise import WORD, Stream, word_at

F4, I4, I8, U8 = np.float32, np.int32, np.int64, np.uint64
HOPELESS = F4(12.0)
"""Thermal voltages below the nucleation voltage at which the rate counts as 0."""
FAINT = F4(1e-20)
"""Added and taken off again where something decays: what is far below it becomes 0, before numbers become so small that processors compute with them in microcode."""
NUCLEATION = U8(Stream.NUCLEATION)
F32 = NDArray[np.float32]


class Steps(NamedTuple):
    """What a cell obeys from step to step; volts, or thresholds. v_t 0: a sharp threshold, and nothing but alpha, theta and sharpness counts."""

    alpha: np.float32
    gamma: np.float32
    spent: np.float32
    """gamma^1.5."""
    theta: np.float32
    sharpness: np.float32
    v_t: np.float32
    v_hold: np.float32
    v_max: np.float32
    arrive: np.float32
    kappa: np.float32
    keep_r: np.float32
    keep_m: np.float32
    remnant: np.float32
    feed: np.float32
    supply: np.float32
    supply_residue: np.float32
    slope: np.float32
    """What the derivative of an ion neuron's spike is multiplied by: a spike of a longer step is likelier."""


class Events(NamedTuple):
    """Spikes as lists: those of frame f are source[first[f] : first[f + 1]], with their values."""

    first: NDArray[np.int64]
    source: NDArray[np.int32]
    value: F32


@compiled
def count_events(frames):
    """How many numbers of (frames, sources) are not 0."""
    count = 0
    flat = frames.reshape(-1)
    for i in range(flat.size):
        count += flat[i] != F4(0)
    return count


@compiled
def fill_events(frames, pairs, first, source, value):
    """The numbers of (frames, sources) that are not 0, frame by frame; `pairs` is the same memory, two numbers in each, most of them 0 (or has no columns)."""
    count = 0
    for f in range(frames.shape[0]):
        row = frames[f]
        first[f] = count
        for i in range(pairs.shape[1]):
            if pairs[f, i] != U8(0):
                for k in range(2 * i, 2 * i + 2):
                    if row[k] != F4(0):
                        source[count], value[count] = I4(k), row[k]
                        count += 1
        for k in range(2 * pairs.shape[1], row.size):
            if row[k] != F4(0):
                source[count], value[count] = I4(k), row[k]
                count += 1
    first[frames.shape[0]] = count


def events_of(frames: F32) -> Events:
    """Spikes of (frames, sources) float32."""
    count = int(count_events(frames))
    events = Events(np.empty(len(frames) + 1, I8), np.empty(count, I4), np.empty(count, F4))
    pairs = frames.view(U8) if frames.shape[1] % 2 == 0 else np.empty((len(frames), 0), U8)
    fill_events(frames, pairs, *events)
    return events


@compiled
def add_events(first, last, source, value, weights, out):
    """out += the rows of `weights` at the spikes first..last - 1, four at a time."""
    k, columns = first, U8(out.size)
    while k + 4 <= last:
        a, b, c, d = weights[source[k]], weights[source[k + 1]], weights[source[k + 2]], weights[source[k + 3]]
        va, vb, vc, vd = value[k], value[k + 1], value[k + 2], value[k + 3]
        for j in range(columns):
            out[j] += (va * a[j] + vb * b[j]) + (vc * c[j] + vd * d[j])
        k += 4
    while k < last:
        a, va = weights[source[k]], value[k]
        for j in range(columns):
            out[j] += va * a[j]
        k += 1


@compiled
def step_leaky(u, z, arrived, law, x):
    """One step of one sample's leaky cells; z comes as the last spikes and goes as the new ones."""
    for j in range(U8(u.size)):
        u[j] = law.alpha * u[j] + arrived[j] - law.theta * z[j]
        x[j] = u[j] - law.theta
        z[j] = F4(1) if x[j] > F4(0) else F4(0)


@compiled
def start_again(u, g, r, m, h, which, law):
    """What a spike leaves behind in the cells `which`."""
    for k in range(which.size):
        j = which[k]
        g[j], r[j], m[j], h[j] = u[j] - law.v_hold, F4(1), law.remnant, F4(0)


@compiled
def step_ion(u, g, r, m, which, arrived, law, over, x):
    """One step of one sample's ion neurons up to what they are beyond nucleation: over <- u - g, and x. `which`: cells that have just fired.

    Four short loops: each touches so few arrays that the compiler can show that they do not overlap, and goes in vectors.
    """
    cells = U8(u.size)
    for j in range(cells):
        x[j] = max(u[j] - g[j], F4(0))
        g[j] = law.gamma * g[j] + FAINT - FAINT
    for k in range(which.size):
        g[which[k]] *= law.spent / law.gamma
    for j in range(cells):
        u[j] = min(max(law.alpha * u[j] + arrived[j], -law.v_max), law.v_max)
        over[j] = u[j] - g[j]
    for j in range(cells):
        r[j] = law.keep_r * r[j] + law.feed * F4(0.5) * (x[j] + max(over[j], F4(0)))
        m[j] = law.keep_m * m[j] + FAINT - FAINT
        x[j] = over[j] - law.theta + law.kappa * (r[j] + m[j])


@compiled
def fire(r, m, h, over, x, law, seed, frame, hot, z):
    """z <- spikes of one sample and step, h <- their rates; `hot` is room for a list of cells."""
    count, size = 0, (h.size + 3) // 4 * 4
    for j in range(h.size):
        z[j] = F4(0)
        hot[count] = j
        count += (h[j] != F4(0)) | ((over[j] > F4(0)) & (x[j] > -HOPELESS * law.v_t))
    for k in range(count):
        j = I8(hot[k])
        now = F4(0)
        if over[j] > F4(0) and x[j] > -HOPELESS * law.v_t:
            now = (law.supply + law.supply_residue * (r[j] + m[j])) / (F4(1) + np.exp(-x[j] / law.v_t))
        rate, drawn = F4(0.5) * (h[j] + now), (word_at(seed, NUCLEATION, frame, j, size) + 0.5) * WORD
        z[j] = F4(1) if drawn < rate and -np.log1p(-drawn) < rate else F4(0)
        h[j] = now


@compiled
def forward(events, w_in, w_rec, bias, seed, law, over, x, z):
    """All steps: fills x and z, and over where cells are ion neurons (steps, samples, cells). seed: of ion neurons' draws."""
    steps, samples, cells = x.shape
    u, g, r, m, h = np.zeros((samples, cells), F4), np.zeros((samples, cells), F4), np.zeros((samples, cells), F4), np.zeros((samples, cells), F4), np.zeros((samples, cells), F4)
    now, arrived = np.zeros((samples, cells), F4), np.empty(cells, F4)
    which, hot, ones = np.empty(cells, I4), np.empty(cells, I4), np.ones(cells, F4)
    for t in range(steps):
        for b in range(samples):
            frame, fired = t * samples + b, 0
            arrived[:] = bias
            add_events(events.first[frame], events.first[frame + 1], events.source, events.value, w_in, arrived)
            for j in range(cells):
                which[fired] = j
                fired += now[b, j] != F4(0)
            add_events(0, fired, which, ones, w_rec, arrived)
            if law.v_t > F4(0):
                start_again(u[b], g[b], r[b], m[b], h[b], which[:fired], law)
                step_ion(u[b], g[b], r[b], m[b], which[:fired], arrived, law, over[t, b], x[t, b])
                fire(r[b], m[b], h[b], over[t, b], x[t, b], law, seed, U8(frame), hot, now[b])
            else:
                step_leaky(u[b], now[b], arrived, law, x[t, b])
            z[t, b] = now[b]


@compiled
def passed_back(du, w_rec, out):
    """out <- du @ w_rec (samples, cells), four cells and four samples at a time; `w_rec` as (post, pre)."""
    samples, cells = du.shape
    out[:] = F4(0)
    for b in range(0, samples // 4 * 4, 4):
        p, q, r, s = out[b], out[b + 1], out[b + 2], out[b + 3]
        for k in range(0, cells // 4 * 4, 4):
            w0, w1, w2, w3 = w_rec[k], w_rec[k + 1], w_rec[k + 2], w_rec[k + 3]
            a0, a1, a2, a3 = du[b, k], du[b, k + 1], du[b, k + 2], du[b, k + 3]
            b0, b1, b2, b3 = du[b + 1, k], du[b + 1, k + 1], du[b + 1, k + 2], du[b + 1, k + 3]
            c0, c1, c2, c3 = du[b + 2, k], du[b + 2, k + 1], du[b + 2, k + 2], du[b + 2, k + 3]
            d0, d1, d2, d3 = du[b + 3, k], du[b + 3, k + 1], du[b + 3, k + 2], du[b + 3, k + 3]
            for j in range(U8(cells)):
                p[j] += (a0 * w0[j] + a1 * w1[j]) + (a2 * w2[j] + a3 * w3[j])
                q[j] += (b0 * w0[j] + b1 * w1[j]) + (b2 * w2[j] + b3 * w3[j])
                r[j] += (c0 * w0[j] + c1 * w1[j]) + (c2 * w2[j] + c3 * w3[j])
                s[j] += (d0 * w0[j] + d1 * w1[j]) + (d2 * w2[j] + d3 * w3[j])
        for k in range(cells // 4 * 4, cells):
            for j in range(U8(cells)):
                p[j] += du[b, k] * w_rec[k, j]
                q[j] += du[b + 1, k] * w_rec[k, j]
                r[j] += du[b + 2, k] * w_rec[k, j]
                s[j] += du[b + 3, k] * w_rec[k, j]
    for b in range(samples // 4 * 4, samples):
        for k in range(cells):
            for j in range(U8(cells)):
                out[b, j] += du[b, k] * w_rec[k, j]


@compiled
def back_leaky(gz, back, x, law, du):
    """One step back of one sample's leaky cells: du comes as the gradient of the step after and goes as this one's."""
    for j in range(U8(du.size)):
        size = F4(1) + law.sharpness * abs(x[j])
        du[j] = law.alpha * du[j] + (gz[j] + back[j] - law.theta * du[j]) / (size * size)


@compiled
def back_ion(gz, back, over, x, z, law, du, dg):
    """The same of ion neurons, and dg with du."""
    for j in range(U8(du.size)):
        size, gate = F4(1) + law.sharpness * abs(x[j]), (law.gamma if z[j] == F4(0) else law.spent) * dg[j]
        dx = law.slope * (gz[j] + back[j] + (over[j] - law.v_hold) * gate) / (size * size)
        followed = z[j] * gate
        du[j] = law.alpha * du[j] + dx + followed
        dg[j] = gate - dx - followed


@compiled
def scatter_events(first, last, source, value, row, out):
    """The rows of `out` at the spikes first..last - 1 += their value times `row`."""
    for k in range(first, last):
        line, v = out[source[k]], value[k]
        for j in range(U8(row.size)):
            line[j] += v * row[j]


@compiled
def backward(events, w_rec, gz, over, x, z, law, g_in, g_rec, g_bias, du_all):
    """All steps back: adds to the gradients of the weights; fills du_all (steps, samples, cells) with those of what arrives if it has room for them. w_rec as (post, pre)."""
    steps, samples, cells = x.shape
    du, dg, back = np.zeros((samples, cells), F4), np.zeros((samples, cells), F4), np.zeros((samples, cells), F4)
    which, ones = np.empty(cells, I4), np.ones(cells, F4)
    for t in range(steps - 1, -1, -1):
        if t < steps - 1:
            passed_back(du, w_rec, back)
        for b in range(samples):
            if law.v_t > F4(0):
                back_ion(gz[t, b], back[b], over[t, b], x[t, b], z[t, b], law, du[b], dg[b])
            else:
                back_leaky(gz[t, b], back[b], x[t, b], law, du[b])
            frame, fired = t * samples + b, 0
            scatter_events(events.first[frame], events.first[frame + 1], events.source, events.value, du[b], g_in)
            if t > 0:
                for j in range(cells):
                    which[fired] = j
                    fired += z[t - 1, b, j] != F4(0)
                scatter_events(0, fired, which, ones, du[b], g_rec)
            for j in range(U8(cells)):
                g_bias[j] += du[b, j]
        if du_all.shape[0]:
            du_all[t] = du


@compiled
def leak_over(x, alpha, out):
    """out[t] = alpha out[t - 1] + x[t] along the first axis, (steps, n)."""
    for t in range(x.shape[0]):
        for j in range(U8(x.shape[1])):
            out[t, j] = x[t, j] if t == 0 else alpha * out[t - 1, j] + x[t, j]


@compiled
def leak_back(g, alpha, out):
    """The gradient of `leak_over`: the same, from the end."""
    last = g.shape[0] - 1
    for t in range(last, -1, -1):
        for j in range(U8(g.shape[1])):
            out[t, j] = g[t, j] if t == last else alpha * out[t + 1, j] + g[t, j]
