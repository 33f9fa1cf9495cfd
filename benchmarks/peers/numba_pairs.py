"""A plain numba loop: leaky cells with noise, connected at random, pair plasticity, one second at 0.1 ms; every weight in one list by source, with an index by target.

Usage: numba_pairs.py CELLS SHARE RUNS. Prints the seconds of each run, those of building and compiling, the rate, and the largest resident memory [MB].
"""

import json
import sys
import time
from pathlib import Path

import numba
import numpy as np
from numba import njit

DT, DELAY, REFRACTORY, FAR = 0.1, 10, 50, 4096


@njit
def connected(cells, share, seed):
    np.random.seed(seed)
    target, first, count = np.empty(int(cells * cells * share * 1.01) + 1000, np.int32), np.zeros(cells + 1, np.int64), 0
    for i in range(cells):
        j = int(np.log(1 - np.random.random()) / np.log(1 - share))
        while j < cells:
            if j != i and count < target.size:
                target[count] = j
                count += 1
            j += 1 + int(np.log(1 - np.random.random()) / np.log(1 - share))
        first[i + 1] = count
    target, start = target[:count], np.zeros(cells + 1, np.int64)
    for j in target:
        start[j + 1] += 1
    start = np.cumsum(start)
    place, which, source = start[:-1].copy(), np.empty(count, np.int32), np.empty(count, np.int32)
    for i in range(cells):
        for k in range(first[i], first[i + 1]):
            which[place[target[k]]], source[place[target[k]]] = k, i
            place[target[k]] += 1
    return first, target, start, which, source


@njit(fastmath=True)
def faded(trace, since, fading):
    return trace * fading[since] if since < FAR else np.float32(0)


@njit(fastmath=True)
def run(first, target, start, which, source, w, w_max, seconds, seed):
    np.random.seed(seed)
    cells, steps = first.size - 1, int(seconds * 1e3 / DT)
    v, rest = np.random.random(cells).astype(np.float32) * 20, np.zeros(cells, np.int32)
    before, after, heard, fired = np.zeros(cells, np.float32), np.zeros(cells, np.float32), np.zeros(cells, np.int32), np.zeros(cells, np.int32)
    sent, many, spikes = np.empty((DELAY, cells), np.int32), np.zeros(DELAY, np.int32), 0
    fading, noise = np.exp(-DT / 20.0 * np.arange(FAR)).astype(np.float32), 5.0 * np.sqrt(2 / 20.0 * DT)
    for t in range(steps):
        slot = t % DELAY
        for i in sent[slot, : many[slot]]:
            before[i], heard[i] = faded(before[i], t - heard[i], fading) + 0.01 * w_max, t
            for k in range(first[i], first[i + 1]):
                j = target[k]
                v[j] += w[k]
                w[k] = max(w[k] - faded(after[j], t - fired[j], fading), np.float32(0))
        count = 0
        for i in range(cells):
            if rest[i] > 0:
                rest[i] -= 1
                continue
            v[i] += (12.0 - v[i]) * DT / 20.0 + noise * np.random.standard_normal()
            if v[i] > 20.0:
                v[i], rest[i], sent[slot, count] = 0.0, REFRACTORY, i
                count += 1
        many[slot] = count
        spikes += count
        for j in sent[slot, :count]:
            for q in range(start[j], start[j + 1]):
                i = source[q]
                w[which[q]] = min(w[which[q]] + faded(before[i], t - heard[i], fading), w_max)
            after[j], fired[j] = faded(after[j], t - fired[j], fading) + 0.0105 * w_max, t
    return spikes


def main():
    cells, share, runs = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    begun = time.perf_counter()
    small = connected(50, share, 1)
    run(*small, np.zeros(small[1].size, np.float32), np.float32(1), 1e-3, 1)
    wiring = connected(cells, share, 1)
    start, w_max, loops = time.perf_counter() - begun, np.float32(0.2 * 1000 / cells), []
    weights = (np.random.default_rng(0).random(wiring[1].size) * w_max).astype(np.float32)
    for _ in range(runs):
        own = weights.copy()
        begun = time.perf_counter()
        spikes = run(*wiring, own, w_max, 1.0, 2)
        loops.append(time.perf_counter() - begun)
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"tool": "numba loop", "version": numba.__version__, "seconds": loops, "start": start, "rate": spikes / cells, "megabytes": peak}))


main()
