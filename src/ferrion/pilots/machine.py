"""The machine pilot: valves and pumps of the Skoltech benchmark, each learned as normal on a chip of its own, then watched; the chip drifts and is refreshed."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.chip.chip import Chip
from ferrion.chip.outlet import Outlet
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.learning.model_costs import clear
from ferrion.learning.training import Fidelity
from ferrion.pilots import machine_nab
from ferrion.pilots.array_costs import activations, kept, standing
from ferrion.pilots.machine_costs import FRONT, LEARNED, a_year, bill, chip_numbers, int8_numbers, monitor_numbers, moved, watching, works, worn_on
from ferrion.pilots.machine_faults import FAULTS, met
from ferrion.pilots.machine_rivals import float_levels, int8_levels
from ferrion.pilots.table import Columns, merged
from ferrion.pilots.telling import telling
from ferrion.pilots.watch import CELSIUS, DRIFTS, F8, TRANSFER_EVERY, Standard, Watch, smoothed, watch_on
from ferrion.workloads.digital.costs import as_bytes, sent
from ferrion.workloads.digital.monitoring import Monitor, components, hotelling, squares
from ferrion.workloads.machines import SKAB_NORMAL, SKAB_SENSORS, WHUT_ROW, Machine, Score, delays, score, skab, whut
from ferrion.workloads.streams.lines import Readings, lines_from
from ferrion.workloads.verdicts import confusion, roc

NOTE = (
    "A valve and pump bench that is learned as normal for 400 s and then watched (SKAB v0.9, 34 recordings of eight sensors, rows of all counted together); "
    "a pipeline whose number of pumps changes (WHUT, eight changes); a machine, a room, two servers and taxis that are forecast (NAB, five series)"
)
PIPELINES = 1000
"""Their seeds stand apart from those of the benches."""
EVERY, SHORT_EVERY = 6, 12
"""Of the recordings, those that come with faults, and those of the short form."""
MONITORS: dict[str, Monitor] = {"squares": squares, "T2": hotelling, "T2 and Q": components}
DEVICES = "chip, device level"
PICTURED = ("chip", "chip, following", "int8", "squares")
"""Whose alarms are drawn."""
TELLERS = {"chip": "chip", "chip, following": "following", "always alarmed": "always", **{name: name for name in (DEVICES, "int8", *MONITORS, "float")}}
"""Columns, and what `watched` calls who tells."""


def run(seed: int, short: bool, _folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed: every recording on a chip of its own. Raises MissingDataError without the recordings."""
    machines, chip = skab()[:: SHORT_EVERY if short else None], Chip.from_card("leti-2025")
    found = []
    for k, machine in enumerate(machines):
        tell(f"seed {seed}: machine {k + 1} of {len(machines)}, {machine.name}")
        found.append(watched(machine, chip, fork(seed, k), short))
    anomalies = [machine.anomaly[SKAB_NORMAL:] for machine in machines]
    columns = {"chip": {**scored(found, anomalies, "chip"), **chip_numbers(found)}, DEVICES: {**scored(found, anomalies, DEVICES), **a_year(found, "wear of devices")}}
    followed = float(np.mean([sum(own["followed"]["actions"].values()) for own in found]))
    columns["chip, following"] = {**scored(found, anomalies, "following"), "joules": followed, **worn_on(found, anomalies)}
    columns["always alarmed"] = scored(found, anomalies, "always")
    columns |= {"int8": {**scored(found, anomalies, "int8"), **int8_numbers(found)}}
    columns |= {name: {**scored(found, anomalies, name), **monitor_numbers(found, name, chip.prices)} for name in MONITORS}
    columns["float"] = scored(found, anomalies, "float")
    for name in ("chip", "chip, following", "int8", *MONITORS):
        columns[name] |= left(found, TELLERS[name], name == "int8")
    columns["chip"] |= kept(float(SKAB_NORMAL * len(SKAB_SENSORS)))
    for name in [*DRIFTS, *(f"{drift}, refreshed" for drift in DRIFTS)]:
        columns["chip"][f"f1 after {name}"] = score([own["told"][name] for own in found], anomalies).f1
    drawn = {**{key: found[0][key] for key in ("errors", "limit", "learned", "decided")}, "name": machines[0].name, **_trace(found[0], anomalies[0])}
    columns = merged(columns, pumps(seed, short, chip, tell))
    curves = {name: roc_of([own["level"][name] for own in found], anomalies) for name in ("chip", "int8", "squares")}
    forecasts, foreseen = machine_nab.columns(seed, short, tell)
    return {
        "seed": seed,
        "columns": merged(columns, forecasts),
        "foreseen": foreseen,
        "drawn": drawn,
        "roc": curves,
        "waits": {name: sorted(waits_of(found, anomalies, TELLERS[name])) for name in PICTURED},
        "confusion": {name: confusion(rows_of([own["told"][TELLERS[name]] for own in found]), rows_of(anomalies), 2) for name in PICTURED},
        "actions": works(found, {name: columns[name]["joules"] for name in ("int8", *MONITORS)}),
    }


