"""badcrossbar on the crossbar of the benchmark: output currents only. Usage: badcrossbar_read.py ARRAY.npz RUNS

ARRAY.npz holds devices (rows, columns) [S] and volts (inputs, rows); 1 ohm a segment. This file runs alone.
"""

import json
import logging
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import badcrossbar
import numpy as np


def main() -> None:
    logging.disable(logging.CRITICAL)
    with np.load(sys.argv[1]) as array:
        ohms, volts = 1 / array["devices"], array["volts"].T
    read(volts[:2, :1], ohms[:2, :2])
    before, seconds = peak(), []
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        found = read(volts, ohms)
        seconds.append(time.perf_counter() - start)
    currents = found.currents.output.tolist()
    sys.stdout.write(json.dumps({"version": version("badcrossbar"), "seconds": seconds, "before": before, "megabytes": peak(), "currents": currents}) + "\n")


def read(volts: np.ndarray, ohms: np.ndarray) -> Any:
    return badcrossbar.compute(volts, ohms, 1.0, node_voltages=False, all_currents=False)


def peak() -> float:
    """Most memory so far [MB]."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
