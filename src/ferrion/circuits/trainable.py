"""The ion neuron as a torch cell in discrete time: the event level with a constant drive in every step, and a gradient.

A step integrates the nucleation rate over dt, H, and fires where the integral since the last spike reaches the cell's own exponential
draw, as at the other levels; so spike trains are those of the event level but for what dt leaves out. The gradient of a spike is that
of its probability, P = 1 - exp(-H): dP/dH = exp(-H), the smoothed derivative of a stochastic neuron (Gygax and Zenke, Neural
Computation 37, 886 (2025)). Nothing is passed back through the decision to reset.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ferrion.circuits.events import FORMS
from ferrion.circuits.firing import thresholds
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.kernels.reference import reference
from ferrion.physics import between, nucleation

POINTS = 9
"""Points at which the rate is taken in one step, both ends among them."""
rate = reference(nucleation.nucleation_rate)
leak_of, residue_fed, conduction = reference(between.leak), reference(between.residue_fed), reference(between.conduction)


class IonState(NamedTuple):
    """State of cells between two steps, each tensor (..., cells)."""

    gate: Tensor
    """Volts."""
    residue: Tensor
    remnant: Tensor
    clock: Tensor
    """Nucleation rate integrated since the last spike."""
    limit: Tensor
    """Where the clock fires."""
    standing: Tensor
    """Whether a filament stands."""
    forming: Tensor
    """Time [s] until it conducts as if complete."""
    firings: Tensor
    """Spikes so far."""
    trial: int


class _Spike(torch.autograd.Function):
    """1 where the clock has reached its limit; backwards the derivative of the probability of a spike, exp(-H)."""

    @staticmethod
    def forward(ctx: Any, hazard: Tensor, clock: Tensor, limit: Tensor) -> Tensor:
        ctx.save_for_backward(hazard)
        return (clock + hazard >= limit).to(hazard.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (hazard,) = ctx.saved_tensors
        return gradients[0] * torch.exp(-hazard), None, None


class IonCell(torch.nn.Module):
    """A layer of `cells` ion neurons that a network can be trained through. Input: volts (..., cells). Output: spikes 0 or 1."""

    shift: Tensor
    weights: Tensor
    points: Tensor
    trials: Tensor

    def __init__(self, neuron: Neuron, cells: int, dt: float, *, seed: int = 0, noise: bool = True, alike: bool = False) -> None:
        """dt: step [s], at most the time constant of the gate. noise, alike: as in `Neuron.run`. Raises ConfigError on settings out of range."""
        super().__init__()
        if cells < 1 or not (np.isfinite(dt) and dt > 0):
            raise ConfigError(f"cells = {cells}, dt = {dt}: give one cell or more and a finite step above 0 s")
        p, gate = neuron.memristor, neuron.gate
        self.neuron, self.dt, self.seed, self.noise = neuron, dt, seed, noise
        self.leak = leak_of(gate.r_control, p)
        self.tau = gate.r_control * gate.c_gate * (1.0 - self.leak)
        if dt > self.tau:
            raise ConfigError(
                f"dt = {dt:g} s: a step holds one spike at most and the gate rests for {self.tau:.3g} s (r_control c_gate); give a step of that or less, better a quarter"
            )
        shift = np.zeros(cells) if alike else neuron.shifts(cells, seed)
        simpson = np.r_[1.0, np.tile([4.0, 2.0], POINTS // 2)[:-1], 1.0] / (3 * (POINTS - 1))
        for name, values in (("shift", shift), ("weights", simpson), ("points", np.linspace(0.0, 1.0, POINTS))):
            self.register_buffer(name, torch.tensor(values, dtype=torch.get_default_dtype()))
        self.register_buffer("trials", torch.tensor(0))

    def rest(self, *batch: int) -> IonState:
        """Cells that have never fired, (*batch, cells). Every call begins a new trial with draws of its own; the first has those of the event level."""
        nothing = self.shift.new_zeros(*batch, self.shift.numel())
        state = IonState(nothing, nothing, nothing, nothing, nothing, nothing.bool(), nothing, nothing.long(), int(self.trials))
        self.trials += 1
        return state._replace(limit=self._limits(state.firings, state.trial))

    def _limits(self, firings: Tensor, trial: int) -> Tensor:
        """The draws that decide these firings."""
        drawn = thresholds(np.uint64(self.seed), firings.cpu().numpy().ravel(), np.uint64(trial), self.noise)
        return torch.as_tensor(drawn).to(self.shift).reshape(firings.shape)

    def _after(self, v_in: Tensor, gate: Tensor, residue: Tensor, remnant: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gate, residue and remnant after `time` with the switch open."""
        p, floor = self.neuron.memristor, self.leak * v_in
        kept_gate, kept = torch.exp(-time / self.tau), torch.exp(-p.gamma * time)
        w, d = v_in - floor, gate - floor
        fed = residue_fed(w, d, kept_gate, kept, self.tau, p)
        forward = w > d * torch.exp(-0.5 * time / self.tau)
        return floor + d * kept_gate, residue * kept + torch.where(forward, fed, 0.0), remnant * torch.exp(-p.gamma_m * time)

    def _charged(self, v_in: Tensor, gate: Tensor, forming: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gate after up to `time` through a standing filament; time left, whether it still stands, and until when it forms; `events.conducting` says how."""
        p, over = self.neuron.memristor, v_in - gate
        held, tau = over.clamp(min=p.v_hold), self.neuron.gate.c_gate / p.g_on
        needed = torch.where(over > p.v_hold, forming + conduction(held, tau, p), 0.0)
        spent = torch.minimum(needed, time)
        kept = torch.where(over > p.v_hold, held * torch.exp(-(spent - forming).clamp(min=0.0) / tau), over)
        return v_in - kept, time - spent, needed > time, (forming - spent).clamp(min=0.0)

    def forward(self, v_in: Tensor, state: IonState) -> tuple[Tensor, IonState]:
        """One step at the drive `v_in` [V]: spikes (..., cells) and the next state."""
        p, step = self.neuron.memristor, torch.full_like(state.gate, self.dt)
        charged, free, stands, forming = self._charged(v_in, state.gate, state.forming, step)
        start, left = torch.where(state.standing, charged, state.gate), torch.where(state.standing, free, step)
        share = self.points.reshape(-1, *[1] * v_in.dim())
        gate, residue, remnant = self._after(v_in, start, state.residue, state.remnant, left * share)
        rates = rate(v_in - gate - self.shift, residue + remnant, self.neuron.temperature, p)
        hazard = left * torch.tensordot(self.weights, rates, 1)
        spikes = _Spike.apply(hazard, state.clock, state.limit)
        fired, standing, quiet = spikes > 0, state.standing & stands, (gate[-1], residue[-1], remnant[-1])
        clock, limit, firings = state.clock + hazard.detach(), state.limit, state.firings + fired
        if not fired.any():
            return spikes, IonState(*quiet, clock, limit, standing, forming, firings, state.trial)
        when = left * self._share_passed(rates.detach(), left, limit - state.clock)
        reached, _, _ = self._after(v_in, start, state.residue, state.remnant, when)
        charged, rest, stands, begun = self._charged(v_in, reached, torch.full_like(step, FORMS * p.t_form), left - when)
        spent = self._after(v_in, charged, torch.ones_like(rest), torch.full_like(rest, p.remnant), rest)
        gate, residue, remnant = (torch.where(fired, a, b) for a, b in zip(spent, quiet, strict=True))
        limit = torch.where(fired, self._limits(firings, state.trial), limit)
        clock, forming = torch.where(fired, 0.0, clock), torch.where(fired, begun, forming).detach()
        return spikes, IonState(gate, residue, remnant, clock, limit, torch.where(fired, stands, standing), forming, firings, state.trial)

    def _share_passed(self, rates: Tensor, left: Tensor, wanted: Tensor) -> Tensor:
        """Share of the step after which the integral of `rates` reaches `wanted`: its trapezoids inverted, each held within 0..1."""
        slices = left * 0.5 * (rates[1:] + rates[:-1]) / (POINTS - 1)
        before = slices.cumsum(0) - slices
        return ((wanted - before) / slices.clamp(min=torch.finfo(slices.dtype).tiny)).clamp(0.0, 1.0).mean(0)

    def run(self, v_in: Tensor) -> Tensor:
        """Spikes (time, ..., cells) of cells at rest under `v_in` (time, ..., cells) [V], one row a step. Raises ConfigError on another shape or NaN."""
        if v_in.dim() < 2 or v_in.shape[-1] != self.shift.numel() or not torch.isfinite(v_in).all():
            raise ConfigError(f"v_in of shape {tuple(v_in.shape)}: give finite volts as (time, ..., {self.shift.numel()}), one column a cell")
        state, spikes = self.rest(*v_in.shape[1:-1]), []
        for volts in v_in:
            fired, state = self(volts, state)
            spikes.append(fired)
        return torch.stack(spikes)
