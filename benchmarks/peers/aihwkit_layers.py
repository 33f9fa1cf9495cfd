"""Training 784-256-10 at a batch size with aihwkit, one thread: aihwkit_layers.py DEVICE BATCH STEPS RUNS, where DEVICE is pulsed or mixed."""

import json
import sys
import time

import aihwkit
import torch
from aihwkit.nn import AnalogLinear, AnalogSequential
from aihwkit.optim import AnalogSGD
from aihwkit.simulator.configs import DigitalRankUpdateRPUConfig, SingleRPUConfig
from aihwkit.simulator.configs.compounds import MixedPrecisionCompound
from aihwkit.simulator.configs.devices import SoftBoundsDevice

DEVICES = {
    "pulsed": lambda: SingleRPUConfig(device=SoftBoundsDevice()),
    "mixed": lambda: DigitalRankUpdateRPUConfig(device=MixedPrecisionCompound(device=SoftBoundsDevice(), transfer_every=100)),
}


def main() -> None:
    device, batch, steps, runs = sys.argv[1], *map(int, sys.argv[2:])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers = [AnalogLinear(n, m, bias=True, rpu_config=DEVICES[device]()) for n, m in ((784, 256), (256, 10))]
    model = AnalogSequential(layers[0], torch.nn.ReLU(), layers[1])
    optimiser = AnalogSGD(model.parameters(), lr=0.05)
    optimiser.regroup_param_groups(model)
    inputs, labels = torch.rand(steps, batch, 784), torch.randint(10, (steps, batch))
    learn, pure = [], []
    for _ in range(runs + 1):
        both, read = 0.0, 0.0
        for x, y in zip(inputs, labels, strict=True):
            optimiser.zero_grad()
            start = time.perf_counter()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            read += time.perf_counter() - start
            optimiser.step()
            both += time.perf_counter() - start
        learn.append(steps * batch / both)
        pure.append(steps * batch / read)
    print(json.dumps({"tool": f"aihwkit, {device}", "version": aihwkit.__version__, "learn": learn[1:], "read": pure[1:]}))


main()
