"""A machine's rows as they come over a poor line: values and rows that are missing, late or garbled, clocks that jump; watched on, and counted."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from ferrion.chip.chip import Chip
from ferrion.core.noise import fork
from ferrion.pilots.watch import watch_on
from ferrion.workloads.machines import SKAB_NORMAL, SKAB_SENSORS, Machine, score
from ferrion.workloads.streams.lines import Readings

SHARE, LATER = 0.05, 3
"""Of rows or values; rows by which one is late."""
SILENT, OF = 60, 300
"""Rows in which one sensor says nothing, of every so many."""
JUMP = 200
"""Rows between jumps of the clock."""
HOUR = 3600
Lines = list[str]
Numbers = list[int]
Fault = Callable[[Machine, np.random.Generator], tuple[Lines, Numbers]]
"""Lines, and of which row each is."""


def _lines(times: Any, values: Any) -> Lines:
    return [f"{time};{';'.join(format(value, 'g') for value in row)}" for time, row in zip(times, values, strict=True)]


def none(machine: Machine, _draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """A row a second."""
    return _lines(range(len(machine.values)), machine.values), list(range(len(machine.values)))


def missing_values(machine: Machine, draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """Some values are NaN."""
    values = np.where(draws.random(machine.values.shape) < SHARE, np.nan, machine.values)
    return _lines(range(len(values)), values), list(range(len(values)))


def silent_sensor(machine: Machine, draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """One sensor is NaN for `SILENT` rows of every `OF`."""
    values = machine.values.copy()
    values[np.arange(len(values)) % OF < SILENT, draws.integers(values.shape[1])] = np.nan
    return _lines(range(len(values)), values), list(range(len(values)))


def missing_rows(machine: Machine, draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """Some rows never come, ten at a time."""
    kept = np.flatnonzero(np.repeat(draws.random(-(-len(machine.values) // 10)) >= SHARE, 10)[: len(machine.values)])
    return _lines(kept, machine.values[kept]), kept.tolist()


def late_rows(machine: Machine, draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """Some rows come some seconds after those that followed them."""
    count = len(machine.values)
    order = np.argsort(np.arange(count) + np.where(draws.random(count) < SHARE, LATER + 0.5, 0.0), kind="stable")
    return _lines(order, machine.values[order]), order.tolist()


def jumping_clock(machine: Machine, _draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """The clock goes `HOUR` rows ahead, then begins anew, and so on."""
    rows = np.arange(len(machine.values))
    return _lines(rows % JUMP + HOUR * (rows // JUMP % 2), machine.values), rows.tolist()


def garbled(machine: Machine, draws: np.random.Generator) -> tuple[Lines, Numbers]:
    """Some lines end half way."""
    lines, numbers = none(machine, draws)
    return [line[: len(line) // 2] if draws.random() < SHARE else line for line in lines], numbers


FAULTS: dict[str, Fault] = {
    "none": none,
    "one value in twenty missing": missing_values,
    "one sensor silent 60 rows of every 300": silent_sensor,
    "ten rows in two hundred missing": missing_rows,
    "one row in twenty late": late_rows,
    "clock 3,600 rows ahead, or begun anew, every 200 rows": jumping_clock,
    "one line in twenty cut": garbled,
}


def met(machines: list[Machine], name: str, seed: int) -> dict[str, Any]:
    """F1 over the rows that were taken of all machines, each on a fresh chip that follows it, and what was counted."""
    chip, told, true, counts = Chip.from_card("leti-2025"), [], [], {"rows": 0}
    for k, machine in enumerate(machines):
        lines, numbers = FAULTS[name](machine, np.random.default_rng(fork(seed, k)))
        readings = Readings(lines, len(SKAB_SENSORS))
        found = list(watch_on(readings, chip, len(SKAB_SENSORS), SKAB_NORMAL, fork(seed, k)))
        told.append(np.array([own.level > 1.0 for own in found]))
        true.append(machine.anomaly[[numbers[own.number] for own in found]])
        counts = {key: counts.get(key, 0) + count for key, count in readings.counts.items()}
    return {"fault": name, "share": score(told, true).f1, "decisions": len(list(chain.from_iterable(told))), **counts}
