"""ngspice on the relaxation neuron of the benchmark: trapezoidal, reltol 1e-3, 50 ns. Usage: ngspice_relaxation.py NEURONS RUNS

The setting is the fastest of 24 that neither failed nor lost spikes. The equations are those of ferrion.physics.threshold and
ferrion.circuits.relaxation; this file runs alone and needs ngspice on the path.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SWITCH = """.subckt switch p n
Bm p n I = V(p,n)*1e-8*exp(9.210340371976184*V(x))
Cx x 0 1u IC=0
Bx 0 x I = 1u*(1e7*(1-V(x))/(1+exp(-max(-60,min(60,(abs(V(p,n))-(0.3-0.2*V(x)))/0.01)))) - V(x)/10u)
.ends
"""


def netlist(volts: np.ndarray, traces: Path) -> str:
    cells = "".join(f"Vin{k} in{k} 0 PWL(0 0 100n {v:.9g})\nRin{k} in{k} v{k} 500k\nC{k} v{k} 0 100p IC=0\nX{k} v{k} s{k} switch\nRl{k} s{k} 0 1k\n" for k, v in enumerate(volts))
    control = f".control\nset wr_singlescale\ntran 50n 1m 0 50n uic\nwrdata {traces} v(v0)\nquit 0\n.endc\n"
    return f"* relaxation neurons\n{SWITCH}{cells}.options reltol=1e-3 abstol=1e-13 vntol=1e-7 method=trap\n.save v(v0)\n{control}.end\n"


def main() -> None:
    count, runs = int(sys.argv[1]), int(sys.argv[2])
    volts = np.linspace(0.5, 0.7, count) if count > 1 else np.array([0.6])
    release = subprocess.run(["ngspice", "--version"], capture_output=True, text=True, check=True).stdout.split("ngspice-")[1].split()[0]
    rates, spikes = [], []
    with tempfile.TemporaryDirectory() as folder:
        circuit, traces = Path(folder) / "neurons.cir", Path(folder) / "traces.dat"
        circuit.write_text(netlist(volts, traces))
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(["ngspice", "-b", str(circuit)], capture_output=True, check=True)
            rates.append(count / (time.perf_counter() - start))
        t, v = np.loadtxt(traces).T
    if count == 1:
        k = np.where((v[:-1] > 0.15) & (v[1:] <= 0.15))[0]
        spikes = [float(x) for x in t[k] + (v[k] - 0.15) / (v[k] - v[k + 1]) * (t[k + 1] - t[k])]
    sys.stdout.write(json.dumps({"tool": "ngspice", "version": release, "rates": rates, "note": "trap, reltol 1e-3, 50 ns", "spikes": spikes}) + "\n")


if __name__ == "__main__":
    main()
