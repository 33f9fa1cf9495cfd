"""Polarisation loops of ferroelectric capacitors: nucleation-limited switching under a voltage that changes.

A half-cycle of one sign exposes the domains (`ferroelectric.exposed_fraction`); a change of sign begins anew. Domains that neither sign
reverses stay where they are and add a constant, so loops are compared about their means.
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferrion.core.errors import DataError
from ferrion.kernels.reference import reference
from ferrion.lab.law import Axes, Check, Columns, Domain, Parameters, Parted
from ferrion.lab.table import Floats, Table
from ferrion.physics import ferroelectric
from ferrion.physics.ferroelectric import Capacitor, Switching

LOG_DELAY, EXPOSED = reference(ferroelectric.log_delay), reference(ferroelectric.exposed_fraction)
BRIEF = math.log(1e-9)
"""ln of the time [s] that a half-cycle of one row lasts."""
Places = NDArray[np.int64]


class Noise(NamedTuple):
    """What loops leave unexplained."""

    deviation: Annotated[float, "C/m^2"]
    """Standard deviation of the polarisation from the law."""


class HalfCycles(NamedTuple):
    """Where the half-cycles of loops stand, each (rows,)."""

    loop: Places
    """Number of the loop."""
    first: Places
    """First row of the row's half-cycle."""
    up: NDArray[np.bool_]
    """Whether the voltage is 0 or more."""
    rise_end: Places
    fall_end: Places
    """Last rows of the loop's positive and negative half-cycles."""


def half_cycles(loop: Floats, voltage: Floats) -> HalfCycles:
    """Cut loops, each a run of rows, at every change of sign. Raises DataError for a loop of one sign only.

    A voltage below a hundredth of the greatest is of the sign of the next that is not (the last of those before it): noise about 0 begins nothing.
    """
    number = np.concatenate([[0], np.cumsum(np.diff(loop) != 0)])
    clear = np.flatnonzero(np.abs(voltage) > 0.01 * np.abs(voltage).max())
    after = np.searchsorted(clear, np.arange(loop.size))
    after = np.where((after < clear.size) & (number[clear[np.minimum(after, clear.size - 1)]] == number), after, after - 1)
    up = voltage[clear[after]] >= 0
    begins = np.concatenate([[True], (np.diff(number) != 0) | (up[1:] != up[:-1])])
    first = np.maximum.accumulate(np.where(begins, np.arange(loop.size), 0))
    ends = []
    for sign in (up, ~up):
        last = np.full(number[-1] + 1, -1)
        np.maximum.at(last, number[sign], np.flatnonzero(sign))
        if (last < 0).any():
            raise DataError(f"loop {loop[np.flatnonzero(number == np.argmin(last))[0]]:g} has voltages of one sign only: give loops that go to both")
        ends.append(last[number])
    return HalfCycles(number, first, up, *ends)


def polarisation(columns: Columns, p: Parameters) -> Tensor:
    """Of loops that repeat [C/m^2], about their means: reversed domains and the linear part of the film."""
    capacitor, switching = p["capacitor"], p["switching"]
    where = half_cycles(columns["loop"].numpy(), columns["voltage"].numpy())
    exposed = EXPOSED(
        log_exposure(columns["time"], LOG_DELAY(columns["voltage"], 0.0, switching), where.first) - torch.log(torch.as_tensor(switching.t_inf, dtype=torch.float64)), switching
    )
    rise, fall = exposed[where.rise_end], exposed[where.fall_end]
    rising = exposed + torch.clamp(rise - torch.maximum(fall, exposed), min=0.0)
    upward = torch.where(torch.from_numpy(where.up), rising, torch.clamp(rise - exposed, min=0.0))
    total = capacitor.two_pr * upward + capacitor.permittivity / capacitor.thickness * columns["voltage"]
    return total - _means(total, where.loop)


def log_exposure(time: Tensor, log_delay: Tensor, first: Places) -> Tensor:
    """ln of the integral of exp(-log_delay) dt [s] since the row `first` of every row: trapezia added up as logarithms, for they span hundreds of decades."""
    found = []
    for own in torch.split(torch.arange(len(time)), np.diff(np.append(np.unique(first), len(time))).tolist()):
        t, rate = time[own], -log_delay[own]
        steps = torch.diff(t)
        middle = torch.logaddexp(rate[1:], rate[:-1]) - math.log(2.0) + torch.log(steps)
        begun = rate[:1] + (torch.log(steps[:1]) if len(own) > 1 else BRIEF)
        found.append(torch.logcumsumexp(torch.cat([begun, middle]), 0))
    return torch.cat(found)


