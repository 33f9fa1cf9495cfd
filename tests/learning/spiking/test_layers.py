"""Compiled layers against the same equations written out in torch, forwards and backwards."""

import numpy as np
import pytest
import torch

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, uniforms
from ferrion.learning.spiking.layers import Leak, SpikingRecurrent, ion, lif, spikes_of
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.steps import fire, start_again, step_ion

DT, TAU = 1e-3, 20e-3
CHIP = SpikingChip.from_card()


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, fires, sharpness, slope):
        ctx.save_for_backward(x)
        ctx.sharpness, ctx.slope = sharpness, slope
        return fires.to(x.dtype)

    @staticmethod
    def backward(ctx, given):
        (x,) = ctx.saved_tensors
        return ctx.slope * given / (1 + ctx.sharpness * x.abs()) ** 2, None, None, None


class Within(torch.autograd.Function):
    @staticmethod
    def forward(_ctx, u, most):
        return u.clamp(-most, most)

    @staticmethod
    def backward(_ctx, given):
        return given, None


def leaky(frames, w_in, w_rec, bias, _draws, law):
    law = type(law)(*(float(value) for value in law))
    u = z = frames.new_zeros(frames.shape[1], bias.numel())
    spikes = []
    for frame in frames:
        u = law.alpha * u + bias + frame @ w_in + z @ w_rec - law.theta * z
        z = Spike.apply(u - law.theta, u > law.theta, law.sharpness, 1.0)
        spikes.append(z)
    return torch.stack(spikes)


def ionic(frames, w_in, w_rec, bias, draws, law):
    """The equations of `steps`, one by one; nothing is passed back through residue and remnant."""
    law = type(law)(*(float(value) for value in law))
    u = g = r = m = h = z = frames.new_zeros(frames.shape[1], bias.numel())
    spikes = []
    for frame, drawn in zip(frames, draws, strict=True):
        g = g + z * (u - law.v_hold - g)
        spiked = z.detach() > 0
        r, m, h = torch.where(spiked, 1.0, r), torch.where(spiked, law.remnant, m), torch.where(spiked, 0.0, h)
        before = (u - g).detach().clamp(min=0)
        g = torch.where(spiked, law.spent, law.gamma) * g
        u = Within.apply(law.alpha * u + law.arrive * (bias + frame @ w_in + z @ w_rec), law.v_max)
        r, m = law.keep_r * r + law.feed * 0.5 * (before + (u - g).detach().clamp(min=0)), law.keep_m * m
        x = u - g - law.theta + law.kappa * (r + m)
        now = torch.where((u > g) & (x > -12 * law.v_t), (law.supply + law.supply_residue * (r + m)) / (1 + torch.exp(-x / law.v_t)), 0.0).detach()
        z, h = Spike.apply(x, 0.5 * (h + now) > drawn, law.sharpness, law.slope), now
        spikes.append(z)
    return torch.stack(spikes)


@pytest.mark.parametrize(("law", "plain"), [(lif(TAU, DT), leaky), (ion(CHIP.neuron, CHIP.soma, DT), ionic)], ids=["lif", "ion"])
@pytest.mark.parametrize(("steps", "samples", "inputs", "cells"), [(30, 5, 11, 7), (25, 8, 20, 16), (1, 1, 1, 1)])
def test_spikes_and_gradients_are_those_of_the_equations(law, plain, steps, samples, inputs, cells):
    torch.manual_seed(1)
    layer = SpikingRecurrent(inputs, cells, law)
    with torch.no_grad():
        layer.bias.normal_(0.05, 0.02)
        layer.w_in.mul_(0.5)
    frames = ((torch.rand(steps, samples, inputs) < 0.2) * torch.rand(steps, samples, inputs)).requires_grad_()
    target, seed = torch.randn(steps, samples, cells), 7
    draws = torch.from_numpy(np.array([-np.log1p(-uniforms(seed, Stream.NUCLEATION, frame, cells)) for frame in range(steps * samples)])).reshape(steps, samples, cells)
    mine = layer(frames, seed)
    (mine * target).sum().backward()
    found = [layer.w_in.grad, layer.w_rec.grad, layer.bias.grad, frames.grad]
    twins = [t.detach().double().requires_grad_() for t in (layer.w_in, layer.w_rec, layer.bias, frames)]
    theirs = plain(twins[3], *twins[:3], draws, law)
    (theirs * target.double()).sum().backward()
    np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy())
    assert steps == 1 or 0.01 < mine.mean() < 0.5
    for own, twin in zip(found, twins, strict=True):
        np.testing.assert_allclose(own.numpy(), twin.grad.numpy(), rtol=1e-3, atol=1e-4 * max(1.0, float(twin.grad.abs().max())))


def test_after_a_spike_the_gate_is_the_node_less_the_hold_voltage():
    """One cell of the ion law driven once: the overdrive that is left is the hold voltage, and what both lose in a step."""
    law = ion(CHIP.neuron, CHIP.soma, DT)
    u, g, r, m, h, over, x, quiet = (np.zeros(1, np.float32) for _ in range(8))
    spiked = np.zeros(1, np.int32)
    step_ion(u, g, r, m, spiked[:0], np.ones(1, np.float32), law, over, x)
    z, sure = np.zeros(1, np.float32), np.full(1, 100.0, np.float32)
    fire(r, m, sure, over, x, law, np.uint64(0), np.uint64(0), np.empty(1, np.int32), z)
    assert z[0] == 1.0
    start_again(u, g, r, m, h, spiked, law)
    step_ion(u, g, r, m, spiked, quiet, law, over, x)
    assert g[0] == pytest.approx(law.spent * (1.0 - CHIP.neuron.memristor.v_hold), rel=1e-6)
    assert u[0] == pytest.approx(law.alpha, rel=1e-6)


