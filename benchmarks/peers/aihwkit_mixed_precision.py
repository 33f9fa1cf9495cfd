"""aihwkit's mixed-precision compound (digital accumulation, transfer to a device every 100 samples) at batch 1.

usage: aihwkit_mixed_precision.py DATA.npz SIZES… RUNS
"""

import itertools
import json
import sys
import time

import aihwkit
import numpy as np
import torch
from aihwkit.nn import AnalogLinear, AnalogSequential
from aihwkit.optim import AnalogSGD
from aihwkit.simulator.configs import DigitalRankUpdateRPUConfig
from aihwkit.simulator.configs.compounds import MixedPrecisionCompound
from aihwkit.simulator.configs.devices import SoftBoundsDevice
from torch import nn
from torch.nn.functional import cross_entropy

torch.set_num_threads(1)
file, *numbers = sys.argv[1:]
*sizes, runs = map(int, numbers)
data = np.load(file)
inputs, labels = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
torch.manual_seed(0)


def config():
    return DigitalRankUpdateRPUConfig(device=MixedPrecisionCompound(device=SoftBoundsDevice(), transfer_every=100))


layers = [layer for n, m in itertools.pairwise(sizes) for layer in (AnalogLinear(n, m, bias=True, rpu_config=config()), nn.ReLU())][:-1]
model = AnalogSequential(*layers)
optimizer = AnalogSGD(model.parameters(), lr=0.005)
optimizer.regroup_param_groups(model)
initial = [((torch.rand(m, n) * 2 - 1) / n**0.5, (torch.rand(m) * 2 - 1) / n**0.5) for n, m in itertools.pairwise(sizes)]


def block(samples):
    for layer, (weight, bias) in zip(model.analog_layers(), initial, strict=False):
        layer.set_weights(weight.clone(), bias.clone())
    start = time.perf_counter()
    for s in range(samples):
        optimizer.zero_grad()
        cross_entropy(model(inputs[s : s + 1]), labels[s : s + 1]).backward()
        optimizer.step()
    return samples / (time.perf_counter() - start)


block(64)
print(json.dumps({"tool": "aihwkit mixed precision, k = 100", "version": aihwkit.__version__, "rates": [block(len(inputs)) for _ in range(runs)]}))
