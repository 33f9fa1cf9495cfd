"""Brian2's C++ target on the relaxation neuron of the benchmark: rk4, 50 ns. Usage: brian2_relaxation.py NEURONS RUNS

The equations are those of ferrion.physics.threshold and ferrion.circuits.relaxation; this file runs alone, in an environment of its own.
"""

import json
import os
import shutil
import sys
import tempfile
import time

import brian2 as b2
import numpy as np

EQUATIONS = """
dv/dt = ((v_in*clip(t/(100*nsecond), 0, 1) - v)/(500*kohm) - current)/(100*pfarad) : volt
dx/dt = 1e7*hertz*s*(1 - x) - x/(10*usecond) : 1
g = 1e-8*siemens*exp(9.210340371976184*x) : siemens
current = v/(1/g + 1*kohm) : amp
s = 1/(1 + exp(clip((0.3*volt - 0.2*volt*x - abs(current/g))/(10*mvolt), -60, 60))) : 1
before : volt
v_in : volt (constant)
"""


def main() -> None:
    count, runs = int(sys.argv[1]), int(sys.argv[2])
    folder = tempfile.mkdtemp(prefix="brian2-")
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.defaultclock.dt = 50 * b2.nsecond
    group = b2.NeuronGroup(count, EQUATIONS, threshold="before > 0.15*volt and v <= 0.15*volt", reset="", method="rk4")
    group.run_regularly("before = v", when="start")
    group.v_in = np.linspace(0.5, 0.7, count) * b2.volt if count > 1 else 0.6 * b2.volt
    monitor = b2.SpikeMonitor(group)
    b2.run(1 * b2.msecond)
    start = time.perf_counter()
    b2.device.build(directory=folder, compile=True, run=False)
    compiled = time.perf_counter() - start
    rates = []
    for _ in range(runs):
        start = time.perf_counter()
        b2.device.run(folder, with_output=False, run_args=[])
        rates.append(count / (time.perf_counter() - start))
    spikes = [float(t) for t in np.asarray(monitor.t)] if count == 1 else []
    shutil.rmtree(folder, ignore_errors=True)
    note = f"rk4, 50 ns; {compiled:.1f} s of compiling not counted"
    sys.stdout.write(json.dumps({"tool": "Brian2, C++", "version": b2.__version__, "rates": rates, "note": note, "spikes": spikes}) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
