"""A training step of a recurrent spiking net, 700-256 recurrent-20, 100 steps, batch 64, one thread. Usage: recurrent_training.py FRAMEWORK RUNS

Frameworks: snntorch, norse, spikingjelly, torch-fused (one autograd function with a hand-written backward pass). Same inputs, same scale of weights.
Prints rates [samples/s] and memory, largest resident [MB]: what a first, tiny step of two time steps and four samples adds to what imports load ("code"), what whole
steps add to that ("megabytes"), and all of the process ("total").
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

NI, NH, NO, T, B = 700, 256, 20, 100, 64
BETA, SLOPE = 0.95, 25.0


class SnnTorch(nn.Module):
    def __init__(self):
        super().__init__()
        import snntorch as snn
        from snntorch import surrogate

        grad = surrogate.fast_sigmoid(slope=SLOPE)
        self.fc1, self.fc2 = nn.Linear(NI, NH), nn.Linear(NH, NO)
        self.l1 = snn.RLeaky(beta=BETA, linear_features=NH, spike_grad=grad)
        self.l2 = snn.Leaky(beta=BETA, spike_grad=grad, reset_mechanism="none")

    def forward(self, x):
        spikes, node = self.l1.init_rleaky()
        out, total = self.l2.init_leaky(), []
        for t in range(len(x)):
            spikes, node = self.l1(self.fc1(x[t]), spikes, node)
            _, out = self.l2(self.fc2(spikes), out)
            total.append(out)
        return torch.stack(total)


class SpikingJelly(nn.Module):
    def __init__(self):
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron, surrogate

        self.clear = functional.reset_net
        self.fc1, self.fc2 = layer.Linear(NI, NH, step_mode="m"), layer.Linear(NH, NO, step_mode="m")
        cell = neuron.LIFNode(tau=20.0, decay_input=False, surrogate_function=surrogate.ATan(), step_mode="s")
        self.l1 = layer.LinearRecurrentContainer(cell, in_features=NH, out_features=NH, step_mode="m")
        self.l2 = neuron.LIFNode(tau=20.0, decay_input=False, v_threshold=1e9, store_v_seq=True, step_mode="m")

    def forward(self, x):
        self.clear(self)
        self.l2(self.fc2(self.l1(self.fc1(x))))
        return self.l2.v_seq


class Norse(nn.Module):
    def __init__(self):
        super().__init__()
        import norse.torch as nt

        self.l1 = nt.LIFRecurrent(NI, NH, p=nt.LIFParameters(method="super", alpha=torch.as_tensor(100.0), v_th=torch.as_tensor(0.5)))
        self.fc2, self.l2 = nn.Linear(NH, NO, bias=False), nt.LI()

    def forward(self, x):
        return self.l2(self.fc2(self.l1(x)[0]))[0]


class Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx, current, weight):
        v = current.new_zeros(current.shape[1:])
        z, turned = v, weight.t().contiguous()
        potentials, spikes = torch.empty_like(current), torch.empty_like(current)
        for t in range(len(current)):
            v = torch.addmm(current[t], z, turned).add_(v, alpha=BETA).sub_(z)
            z = (v > 1).to(v.dtype)
            potentials[t], spikes[t] = v, z
        ctx.save_for_backward(potentials, spikes, weight)
        return spikes

    @staticmethod
    def backward(ctx, given):
        potentials, spikes, weight = ctx.saved_tensors
        surrogate = (1 + SLOPE * (potentials - 1).abs()).pow_(-2)
        out, slope = torch.empty_like(potentials), torch.zeros_like(potentials[0])
        for t in range(len(given) - 1, -1, -1):
            total = torch.addmm(given[t], slope, weight).sub_(slope) if t < len(given) - 1 else given[t]
            slope = torch.addcmul(slope * BETA, total, surrogate[t])
            out[t] = slope
        return out, torch.einsum("tbi,tbj->ij", out[1:], spikes[:-1])


class Fused(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.rec, self.fc2 = nn.Linear(NI, NH), nn.Linear(NH, NH, bias=False), nn.Linear(NH, NO)
        k = torch.arange(T)
        self.register_buffer("kernel", torch.tril(BETA ** (k[:, None] - k[None, :]).clamp(min=0).float()))

    def forward(self, x):
        return torch.einsum("st,tbo->sbo", self.kernel[: len(x), : len(x)], self.fc2(Recurrence.apply(self.fc1(x), self.rec.weight)))


FRAMEWORKS = {"snntorch": (SnnTorch, "snntorch"), "norse": (Norse, "norse"), "spikingjelly": (SpikingJelly, "spikingjelly"), "torch-fused": (Fused, "torch")}


def megabytes():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def main():
    name, runs = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind, package = FRAMEWORKS[name]
    net = kind()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 2 and NI in parameter.shape:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.06)
            elif parameter.shape == (NH, NH):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.03)
    x = (torch.rand(T, B, NI, generator=torch.Generator().manual_seed(2)) < 0.05).float()
    y = torch.randint(0, NO, (B,))
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 1e-4)

    def step(x, y):
        optimizer.zero_grad()
        cross_entropy(net(x).mean(0), y).backward()
        optimizer.step()

    before = megabytes()
    step(x[:2, :4], y[:4])
    loaded, rates = megabytes(), []
    for _ in range(runs + 2):
        start = time.perf_counter()
        step(x, y)
        rates.append(B / (time.perf_counter() - start))
    total = megabytes()
    print(json.dumps({"tool": name, "version": version(package), "rates": rates[2:], "code": loaded - before, "megabytes": total - loaded, "total": total}))


main()
