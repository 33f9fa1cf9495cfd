"""`ferrion bench neuron`: neurons times simulated milliseconds a second, beside ngspice, Brian2's C++ target and diffrax on the same neuron."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.drive import pulses
from ferrion.circuits.neuron import Level, Neuron
from ferrion.circuits.relaxation import RelaxationNeuron
from ferrion.core.progress import Tell
from ferrion.workloads.bench import BENCH_PYTHON, RUNS, LeftOutError, Timing, asked, skipped, timing

UNIT = "neuron ms/s"
DURATION = 1e-3
CELLS = 1000
PEER_CELLS = {"brian2_relaxation": CELLS, "diffrax_relaxation": CELLS, "ngspice_relaxation": 10}
"""ngspice takes a quarter of an hour for a thousand neurons in one netlist; its speed at ten, a neuron, is four times that."""
PEER_RUNS = 3
RTOL = 1e-5
ION_SECONDS = 0.3


def neuron(tell: Tell) -> list[Timing]:
    """The relaxation neuron here and in the peers, then the ion neuron at both its levels."""
    cell, inputs = RelaxationNeuron.from_card(), np.linspace(0.5, 0.7, CELLS)
    exact = cell.fire([0.6], DURATION, rtol=1e-11)[0]
    error = _error(cell.fire([0.6], DURATION, rtol=RTOL)[0], exact)
    work = f"relaxation neuron, {CELLS:,} for 1 ms"
    rows = []
    for threads in (1, 2):
        tell(f"{work}: ferrion, {threads} thread{'s' * (threads > 1)}")
        rates = _timed(partial(cell.fire, inputs, DURATION, rtol=RTOL, threads=threads), CELLS)
        rows.append(timing(f"{work}, {threads} thread{'s' * (threads > 1)}", rates, f"rtol {RTOL:g}; largest error of 43 spike times {error:.1f} ns", unit=UNIT))
    mine = rows[0].median
    for peer, cells in PEER_CELLS.items():
        tell(f"{work}: {peer}")
        rows.append(_peer(peer, cells, mine, exact))
    return rows + ion(tell)


def ion(tell: Tell) -> list[Timing]:
    """The ion neuron: device and event level, one core each cell, all cores."""
    cell, drive = Neuron.from_card("zhao-2025"), pulses(0.8, 1e-3, 2e-3, ION_SECONDS)
    rows: list[Timing] = []
    for level, cells in ((Level.DEVICE, 20), (Level.EVENT, 2000)):
        tell(f"ion neuron: {level} level")
        rates = _timed(partial(cell.fire, drive, count=cells, level=level), cells * ION_SECONDS / 1e-3)
        rows.append(timing(f"ion neuron of zhao-2025, 0.8 V train, {level} level, all cores", rates, unit=UNIT))
    share = rows[1].median / rows[0].median
    return [rows[0], replace(rows[1], note=f"{share:.0f} times the device level")]


def _timed(run: Callable[[], object], amount: float) -> list[float]:
    run()
    rates = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        rates.append(amount / (time.perf_counter() - start))
    return rates


def _error(spikes: NDArray[np.float64], exact: NDArray[np.float64]) -> float:
    """Largest difference [ns], infinite where the counts differ."""
    return float(1e9 * abs(spikes - exact).max()) if len(spikes) == len(exact) else float("inf")


def _peer(peer: str, cells: int, mine: float, exact: NDArray[np.float64]) -> Timing:
    """Run a peer's script for one neuron (its error) and for many (its speed)."""
    work = f"relaxation neuron, {cells:,} for 1 ms"
    try:
        one, many = (asked(peer, BENCH_PYTHON, str(count), str(runs)) for count, runs in ((1, 1), (cells, PEER_RUNS)))
    except LeftOutError as why:
        return skipped(work, peer, str(why))
    error = _error(np.array(one["spikes"]), exact)
    note = f"{many['note']}; largest error of 43 spike times {error:.1f} ns" if np.isfinite(error) else f"{many['note']}; {len(one['spikes'])} spikes instead of {len(exact)}"
    return timing(work, many["rates"], note, tool=many["tool"], release=many["version"], ratio=mine / statistics.median(many["rates"]), unit=UNIT)
