"""The trainable cell: spike for spike the event level, with the gradient of a spike's probability."""

import numpy as np
import pytest
import torch

from ferrion.circuits import drive
from ferrion.circuits.neuron import Neuron
from ferrion.circuits.trainable import IonCell
from ferrion.core.errors import ConfigError

NEURON = Neuron.from_card("zhao-2025")
CELLS, DURATION = 200, 0.2


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def volts(driven, dt, cells):
    middles = (np.arange(round(driven.duration / dt)) + 0.5) * dt
    return torch.tensor(driven.at(middles))[:, None].expand(-1, cells)


@pytest.mark.parametrize(("megohm", "dt"), [(50, 0.125e-3), (250, 0.25e-3), (250, 1e-3), (1000, 1e-3)])
def test_the_cell_fires_as_the_event_level_does(megohm, dt):
    """Same draws: every first spike in its own step; mean count within 0.3 %, mean interval within 0.5 %."""
    neuron = NEURON.with_control(megohm * 1e6)
    driven = drive.pulses(0.8, 1e-3, 2e-3, DURATION)
    events = neuron.fire(driven, count=CELLS, seed=3)
    spikes = IonCell(neuron, CELLS, dt, seed=3).run(volts(driven, dt, CELLS)).numpy().T
    trains = [(np.flatnonzero(row) + 0.5) * dt for row in spikes]
    firsts = np.array([(cell[0], event[0]) for cell, event in zip(trains, events, strict=True) if len(event)])
    assert abs(firsts[:, 0] - firsts[:, 1]).max() <= 0.5 * dt * (1 + 1e-6)
    assert sum(map(len, trains)) == pytest.approx(sum(map(len, events)), rel=3e-3)
    assert np.concatenate([np.diff(t) for t in trains]).mean() == pytest.approx(np.concatenate([np.diff(t) for t in events]).mean(), rel=5e-3)


def test_spike_times_converge_with_the_step():
    """Strong order 1: the mean distance of first spikes to those of the event level is a quarter of the step."""
    driven = drive.pulses(0.8, 1e-3, 2e-3, DURATION)
    exact = [train[0] for train in NEURON.fire(driven, count=CELLS, seed=1) if len(train)]
    for dt in (1e-3, 0.5e-3, 0.25e-3):
        spikes = IonCell(NEURON, CELLS, dt, seed=1).run(volts(driven, dt, CELLS)).numpy().T
        distance = np.mean([abs((np.flatnonzero(row)[0] + 0.5) * dt - t) for row, t in zip([r for r in spikes if r.any()], exact, strict=True)])
        assert distance == pytest.approx(dt / 4, rel=5 / np.sqrt(3 * CELLS))


def test_the_hazard_of_a_step_converges_to_fourth_order():
    """Gate falling from 0.3 V at a constant 0.8 V: halving the step divides the error of the integral by at least 14."""

    def hazard(parts):
        dt = 1e-3 / parts
        cell = IonCell(NEURON, 1, dt, noise=False, alike=True)
        state = cell.rest()._replace(gate=torch.tensor([0.3]), residue=torch.tensor([1.0]), limit=torch.tensor([1e9]))
        for _ in range(parts):
            _, state = cell(torch.tensor([0.8]), state)
        return float(state.clock)

    exact = hazard(64)
    errors = [abs(hazard(parts) - exact) for parts in (1, 2, 4)]
    assert errors[0] / errors[1] > 14
    assert errors[1] / errors[2] > 14


def test_the_gradient_is_that_of_the_probability_of_a_spike():
    """d(1 - exp(-H))/dV by central differences, at voltages where a step rarely and often fires."""
    cell = IonCell(NEURON, 3, 1e-3, alike=True)

    def probability(v):
        _, state = cell(v, cell.rest()._replace(limit=torch.full((3,), 1e9)))
        return 1 - torch.exp(-state.clock)

    v = torch.tensor([0.8, 0.92, 1.1], requires_grad=True)
    spikes, _ = cell(v, cell.rest())
    spikes.sum().backward()
    with torch.no_grad():
        expected = (probability(v + 1e-6) - probability(v - 1e-6)) / 2e-6
    np.testing.assert_allclose(v.grad.numpy(), expected.numpy(), rtol=1e-5)


def test_training_finds_the_voltage_of_a_wanted_rate():
    """From 1.0 V down to the voltage at which one cell in two has fired within 15 ms; the event level then says the same."""
    steps, cells = 15, 400
    cell = IonCell(NEURON, cells, 1e-3, alike=True)
    v = torch.tensor(1.0, requires_grad=True)
    optimiser = torch.optim.Adam([v], lr=0.01)
    for _ in range(60):
        mean = cell.run(v.expand(steps, cells)).sum(0).clamp(max=1.0).mean()
        loss = (mean - 0.5) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    shares = [len(train) > 0 for train in NEURON.fire(drive.step(v.item(), steps * 1e-3), count=4000, seed=9, alike=True)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)


def test_trials_draw_apart_and_gradients_are_finite_in_single_precision():
    torch.set_default_dtype(torch.float32)
    cell = IonCell(NEURON, 50, 1e-3)
    v = torch.full((20, 4, 50), 1.05, requires_grad=True)
    first, second = cell.run(v), cell.run(v)
    assert not torch.equal(first, second)
    assert not torch.equal(first[:, 0], first[:, 1])
    (first.sum() + cell.run(0.0 * v).sum()).backward()
    assert torch.isfinite(v.grad).all()
    assert v.grad.abs().sum() > 0


def test_a_resumed_cell_draws_on():
    """A cell loaded from a state_dict begins with the trial that the saved one would have begun."""
    volts = torch.full((10, 50), 1.05)
    saved, loaded = IonCell(NEURON, 50, 1e-3), IonCell(NEURON, 50, 1e-3)
    first = saved.run(volts)
    loaded.load_state_dict(saved.state_dict())
    second = saved.run(volts)
    assert torch.equal(loaded.run(volts), second)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(("cells", "dt", "words"), [(0, 1e-3, "one cell or more"), (1, np.nan, "finite step"), (1, 3e-3, "one spike at most")])
def test_what_cannot_be_stepped_is_refused(cells, dt, words):
    with pytest.raises(ConfigError, match=words):
        IonCell(NEURON, cells, dt)


@pytest.mark.parametrize("v_in", [torch.zeros(5, 2), torch.zeros(3), torch.full((5, 3), torch.nan)])
def test_volts_that_do_not_fit_are_refused(v_in):
    with pytest.raises(ConfigError, match=r"\(time, ..., 3\)"):
        IonCell(NEURON, 3, 1e-3).run(v_in)
