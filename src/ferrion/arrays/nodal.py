"""Kirchhoff's laws on a crossbar with wires, solved exactly: conjugate gradients on what is left when the rows are eliminated.

Node a_ij lies on row i, node b_ij on column j, device G_ij between them; row i is driven at its left end through g_in, column j is held at
0 at its lower end through g_out. Row currents give A_r a = G b + g_in v, column currents A_c b = G a, where A_r and A_c are one
tridiagonal matrix a line. Without a: (A_c - G A_r^-1 G) b = G A_r^-1 g_in v, symmetric and positive. A_c is the preconditioner: what it leaves
out is small as long as the devices conduct less than the wires along a line. Several right-hand sides lie innermost, so that a line's
recurrence runs on vectors. A step costs about 40 operations and 14 memory accesses a device and right-hand side.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ferrion.core.compiled import compiled, inlined

U8 = np.uint64
ONE = U8(1)
LANES = 8
"""Right-hand sides solved side by side: a 512-bit register of float64."""


class Wires(NamedTuple):
    """Resistances of the lines, and the leakage between them. Every segment, also that from driver to first node and from last node to sense amplifier, is one of these."""

    row: Annotated[float, "ohm"]
    """Of a row from one device to the next."""
    column: Annotated[float, "ohm"]
    """Of a column from one device to the next."""
    driver: Annotated[float, "ohm"]
    """Of a row's driver, before its first segment."""
    sense: Annotated[float, "ohm"]
    """Of a column's input to its sense amplifier, after its last segment."""
    access: Annotated[float, "ohm"]
    """Of the access transistor in series with every device."""
    leak: Annotated[float, "S"] = 0.0
    """What a selector lets through when it is off, beside every device: all that joins the lines of a cell that is not selected."""


class Links(NamedTuple):
    """Conductances [S] of a row's segment, a column's, a row's first with its driver, a column's last with its amplifier."""

    row: float
    column: float
    source: float
    out: float


def links_of(wires: Wires) -> Links:
    """What joins the nodes."""
    return Links(1 / wires.row, 1 / wires.column, 1 / (wires.row + wires.driver), 1 / (wires.column + wires.sense))


@compiled
def pivots(diagonal, link, inverse):
    """Reciprocal pivots of tridiagonal matrices along the first axis, off-diagonals -link: diagonal (length, lines) -> inverse."""
    for j in range(diagonal.shape[1]):
        inverse[0, j] = 1.0 / diagonal[0, j]
    for i in range(1, diagonal.shape[0]):
        for j in range(diagonal.shape[1]):
            inverse[i, j] = 1.0 / (diagonal[i, j] - link * link * inverse[i - 1, j])