def left(found: list[dict[str, Any]], name: str, elsewhere: bool) -> dict[str, float]:
    """What has left: an alarm or none for each row, a byte; and, of who learns elsewhere, the normal rows, a byte a sensor, by radio."""
    outlet = Outlet()
    for own in found:
        outlet.tell(own["told"][name])
        if elsewhere:
            outlet.lend(as_bytes(own["normal"]))
    return sent(outlet, SKAB_NORMAL * len(found))


def pumps(seed: int, short: bool, chip: Chip, tell: Tell) -> Columns:
    """Of everybody: a pipeline whose number of pumps changes."""
    switched, found = whut()[:: SHORT_EVERY if short else None], []
    for k, machine in enumerate(switched):
        tell(f"seed {seed}: pipeline {k + 1} of {len(switched)}, {machine.name}")
        found.append(watched(machine, chip, fork(seed, PIPELINES + k), short))
    anomalies = [machine.anomaly[SKAB_NORMAL:] for machine in switched]
    waits = {"delay": WHUT_ROW, "delay, late": WHUT_ROW}
    return {name: {f"pumps, {key}": value * waits.get(key, 1.0) for key, value in scored(found, anomalies, told).items()} for name, told in TELLERS.items()}


def faulty(short: bool, _folder: Path, tell: Tell) -> list[dict[str, Any]]:
    """Every fault, on some of the recordings as rows that come over a line."""
    machines, rows = skab()[:: 2 * EVERY if short else EVERY], []
    for fault in FAULTS:
        tell(f"rows with fault: {fault}")
        rows.append(met(machines, fault, 0))
    return rows


