"""NEST: leaky cells with noise, connected at random, pair plasticity, one second at 0.1 ms, one thread. Usage: nest_pairs.py CELLS SHARE RUNS

Prints the seconds of each simulated second after the first, those of building, and the largest resident memory [MB].
"""

import json
import sys
import time
from pathlib import Path

import nest
import numpy as np

TAU, CAPACITANCE = 20.0, 250.0


def main():
    cells, share, runs = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads = 0.1, 1
    start = time.perf_counter()
    cell = {"E_L": 0.0, "V_reset": 0.0, "V_th": 20.0, "tau_m": TAU, "C_m": CAPACITANCE, "t_ref": 5.0, "I_e": 12.0 * CAPACITANCE / TAU}
    group = nest.Create("iaf_psc_delta", cells, params=cell)
    group.V_m = nest.random.uniform(0.0, 20.0)
    noise = nest.Create("noise_generator", params={"mean": 0.0, "std": 5.0 * CAPACITANCE / TAU * np.sqrt(2 * TAU / 0.1), "dt": 0.1})
    nest.Connect(noise, group)
    w_max = 0.2 * 1000 / cells
    rule = {"tau_plus": 20.0, "lambda": 0.01, "alpha": 1.05, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": w_max}
    nest.CopyModel("stdp_synapse", "pairs", rule)
    weights = {"synapse_model": "pairs", "weight": nest.random.uniform(0.0, w_max), "delay": 1.0}
    nest.Connect(group, group, {"rule": "pairwise_bernoulli", "p": share, "allow_autapses": False}, weights)
    recorder = nest.Create("spike_recorder")
    nest.Connect(group, recorder)
    nest.Prepare()
    building, loops = time.perf_counter() - start, []
    for _ in range(runs):
        start = time.perf_counter()
        nest.Run(1000.0)
        loops.append(time.perf_counter() - start)
    nest.Cleanup()
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    rate = recorder.n_events / cells / runs
    print(json.dumps({"tool": "NEST", "version": nest.__version__, "seconds": loops, "start": building, "rate": rate, "megabytes": peak}))


main()
