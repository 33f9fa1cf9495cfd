"""A pilot on labelled recordings: one chip trained off it, deployed and tuned on it, one that learns alone, and beside them a float twin and the best small digital ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ferrion.chip.outlet import Outlet
from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.core.progress import Tell
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.pilots import counters
from ferrion.pilots.faults import FAULTS, met
from ferrion.pilots.labelled_columns import chips_first, columns
from ferrion.pilots.live import decisions, told
from ferrion.pilots.opponents import classical, int8
from ferrion.pilots.recordings import LABELLED
from ferrion.pilots.sending import events_sent
from ferrion.pilots.table import merged
from ferrion.pilots.telling import left
from ferrion.workloads.digital.costs import speck_watts
from ferrion.workloads.event_sets import EventSet, load_events
from ferrion.workloads.spiking_seed import run_seed
from ferrion.workloads.spiking_tasks import Task, chosen, of_test, task_of, tuned_network
from ferrion.workloads.streams.source import events_from

STREAMED_SHORT = 10
"""Recordings of a stream with faults in the short form."""
SHORT_TRAINING, ALL = 1000, 10**9
"""Samples the classical method is trained on in the short form, and in the full one."""


def the_task(name: str, short: bool) -> Task:
    """Of a pilot."""
    task = task_of(LABELLED[name].task)
    return task.shorter() if short else task


def chip_file(seed: int, short: bool) -> str:
    """The name under which the tuned chip of a seed is kept."""
    return f"chip-{seed}{'-quick' if short else ''}.safetensors"


def kept_chip(name: str, short: bool, folder: Path, events: EventSet, seed: int = 0) -> SpikingNetwork:
    """The tuned chip of a pilot that was run in `folder`. Raises ConfigError where there is none, CheckpointError where another version left it."""
    path, task = folder / chip_file(seed, short), the_task(name, short)
    if not path.is_file():
        raise ConfigError(f"no chip in {folder}: train one first with ferrion pilot {name}{' --quick' if short else ''} --out {folder}")
    network = tuned_network(task, events, seed)
    restore(network, path)
    return network


def faulty(name: str, short: bool, folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Every fault, on recordings of the test in one stream, decided by the kept chip as it was kept."""
    task, rows = the_task(name, short), []
    events = load_events(task.events)
    some = events.test.take(chosen(events.test, STREAMED_SHORT if short else LABELLED[name].streamed, 0))
    for fault in FAULTS:
        tell(f"stream with fault: {fault}")
        rows.append(met(kept_chip(name, short, folder, events), some, LABELLED[name].sensor, events.seconds, fault, 0))
    return rows


def live(name: str, source: str, silence: float, short: bool, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Decisions of the kept chip on a stream of events, and their sums so far."""
    events = load_events(LABELLED[name].task)
    sums, decided, opened, outlet = told([]), list[int](), list[int](), Outlet()
    for own in decisions(kept_chip(name, short, folder, events), events_from(source, silence), LABELLED[name].sensor, events.seconds):
        sums = {key: sums[key] + count for key, count in told([own]).items()}
        decided.extend(outlet.tell(own.answer.decided).tolist())
        opened.append(own.window.opened)
        yield (
            f"window {own.window.number} at {own.window.opened} us: class {own.answer.decided}, {own.fed.events} events",
            {**sums, "decided": decided, "opened_us": opened, **left(outlet)},
        )


def run(name: str, seed: int, short: bool, folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed: every column of the table with its numbers, and what is drawn; the tuned chip is kept in `folder`. Raises MissingDataError without the recordings."""
    pilot = LABELLED[name]
    task = the_task(name, short)
    events, prices = load_events(task.events), SpikingChip.from_card().memory.prices
    test = of_test(events, task.most)
    tell(f"seed {seed}: int8 and classical")
    digital = {
        "int8, linear": int8(pilot.opponents.smallest, events, test, prices, seed, short),
        "int8": int8(pilot.opponents, events, test, prices, seed, short),
        "classical": classical(pilot.opponents, events, test, prices, SHORT_TRAINING if short else ALL, seed),
    }
    found = run_seed(task, events, seed, tell, lambda network: save(network, folder / chip_file(seed, short)))
    asked = replace(events, test=events.test.take(test)) if events.paired else events
    counts, arrays = counters.columns(events, test, pilot.bins, seed, short, tell)
    compared = merged(columns(found, digital, len(test), events.seconds, events_sent(events.training)), counts)
    if pilot.camera:
        compared = merged(compared, {"chip, deployed": {"on speck": events.seconds * speck_watts()}})
    more, shown = pilot.further(asked, seed, short, tell)
    return {"seed": seed, "seconds": events.seconds, "columns": chips_first(merged(compared, more)), "chip": found, "digital": digital, "arrays": arrays, **shown}
