"""badcrossbar on the crossbar of the benchmark: output currents only. Usage: badcrossbar_read.py SIZE INPUTS RUNS

Devices of 10 to 100 kilohm, 1 ohm a segment. This file runs alone.
"""

import json
import logging
import resource
import sys
import time
from importlib.metadata import version

import badcrossbar
import numpy as np


def main() -> None:
    size, inputs, runs = map(int, sys.argv[1:4])
    logging.disable(logging.CRITICAL)
    rng = np.random.default_rng(0)
    ohms, volts = rng.uniform(1e4, 1e5, (size, size)), rng.uniform(0, 0.5, (size, inputs))
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        badcrossbar.compute(volts, ohms, 1.0, node_voltages=False, all_currents=False)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"version": version("badcrossbar"), "seconds": seconds, "megabytes": peak}) + "\n")


if __name__ == "__main__":
    main()
