"""`ferrion bench crossbar`: crossbars with wires, solved here and by badcrossbar, in one run."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ferrion.arrays.crossbar import Crossbar, Floats
from ferrion.arrays.nodal import Wires
from ferrion.core.errors import MissingDataError
from ferrion.core.memory import peak
from ferrion.core.noise import uniforms
from ferrion.core.progress import Tell
from ferrion.workloads.bench import BENCH_PYTHON, RUNS, LeftOutError, Timing, asked, skipped, timing
from ferrion.workloads.data import find

SIZES = (64, 128, 256, 512)
INPUTS = (1, 100)
PEER_RUNS, READS = 3, 1000
MEASURED = "nirram_characterisation.npz"
"""Resistances of 16,384 foundry 1T1R cells before a bake (Radway et al.)."""
WIRES = Wires(row=1.0, column=1.0, driver=0.0, sense=0.0, access=0.0)


def crossbar(tell: Tell) -> list[Timing]:
    """Seconds and memory to read square arrays of 10 to 100 kilohm with 1 ohm a segment, for 1 and 100 inputs, on all cores; then an effective matrix."""
    rows = []
    with TemporaryDirectory() as place:
        for work, devices, inputs in works():
            array = Path(place) / "array.npz"
            np.savez(array, devices=devices, volts=0.5 * uniforms(0, 0, 1, inputs * len(devices)).reshape(inputs, -1))
            tell(f"{work}: ferrion")
            mine = _asked_apart(array)
            rows.append(timing(work, mine["seconds"], f"{memory(mine)}; Kirchhoff off by {mine['residual']:.0e}", unit="s"))
            tell(f"{work}: badcrossbar")
            rows.append(_peer(work, array, rows[-1].median))
    return rows + effective(tell)


def works() -> Iterator[tuple[str, Floats, int]]:
    """What is solved: random conductances in all sizes, and those of a measured array where the recording is at hand."""
    for size, inputs in product(SIZES, INPUTS):
        yield f"{size} x {size}, {inputs} input{'s' * (inputs > 1)}", _devices(size, size), inputs
    try:
        with np.load(find("rram_1t1r_arrays", (MEASURED,)) / MEASURED) as held:
            ohms = held["bake130_r_pre"]
    except MissingDataError as problem:
        sys.stderr.write(f"the measured array is left out: {problem}\n")
        return
    yield "128 x 128, measured 1T1R cells, 100 inputs", 1 / ohms.reshape(128, 128).astype(np.float64), 100


def effective(tell: Tell) -> list[Timing]:
    """Seconds to the effective matrix of a layer, and to a read through it."""
    work, devices, volts = "784 x 256, effective matrix", _devices(784, 256), np.ones(784)
    tell(work)
    whole = timing(work, [seconds(lambda: Crossbar(devices, WIRES).matrix) for _ in range(PEER_RUNS)], "every further read is a matrix product", unit="s")
    weights = Crossbar(devices, WIRES).matrix
    read = timing("784 x 256, a read through the effective matrix", [seconds(lambda: volts @ weights) for _ in range(READS)], unit="s")
    return [whole, replace(read, note=f"{1 / read.median:,.0f} reads a second")]


def memory(found: dict[str, Any]) -> str:
    """Of the whole process, and what of it was there after an array of 2 x 2: interpreter, libraries and compiled code."""
    return f"{found['megabytes']:.0f} MB at most, {found['before']:.0f} of them before it began"


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _devices(rows: int, columns: int) -> Floats:
    return 1 / (1e4 + 9e4 * uniforms(0, 0, 0, rows * columns).reshape(rows, columns))


def _asked_apart(array: Path) -> dict[str, Any]:
    """Seconds of every run, peak memory [MB] and residual, in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-m", __name__, str(array)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peer(work: str, array: Path, mine: float) -> Timing:
    """badcrossbar with as many threads as it takes, as we do; and how far its currents are from ours."""
    try:
        found = asked("badcrossbar_read", BENCH_PYTHON, str(array), str(PEER_RUNS), limits={})
    except LeftOutError as why:
        return skipped(work, "badcrossbar", str(why))
    theirs, ours = np.array(found["currents"]), np.load(array.with_suffix(".npy"))
    note = f"{memory(found)}; currents within {np.abs(ours / theirs - 1).max():.0e} of ours"
    return timing(work, found["seconds"], note, tool="badcrossbar", release=found["version"], ratio=statistics.median(found["seconds"]) / mine, unit="s")


def main() -> None:
    """One array, timed: what `ferrion bench crossbar` runs apart, so that memory is that of this array alone."""
    array = Path(sys.argv[1])
    with np.load(array) as held:
        devices, volts = held["devices"], held["volts"]
    Crossbar(devices[:2, :2], WIRES).read(volts[:, :2])
    before = peak()
    read = Crossbar(devices, WIRES).read(volts)
    np.save(array.with_suffix(".npy"), read.currents)
    times = [seconds(lambda: Crossbar(devices, WIRES).read(volts)) for _ in range(RUNS)]
    sys.stdout.write(json.dumps({"seconds": times, "before": before, "megabytes": peak(), "residual": read.residual}) + "\n")


if __name__ == "__main__":
    main()
