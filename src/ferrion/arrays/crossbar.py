"""A crossbar of conductances with the resistances of its wires: reads, and the effective matrix they amount to.

For given conductances the network is linear, so column currents are W^T v: W, the effective matrix, turns every further read into
one product. The network is reciprocal, so a read from the columns to the rows is W the other way round. A few inputs are solved one by one
(`nodal`), many through W (`multiport`); the one checks the other.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.arrays.multiport import Segments, effective
from ferrion.arrays.nodal import ALONE, LANES, SIDE_BY_SIDE, Links, Wires, links_of, pivots
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, uniforms

Floats = NDArray[np.float64]
RESIDUAL = 1e-10
"""Largest current a node may be left with, as a share of the largest current a driver delivers."""
REDUCTION = 3e-9
"""By how much the first run of conjugate gradients shrinks the residual; it is then computed anew, and reduced as far as need be."""
PROBING = 1e-12
"""The same for the input that checks an effective matrix."""
MOST_STEPS, MOST_RUNS = 5000, 8
MANY = 32
"""Inputs from which on the effective matrix takes less time than a solution for each: 27 to 58 of square arrays of 64 to 512 lines."""
MATRIX = 1e-9
"""Most that an effective matrix may be off, as a share of its largest current."""
TINY = np.finfo(np.float64).tiny
TOO_FAR = "conductances or segments differ by too many orders of magnitude"
WEAKEST = 1e-6
"""Least resistance of a segment [ohm]: less is no wire, and nodes it joins are one node."""


class Read(NamedTuple):
    """Result of a read."""

    currents: Floats
    """(inputs, columns) [A]."""
    residual: float
    """Largest current [A] that Kirchhoff's law is off at a column's node, over the largest a driver delivers; rows are eliminated and exact to rounding.

    Through the effective matrix: that of one solution for random voltages, and how far the matrix's currents are from it, over the largest of them.
    """


class Nodes(NamedTuple):
    """Voltages [V] of every node for one input, (rows, columns)."""

    row: Floats
    column: Floats


@dataclass(frozen=True)
class Crossbar:
    """Conductances (rows, columns) [S] between the lines (kept as a copy that cannot be changed), and the lines. Raises ConfigError on values no array can have."""

    devices: Floats
    wires: Wires

    def __post_init__(self) -> None:
        devices = np.array(self.devices, np.float64, order="C")
        if devices.ndim != 2 or devices.size == 0:
            raise ConfigError(f"devices of shape {np.shape(self.devices)}: give conductances as (rows, columns)")
        bad = ~(np.isfinite(devices) & (devices >= 0))
        if bad.any():
            i, j = np.argwhere(bad)[0]
            raise ConfigError(f"devices[{i}, {j}] = {devices[i, j]} S and {bad.sum() - 1} more: give finite conductances of 0 (open) or more; a short is a large one, 1 S say")
        for name, ohms in self.wires._asdict().items():
            if not (np.isfinite(ohms) and ohms >= 0):
                raise ConfigError(f"{name} = {ohms} {'S' if name == 'leak' else 'ohm'}: give a finite number of 0 or more")
        for name in ("row", "column"):
            if getattr(self.wires, name) < WEAKEST:
                raise ConfigError(f"{name} = {getattr(self.wires, name)} ohm: give {WEAKEST:g} ohm or more a segment; without wires the currents are volts @ devices")
        devices.setflags(write=False)
        object.__setattr__(self, "devices", devices)

    @cached_property
    def branches(self) -> Floats:
        """Conductance [S] of device and access transistor in series, and of the leakage beside them, (rows, columns)."""
        return self.devices / (1.0 + self.devices * self.wires.access) + self.wires.leak

    @cached_property
    def _links(self) -> Links:
        return links_of(self.wires)

    @cached_property
    def _factors(self) -> tuple[Floats, Floats, Floats]:
        """Reciprocal pivots of the rows' matrices and of the columns', (rows, columns) each, and what the columns' diagonals add to G (rows,)."""
        g, (row, column, source, out) = self.branches, self._links
        m, n = g.shape
        along = np.full(n, 2.0 * row)
        along[0], along[-1] = row + source, row
        if n == 1:
            along[0] = source
        down = np.full(m, 2.0 * column)
        down[0], down[-1] = column, column + out
        if m == 1:
            down[0] = out
        rows, columns = np.empty((n, m)), np.empty((m, n))
        pivots(np.ascontiguousarray((g + along).T), row, rows)
        pivots(g + down[:, None], column, columns)
        return np.ascontiguousarray(rows.T), columns, down

    def read(self, volts: ArrayLike) -> Read:
        """Column currents for row voltages (rows,) or (inputs, rows) [V], by solving the network for each, or for all where they are `MANY`.

        Raises ConfigError on a wrong shape or NaN, and when Kirchhoff's laws cannot be met to 1e-10.
        """
        inputs = self._checked(volts)
        if len(inputs) >= MANY:
            weights, residual = self._effective
            currents = inputs @ weights
        else:
            parts = [inputs[i : i + LANES] for i in range(0, len(inputs), LANES)]
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                found = list(pool.map(self._sensed, parts))
            currents, residual = np.concatenate([part.currents for part in found]), max(part.residual for part in found)
        return Read(currents.reshape(*np.shape(volts)[:-1], -1), residual)

    def _sensed(self, inputs: Floats, reduction: float = REDUCTION) -> Read:
        """Column currents of up to LANES inputs; the nodes' voltages are forgotten."""
        _, b, residual = self._solved(inputs, reduction)
        return Read(self._links.out * b[-1].T[: len(inputs)], residual)

    def nodes(self, volts: ArrayLike) -> Nodes:
        """Voltages of every node for one input (rows,) [V]."""
        a, b, _ = self._solved(self._checked(np.asarray(volts)[None]))
        return Nodes(a[:, :, 0], b[:, :, 0])

    def selecting(self, rows: ArrayLike) -> "Crossbar":
        """The same array with the selectors of `rows` (rows,) of booleans on and all others off: these only leak. Raises ConfigError on another shape."""
        on = np.asarray(rows)
        if on.shape != self.devices.shape[:1] or on.dtype != bool:
            raise ConfigError(f"rows of shape {on.shape} and type {on.dtype}: give booleans as {self.devices.shape[:1]}, one a row")
        return Crossbar(np.where(on[:, None], self.devices, 0.0), self.wires)

    @property
    def turned(self) -> "Crossbar":
        """The same array with columns for rows: driven where it was sensed, last line first."""
        w = self.wires
        return Crossbar(self.devices.T[::-1, ::-1], Wires(row=w.column, column=w.row, driver=w.sense, sense=w.driver, access=w.access, leak=w.leak))

    @cached_property
    def matrix(self) -> Floats:
        """The effective matrix W (rows, columns) [S]. Raises ConfigError when its currents are off by more than 1e-9 of the largest for random voltages."""
        return self._effective.currents

    @cached_property
    def _effective(self) -> Read:
        """The effective matrix, beside a solution of the whole network for random voltages."""
        (rows, columns), wires = self.devices.shape, self.wires
        along, down = np.full(columns, wires.row), np.full(rows, wires.column)
        along[0] += wires.driver
        down[-1] += wires.sense
        weights = effective(self.branches, Segments(along, down))
        volts = uniforms(0, Stream.PROBE, 0, rows)[None] - 0.5
        solved = self._sensed(volts, PROBING)
        off = float(np.abs(volts @ weights - solved.currents).max() / max(np.abs(solved.currents).max(), TINY))
        if not off <= MATRIX:
            raise ConfigError(f"the effective matrix and a solution of the nodes differ by {off:.1e} of the largest current, {MATRIX:g} is allowed: {TOO_FAR}")
        return Read(weights, solved.residual + off)

    def sensitivity(self, volts: ArrayLike, weights: ArrayLike) -> Floats:
        """d(sum of weights x currents)/d(devices) for one input (rows,) [V] and weights (columns,): (rows, columns) [V].

        Tellegen's theorem: the voltage over a device under the input, times that under the weights applied to the columns.
        """
        a, b = self.nodes(volts)
        w = np.asarray(weights, np.float64)
        if w.shape != self.devices.shape[1:] or not np.isfinite(w).all():
            raise ConfigError(f"weights of shape {w.shape}: give finite weights as ({self.devices.shape[1]},), one a column")
        beta, alpha = (node.T[::-1, ::-1] for node in self.turned.nodes(w[::-1]))
        return (a - b) * (beta - alpha) / (1.0 + self.devices * self.wires.access) ** 2

    def _checked(self, volts: ArrayLike) -> Floats:
        inputs = np.atleast_2d(np.asarray(volts, np.float64))
        if inputs.ndim != 2 or len(inputs) == 0 or inputs.shape[1] != self.devices.shape[0] or not np.isfinite(inputs).all():
            raise ConfigError(f"volts of shape {np.shape(volts)}: give finite voltages as ({self.devices.shape[0]},) or (inputs, {self.devices.shape[0]}), one a row")
        return inputs

    def _solved(self, inputs: Floats, reduction: float = REDUCTION) -> tuple[Floats, Floats, float]:
        """Node voltages of rows and columns (rows, columns, lanes) and the relative residual, for up to LANES inputs."""
        lanes = 1 if len(inputs) == 1 else LANES
        solve, apply, along_rows = ALONE if lanes == 1 else SIDE_BY_SIDE
        g, (row, column, source, _), (rows, columns, down) = self.branches, self._links, self._factors
        m, n = g.shape
        driven = np.zeros((m, lanes))
        driven[:, : len(inputs)] = source * inputs.T
        shape = m, n * lanes
        a, b, z, p, q = np.empty(shape), np.zeros(shape), np.empty(shape), np.zeros(shape), np.zeros(shape)
        along_rows(g, rows, row, driven, b, a)
        right = (g[:, :, None] * a.reshape(m, n, lanes)).reshape(shape)
        r, nothing = right.copy(), np.zeros(lanes)
        for _ in range(MOST_RUNS):
            solve(g, rows, columns, down, row, column, b, r, z, p, q, reduction, MOST_STEPS)
            apply(g, rows, down, row, column, b, nothing, p, r, np.empty(lanes))
            np.subtract(right, r, out=r)
            along_rows(g, rows, row, driven, b, a)
            entered = driven - source * a[:, :lanes]
            scale = float(np.abs(entered).max())
            off = float(max(r.max(), -r.min())) / scale if scale > 0 else 0.0
            if off <= RESIDUAL:
                return a.reshape(m, n, lanes), b.reshape(m, n, lanes), off
            p[:], q[:], reduction = 0.0, 0.0, max(REDUCTION, 0.1 * RESIDUAL / off)
        raise ConfigError(f"Kirchhoff's laws are off by {off:.1e} of the largest driver current, 1e-10 is wanted: {TOO_FAR}")
