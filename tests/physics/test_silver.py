"""Silver particles, the equations: forces are slopes of energies, and Euler's step is of strong order 1."""

import numpy as np
import pytest
import torch

from ferrion.kernels.reference import reference
from ferrion.params.card import load
from ferrion.physics import silver

P = load("silver-wang2017").fill("silver", silver.Silver)
PLACES = torch.linspace(0.05e-9, 4.9e-9, 40, dtype=torch.float64)


def test_the_pull_is_the_slope_of_the_energy():
    x = PLACES.clone().requires_grad_()
    reference(silver.energy)(x, P).sum().backward()
    np.testing.assert_allclose(reference(silver.pull)(PLACES, P), -x.grad, rtol=1e-12)


@pytest.mark.parametrize("other", [0.4e-9, 2.5e-9])
def test_the_repulsion_is_the_slope_of_the_pair_energy_and_falls_with_distance(other):
    x = PLACES.clone().requires_grad_()
    pair = P.e_repulsion * (1 - torch.exp(-x / P.reach)) * (1 - np.exp(-other / P.reach)) * torch.exp(-abs(x - other) / P.screening)
    pair.sum().backward()
    np.testing.assert_allclose(reference(silver.repulsion)(PLACES, torch.full_like(PLACES, other), P), -x.grad, rtol=1e-12)


def test_the_open_gap_has_the_measured_resistance():
    """About 0.7 to 1 Tohm where nothing bridges (Zhao et al. 2025)."""
    assert 0.5e12 < silver.tunnel(P.length - P.diameter / 2, P) < 2e12


@pytest.mark.parametrize("error", [lambda a, b: abs(a - b).mean(), lambda a, b: abs(a.mean() - b.mean())], ids=["strong", "weak"])
def test_a_step_converges_to_first_order(error):
    """One particle among its pinning sites, the same noise summed over coarser steps: halving the step halves the error of paths and of their mean."""
    rng, paths, fine, total = np.random.default_rng(0), 4000, 2048, 1e-6
    noise = rng.standard_normal((fine, paths))

    def end(steps):
        dt, x = total / steps, np.full(paths, 2.3e-9)
        for xi in noise.reshape(steps, fine // steps, paths).sum(axis=1) / np.sqrt(fine // steps):
            x = silver.moved(x, silver.pull(x, P) + P.charge * 0.5 / P.length, 300.0, dt, xi, P)
        return x

    exact = end(fine)
    errors = [error(end(steps), exact) for steps in (32, 64, 128, 256)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 0.85).all()
    assert (orders < 1.5).all()
