"""`ferrion bench`: the same work for us and for peers, in one run, one thread, medians."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, MissingDataError
from ferrion.core.noise import uniforms
from ferrion.core.progress import Tell
from ferrion.learning.rules import REFINED
from ferrion.learning.training import Plan, Training
from ferrion.workloads.data import load

NETWORKS = ((784, 256, 10), (784, 256, 128, 10))
SAMPLES = 1000
"""One block of work: this many samples, batch 1, always from the same initial weights."""
RUNS = 7
POOL = 32
"""Random inputs, cycled."""
PEERS = Path("benchmarks/peers")
BENCH_PYTHON = Path(".venv-bench/bin/python")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One row: the median of `runs` measurements, in `unit`."""

    work: str
    tool: str
    version: str
    median: float
    min: float
    max: float
    runs: int
    ours_over_theirs: float | None
    unit: str = "samples/s"
    note: str = ""


def benches() -> dict[str, Callable[[Tell], list[Timing]]]:
    """Every benchmark, by name."""
    from ferrion.workloads.bench_crossbar import crossbar
    from ferrion.workloads.bench_layers import layers
    from ferrion.workloads.bench_neuron import neuron
    from ferrion.workloads.bench_spiking import spiking
    from ferrion.workloads.bench_sweep import sweep

    return {"two-memory": two_memory, "neuron": neuron, "crossbar": crossbar, "layers": layers, "spiking": spiking, "sweep": sweep}


def bench(name: str, tell: Tell) -> dict[str, Any]:
    """Run one benchmark: {"name", "machine", "rows"}; raises ConfigError for a name there is none of."""
    if name not in benches():
        raise ConfigError(f"no benchmark {name!r}; there are {', '.join(benches())}")
    machine = f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, one thread unless said"
    return {"name": name, "machine": machine, "rows": [asdict(row) for row in benches()[name](tell)]}


def two_memory(tell: Tell) -> list[Timing]:
    """Training at batch 1 on dense random input and on MNIST: ferrion, torch float, aihwkit mixed precision."""
    rows = []
    for work, inputs, labels in works():
        for sizes in NETWORKS:
            title = f"{'-'.join(map(str, sizes))}, {work}"
            tell(f"{title}: ferrion")
            mine = _ours(sizes, inputs, labels)
            rows.append(timing(title, mine, _floor(sizes, inputs)))
            for peer, python in (("torch_float", Path(sys.executable)), ("aihwkit_mixed_precision", BENCH_PYTHON)):
                tell(f"{title}: {peer}")
                rows.append(_peer(title, peer, python, sizes, inputs, labels, statistics.median(mine)))
    return rows


def works() -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.int64]]]:
    """The inputs and labels of a block: dense random input, and MNIST where it is at hand."""
    dense = uniforms(0, 0, 0, POOL * NETWORKS[0][0]).astype(np.float32).reshape(POOL, -1)
    labels = (uniforms(0, 0, 1, POOL) * 10).astype(np.int64)
    repeat = np.arange(SAMPLES) % POOL
    yield "dense random input", dense[repeat], labels[repeat]
    try:
        data = load("mnist")
    except MissingDataError as problem:
        sys.stderr.write(f"MNIST is left out: {problem}\n")
        return
    yield "MNIST", data.inputs[:SAMPLES], data.labels[:SAMPLES]


def _ours(sizes: tuple[int, ...], inputs: NDArray[np.float32], labels: NDArray[np.int64]) -> list[float]:
    plan = Plan(sizes=sizes, chip=Chip.from_card(), rule=REFINED, epochs=1)
    Training(plan).advance(inputs, labels, SAMPLES)
    rates = []
    for _ in range(RUNS):
        training = Training(plan)
        start = time.perf_counter()
        training.advance(inputs, labels, SAMPLES)
        rates.append(SAMPLES / (time.perf_counter() - start))
    return rates


def _floor(sizes: tuple[int, ...], inputs: NDArray[np.float32]) -> str:
    """Bytes one sample must move, and how many samples a second this machine could move at the speed of a copy in cache.

    Forward 4 bytes a weight on an active row, backward 4 a weight above the first layer, update 2 bytes read and 2
    written a hidden weight on an active row; hidden layers counted as half active.
    """
    active = [float((inputs != 0).sum(axis=1).mean()), *(n / 2 for n in sizes[1:-1])]
    cells = [rows * columns for rows, columns in zip(active, sizes[1:], strict=True)]
    moved = 8 * sum(cells) + 4 * sum(cells[1:])
    source, target = np.ones(1 << 17, np.float32), np.empty(1 << 17, np.float32)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - start)
    speed = 2 * source.nbytes / statistics.median(times)
    return (
        f"floor: {moved / 1e3:.0f} kB and {2 * sum(cells) + sum(cells[1:]):.3g} multiply-adds a sample; at {speed / 1e9:.0f} GB/s (a copy in cache) {speed / moved:,.0f} samples/s"
    )


def _peer(work: str, peer: str, python: Path, sizes: tuple[int, ...], inputs: NDArray[np.float32], labels: NDArray[np.int64], mine: float) -> Timing:
    """A peer on the same samples, handed over in a file."""
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"ferrion-bench-{os.getpid()}.npz"
    np.savez(file, x=inputs, y=labels)
    try:
        found = asked(peer, python, str(file), *map(str, sizes), str(RUNS))
    except LeftOutError as why:
        return skipped(work, peer, str(why))
    finally:
        file.unlink(missing_ok=True)
    return timing(work, found["rates"], tool=found["tool"], release=found["version"], ratio=mine / statistics.median(found["rates"]))


def timing(work: str, values: Sequence[float], note: str = "", *, tool: str = "ferrion", release: str | None = None, ratio: float | None = None, unit: str = "samples/s") -> Timing:
    """The row of a measurement; without `release`, ours."""
    median, runs = statistics.median(values), len(values)
    return Timing(
        work=work, tool=tool, version=release or version("ferrion"), median=median, min=min(values), max=max(values), runs=runs, ours_over_theirs=ratio, unit=unit, note=note
    )


class LeftOutError(Exception):
    """Why a peer did not run."""


def asked(peer: str, python: Path, *arguments: str, limits: Mapping[str, str] = ONE_THREAD) -> dict[str, Any]:
    """What a peer's script prints, run in its own interpreter under `limits`; raises LeftOutError where it cannot run."""
    script = PEERS / f"{peer}.py"
    missing = [str(path) for path in (script, python) if not path.exists()]
    if missing:
        raise LeftOutError(f"no {', no '.join(missing)}: run make bench in a checkout")
    done = subprocess.run([str(python.absolute()), str(script.absolute()), *arguments], capture_output=True, text=True, env={**os.environ, **limits}, check=False)
    if done.returncode:
        raise LeftOutError((done.stderr.strip().splitlines() or ["failed without a word"])[-1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def skipped(work: str, peer: str, why: str) -> Timing:
    """The row of a peer that did not run, with the reason."""
    return Timing(work=work, tool=peer, version="", median=0.0, min=0.0, max=0.0, runs=0, ours_over_theirs=None, note=f"skipped: {why}")
