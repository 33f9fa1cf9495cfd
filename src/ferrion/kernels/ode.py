"""One step of Dormand and Prince's 5(4) pair (J. Comput. Appl. Math. 6, 19 (1980)), for compiled loops that step every cell on its own."""

import numpy as np

from ferrion.core.compiled import inlined
from ferrion.kernels.exponential import exponential, rough_log2

C = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
        [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
        [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
E = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
SHRINK, GROW, SAFETY, LN_2 = 0.2, 5.0, 0.9, 0.6931471805599453


@inlined
def step(rates, t, h, y, k, new, rtol, scale, context):
    """Step `y` (m,) from t by h into `new`; `k` (7, m) holds the stages, k[0] the rates at t on entry, k[6] those at t + h after.

    Returns the largest error over its tolerance, rtol (scale + |y|): the step is good where that is 1 or less.
    """
    for stage in range(1, 7):
        for i in range(y.size):
            moved = 0.0
            for j in range(stage):
                moved += A[stage, j] * k[j, i]
            new[i] = y[i] + h * moved
        rates(t + C[stage] * h, new, k[stage], context)
    worst = 0.0
    for i in range(y.size):
        error = 0.0
        for j in range(7):
            error += E[j] * k[j, i]
        worst = max(worst, abs(h * error) / (rtol * (scale[i] + max(abs(y[i]), abs(new[i])))))
    return worst


@inlined
def factor(worst):
    """By how much the next step may differ from this one."""
    return min(GROW, max(SHRINK, SAFETY * exponential(-0.2 * LN_2 * rough_log2(worst + 1e-12))))


@inlined
def between(s, h, a, ka, b, kb):
    """Cubic Hermite value at the share s of a step h from a to b with the rates ka and kb."""
    r = 1.0 - s
    return (1.0 + 2.0 * s) * r * r * a + s * s * (3.0 - 2.0 * s) * b + h * s * r * (r * ka - s * kb)
