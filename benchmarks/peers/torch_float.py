"""Plain torch float at batch 1. usage: torch_float.py DATA.npz SIZES… RUNS"""

import itertools
import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.set_num_threads(1)
file, *numbers = sys.argv[1:]
*sizes, runs = map(int, numbers)
data = np.load(file)
inputs, labels = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
torch.manual_seed(0)
layers = [layer for n, m in itertools.pairwise(sizes) for layer in (nn.Linear(n, m), nn.ReLU())][:-1]
model = nn.Sequential(*layers)
optimizer = torch.optim.SGD(model.parameters(), lr=0.005)
initial = {key: value.clone() for key, value in model.state_dict().items()}


def block(samples):
    model.load_state_dict(initial)
    start = time.perf_counter()
    for s in range(samples):
        optimizer.zero_grad()
        cross_entropy(model(inputs[s : s + 1]), labels[s : s + 1]).backward()
        optimizer.step()
    return samples / (time.perf_counter() - start)


block(64)
print(json.dumps({"tool": "torch float", "version": torch.__version__, "rates": [block(len(inputs)) for _ in range(runs)]}))
