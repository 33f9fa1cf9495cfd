"""A pilot on labelled recordings: one chip trained off it, deployed and tuned on it, one that learns alone, and beside them a float twin and the best small digital ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ferrion.chip.outlet import Outlet
from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.pilots import counters, personal
from ferrion.pilots.array_costs import kept
from ferrion.pilots.faults import FAULTS, met
from ferrion.pilots.live import decisions, told
from ferrion.pilots.opponents import FIRM, SOFT, STIFF, Method, Opponents, classical, example_bytes, int8, quick
from ferrion.pilots.table import Columns, merged
from ferrion.pilots.telling import left
from ferrion.workloads.digital.costs import speck_watts, synaptic_joules, until_next
from ferrion.workloads.digital.inputs import binned, heartbeats, pictured
from ferrion.workloads.digital.network import Recipe, fit, of
from ferrion.workloads.digital.trees import GROWTHS
from ferrion.workloads.event_sets import BEATS, HANDS, SENSOR, TAXELS, EventSet, load_events
from ferrion.workloads.spiking import PAUSE
from ferrion.workloads.spiking_tasks import Task, Tell, chosen, of_test, run_seed, task_of, tuned_network
from ferrion.workloads.streams.feed import Sensor
from ferrion.workloads.streams.source import events_from

CHIP = "chip-{}.safetensors"
"""The tuned chip of a seed."""
STREAMED_SHORT = 10
"""Recordings of a stream with faults in the short form."""
SHORT_TRAINING, ALL = 1000, 10**9
"""Samples the classical method is trained on in the short form, and in the full one."""


@dataclass(frozen=True)
class Labelled:
    """What is piloted."""

    note: str
    task: str
    sensor: Sensor
    """Whose pixels are the rows of the set."""
    opponents: Opponents
    bins: int
    """Equal parts of a recording in which arrays are given counts of its events."""
    camera: bool = False
    streamed: int = 100
    """Recordings of a stream with faults."""
    further: Callable[[EventSet, int, bool, Tell], tuple[Columns, dict[str, Any]]] = lambda *_: ({}, {})
    """More columns, of others on the same set, and what is drawn of them."""


LOGISTIC: tuple[Method, ...] = tuple(partial(LogisticRegression, C=penalty, max_iter=3000) for penalty in (0.01, 0.001, 0.1, 1.0))
TREES: tuple[Method, ...] = tuple(partial(HistGradientBoostingClassifier, **growth) for growth in GROWTHS)
WIDE, DEEP, PRUNED = Recipe((64,)), Recipe((128, 64), epochs=60), Recipe((128,), sparsity=0.75)
SHRUNK = replace(WIDE, decay=0.01)
SEEN = Recipe((64,), channels=(16, 32), dropout=0.1)


def collapsed(events: EventSet, seed: int, short: bool, _tell: Tell) -> tuple[Columns, dict[str, Any]]:
    """A network on the counts of whole recordings, which is all that a picture keeps."""
    training, test = pictured(1, SENSOR)(events)
    net = of(fit(training, events.training.labels, events.classes, quick(SEEN) if short else SEEN, seed))
    return {"int8, one picture": {"accuracy": float((net.decide(test) == events.test.labels).mean())}}, {}


LABELLED = {
    "event-vision": Labelled(
        "Digits before an event camera that makes three saccades (N-MNIST: 1,000 recordings to learn from, 100 to decide)",
        "nmnist",
        Sensor(SENSOR, SENSOR),
        Opponents(
            ((pictured(3, SENSOR), SEEN), (pictured(1, SENSOR), SEEN), (binned(3), WIDE), (binned(3), SHRUNK), (binned(3), STIFF), (binned(3), PRUNED), (binned(3), DEEP)),
            (binned(3),),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        bins=3,
        camera=True,
    ),
    "event-order": Labelled(
        "Which way in time: an event camera as it was, and with every saccade backwards (N-MNIST: 1,000 recordings both ways to learn from, 50 both ways to decide)",
        "nmnist-order",
        Sensor(SENSOR, SENSOR),
        Opponents(
            ((pictured(6, SENSOR), SEEN), (binned(6), STIFF), (binned(3), WIDE), (binned(6), PRUNED)),
            (binned(6), binned(3)),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        bins=6,
        camera=True,
        streamed=20,
        further=collapsed,
    ),
    "event-gestures": Labelled(
        "Hand gestures before an event camera: ten recordings, one of each gesture, told apart by a later half second (DVS128, 0.1 s at a time: 80 to learn from, 50 to decide)",
        "gestures",
        Sensor(128, 128, 128 // HANDS),
        Opponents(
            ((pictured(1, HANDS), SEEN), (pictured(3, HANDS), SEEN), (binned(1), STIFF), (binned(3), WIDE), (binned(1), SHRUNK), (binned(1), PRUNED)),
            (binned(1), binned(3)),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        bins=1,
        camera=True,
        streamed=20,
    ),
    "tactile": Labelled(
        "Braille letters under a robot's fingertip of twelve taxels (27 letters; a fifth of 5,400 recordings held out)",
        "braille",
        Sensor(TAXELS, 1),
        Opponents(
            ((binned(20), WIDE), (binned(10), WIDE), (binned(20), SHRUNK), (binned(10), SOFT), (binned(20), DEEP), (binned(10), PRUNED)),
            (binned(10), binned(20)),
            ("gradient-boosted trees on counts in ten bins", binned(10), TREES),
        ),
        bins=10,
    ),
    "ecg": Labelled(
        "Heart beats N, S, V and F of patients that nothing was trained on (MIT-BIH, DS1 to learn from, 2,000 beats of DS2 to decide)",
        "ecg",
        Sensor(1 + len(BEATS) // 2, 1),
        Opponents(
            ((binned(10), SHRUNK), (binned(10), WIDE), (binned(10), FIRM), (binned(10), PRUNED), (heartbeats, SHRUNK), (heartbeats, WIDE), (heartbeats, FIRM), (heartbeats, DEEP)),
            (binned(10), heartbeats),
            ("gradient-boosted trees on the samples of a beat", heartbeats, TREES),
        ),
        bins=10,
        further=personal.columns,
    ),
}


def the_task(name: str, short: bool) -> Task:
    """Of a pilot."""
    task = task_of(LABELLED[name].task)
    return task.shorter() if short else task


def kept_chip(name: str, short: bool, folder: Path, events: EventSet, seed: int = 0) -> SpikingNetwork:
    """The tuned chip of a pilot that was run in `folder`. Raises ConfigError where there is none, CheckpointError where another version left it."""
    path, task = folder / CHIP.format(seed), the_task(name, short)
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
    found = run_seed(task, events, seed, tell, lambda network: save(network, folder / CHIP.format(seed)))
    asked = replace(events, test=events.test.take(test)) if events.paired else events
    counts, arrays = counters.columns(events, test, pilot.bins, seed, short, tell)
    compared = merged(columns(found, digital, len(test), events.seconds, example_bytes(events.training)), counts)
    if pilot.camera:
        compared = merged(compared, {"chip, deployed": {"on speck": events.seconds * speck_watts()}})
    more, shown = pilot.further(asked, seed, short, tell)
    return {"seed": seed, "seconds": events.seconds, "columns": chips_first(merged(compared, more)), "chip": found, "digital": digital, "arrays": arrays, **shown}


def chips_first(columns: Columns) -> Columns:
    """In the order they are, but who runs on the chip before who does not."""
    return dict(sorted(columns.items(), key=lambda own: not own[0].startswith(("chip", "arrays")) or own[0].endswith("float32")))


def columns(found: dict[str, Any], digital: dict[str, dict[str, Any]], tested: int, length: float, example: float) -> dict[str, dict[str, Any]]:
    """Of everybody who is compared, on recordings of so many seconds, `example` bytes of events each. What the chip that learns alone takes in all its passes is shared by the
    examples that it met; those that it met again must have been kept.

    What is deployed was trained elsewhere: its examples left as those of int8 did, whether it is then tuned or not.
    """
    tuned, new = chip_numbers(found, "tuned", "tuned", found["tuning"]["joules"], length), built(found["account"]["deployed"])
    alone = chip_numbers(found, "local", "alone", sum(own["joules"] * own["samples"] for own in found["passes"]) / found["met"], length)
    closely = found["levels"]
    return {
        "chip, deployed": {
            **new,
            **{key: found["deployed"][key] for key in ("accuracy", "balanced", "joules", "operations")},
            "joules with leakage": found["deployed"]["joules"] + length * new["leaked"],
            **found["deployed"]["leaving"],
            **{key: digital["int8"]["numbers"][key] for key in ("learned", "sent_learned")},
            **timed(found["deployed"]["seconds"]),
            "told": length + PAUSE,
            "dropped": found["deployed"]["dropped"] / tested,
            "waited, 99 %": found["deployed"]["waited"][0],
            "waited, longest": found["deployed"]["waited"][1],
            **stopped(found.get("early")),
            "levels": closely["samples"],
            "agreed": closely["same"],
            "spike": closely["device"]["joules_a_spike"],
            **{f"{key}, {level} level": closely[level][key] for level in ("event", "device") for key in ("accuracy", "joules", "spikes")},
        },
        **{f"chip, deployed, some recordings{more}": {key: closely[level][key] for key in ("accuracy", "joules")} for level, more in (("event", ""), ("device", ", device level"))},
        "chip, deployed and tuned": {
            **tuned,
            "learned": tuned["learned"] + digital["int8"]["numbers"]["learned"],
            "learned on chip": tuned["learned"],
            "sent_learned": digital["int8"]["numbers"]["sent_learned"],
        },
        "chip, learning alone": alone | {"once": found["once"], **kept(found["again"] * example)},
        **{which: own["numbers"] for which, own in digital.items()},
        "float LIF": {"accuracy": found["float"]},
    }


def stopped(early: dict[str, Any] | None) -> dict[str, float]:
    """Of a chip that stops early, if it was tried."""
    if early is None:
        return {}
    median, late = early["seconds"]
    return {"early": early["accuracy"], "early, joules": early["joules"], "early, median": median, "early, late": late}


def timed(seconds: list[float | None]) -> dict[str, float | None]:
    """When the final class is ahead for good."""
    return {"median": seconds[0], "late": seconds[1]}


def built(account: dict[str, Any]) -> dict[str, float]:
    """What a chip is, whatever it does; and the shares of its joules so far that are known so."""
    return {
        "area": account["area"],
        "cmos": account["cmos"]["area"],
        "leaked": account["cmos"]["deciding"],
        "memory": account["memory"],
        "measured": account["known"].get("measured", 0.0),
        "assumed": account["known"].get("assumed", 0.0),
    }


def chip_numbers(found: dict[str, Any], decided: str, which: str, learned: float, length: float) -> dict[str, Any]:
    """A chip's column."""
    own, account = found[decided], found["account"][which]
    numbers = {
        "accuracy": own["accuracy"],
        "balanced": own["balanced"],
        "joules": own["joules"],
        "learned": learned,
        **timed(own["seconds"]),
        "told": length + PAUSE,
        **built(account),
        "leaked, learning": account["cmos"]["leakage"],
        "wear": account["wear"]["fecap"],
        "wear, memristor": account["wear"]["memristor"],
        "operations": own["operations"],
        **{f"on {name}": own["operations"] * each for name, each in synaptic_joules().items()},
        **own["leaving"],
    }
    return numbers | until_next(numbers, length)