def _solver(sides: int) -> Any:
    """The compiled solver for `sides` right-hand sides at a time. Vectors are (rows, columns x sides), the sides innermost.

    A long loop over a row of them runs on vector registers once its coefficients are spread over the sides.
    """
    lanes = U8(sides)

    @inlined
    def spread(row, out):
        """Repeat every number of a row for all sides."""
        for j in range(U8(row.size)):
            number = row[j]
            for k in range(lanes):
                out[j * lanes + k] = number

    @inlined
    def row_solve(f, link, inverse):
        """f <- A_r^-1 f along one row."""
        last = U8(inverse.size) - ONE
        for j in range(ONE, last + ONE):
            share = link * inverse[j - ONE]
            for k in range(lanes):
                f[j * lanes + k] += share * f[(j - ONE) * lanes + k]
        number = inverse[last]
        for k in range(lanes):
            f[last * lanes + k] *= number
        for back in range(ONE, last + ONE):
            j = last - back
            number = inverse[j]
            share = link * number
            for k in range(lanes):
                f[j * lanes + k] = number * f[j * lanes + k] + share * f[(j + ONE) * lanes + k]

    @inlined
    def summed(products, out):
        """Add up a row of products for every side."""
        out[:] = 0.0
        for j in range(U8(products.size) // lanes):
            for k in range(lanes):
                out[k] += products[j * lanes + k]

    @compiled
    def apply(g, inverse, down, row_link, column_link, z, back, p, out, curved):
        """p <- z + back p, out <- (A_c - G A_r^-1 G) p, curved <- p . out for every side; down (rows,): what A_c's diagonal adds to G."""
        m, width = U8(g.shape[0]), U8(out.shape[1])
        f, gs, total, forth, nothing = np.empty(width), np.empty(width), np.zeros(width), np.empty(width), np.zeros(width)
        for q in range(width):
            forth[q] = back[q % lanes]
            p[0, q] = z[0, q] + forth[q] * p[0, q]
        for i in range(m):
            pi, oi, own = p[i], out[i], down[i]
            above = p[i - ONE] if i > U8(0) else nothing
            below = p[i + ONE] if i < m - ONE else nothing
            if i < m - ONE:
                fresh = z[i + ONE]
                for q in range(width):
                    below[q] = fresh[q] + forth[q] * below[q]
            spread(g[i], gs)
            for q in range(width):
                f[q] = gs[q] * pi[q]
            row_solve(f, row_link, inverse[i])
            for q in range(width):
                f[q] = gs[q] * (pi[q] - f[q]) + own * pi[q]
            for q in range(width):
                oi[q] = f[q] - column_link * (above[q] + below[q])
            for q in range(width):
                total[q] += pi[q] * oi[q]
        summed(total, curved)

    @compiled
    def advance(inverse, link, ahead, p, q, x, r, z, out):
        """x += ahead p, r -= ahead q, z <- A_c^-1 r, out <- r . z for every side."""
        m, width = U8(r.shape[0]), U8(r.shape[1])
        share, total, forth, nothing = np.zeros(width), np.zeros(width), np.empty(width), np.zeros(width)
        for w in range(width):
            forth[w] = ahead[w % lanes]
        for i in range(m):
            xi, ri, zi, pi, qi = x[i], r[i], z[i], p[i], q[i]
            for w in range(width):
                xi[w] += forth[w] * pi[w]
            for w in range(width):
                ri[w] -= forth[w] * qi[w]
            above = z[i - ONE] if i > U8(0) else nothing
            for w in range(width):
                zi[w] = ri[w] + link * share[w] * above[w]
            spread(inverse[i], share)
        for up in range(m):
            i = m - ONE - up
            zi, ri = z[i], r[i]
            below = z[i + ONE] if up > U8(0) else nothing
            spread(inverse[i], share)
            for w in range(width):
                zi[w] = (zi[w] + link * below[w]) * share[w]
            for w in range(width):
                total[w] += ri[w] * zi[w]
        summed(total, out)

    @compiled
    def solve(g, row_inverse, column_inverse, down, row_link, column_link, x, r, z, p, q, tolerance, most):
        """x <- x + S^-1 r by conjugate gradients until every side's r shrank by `tolerance`; returns the steps it took. p and q must hold 0."""
        old, new, curved, ahead, back = np.zeros(sides), np.zeros(sides), np.zeros(sides), np.zeros(sides), np.zeros(sides)
        advance(column_inverse, column_link, ahead, p, q, x, r, z, old)
        first = old.copy()
        for step in range(most):
            if (old <= tolerance * tolerance * first).all():
                return step
            apply(g, row_inverse, down, row_link, column_link, z, back, p, q, curved)
            for k in range(lanes):
                ahead[k] = old[k] / curved[k] if curved[k] > 0.0 else 0.0
            advance(column_inverse, column_link, ahead, p, q, x, r, z, new)
            for k in range(lanes):
                back[k] = new[k] / old[k] if old[k] > 0.0 else 0.0
                old[k] = new[k]
        return most

    @compiled
    def along_rows(g, inverse, row_link, ends, b, out):
        """out <- A_r^-1 (G b + ends), what drives the first nodes in `ends` (rows, sides)."""
        m, width = U8(g.shape[0]), U8(b.shape[1])
        gs = np.empty(width)
        for i in range(m):
            bi, f = b[i], out[i]
            spread(g[i], gs)
            for q in range(width):
                f[q] = gs[q] * bi[q]
            for k in range(lanes):
                f[k] += ends[i, k]
            row_solve(f, row_link, inverse[i])

    return solve, apply, along_rows


SIDE_BY_SIDE, ALONE = _solver(LANES), _solver(1)
"""For eight right-hand sides, and for one, which takes an eighth of the memory."""
