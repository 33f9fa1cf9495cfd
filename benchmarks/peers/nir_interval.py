"""Steps between spikes of the neuron in a NIR file under 1.5 thresholds of current, in another tool: python nir_interval.py TOOL FILE DT."""

import json
import sys
from importlib.metadata import version

import nir
import numpy as np
import torch

tool, path, dt = sys.argv[1], sys.argv[2], float(sys.argv[3])
graph = nir.read(path)
steps = round(1.0 / dt)
x = torch.full((1, 1), 1.5)
if tool == "norse":
    import norse.torch as norse

    net, state, seen = norse.from_nir(graph, dt=dt), None, []
    for _ in range(steps):
        out, state = net(x, state)
        seen.append(float(out))
elif tool == "snntorch":
    from snntorch.import_nir import import_from_nir

    net, state, seen = import_from_nir(graph), None, []
    for _ in range(steps):
        out, state = net(x, state)
        seen.append(float(out))
else:
    from spikingjelly.activation_based.nir_exchange import import_from_nir

    net, state, seen = import_from_nir(graph, dt=dt), None, []
    for _ in range(steps):
        out, state = net(x, state)
        seen.append(float(out))
fired = np.flatnonzero(np.array(seen) > 0)
print(json.dumps({"tool": tool, "version": version(tool), "nir": version("nir"), "steps": np.diff(fired).tolist()}))
