"""`ferrion bench spiking`: a training step of a recurrent net, a second of a large plastic network, and events through the chip."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ferrion.chip.spiking import SpikingChip
from ferrion.core.memory import peak
from ferrion.core.progress import Tell
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Stdp
from ferrion.learning.spiking.sparse import Pairs, SparseNetwork
from ferrion.workloads.bench import BENCH_PYTHON, ONE_THREAD, RUNS, LeftOutError, Timing, asked, skipped, timing
from ferrion.workloads.bench_nir import one_file

INPUTS, CELLS, CLASSES, STEPS, SAMPLES = 700, 256, 20, 100, 64
FRAMEWORKS = ("snntorch", "norse", "spikingjelly", "torch-fused")
LARGE, SHARE = 10_000, 0.1
PLASTIC = {"brian2_pairs": BENCH_PYTHON, "nest_pairs": BENCH_PYTHON, "numba_pairs": Path(sys.executable)}
"""Who simulates a plastic network beside us, and in which interpreter."""
PEER_RUNS = 3
KEEP, DT = 0.95, 1e-3
SECONDS = 1.0
EVENTS, BUSY = 20_000, 2e4
"""Of the chip's streams; how many of them a second, if nothing else is said."""
RATES = (2e2, 2e3, BUSY, 2e5)


def spiking(tell: Tell) -> list[Timing]:
    """Three works, ours in processes of their own, so that memory is theirs; and one neuron in a file that others read, too."""
    return [*_training(tell), *_plasticity(tell), *_events(tell), *one_file(tell)]


def _apart(function: Callable[[], dict[str, Any]], runs: int = 1) -> dict[str, Any]:
    """What `function` of this module returns in a process of its own, one thread; of several runs the last, so that everything is compiled."""
    call = f"import json\nfrom {__name__} import {function.__name__} as work\nprint(json.dumps(work()))"
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True, env={**os.environ, **ONE_THREAD})
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def training_step() -> dict[str, Any]:
    """The peers' training step on our layers: forward, backward, Adam."""
    import torch
    from torch.nn.functional import cross_entropy

    from ferrion.learning.spiking.layers import Leak, SpikingRecurrent, lif

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tau = -DT / float(np.log(KEEP))
    recurrent, dense, leak = SpikingRecurrent(INPUTS, CELLS, lif(tau, DT)), torch.nn.Linear(CELLS, CLASSES), Leak(tau, DT)
    drawn = torch.Generator().manual_seed(1)
    with torch.no_grad():
        recurrent.w_in.copy_((torch.randn((CELLS, INPUTS), generator=drawn) * 0.06).t())
        recurrent.w_rec.copy_((torch.randn((CELLS, CELLS), generator=drawn) * 0.03).t())
    frames = (torch.rand(STEPS, SAMPLES, INPUTS, generator=torch.Generator().manual_seed(2)) < 0.05).float()
    labels = torch.randint(0, CLASSES, (SAMPLES,))
    optimizer = torch.optim.Adam([*recurrent.parameters(), *dense.parameters()], 1e-4)

    def step(x: torch.Tensor) -> None:
        optimizer.zero_grad()
        cross_entropy(leak(dense(recurrent(x))).mean(0), labels[: x.shape[1]]).backward()
        optimizer.step()

    before = peak()
    step(frames[:2, :4])
    loaded, rates = peak(), []
    for _ in range(RUNS + 2):
        start = time.perf_counter()
        step(frames)
        rates.append(SAMPLES / (time.perf_counter() - start))
    return {"rates": rates[2:], "code": loaded - before, "megabytes": peak() - loaded, "total": peak()}


def _training(tell: Tell) -> list[Timing]:
    work = f"training step, {INPUTS}-{CELLS} recurrent-{CLASSES}, {STEPS} steps, batch {SAMPLES}"
    tell(f"{work}: ferrion")
    mine = _apart(training_step, 2)
    rates: list[float] = mine["rates"]
    full = STEPS * SAMPLES * CELLS * CELLS * 2 / 1e9
    note = f"{_held(mine)}; floor: {full:.2g} Gflop back through the recurrent weights, the rest follows the spikes"
    rows = [timing(work, rates, note)]
    for name in FRAMEWORKS:
        tell(f"{work}: {name}")
        try:
            found = asked("recurrent_training", BENCH_PYTHON if name != "torch-fused" else Path(sys.executable), name, str(RUNS))
        except LeftOutError as why:
            rows.append(skipped(work, name, str(why)))
            continue
        ratio = statistics.median(rates) / statistics.median(found["rates"])
        rows.append(timing(work, found["rates"], _held(found), tool=found["tool"], release=found["version"], ratio=ratio))
    return rows