def _means(values: Tensor, loop: Places) -> Tensor:
    number = torch.from_numpy(loop)
    sums = torch.zeros(int(loop[-1]) + 1, dtype=values.dtype).index_add(0, number, values)
    return (sums / torch.bincount(number))[number]


class Hysteresis:
    """P-V loops of any frequency and height; deviations of one size, found with the fit."""

    card = "fecap-martemucci2025"
    columns: ClassVar = {"loop": "1", "time": "s", "voltage": "V", "polarisation": "C/m^2"}
    together = "loop"
    sections: ClassVar = {"capacitor": Capacitor, "switching": Switching}
    nuisance: ClassVar = {"noise": Noise(1e-2)}
    free: ClassVar = {
        "deviation": Domain.POSITIVE,
        "two_pr": Domain.POSITIVE,
        "permittivity": Domain.POSITIVE,
        "v_a": Domain.POSITIVE,
        "width": Domain.POSITIVE,
        "t_inf": Domain.POSITIVE,
    }
    axes = Axes("duration of the loop [s]", "coercive voltage, mean of both [V]", "V")

    def check(self, table: Table) -> None:
        """Raises DataError when time does not rise within a loop, or its voltage has one sign."""
        loop, voltage = table.columns["loop"], table.columns["voltage"]
        if not np.any(voltage):
            raise DataError(f"{table.source}: all voltages are 0: give loops that go to both signs")
        half_cycles(loop, voltage)
        table.demand_rising("time", "loop")

    def start(self, table: Table, p: Parameters) -> dict[str, float]:
        """From the loops' height, coercive voltage and duration."""
        measured = table.columns["polarisation"]
        coercive = np.median([check[1] for check in coercives(table.columns, measured)])
        period = float(np.median([check[0] for check in coercives(table.columns, measured)]))
        span = float(np.ptp(measured))
        return {"two_pr": 0.8 * span, "v_a": float(coercive * np.sqrt(max(np.log(0.05 * period / p["switching"].t_inf), 1.0))), "width": 2.0, "deviation": 0.1 * span}

    def parted(self, columns: Columns, p: Parameters) -> Parted:
        """In units of their standard deviation."""
        measured = columns["polarisation"]
        where = half_cycles(columns["loop"].numpy(), columns["voltage"].numpy())
        off = measured - _means(measured, where.loop) - polarisation(columns, p)
        sigma = torch.as_tensor(p["noise"].deviation, dtype=torch.float64)
        return Parted(off / sigma, torch.log(sigma).expand_as(off))

    def checks(self, held: Table, fitted: Table, p: Parameters) -> list[Check]:
        """Coercive voltage of every held-out loop; its twin is that of the fitted loop nearest in duration and height."""
        expected = polarisation({name: torch.from_numpy(column) for name, column in held.columns.items()}, p).numpy()
        own, other = (coercives(table.columns, table.columns["polarisation"]) for table in (held, fitted))
        found = []
        for (period, measured, height), (_, predicted, _) in zip(own, coercives(held.columns, expected), strict=True):
            twin = min(other, key=lambda known: abs(np.log(known[0] / period)) + abs(np.log(known[2] / height)))
            found.append(Check(f"{height:.1f} V", period, measured, 0.0, predicted, twin[1]))
        return sorted(found, key=lambda check: (check.series, check.at))


def coercives(columns: Mapping[str, Floats], values: Floats) -> list[tuple[float, float, float]]:
    """Of every loop of polarisation `values`: duration [s], mean voltage at which it passes its middle [V], greatest voltage [V]."""
    loop, time, voltage = (np.asarray(columns[name]) for name in ("loop", "time", "voltage"))
    cuts = np.flatnonzero(np.diff(loop) != 0) + 1
    found = []
    for t, v, own in zip(np.split(time, cuts), np.split(voltage, cuts), np.split(values, cuts), strict=True):
        middle = own - 0.5 * (own.max() + own.min())
        passes = np.flatnonzero((middle[:-1] < 0) != (middle[1:] < 0))
        at = v[passes] - middle[passes] * (v[passes + 1] - v[passes]) / (middle[passes + 1] - middle[passes])
        found.append((float(np.ptp(t)), float(np.abs(at).mean()) if at.size else float("nan"), float(np.abs(v).max())))
    return found
