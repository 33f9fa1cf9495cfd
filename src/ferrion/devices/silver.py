"""A diffusive memristor as its silver particles see it, in series with a resistor: for explaining, not for networks.

Euler's step with noise independent of place (Euler and Maruyama), strong order 1. A step costs about a microsecond.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled, inlined
from ferrion.core.errors import ConfigError
from ferrion.core.noise import MASK, SHIFT, Stream, gauss, philox
from ferrion.kernels.cpu import scalar
from ferrion.params.card import load
from ferrion.physics import silver
from ferrion.physics.silver import Silver

if TYPE_CHECKING:
    import xarray

U8 = np.uint64
STEP = 2e-5
"""Longest step as a share of the time to diffuse over the gap: a tenth of what a pinning site relaxes in."""
MOST_BYTES = 4e9
pull, repulsion, tunnel = scalar(silver.pull), scalar(silver.repulsion), scalar(silver.tunnel)
field, moved, warming = scalar(silver.field), scalar(silver.moved), scalar(silver.warming)


@inlined
def draw(seed, cell, step, xi):
    """Unit normals for every particle of a cell: four from one call."""
    for q in range((xi.size + 3) // 4):
        a, b, c, d = philox(seed & MASK, seed >> SHIFT, U8(cell * ((xi.size + 3) // 4) + q), U8(Stream.SILVER), U8(step) & MASK, U8(step) >> SHIFT)
        four = (*gauss(a, b), *gauss(c, d))
        for i in range(min(4, xi.size - 4 * q)):
            xi[4 * q + i] = four[i]


@inlined
def in_order(x):
    """Sort the particles, nearly sorted already: they are alike."""
    for i in range(1, x.size):
        k = i
        while k > 0 and x[k] < x[k - 1]:
            x[k], x[k - 1] = x[k - 1], x[k]
            k -= 1


@inlined
def gap(x, i, p):
    """Opening [m] between particle i - 1 and particle i, or an electrode: particles are spheres."""
    left = x[i - 1] + 0.5 * p.diameter if i > 0 else 0.0
    return (x[i] - 0.5 * p.diameter if i < x.size else p.length) - left


@inlined
def resistance(x, p):
    """R [ohm]: the tunnelling gaps in series."""
    total = 0.0
    for i in range(x.size + 1):
        total += tunnel(gap(x, i, p), p)
    return total


@inlined
def forces(x, volts, total, p, out):
    """Force [eV/m] on every particle: its own potential, its neighbours, and the mean field of the gaps on its two sides."""
    for i in range(x.size):
        left, right = gap(x, i, p), gap(x, i + 1, p)
        across = 0.5 * (field(volts * tunnel(left, p) / total, left, p) + field(volts * tunnel(right, p) / total, right, p))
        out[i] = p.charge * across + pull(x[i], p)
        if i > 0:
            out[i] += repulsion(x[i], x[i - 1], p)
        if i < x.size - 1:
            out[i] += repulsion(x[i], x[i + 1], p)


@compiled
def run_gap(cell, seed, volts, dt, steps, series, x, p, traces):
    """Move the particles x through `steps` steps a sample; traces (samples, particles + 3) takes positions, R, volts over the gap, temperature."""
    xi, force, temperature = np.zeros(x.size), np.zeros(x.size), p.t_reference
    for row in range(volts.size):
        for k in range(steps):
            total = resistance(x, p)
            over = volts[row] * total / (total + series)
            forces(x, over, total, p, force)
            draw(seed, cell, row * steps + k, xi)
            for i in range(x.size):
                x[i] = abs(moved(x[i], force[i], temperature, dt, xi[i], p))
                x[i] = x[i] if x[i] < p.length else 2.0 * p.length - x[i]
            in_order(x)
            temperature += dt * warming(over, total, temperature, p)
        total = resistance(x, p)
        traces[row, : x.size] = x
        traces[row, x.size], traces[row, x.size + 1], traces[row, x.size + 2] = total, volts[row] * total / (total + series), temperature


@dataclass(frozen=True)
class SilverGap:
    """The gap of one card with `particles` silver particles."""

    silver: Silver
    particles: int = 5

    @classmethod
    def from_card(cls, name: str | Path = "silver-wang2017", particles: int = 5) -> "SilverGap":
        """The gap of a shipped card or of a TOML file; raises CardError when it is not in order, ConfigError without particles."""
        if particles < 1:
            raise ConfigError(f"particles = {particles}: give one or more")
        return cls(load(name).fill("silver", Silver), particles)

    def run(self, volts: NDArray[np.float64], dt: float, *, series: float = 1e8, count: int = 1, seed: int = 0) -> "xarray.Dataset":
        """Run `count` gaps, all silver in the anode at first, under samples `volts` [V] that hold for `dt` [s] each.

        series: resistor [ohm] that limits the current. Returns position (cell, time, particle) [m]; resistance [ohm], volts over
        the gap [V], current [A] and temperature [K], each (cell, time), at the end of every sample. Raises ConfigError on
        settings out of range and when the samples would not fit into 4 GB.
        """
        import xarray

        drive = np.asarray(volts, np.float64)
        if drive.ndim != 1 or drive.size == 0 or not np.isfinite(drive).all():
            raise ConfigError(f"volts of shape {drive.shape}: give a row of finite voltages")
        for name, value in (("dt", dt), ("series", series)):
            if not (np.isfinite(value) and value > 0):
                raise ConfigError(f"{name} = {value}: give a finite number above 0")
        if count < 1 or seed < 0:
            raise ConfigError(f"count = {count}, seed = {seed}: give one gap or more and a seed of 0 or more")
        if 8.0 * count * drive.size * (self.particles + 3) > MOST_BYTES:
            raise ConfigError(f"{count} gaps with {drive.size:,} samples need {8e-9 * count * drive.size * (self.particles + 3):.1f} GB: give fewer")
        p = self.silver
        steps = max(1, int(np.ceil(dt / (STEP * p.length**2 / p.diffusivity))))
        traces = np.zeros((count, drive.size, self.particles + 3))

        def one(cell: int) -> None:
            run_gap(cell, U8(seed), drive, dt / steps, steps, series, np.zeros(self.particles), p, traces[cell])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, range(count)))
        total, over = traces[:, :, -3], traces[:, :, -2]
        grid = ("cell", "time")
        return xarray.Dataset(
            {
                "position": ((*grid, "particle"), traces[:, :, : self.particles], {"units": "m"}),
                "resistance": (grid, total, {"units": "ohm"}),
                "volts": (grid, over, {"units": "V"}),
                "current": (grid, over / total, {"units": "A"}),
                "temperature": (grid, traces[:, :, -1], {"units": "K"}),
            },
            coords={"time": ("time", (np.arange(drive.size) + 1) * dt, {"units": "s"})},
            attrs={"seed": seed, "series_ohm": series},
        )
