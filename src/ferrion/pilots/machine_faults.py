"""A machine's rows as they come over a poor line: values and rows that are missing, late or garbled, clocks that jump, a queue that is full; watched on, and counted."""

from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ferrion.chip.chip import Chip
from ferrion.chip.router import deliver, hold, links, next_departure, send
from ferrion.core.compiled import compiled
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
HELD, EVERY = 200, 2000
"""Rows for which the chip is held up, of every so many."""
DEPTH, SERVICE = 64, 0.05
"""Rows that a queue before the chip holds, as one of the router does; time a row takes, over the time to the next: that of the fastest pilot, `trigger`."""


class Sent(NamedTuple):
    """What reaches the chip."""

    lines: list[str]
    numbers: list[int]
    """Of which row each is."""
    dropped: int = 0
    """Rows that found the queue full."""


Fault = Callable[[Machine, np.random.Generator], Sent]


def _lines(times: Any, values: Any) -> list[str]:
    return [f"{time};{';'.join(format(value, 'g') for value in row)}" for time, row in zip(times, values, strict=True)]


def none(machine: Machine, _draws: np.random.Generator) -> Sent:
    """A row a second."""
    return Sent(_lines(range(len(machine.values)), machine.values), list(range(len(machine.values))))


def missing_values(machine: Machine, draws: np.random.Generator) -> Sent:
    """Some values are NaN."""
    values = np.where(draws.random(machine.values.shape) < SHARE, np.nan, machine.values)
    return Sent(_lines(range(len(values)), values), list(range(len(values))))


def silent_sensor(machine: Machine, draws: np.random.Generator) -> Sent:
    """One sensor is NaN for `SILENT` rows of every `OF`."""
    values = machine.values.copy()
    values[np.arange(len(values)) % OF < SILENT, draws.integers(values.shape[1])] = np.nan
    return Sent(_lines(range(len(values)), values), list(range(len(values))))


def missing_rows(machine: Machine, draws: np.random.Generator) -> Sent:
    """Some rows never come, ten at a time."""
    kept = np.flatnonzero(np.repeat(draws.random(-(-len(machine.values) // 10)) >= SHARE, 10)[: len(machine.values)])
    return Sent(_lines(kept, machine.values[kept]), kept.tolist())


def late_rows(machine: Machine, draws: np.random.Generator) -> Sent:
    """Some rows come some seconds after those that followed them."""
    count = len(machine.values)
    order = np.argsort(np.arange(count) + np.where(draws.random(count) < SHARE, LATER + 0.5, 0.0), kind="stable")
    return Sent(_lines(order, machine.values[order]), order.tolist())


def jumping_clock(machine: Machine, _draws: np.random.Generator) -> Sent:
    """The clock goes `HOUR` rows ahead, then begins anew, and so on."""
    rows = np.arange(len(machine.values))
    return Sent(_lines(rows % JUMP + HOUR * (rows // JUMP % 2), machine.values), rows.tolist())


def garbled(machine: Machine, draws: np.random.Generator) -> Sent:
    """Some lines end half way."""
    lines, numbers, _ = none(machine, draws)
    return Sent([line[: len(line) // 2] if draws.random() < SHARE else line for line in lines], numbers)


def full_queue(machine: Machine, _draws: np.random.Generator) -> Sent:
    """The chip is held up while rows go on coming: a queue keeps the first of them."""
    queue, count = links(1, DEPTH), len(machine.values)
    taken = queued(queue, count)
    return Sent(_lines(taken, machine.values[taken]), taken.tolist(), int(queue.dropped[0]))


@compiled
def queued(queue, count):
    """Which of so many rows are taken by a chip that is held up for `HELD` of every `EVERY`."""
    taken, found = np.zeros(count, np.int64), 0
    for row in range(count):
        while next_departure(queue, 0) <= row:
            taken[found] = deliver(queue, 0)
            found += 1
        if row % EVERY == HELD:
            hold(queue, 0, row, HELD)
        send(queue, 0, row, row, SERVICE)
    while queue.queued[0] > 0:
        taken[found] = deliver(queue, 0)
        found += 1
    return taken[:found]


FAULTS: dict[str, Fault] = {
    "none": none,
    "one value in twenty missing": missing_values,
    "one sensor silent 60 rows of every 300": silent_sensor,
    "ten rows in two hundred missing": missing_rows,
    "one row in twenty late": late_rows,
    "clock 3,600 rows ahead, or begun anew, every 200 rows": jumping_clock,
    "one line in twenty cut": garbled,
    "chip held up for 200 rows of every 2,000, a queue of 64": full_queue,
}


def met(machines: list[Machine], name: str, seed: int) -> dict[str, Any]:
    """F1 over the rows that were taken of all machines, each on a fresh chip that follows it, and what was counted."""
    chip, told, true, counts = Chip.from_card("leti-2025"), [], [], dict[str, int]()
    for k, machine in enumerate(machines):
        sent = FAULTS[name](machine, np.random.default_rng(fork(seed, k)))
        readings = Readings(sent.lines, len(SKAB_SENSORS))
        found = list(watch_on(readings, chip, len(SKAB_SENSORS), SKAB_NORMAL, fork(seed, k)))
        told.append(np.array([own.level > 1.0 for own in found]))
        true.append(machine.anomaly[[sent.numbers[own.number] for own in found]])
        counts = {key: counts.get(key, 0) + count for key, count in {**readings.counts, "dropped": sent.dropped}.items()}
    return {"fault": name, "share": score(told, true).f1, "decisions": len(list(chain.from_iterable(told))), **counts}