def _held(found: dict[str, Any]) -> str:
    """What a step adds to what imports load, what of it is there once, after a first tiny one, and all."""
    return f"{found['code'] + found['megabytes']:.0f} MB beyond imports, {found['code']:.0f} of them at a first tiny step, {found['total']:.0f} in all"


def plastic_second() -> dict[str, Any]:
    """The peers' network: 10,000 cells, 10 million synapses, pair plasticity."""
    start = time.perf_counter()
    network = SparseNetwork(LARGE, SHARE, Pairs(w_max=0.2e-3 * 1000 / LARGE))
    network.run(1e-3)
    ready, seconds, spikes = time.perf_counter() - start, [], 0
    for _ in range(PEER_RUNS):
        start = time.perf_counter()
        spikes += len(network.run(SECONDS)[0])
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "start": ready, "rate": spikes / LARGE / PEER_RUNS, "megabytes": peak()}


def _plasticity(tell: Tell) -> list[Timing]:
    work = f"{LARGE:,} cells, {LARGE * LARGE * SHARE / 1e6:.0f} million synapses, pair plasticity, {SECONDS:g} s"
    tell(f"{work}: ferrion")
    mine = _apart(plastic_second, 2)
    rows, ours = [], statistics.median(mine["seconds"])
    for peer, found in [("ferrion", mine), *((peer, None) for peer in PLASTIC)]:
        if found is None:
            tell(f"{work}: {peer}")
            try:
                found = asked(peer, PLASTIC[peer], str(LARGE), str(SHARE), str(PEER_RUNS))
            except LeftOutError as why:
                rows.append(skipped(work, peer, str(why)))
                continue
        note = f"{found['megabytes']:.0f} MB; ready after {found['start']:.1f} s; {found['rate']:.1f} Hz"
        seconds: list[float] = found["seconds"]
        extra = {} if peer == "ferrion" else {"tool": str(found["tool"]), "release": str(found["version"]), "ratio": ours / statistics.median(seconds)}
        rows.append(timing(work, seconds, note, unit="s", **extra))
    visits = 2 * float(mine["rate"]) * LARGE * LARGE * SHARE / 1e6
    rows[0] = replace(rows[0], note=f"{rows[0].note}; floor: {visits / 2:.0f} million visits of 12 bytes, {LARGE * SECONDS / 1e-4 / 1e6:.0f} million steps of cells")
    return rows


def _events(tell: Tell) -> list[Timing]:
    """Events a second through router and neurons, and what they cost with more cells, more synapses, plasticity, and fewer or more of them a second."""
    rows = []
    for rows_in, cells, rate, learn in (*((1000, 64, rate, False) for rate in RATES), (1000, 64, BUSY, True), (1000, 256, BUSY, False), (4000, 64, BUSY, False)):
        work = f"chip of {rows_in} inputs and {cells} ion neurons, {EVENTS:,} events at {rate:,.0f} a second{', pair plasticity' if learn else ''}"
        tell(work)
        rows.append(timing(work, _pace(rows_in, cells, rate, learn), f"events a second of ours; {EVENTS / rate:g} s are simulated", unit="events/s"))
    return rows


def _pace(inputs: int, cells: int, rate: float, learn: bool) -> list[float]:
    seconds = EVENTS / rate
    network = SpikingNetwork(SpikingChip.from_card(), Wiring(inputs=inputs, cells=(cells,), swing=(0.05,)), rule=Stdp(a_plus=1e-3, a_minus=1e-3))
    drawn, paces = np.random.default_rng(0), []
    for run in range(RUNS + 1):
        times, addresses = run * seconds + np.sort(drawn.uniform(0.0, seconds, EVENTS)), drawn.integers(0, inputs, EVENTS)
        start = time.perf_counter()
        network.run(times, addresses, (run + 1) * seconds, learn=learn)
        paces.append(EVENTS / (time.perf_counter() - start))
    return paces[1:]
