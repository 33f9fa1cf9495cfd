"""`ferrion bench crossbar`: crossbars with wires, solved here and by badcrossbar, in one run."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

import numpy as np

from ferrion.arrays.crossbar import Crossbar
from ferrion.arrays.nodal import Wires
from ferrion.core.noise import uniforms
from ferrion.workloads.bench import BENCH_PYTHON, ONE_THREAD, PEERS, RUNS, Tell, Timing, skipped

SIZES = (64, 128, 256, 512)
INPUTS = (1, 100)
PEER_RUNS = 3
WIRES = Wires(row=1.0, column=1.0, driver=0.0, sense=0.0, access=0.0)


def crossbar(tell: Tell) -> list[Timing]:
    """Seconds and memory to read square arrays of 10 to 100 kilohm with 1 ohm a segment, for 1 and 100 inputs, all cores; then effective matrices."""
    rows = []
    for size in SIZES:
        for inputs in INPUTS:
            work = f"{size} x {size}, {inputs} input{'s' * (inputs > 1)}"
            tell(f"{work}: ferrion")
            mine, megabytes, residual = _measured(f"{__name__}", size, inputs)
            rows.append(_row(work, "ferrion", version("ferrion"), mine, None, f"{megabytes:.0f} MB at most; Kirchhoff off by {residual:.0e}"))
            tell(f"{work}: badcrossbar")
            rows.append(_peer(work, size, inputs, statistics.median(mine)))
    tell("784 x 256: effective matrix")
    bar, times = Crossbar(_devices(784, 256), WIRES), []
    for _ in range(PEER_RUNS):
        fresh = Crossbar(bar.devices, WIRES)
        start = time.perf_counter()
        weights = fresh.matrix
        times.append(time.perf_counter() - start)
    rows.append(_row("784 x 256, effective matrix", "ferrion", version("ferrion"), times, None, "every further read is a matrix product"))
    volts, times = np.ones(784), []
    for _ in range(1000):
        start = time.perf_counter()
        volts @ weights
        times.append(time.perf_counter() - start)
    return [*rows, _row("784 x 256, a read through the effective matrix", "ferrion", version("ferrion"), times, None, f"{1 / statistics.median(times):,.0f} reads a second")]


def _devices(rows: int, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return 1 / (1e4 + 9e4 * uniforms(0, 0, 0, rows * columns).reshape(rows, columns))


def _measured(module: str, size: int, inputs: int) -> tuple[list[float], float, float]:
    """Seconds of every run, peak memory [MB] and residual, in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-m", module, str(size), str(inputs)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["megabytes"], found["residual"]


def _peer(work: str, size: int, inputs: int, mine: float) -> Timing:
    script = PEERS / "badcrossbar_read.py"
    missing = [str(path) for path in (script, BENCH_PYTHON) if not path.exists()]
    if missing:
        return skipped(work, "badcrossbar", f"no {', no '.join(missing)}: run make bench in a checkout")
    done = subprocess.run(
        [str(BENCH_PYTHON.absolute()), str(script), str(size), str(inputs), str(PEER_RUNS)], capture_output=True, text=True, env={**os.environ, **ONE_THREAD}, check=False
    )
    if done.returncode:
        return skipped(work, "badcrossbar", (done.stderr.strip().splitlines() or ["failed without a word"])[-1])
    found = json.loads(done.stdout.splitlines()[-1])
    return _row(work, "badcrossbar", found["version"], found["seconds"], statistics.median(found["seconds"]) / mine, f"{found['megabytes']:.0f} MB at most")


def _row(work: str, tool: str, release: str, seconds: list[float], ratio: float | None, note: str) -> Timing:
    return Timing(
        work=work,
        tool=tool,
        version=release,
        median=statistics.median(seconds),
        min=min(seconds),
        max=max(seconds),
        runs=len(seconds),
        ours_over_theirs=ratio,
        unit="s",
        note=note,
    )


def main() -> None:
    """One size, timed: what `ferrion bench crossbar` runs apart, so that memory is that of this size alone."""
    size, inputs = int(sys.argv[1]), int(sys.argv[2])
    devices, volts = _devices(size, size), 0.5 * uniforms(0, 0, 1, inputs * size).reshape(inputs, size)
    Crossbar(devices[:2, :2], WIRES).read(volts[:, :2])
    seconds, residual = [], 0.0
    for _ in range(RUNS):
        start = time.perf_counter()
        residual = Crossbar(devices, WIRES).read(volts).residual
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak, "residual": residual}) + "\n")


if __name__ == "__main__":
    main()
