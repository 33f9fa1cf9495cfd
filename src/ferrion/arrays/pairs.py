"""Weights as pairs of memristors on arrays with wires: shares of the full scale to conductances, and what the arrays make of them.

A layer (rows, columns) is cut into tiles (`Geometry.tiles`), each on the corner of an array that is nearest to drivers and amplifiers. The
memristors G+ and G- of a weight stand side by side; the digital side subtracts their columns.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.cascade import cascade, cascade_gradient
from ferrion.arrays.crossbar import WEAKEST, Crossbar, Floats
from ferrion.arrays.geometry import Geometry
from ferrion.arrays.hybrid import DeviceParams
from ferrion.arrays.nodal import Wires, links_of
from ferrion.core.errors import ConfigError

NARROW = 48
"""Columns of memristors up to which eliminating line by line is fastest: the matrix breaks even with joined blocks at 48, its gradient with iterations at 96 (128 rows)."""


def conductances(shares: Floats, p: DeviceParams) -> Floats:
    """G+ and G- [S] of weights given as shares of the full scale in -1..1 or beyond: (rows, columns, 2)."""
    return np.asarray(p.filament.g_off + p.g_span * np.maximum(np.stack([shares, -shares], axis=-1), 0.0))


def read_shares(pairs: Floats, p: DeviceParams) -> Floats:
    """(G+ - G-) as a share of the full scale, (rows, columns)."""
    return np.asarray((pairs[..., 0] - pairs[..., 1]) / p.g_span)


class WiredPairs:
    """What arrays with wires make of the pairs of a layer; only tiles whose conductances changed are solved anew."""

    def __init__(self, geometry: Geometry, wires: Wires, p: DeviceParams) -> None:
        """Raises ConfigError for wires without resistance: leave them out instead."""
        if min(wires.row, wires.column) < WEAKEST:
            raise ConfigError(f"wires of {wires.row} and {wires.column} ohm a segment: give {WEAKEST:g} ohm or more, or no wires at all (None)")
        self.geometry, self.wires, self.p = geometry, wires, p
        self._pairs: Floats = np.empty((0, 0, 2))
        self._shares: Floats = np.empty((0, 0))

    def shares(self, pairs: Floats) -> Floats:
        """Effective weights (rows, columns) as shares of the full scale, for pairs (rows, columns, 2) [S]."""
        if self._pairs.shape != pairs.shape:
            self._pairs, self._shares = np.full(pairs.shape, np.nan), np.empty(pairs.shape[:2])
        stale = [tile for tile in self.geometry.cuts(*pairs.shape[:2]) if not np.array_equal(self._pairs[tile], pairs[tile])]
        for tile, weights in zip(stale, _beside(lambda tile: self._solved(pairs[tile]), stale), strict=True):
            self._shares[tile] = read_shares(weights, self.p)
        self._pairs = pairs.copy()
        return self._shares

    def gradient(self, pairs: Floats, slopes: Floats) -> Floats:
        """d(sum of slopes x shares)/d(pairs): slopes (rows, columns), result (rows, columns, 2) [1/S]."""
        gradient, signed = np.empty_like(pairs), np.stack([slopes, -slopes], axis=-1) / self.p.g_span
        tiles = self.geometry.cuts(*pairs.shape[:2])
        for tile, found in zip(tiles, _beside(lambda tile: self._slope(pairs[tile], signed[tile]), tiles), strict=True):
            gradient[tile] = found
        return gradient

    def _solved(self, pairs: Floats) -> Floats:
        """Effective conductances (rows, columns, 2) of one tile."""
        bar = Crossbar(pairs.reshape(len(pairs), -1), self.wires)
        if bar.devices.shape[1] > NARROW:
            return bar.matrix.reshape(pairs.shape)
        weights = np.empty_like(bar.devices)
        cascade(bar.branches, links_of(self.wires), weights)
        return weights.reshape(pairs.shape)

    def _slope(self, pairs: Floats, slopes: Floats) -> Floats:
        bar, along = Crossbar(pairs.reshape(len(pairs), -1), self.wires), np.ascontiguousarray(slopes.reshape(len(pairs), -1))
        if bar.devices.shape[1] > NARROW:
            units = np.eye(bar.devices.shape[1])
            return np.sum([bar.sensitivity(along[:, j], units[j]) for j in range(len(units))], axis=0).reshape(pairs.shape)
        gradient = np.empty_like(bar.devices)
        cascade_gradient(bar.branches, links_of(self.wires), along, gradient)
        return np.asarray(gradient / (1.0 + bar.devices * self.wires.access) ** 2).reshape(pairs.shape)


def _beside(work: Callable[[tuple[slice, slice]], Floats], tiles: list[tuple[slice, slice]]) -> list[NDArray[np.float64]]:
    """`work` of every tile, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, tiles))
