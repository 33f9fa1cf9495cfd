"""Spiking layers for torch, compiled: a recurrent layer and a leaky readout, with their gradients."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ferrion.circuits.neuron import Neuron
from ferrion.circuits.soma import Soma
from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.steps import Steps, backward, events_of, forward, leak_back, leak_over
from ferrion.physics import nucleation

F4 = np.float32


def lif(tau: float, dt: float, sharpness: float = 25.0) -> Steps:
    """The leaky integrate-and-fire neuron: threshold 1, subtracted at a spike; `tau` and the step `dt` in seconds."""
    if not 0.0 < dt <= tau:
        raise ConfigError(f"tau = {tau:g} s, dt = {dt:g} s: give a step above 0 and no longer than tau")
    return _steps(alpha=np.exp(-dt / tau), theta=1.0, arrive=1.0, sharpness=sharpness)


def ion(neuron: Neuron, soma: Soma, dt: float, sharpness: float = 5.0) -> Steps:
    """The ion neuron behind a leaky node, in volts: the event level, looked at once a step of `dt` seconds. Residue that drift feeds is what a step adds."""
    p, gate = neuron.memristor, neuron.gate
    tau = gate.r_control * gate.c_gate
    if not 0.0 < dt <= tau:
        raise ConfigError(f"dt = {dt:g} s: a step holds one spike at most and the gate rests for {tau:.3g} s (r_control c_gate); give a step of that or less")
    return _steps(
        alpha=np.exp(-dt / soma.tau),
        gamma=np.exp(-dt / tau),
        spent=np.exp(-1.5 * dt / tau),
        theta=p.v_n,
        sharpness=sharpness,
        v_t=nucleation.thermal_voltage(neuron.cell.temperature, p),
        v_hold=p.v_hold,
        v_max=soma.v_max,
        arrive=np.exp(-0.5 * dt / soma.tau),
        kappa=p.kappa,
        keep_r=np.exp(-p.gamma * dt),
        keep_m=np.exp(-p.gamma_m * dt),
        remnant=p.remnant * np.exp(-0.5 * p.gamma_m * dt),
        feed=p.chi * dt,
        supply=p.supply * dt,
        supply_residue=p.supply_residue * dt,
        slope=dt / tau,
    )


def _steps(**given: float) -> Steps:
    return Steps(*(F4(given.get(name, 0.0)) for name in Steps._fields))


class _Recurrent(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, frames: Tensor, w_in: Tensor, w_rec: Tensor, bias: Tensor, seed: int, law: Steps) -> Tensor:
        steps, samples, _ = frames.shape
        events = events_of(frames.detach().reshape(steps * samples, -1).numpy())
        x, z = (torch.empty(steps, samples, bias.numel()) for _ in range(2))
        over = torch.empty_like(x) if law.v_t else x
        forward(events, w_in.detach().numpy(), w_rec.detach().numpy(), bias.detach().numpy(), np.uint64(seed), law, over.numpy(), x.numpy(), z.numpy())
        ctx.events, ctx.law = events, law
        ctx.save_for_backward(w_in, w_rec, over, x, z)
        return z

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        w_in, w_rec, over, x, z = ctx.saved_tensors
        slopes = torch.zeros_like(w_in), torch.zeros_like(w_rec), torch.zeros(x.shape[-1])
        g_in, g_rec, g_bias = (slope.numpy() for slope in slopes)
        arrived = torch.empty(x.shape if ctx.needs_input_grad[0] else (0, *x.shape[1:]))
        turned = w_rec.detach().t().contiguous().numpy()
        given = gradients[0].contiguous().numpy()
        backward(ctx.events, turned, given, over.numpy(), x.numpy(), z.numpy(), ctx.law, g_in, g_rec, g_bias, arrived.numpy())
        return (arrived @ w_in.t() if ctx.needs_input_grad[0] else None), *slopes, None, None


class SpikingRecurrent(torch.nn.Module):
    """A recurrent layer of spiking cells. Input: (steps, samples, inputs), mostly 0. Output: spikes 0 or 1, (steps, samples, cells)."""

    def __init__(self, inputs: int, cells: int, law: Steps) -> None:
        """law: `lif` or `ion`. Weights stand as in an array, rows of inputs: w_in (inputs, cells), w_rec (cells, cells) from row to column. Raises ConfigError on sizes below 1."""
        super().__init__()
        if inputs < 1 or cells < 1:
            raise ConfigError(f"inputs = {inputs}, cells = {cells}: give 1 or more of each")
        self.law = law
        self.w_in = torch.nn.Parameter(torch.randn(inputs, cells) * float(law.theta) / inputs**0.5)
        self.w_rec = torch.nn.Parameter(torch.randn(cells, cells) * float(law.theta) / cells**0.5 / 4)
        self.bias = torch.nn.Parameter(torch.zeros(cells))

    def forward(self, frames: Tensor, seed: int | None = None) -> Tensor:
        """Spikes of cells at rest. seed: of ion neurons' draws, 0 or more; one of torch's own draws where none is given.

        Raises ConfigError on another shape or type, and on a seed that is none.
        """
        if seed is not None and not (isinstance(seed, int) and 0 <= seed < 1 << 64):
            raise ConfigError(f"seed = {seed}: give a whole number from 0 to 2^64 - 1, or none for one of torch's own draws")
        if frames.dim() != 3 or frames.numel() == 0 or frames.shape[-1] != self.w_in.shape[0] or frames.dtype != torch.float32:
            raise ConfigError(f"frames of shape {tuple(frames.shape)}, {frames.dtype}: give float32 as (steps, samples, {self.w_in.shape[0]}), one step and one sample at least")
        return spikes_of(frames, self.w_in, self.w_rec, self.bias, self.law, seed)


def spikes_of(frames: Tensor, w_in: Tensor, w_rec: Tensor, bias: Tensor, law: Steps, seed: int | None = None) -> Tensor:
    """`SpikingRecurrent` with weights that are computed elsewhere."""
    drawn = int(torch.randint(1 << 62, ())) if seed is None else seed
    late = float(law.arrive)
    spikes: Tensor = _Recurrent.apply(frames.contiguous(), w_in * late, w_rec * late, bias * late, drawn, law)
    return spikes


class _Leak(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: float) -> Tensor:
        ctx.alpha = alpha
        flat = x.detach().contiguous()
        out = torch.empty_like(flat)
        leak_over(flat.reshape(len(flat), -1).numpy(), F4(alpha), out.reshape(len(flat), -1).numpy())
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        given = gradients[0].contiguous()
        out = torch.empty_like(given)
        leak_back(given.reshape(len(given), -1).numpy(), F4(ctx.alpha), out.reshape(len(given), -1).numpy())
        return out, None


class Leak(torch.nn.Module):
    """A leaky integrator along the first axis, m[t] = exp(-dt / tau) m[t - 1] + x[t]: the nodes of cells that never fire, for a readout."""

    def __init__(self, tau: float, dt: float) -> None:
        super().__init__()
        if not 0.0 < dt <= tau:
            raise ConfigError(f"tau = {tau:g} s, dt = {dt:g} s: give a step above 0 and no longer than tau")
        self.alpha = float(np.exp(-dt / tau))

    def forward(self, x: Tensor) -> Tensor:
        """(steps, …) float32 to the same shape."""
        return leaked(x, self.alpha)


def leaked(x: Tensor, alpha: float) -> Tensor:
    """m[t] = alpha m[t - 1] + x[t] along the first axis."""
    out: Tensor = _Leak.apply(x, alpha)
    return out
