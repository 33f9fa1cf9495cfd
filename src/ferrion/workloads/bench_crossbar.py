"""`ferrion bench crossbar`: crossbars with wires, solved here and by badcrossbar, in one run."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ferrion.arrays.crossbar import Crossbar, Floats
from ferrion.arrays.nodal import Wires
from ferrion.core.noise import uniforms
from ferrion.workloads.bench import BENCH_PYTHON, RUNS, LeftOutError, Tell, Timing, asked, skipped, timing

SIZES = (64, 128, 256, 512)
INPUTS = (1, 100)
PEER_RUNS, READS = 3, 1000
WIRES = Wires(row=1.0, column=1.0, driver=0.0, sense=0.0, access=0.0)


def crossbar(tell: Tell) -> list[Timing]:
    """Seconds and memory to read square arrays of 10 to 100 kilohm with 1 ohm a segment, for 1 and 100 inputs, on all cores; then an effective matrix."""
    rows = []
    for size in SIZES:
        for inputs in INPUTS:
            work = f"{size} x {size}, {inputs} input{'s' * (inputs > 1)}"
            tell(f"{work}: ferrion")
            mine, megabytes, residual = _ours(size, inputs)
            rows.append(timing(work, mine, f"{megabytes:.0f} MB at most; Kirchhoff off by {residual:.0e}", unit="s"))
            tell(f"{work}: badcrossbar")
            rows.append(_peer(work, size, inputs, rows[-1].median))
    return rows + effective(tell)


def effective(tell: Tell) -> list[Timing]:
    """Seconds to the effective matrix of a layer, and to a read through it."""
    work, devices, volts = "784 x 256, effective matrix", _devices(784, 256), np.ones(784)
    tell(work)
    whole = timing(work, [seconds(lambda: Crossbar(devices, WIRES).matrix) for _ in range(PEER_RUNS)], "every further read is a matrix product", unit="s")
    weights = Crossbar(devices, WIRES).matrix
    read = timing("784 x 256, a read through the effective matrix", [seconds(lambda: volts @ weights) for _ in range(READS)], unit="s")
    return [whole, replace(read, note=f"{1 / read.median:,.0f} reads a second")]


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _devices(rows: int, columns: int) -> Floats:
    return 1 / (1e4 + 9e4 * uniforms(0, 0, 0, rows * columns).reshape(rows, columns))


def _ours(size: int, inputs: int) -> tuple[list[float], float, float]:
    """Seconds of every run, peak memory [MB] and residual, in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-m", __name__, str(size), str(inputs)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["megabytes"], found["residual"]


def _peer(work: str, size: int, inputs: int, mine: float) -> Timing:
    """badcrossbar with as many threads as it takes, as we do."""
    try:
        found = asked("badcrossbar_read", BENCH_PYTHON, str(size), str(inputs), str(PEER_RUNS), limits={})
    except LeftOutError as why:
        return skipped(work, "badcrossbar", str(why))
    ratio = statistics.median(found["seconds"]) / mine
    return timing(work, found["seconds"], f"{found['megabytes']:.0f} MB at most", tool="badcrossbar", release=found["version"], ratio=ratio, unit="s")


def main() -> None:
    """One size, timed: what `ferrion bench crossbar` runs apart, so that memory is that of this size alone."""
    size, inputs = int(sys.argv[1]), int(sys.argv[2])
    devices, volts = _devices(size, size), 0.5 * uniforms(0, 0, 1, inputs * size).reshape(inputs, size)
    residual = Crossbar(devices, WIRES).read(volts).residual
    times = [seconds(lambda: Crossbar(devices, WIRES).read(volts)) for _ in range(RUNS)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": times, "megabytes": peak, "residual": residual}) + "\n")


if __name__ == "__main__":
    main()