def live(source: str, silence: float, _short: bool, _folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Alarms of a fresh chip on rows `time;value;…` of eight sensors, each time one begins or ends and at the end, with counts so far; at the end of a stream that breaks, too."""
    readings = Readings(lines_from(source, silence), len(SKAB_SENSORS))
    alarms, decided, outlet = list[int](), 0, Outlet()

    def so_far() -> dict[str, Any]:
        return {"decisions": decided, "alarms": alarms, **readings.counts}

    def said() -> Iterator[str]:
        nonlocal decided
        before = False
        for own in watch_on(readings, Chip.from_card("leti-2025"), len(SKAB_SENSORS), SKAB_NORMAL, 0):
            decided, now = decided + 1, bool(outlet.tell(own.level > 1.0)[0])
            if now:
                alarms.append(own.number)
            if now != before:
                yield f"row {own.number}: {'anomaly' if now else 'normal again'}, residual {own.level:.2f} of its limit"
            before = now
        yield f"{decided} rows watched, {len(alarms)} of them anomalies"

    return telling(said(), so_far, outlet)


def watched(machine: Machine, chip: Chip, seed: int, short: bool) -> dict[str, Any]:
    """One recording: alarms and levels (residual over limit) of everybody, and what the chip and the int8 network took."""
    first, values = machine.values[:SKAB_NORMAL], machine.values[SKAB_NORMAL:]
    standard = Standard(first)
    normal, seen = standard(first), standard(values)
    exact = standard.exact(first), standard.exact(values)
    watch = Watch(chip, normal.shape[1], seed)
    errors = watch.learn(normal)
    learned = watching(watch.model, LEARNED * len(normal), chip.prices)
    clear(watch.model)
    level = {"chip": watch.residuals(seen) / watch.limit}
    decided, wear = watching(watch.model, len(seen), chip.prices), watch.wear()
    devices = Watch(chip, normal.shape[1], seed, Fidelity.DEVICE)
    devices.learn(normal)
    level[DEVICES] = devices.residuals(seen) / devices.limit
    level["float"] = float_levels(normal, seen, seed)
    level["int8"], taken = int8_levels(normal, seen, seed, short)
    told = {name: smoothed(own) > 1.0 for name, own in {**level, **drifted(watch, seen)}.items()}
    clear(watch.model)
    told["always"] = np.ones(len(seen), bool)
    told["following"] = np.array([watch.take(row, standard) for row in values]) > 1.0
    followed, worn = moved(watching(watch.model, len(seen), chip.prices), watch.followed, chip.prices), {device: count - wear[device] for device, count in watch.wear().items()}
    statistical: dict[str, dict[str, int]] = {}
    for name, monitor in MONITORS.items():
        statistics = monitor(*exact)
        level[name] = np.max([own.watched for own in statistics], axis=0)
        told[name] = np.any([smoothed(own.watched) > 1.0 for own in statistics], axis=0)
        statistical[name] = {key: sum(getattr(own, key) for own in statistics) for key in ("products", "read", "kept")}
    costs = {"followed": bill(followed, len(seen)), "learned": bill(learned, len(normal)), "decided": bill(decided, len(seen)), "int8": taken, "statistical": statistical}
    return {
        "told": told,
        "level": level,
        "normal": normal,
        "errors": errors,
        "limit": watch.limit,
        "wear": wear,
        "wear of devices": devices.wear(),
        "worn": worn,
        "area": decided.area,
        "standing": standing(watch.model, TRANSFER_EVERY, FRONT + activations(watch.model)),
        "memory": watch.weights * (MAGNITUDE_BITS + 1) / 8,
        **costs,
    }


def drifted(watch: Watch, seen: NDArray[np.float32]) -> dict[str, F8]:
    """Levels after each of `DRIFTS`, and then with every memristor programmed anew from its hidden weight."""
    fresh, levels = deepcopy(watch.model.state_dict()), {}
    for name, (seconds, celsius) in DRIFTS.items():
        watch.model.load_state_dict(fresh)
        watch.rest(seconds, celsius + CELSIUS)
        levels[name] = watch.residuals(seen) / watch.limit
        watch.refresh()
        levels[f"{name}, refreshed"] = watch.residuals(seen) / watch.limit
    watch.model.load_state_dict(fresh)
    return levels


def scored(found: list[dict[str, Any]], anomalies: list[NDArray[np.bool_]], name: str) -> dict[str, Any]:
    """Score, and delays from onset to alarm."""
    told: Score = score([own["told"][name] for own in found], anomalies)
    known, asked = waits_of(found, anomalies, name), sum(len(delays(true, true)) for true in anomalies)
    numbers = {"f1": told.f1, "far": told.false_alarms, "mar": told.missed, "found": len(known) / max(asked, 1)}
    return {**numbers, **({"delay": float(np.median(known)), "delay, late": float(np.quantile(known, 0.99))} if known else {})}


def waits_of(found: list[dict[str, Any]], anomalies: list[NDArray[np.bool_]], name: str) -> list[float]:
    """Rows from onset to alarm of the anomalies that were told."""
    return [wait for own, true in zip(found, anomalies, strict=True) for wait in delays(own["told"][name], true) if np.isfinite(wait)]


def rows_of(found: list[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Of all recordings, 0 or 1."""
    return np.concatenate(found).astype(np.int64)


def roc_of(levels: list[F8], anomalies: list[NDArray[np.bool_]]) -> dict[str, Any]:
    """Of smoothed levels of all recordings."""
    level, true = np.concatenate([smoothed(own) for own in levels]), np.concatenate(anomalies)
    return roc(np.stack([-level, level], axis=1), true.astype(np.int64))


def _trace(found: dict[str, Any], anomaly: NDArray[np.bool_]) -> dict[str, Any]:
    return {"level": smoothed(found["level"]["chip"]).tolist(), "anomaly": anomaly.astype(float).tolist()}
