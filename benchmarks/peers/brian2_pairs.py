"""Brian2's C++ target: leaky cells with noise, connected at random, pair plasticity, one second at 0.1 ms. Usage: brian2_pairs.py CELLS SHARE RUNS

Prints the seconds of the loop of each run, those of compiling, and the largest resident memory of all processes [MB].
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import brian2 as b2
from brian2 import ms, mV, second

CELL = "dv/dt = (12*mV - v)/tau + 5.0*mV*sqrt(2/tau)*xi : volt (unless refractory)"
SYNAPSE = """
w : volt
dx/dt = -x/tau : 1 (event-driven)
dy/dt = -y/tau : 1 (event-driven)
"""


def main():
    cells, share, runs = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    folder = tempfile.mkdtemp(prefix="brian2-")
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.defaultclock.dt = 0.1 * ms
    b2.seed(1)
    names = {"tau": 20 * ms, "w_max": 0.2 * mV * 1000 / cells, "step": 0.01}
    group = b2.NeuronGroup(cells, CELL, threshold="v > 20*mV", reset="v = 0*mV", refractory=5 * ms, method="euler", namespace=names)
    group.v = "rand()*20*mV"
    before = "v_post += w\nx += step\nw = clip(w + y*w_max, 0*mV, w_max)"
    after = "y -= step*1.05\nw = clip(w + x*w_max, 0*mV, w_max)"
    synapses = b2.Synapses(group, group, SYNAPSE, on_pre=before, on_post=after, namespace=names)
    synapses.connect(condition="i != j", p=share)
    synapses.w = "rand()*w_max"
    synapses.delay = 1 * ms
    monitor = b2.SpikeMonitor(group)
    b2.run(1 * second)
    start = time.perf_counter()
    b2.device.build(directory=folder, compile=True, run=False)
    compiling, loops = time.perf_counter() - start, []
    for _ in range(runs):
        b2.device.run(folder, with_output=False, run_args=[])
        loops.append(b2.device._last_run_time)
    own = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    rate = int(monitor.num_spikes) / cells
    print(json.dumps({"tool": "Brian2 C++", "version": b2.__version__, "seconds": loops, "start": compiling, "rate": rate, "megabytes": peak}))
    shutil.rmtree(folder, ignore_errors=True)


main()
