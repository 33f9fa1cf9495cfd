"""Dormand-Prince: fifth order, an error estimate that is one, dense values of fourth order."""

import numpy as np

from ferrion.core.compiled import compiled
from ferrion.kernels.ode import between, step


@compiled
def turn(_t, y, out, context):
    out[0], out[1] = context * y[1], -context * y[0]


@compiled
def run(steps, end):
    """A circle in `steps` equal steps; returns the end, and the value in the middle of the last step by Hermite."""
    y, new, k = np.array([0.0, 1.0]), np.zeros(2), np.zeros((7, 2))
    h = end / steps
    middle = 0.0
    for n in range(steps):
        turn(n * h, y, k[0], 1.0)
        step(turn, n * h, h, y, k, new, 1e-6, np.ones(2), 1.0)
        middle = between(0.5, h, y[0], k[0, 0], new[0], k[6, 0])
        y[:] = new
    return y[0], middle


def test_the_order_is_five_and_of_dense_values_four():
    errors = np.array([[abs(run(n, 3.0)[0] - np.sin(3.0)), abs(run(n, 3.0)[1] - np.sin(3.0 - 1.5 / n))] for n in (20, 40, 80)])
    orders = np.log2(errors[:-1] / errors[1:])
    assert ((orders[:, 0] > 4.7) & (orders[:, 0] < 5.8)).all()
    assert (orders[:, 1] > 3.7).all()