def test_small_steps_agree_with_the_chip():
    """Spikes of 400 cells on random events, at steps of a quarter to one millisecond and at the event level: mean counts agree within five standard errors."""
    drawn, rate, seconds, cells, inputs = np.random.default_rng(0), 100.0, 0.5, 400, 20
    count = drawn.poisson(rate * inputs * seconds)
    times, rows = np.sort(drawn.uniform(0.0, seconds, count)), drawn.integers(0, inputs, count)
    shares = drawn.uniform(0.0, 0.5, (inputs, cells)) * np.linspace(0.5, 1.0, cells)
    network = SpikingNetwork(CHIP, Wiring(inputs=inputs, cells=(cells,), swing=(0.1,)))
    network.program([shares])
    fired = network.run(times, rows, seconds).counts(0, cells)
    for dt in (0.25e-3, 0.5e-3, 1e-3):
        frames = np.zeros((round(seconds / dt), 1, inputs), np.float32)
        np.add.at(frames, (np.minimum((times / dt).astype(int), len(frames) - 1), 0, rows), 1.0)
        torch.manual_seed(0)
        weights = torch.from_numpy(0.1 * network.weights(0))
        law = ion(CHIP.neuron, CHIP.soma, dt)
        mine = spikes_of(torch.from_numpy(frames), weights, torch.zeros(cells, cells), torch.zeros(cells), law).sum(0)[0].numpy()
        error = (mine - fired).std() / np.sqrt(cells)
        assert fired.mean() > 3.0
        assert abs(mine.mean() - fired.mean()) < 5.0 * error
        assert np.corrcoef(mine, fired)[0, 1] > 0.9


def test_gradients_do_not_grow_as_steps_become_shorter():
    """Spikes of ion neurons over 0.3 s, and their gradient by the weights, at steps of 1, 0.5 and 0.25 ms: halved steps would double it if each counted as much as a longer one."""
    drawn, sizes = np.random.default_rng(0), []
    seconds, inputs, cells = 0.3, 20, 200
    times, rows = drawn.uniform(0.0, seconds, 900), drawn.integers(0, inputs, 900)
    weights = torch.from_numpy(drawn.uniform(0.0, 0.1, (inputs, cells)).astype(np.float32))
    for dt in (1e-3, 0.5e-3, 0.25e-3):
        frames = np.zeros((round(seconds / dt), 1, inputs), np.float32)
        np.add.at(frames, ((times / dt).astype(int), 0, rows), 1.0)
        torch.manual_seed(0)
        own = weights.clone().requires_grad_()
        spikes_of(torch.from_numpy(frames), own, torch.zeros(cells, cells), torch.zeros(cells), ion(CHIP.neuron, CHIP.soma, dt)).sum().backward()
        sizes.append(float(own.grad.sum()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.2)
    assert sizes[2] == pytest.approx(sizes[1], rel=0.1)


def test_the_leak_and_its_gradient():
    x = torch.randn(12, 3, 4, requires_grad=True)
    weight = torch.randn(12, 3, 4)
    leak = Leak(TAU, DT)
    (leak(x) * weight).sum().backward()
    twin = x.detach().clone().requires_grad_()
    m, total = torch.zeros(3, 4), []
    for row in twin:
        m = leak.alpha * m + row
        total.append(m)
    (torch.stack(total) * weight).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), twin.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_a_net_learns_which_rows_speak():
    torch.manual_seed(0)
    layer, dense, leak = SpikingRecurrent(20, 16, lif(TAU, DT)), torch.nn.Linear(16, 2), Leak(TAU, DT)
    labels = torch.arange(32) % 2
    frames = (torch.rand(40, 32, 20) < torch.where(labels[:, None] == (torch.arange(20) < 10), 0.15, 0.03)).float()
    optimizer = torch.optim.Adam([*layer.parameters(), *dense.parameters()], 5e-3)
    for _ in range(40):
        optimizer.zero_grad()
        outputs = leak(dense(layer(frames))).mean(0)
        torch.nn.functional.cross_entropy(outputs, labels).backward()
        optimizer.step()
    assert (outputs.argmax(1) == labels).float().mean() > 0.95


def test_what_no_layer_can_take_is_refused():
    layer = SpikingRecurrent(3, 2, lif(TAU, DT))
    for frames in (torch.zeros(4, 3), torch.zeros(4, 2, 5), torch.zeros(4, 2, 3, dtype=torch.float64), torch.zeros(0, 2, 3)):
        with pytest.raises(ConfigError, match="give float32 as"):
            layer(frames)
    for seed in (-1, 1 << 64, 1.5, float("nan")):
        with pytest.raises(ConfigError, match=r"from 0 to 2\^64 - 1"):
            layer(torch.zeros(4, 2, 3), seed)
    with pytest.raises(ConfigError, match="1 or more"):
        SpikingRecurrent(0, 2, lif(TAU, DT))
    with pytest.raises(ConfigError, match="no longer than tau"):
        lif(1e-4, 1e-3)
    with pytest.raises(ConfigError, match="holds one spike at most"):
        ion(CHIP.neuron, CHIP.soma, 1e-2)
    with pytest.raises(ConfigError, match="no longer than tau"):
        Leak(1e-4, 1e-3)
