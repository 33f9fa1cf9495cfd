"""The effective matrix of a narrow crossbar, directly: rows eliminated, then one line of column nodes after another.

With a_i = A_i^-1 (G_i b_i + e_1 g_in v_i) along row i (see `nodal`), column nodes obey D_i b_i - g (b_{i-1} + b_{i+1}) = c_i v_i, with
D_i = G_i - G_i A_i^-1 G_i + 2 g I and c_i = G_i A_i^-1 e_1 g_in. Block elimination from the top, E_i = D_i - g^2 E_{i-1}^-1, ends in the
sense amplifiers: row i of W is T_i c_i with T_last = g_out E_last^-1 and T_i = g T_{i+1} E_i^-1. About 3 n^3 operations a row of n columns:
for some dozens of columns less than iterations cost, for hundreds more.
"""

import numpy as np

from ferrion.core.compiled import compiled, inlined


@inlined
def invert(a):
    """a <- a^-1 by Gauss and Jordan, without pivoting: for symmetric positive matrices."""
    n = a.shape[0]
    for k in range(n):
        pivot = 1.0 / a[k, k]
        a[k, k] = 1.0
        for j in range(n):
            a[k, j] *= pivot
        for i in range(n):
            if i != k:
                factor = a[i, k]
                a[i, k] = 0.0
                for j in range(n):
                    a[i, j] -= factor * a[k, j]


@inlined
def row_inverse(g, links, share, inverse):
    """inverse <- A^-1 of one row of branches g (n,): Thomas' algorithm on the unit vectors side by side."""
    n = g.size
    inverse[:] = 0.0
    for j in range(n):
        diagonal = g[j] + (links.source if j == 0 else links.row) + (links.row if j < n - 1 else 0.0)
        if j > 0:
            diagonal -= links.row * share[j - 1]
        own = 1.0 / diagonal
        share[j] = links.row * own
        inverse[j, j] = own
        if j > 0:
            for k in range(n):
                inverse[j, k] += share[j] * inverse[j - 1, k]
    for back in range(1, n):
        j = n - 1 - back
        for k in range(n):
            inverse[j, k] += share[j] * inverse[j + 1, k]


@inlined
def line(g, i, links, share, inverse, entering, block):
    """Row i of branches g (m, n): entering <- c_i, block <- D_i; leaves A_i^-1 in `inverse`."""
    m, n = g.shape
    row_inverse(g[i], links, share, inverse)
    along = (links.column if i > 0 else 0.0) + (links.column if i < m - 1 else links.out)
    for p in range(n):
        entering[p] = g[i, p] * inverse[p, 0] * links.source
        for q in range(n):
            block[p, q] = -g[i, p] * inverse[p, q] * g[i, q]
        block[p, p] += g[i, p] + along


@compiled
def eliminated(g, links, entering, inverses):
    """entering (m, n) <- c_i, inverses (m, n, n) <- E_i^-1."""
    m, n = g.shape
    share, along = np.empty(n), np.empty((n, n))
    for i in range(m):
        line(g, i, links, share, along, entering[i], inverses[i])
        if i > 0:
            for p in range(n):
                for q in range(n):
                    inverses[i, p, q] -= links.column * links.column * inverses[i - 1, p, q]
        invert(inverses[i])


@compiled
def cascade(g, links, weights):
    """weights (m, n) <- the effective matrix of the branches g (m, n) [S]."""
    m, n = g.shape
    entering, inverses = np.empty((m, n)), np.empty((m, n, n))
    eliminated(g, links, entering, inverses)
    reach, further = np.zeros((n, n)), np.empty((n, n))
    for p in range(n):
        reach[p, p] = links.out / links.column
    for back in range(m):
        i = m - 1 - back
        for p in range(n):
            for q in range(n):
                further[p, q] = 0.0
            for k in range(n):
                factor = links.column * reach[p, k]
                for q in range(n):
                    further[p, q] += factor * inverses[i, k, q]
        for p in range(n):
            total = 0.0
            for q in range(n):
                reach[p, q] = further[p, q]
                total += further[p, q] * entering[i, q]
            weights[i, p] = total


@inlined
def swept(drive, links, inverses, b):
    """b (m, n, k) <- column nodes for currents drive (m, n, k) into them: block substitution."""
    m, n, count = b.shape
    for i in range(m):
        for p in range(n):
            for k in range(count):
                b[i, p, k] = drive[i, p, k] + (links.column * b[i - 1, p, k] if i > 0 else 0.0)
        spread = b[i].copy()
        b[i] = 0.0
        for p in range(n):
            for q in range(n):
                factor = inverses[i, p, q]
                for k in range(count):
                    b[i, p, k] += factor * spread[q, k]
    for back in range(1, m):
        i = m - 1 - back
        for p in range(n):
            for q in range(n):
                factor = links.column * inverses[i, p, q]
                for k in range(count):
                    b[i, p, k] += factor * b[i + 1, q, k]


@compiled
def cascade_gradient(g, links, slopes, gradient):
    """gradient (m, n) <- d(sum of slopes W)/d(branches), slopes (m, n).

    Tellegen's theorem, as `Crossbar.sensitivity`: for every column, voltages over a branch when the rows carry that column of `slopes`,
    times those when the column itself carries 1 V, summed.
    """
    m, n = g.shape
    entering, inverses = np.empty((m, n)), np.empty((m, n, n))
    eliminated(g, links, entering, inverses)
    drive, forth, back = np.empty((m, n, n)), np.empty((m, n, n)), np.empty((m, n, n))
    for i in range(m):
        for p in range(n):
            for k in range(n):
                drive[i, p, k] = entering[i, p] * slopes[i, k]
    swept(drive, links, inverses, forth)
    drive[:] = 0.0
    for p in range(n):
        drive[m - 1, p, p] = links.out
    swept(drive, links, inverses, back)
    share, along, held = np.empty(n), np.empty((n, n)), np.empty(n)
    for i in range(m):
        row_inverse(g[i], links, share, along)
        gradient[i] = 0.0
        for k in range(n):
            for p in range(n):
                over, other = links.source * along[p, 0] * slopes[i, k] - forth[i, p, k], -back[i, p, k]
                for q in range(n):
                    over += along[p, q] * g[i, q] * forth[i, q, k]
                    other += along[p, q] * g[i, q] * back[i, q, k]
                held[p] = -over * other
            for p in range(n):
                gradient[i, p] += held[p]
