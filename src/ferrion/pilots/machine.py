"""The machine pilot: valves and pumps of the Skoltech benchmark, each learned as normal on a chip of its own, then watched; the chip drifts and is refreshed."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import mse_loss

from ferrion.arrays.words import MAGNITUDE_BITS
from ferrion.chip.chip import Chip
from ferrion.chip.cmos import memory
from ferrion.chip.prices import Prices
from ferrion.core.ledger import Action
from ferrion.core.noise import fork
from ferrion.learning.model_costs import Cost, clear, cost
from ferrion.learning.training import Fidelity
from ferrion.pilots import machine_nab
from ferrion.pilots.array_costs import leaked
from ferrion.pilots.machine_faults import FAULTS, met
from ferrion.pilots.table import Columns, merged
from ferrion.pilots.telling import telling
from ferrion.pilots.watch import CELSIUS, DAY, DRIFTS, F8, HIDDEN, TRANSFER_EVERY, Standard, Watch, limit_of, smoothed, watch_on
from ferrion.workloads.digital.costs import BYTE, PARTS, Part, radio_joules, size
from ferrion.workloads.digital.monitoring import Monitor, components, hotelling, squares
from ferrion.workloads.digital.network import Recipe, fit, of
from ferrion.workloads.machines import SKAB_NORMAL, SKAB_SENSORS, WHUT_ROW, Machine, Score, delays, score, skab, whut
from ferrion.workloads.spiking_account import A_YEAR
from ferrion.workloads.spiking_tasks import Tell
from ferrion.workloads.streams.lines import Readings, lines_from
from ferrion.workloads.verdicts import roc

NOTE = (
    "A valve and pump bench that is learned as normal for 400 s and then watched (SKAB v0.9, 34 recordings of eight sensors, rows of all counted together); "
    "a pipeline whose number of pumps changes (WHUT, eight changes); a machine, a room, two servers and taxis that are forecast (NAB, five series)"
)
ROW = 1.0
"""Seconds from one row of the bench to the next."""
PIPELINES = 1000
"""Their seeds stand apart from those of the benches."""
EVERY = 6
"""Of the recordings, those of the short form."""
RECIPE = Recipe(hidden=(HIDDEN * 2,), epochs=60, batch=16, rate=5e-3, dropout=0.0)
"""Of the int8 autoencoder; twice the chip's hidden numbers, as they are rectified."""
MONITORS: dict[str, Monitor] = {"squares": squares, "T2": hotelling, "T2 and Q": components}
DEVICES = "chip, device level"
TELLERS = {"chip": "chip", "chip, following": "following", "always alarmed": "always", **{name: name for name in (DEVICES, "int8", *MONITORS, "float")}}
"""Columns, and what `watched` calls who tells."""


def run(seed: int, short: bool, _folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed: every recording on a chip of its own. Raises MissingDataError without the recordings."""
    machines, chip = skab()[:: EVERY if short else None], Chip.from_card("leti-2025")
    found = []
    for k, machine in enumerate(machines):
        tell(f"seed {seed}: machine {k + 1} of {len(machines)}, {machine.name}")
        found.append(watched(machine, chip, fork(seed, k)))
    anomalies = [machine.anomaly[SKAB_NORMAL:] for machine in machines]
    columns = {"chip": {**scored(found, anomalies, "chip"), **chip_numbers(found)}, DEVICES: {**scored(found, anomalies, DEVICES), **a_year(found, "wear of devices")}}
    followed = float(np.mean([sum(own["followed"]["actions"].values()) for own in found]))
    columns["chip, following"] = {**scored(found, anomalies, "following"), "joules": followed, **worn_on(found, anomalies), "sent_learned": 0.0, "sent_decided": 1.0}
    columns["always alarmed"] = scored(found, anomalies, "always")
    columns |= {"int8": {**scored(found, anomalies, "int8"), **int8_numbers(found)}}
    columns |= {name: {**scored(found, anomalies, name), **monitor_numbers(found, name, chip.prices)} for name in MONITORS}
    columns["float"] = scored(found, anomalies, "float")
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
        "drawn": {**drawn, "name": machines[0].name, **_trace(found[0], anomalies[0])},
        "roc": curves,
    }


def pumps(seed: int, short: bool, chip: Chip, tell: Tell) -> Columns:
    """Of everybody: a pipeline whose number of pumps changes."""
    switched, found = whut()[:: EVERY if short else None], []
    for k, machine in enumerate(switched):
        tell(f"seed {seed}: pipeline {k + 1} of {len(switched)}, {machine.name}")
        found.append(watched(machine, chip, fork(seed, PIPELINES + k)))
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
    alarms, decided = list[int](), 0

    def so_far() -> dict[str, Any]:
        return {"decisions": decided, "alarms": alarms, **readings.counts}

    def said() -> Iterator[str]:
        nonlocal decided
        before = False
        for own in watch_on(readings, Chip.from_card("leti-2025"), len(SKAB_SENSORS), SKAB_NORMAL, 0):
            decided, now = decided + 1, own.level > 1.0
            if now:
                alarms.append(own.number)
            if now != before:
                yield f"row {own.number}: {'anomaly' if now else 'normal again'}, residual {own.level:.2f} of its limit"
            before = now
        yield f"{decided} rows watched, {len(alarms)} of them anomalies"

    return telling(said(), so_far)


def watched(machine: Machine, chip: Chip, seed: int) -> dict[str, Any]:
    """One recording: alarms and levels (residual over limit) of everybody, and what the chip and the int8 network took."""
    standard = Standard(machine.values[:SKAB_NORMAL])
    rows, exact = standard(machine.values), standard.exact(machine.values)
    normal, seen = rows[:SKAB_NORMAL], rows[SKAB_NORMAL:]
    watch = Watch(chip, rows.shape[1], seed)
    errors = watch.learn(normal)
    learned = cost(watch.model)
    clear(watch.model)
    level = {"chip": watch.residuals(seen) / watch.limit}
    decided, wear = cost(watch.model), watch.wear()
    devices = Watch(chip, rows.shape[1], seed, Fidelity.DEVICE)
    devices.learn(normal)
    level[DEVICES] = devices.residuals(seen) / devices.limit
    level["float"] = float_levels(normal, seen, seed)
    level["int8"], taken = int8_levels(normal, seen, seed)
    told = {name: smoothed(own) > 1.0 for name, own in {**level, **drifted(watch, seen)}.items()}
    clear(watch.model)
    told["always"] = np.ones(len(seen), bool)
    told["following"] = np.array([watch.take(row, standard) for row in machine.values[SKAB_NORMAL:]]) > 1.0
    followed, worn = cost(watch.model), {device: count - wear[device] for device, count in watch.wear().items()}
    products = {}
    for name, monitor in MONITORS.items():
        statistics = monitor(exact[:SKAB_NORMAL], exact[SKAB_NORMAL:])
        level[name] = np.max([own.watched for own in statistics], axis=0)
        told[name] = np.any([smoothed(own.watched) > 1.0 for own in statistics], axis=0)
        products[name] = sum(own.products for own in statistics)
    costs = {"followed": bill(followed, len(seen)), "learned": bill(learned, SKAB_NORMAL), "decided": bill(decided, len(seen)), "int8": taken, "products": products}
    return {
        "told": told,
        "level": level,
        "errors": errors,
        "limit": watch.limit,
        "wear": wear,
        "wear of devices": devices.wear(),
        "worn": worn,
        "area": decided.area,
        "leaked": leaked(watch.model, TRANSFER_EVERY, 0),
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


def bill(found: Cost, rows: int) -> dict[str, Any]:
    """Of a row: joules by action and by how their price is known, and seconds."""
    actions: dict[str, float] = {}
    known: dict[str, float] = {}
    for own in found.bills:
        actions[own.action.value] = actions.get(own.action.value, 0.0) + own.joules / rows
        known[str(own.number.provenance)] = known.get(str(own.number.provenance), 0.0) + own.joules / rows
    return {"actions": {action: joules for action, joules in actions.items() if joules}, "known": known, "seconds": found.seconds / rows}


def int8_levels(normal: NDArray[np.float32], seen: NDArray[np.float32], seed: int) -> tuple[F8, dict[str, float]]:
    """Of an int8 autoencoder trained off the device on its normal rows; and what it takes."""
    net = of(fit(normal, normal, normal.shape[1], RECIPE, seed % 2**31, mse_loss))
    own, watched = (((net.values(rows) - rows) ** 2).sum(axis=1) for rows in (normal, seen))
    taken = size(net, seen)
    return watched / limit_of(own), taken._asdict()


def float_levels(normal: NDArray[np.float32], seen: NDArray[np.float32], seed: int) -> F8:
    """Of the chip's autoencoder in float32."""
    torch.manual_seed(seed % 2**31)
    sensors = normal.shape[1]
    net, rows = torch.nn.Sequential(torch.nn.Linear(sensors, HIDDEN), torch.nn.Linear(HIDDEN, sensors)), torch.from_numpy(normal)
    descent = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(300):
        descent.zero_grad()
        mse_loss(net(rows), rows).backward()
        descent.step()
    with torch.no_grad():
        own, watched = (((net(torch.from_numpy(part)).numpy() - part) ** 2).sum(axis=1).astype(np.float64) for part in (normal, seen))
    return watched / limit_of(own)


def scored(found: list[dict[str, Any]], anomalies: list[NDArray[np.bool_]], name: str) -> dict[str, Any]:
    """Score, and delays from onset to alarm."""
    told: Score = score([own["told"][name] for own in found], anomalies)
    waits = [wait for own, true in zip(found, anomalies, strict=True) for wait in delays(own["told"][name], true)]
    known = [wait for wait in waits if np.isfinite(wait)]
    numbers = {"f1": told.f1, "far": told.false_alarms, "mar": told.missed, "found": len(known) / max(len(waits), 1)}
    return {**numbers, **({"delay": float(np.median(known)), "delay, late": float(np.quantile(known, 0.99))} if known else {})}


def chip_numbers(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the chips take, mean over recordings; nothing leaves but an alarm."""
    decided, learned = [own["decided"] for own in found], [own["learned"] for own in found]
    total = sum(sum(own["known"].values()) for own in decided)
    joules = float(np.mean([sum(own["actions"].values()) for own in decided]))
    return {
        "joules": joules,
        "learned": float(np.mean([sum(own["actions"].values()) for own in learned])),
        "seconds": float(np.mean([own["seconds"] for own in decided])),
        "area": found[0]["area"],
        "leaked": found[0]["leaked"],
        "joules with leakage": joules + found[0]["leaked"] * ROW,
        "memory": found[0]["memory"],
        **a_year(found, "wear"),
        "measured": sum(own["known"].get("measured", 0.0) for own in decided) / total,
        "assumed": sum(own["known"].get("assumed", 0.0) for own in decided) / total,
        "sent_learned": 0.0,
        "sent_decided": 1.0,
    }


def a_year(found: list[dict[str, Any]], wear: str) -> dict[str, float]:
    """Share of the endurance of the busiest devices that a year of learning takes, a row a minute, mean over recordings."""
    limits = Chip.from_card("leti-2025").endurance()
    share = {device: float(np.mean([own[wear][device] for own in found])) / SKAB_NORMAL * A_YEAR / limits[device] for device in limits}
    return {"wear": share["fecap"], "wear, memristor": share["memristor"]}


def worn_on(found: list[dict[str, Any]], anomalies: list[NDArray[np.bool_]]) -> dict[str, float]:
    """Share of the endurance of the busiest FeCAP and memristor that a year of following takes, a row a second, at the pace of each recording, mean over them."""
    limits = Chip.from_card("leti-2025").endurance()
    paces = {device: np.mean([own["worn"][device] / len(true) for own, true in zip(found, anomalies, strict=True)]) for device in limits}
    return {f"followed, {device}": float(pace * 365.25 * DAY / limits[device]) for device, pace in paces.items()}


def int8_numbers(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the int8 network takes: its normal rows, a byte a sensor, leave to be learned elsewhere."""
    prices, taken = Chip.from_card("leti-2025").prices, [own["int8"] for own in found]
    used, traffic, products = (float(np.mean([own[key] for own in taken])) for key in ("used", "traffic", "products"))
    numbers = {"joules": used * prices.energy[Action.DIGITAL_MAC][0] + traffic * BYTE * prices.energy[Action.TRACE_UPDATE][0], "memory": float(taken[0]["memory"])}
    numbers["leaked"] = memory(numbers["memory"]).leakage
    numbers["joules with leakage"] = numbers["joules"] + numbers["leaked"] * ROW
    numbers |= {"learned": len(SKAB_SENSORS) * radio_joules(), "sent_learned": float(len(SKAB_SENSORS)), "sent_decided": 1.0}
    for part in map(Part.from_card, PARTS):
        numbers |= {f"joules, {part.name}": products * part.joules, f"seconds, {part.name}": products * part.seconds}
        if part.idle is not None:
            numbers[f"joules with sleep, {part.name}"] = products * part.joules + part.idle
    return numbers


def monitor_numbers(found: list[dict[str, Any]], name: str, prices: Prices) -> dict[str, Any]:
    """What a statistic takes: products of 8 bits and a byte read for each; it learns where it is."""
    products = float(np.mean([own["products"][name] for own in found]))
    numbers = {"joules": products * (prices.energy[Action.DIGITAL_MAC][0] + BYTE * prices.energy[Action.TRACE_UPDATE][0]), "sent_learned": 0.0, "sent_decided": 1.0}
    return {**numbers, **{f"joules, {part.name}": products * part.joules for part in map(Part.from_card, PARTS)}}


def roc_of(levels: list[F8], anomalies: list[NDArray[np.bool_]]) -> dict[str, Any]:
    """Of smoothed levels of all recordings."""
    level, true = np.concatenate([smoothed(own) for own in levels]), np.concatenate(anomalies)
    return roc(np.stack([-level, level], axis=1), true.astype(np.int64))


def _trace(found: dict[str, Any], anomaly: NDArray[np.bool_]) -> dict[str, Any]:
    return {"level": smoothed(found["level"]["chip"]).tolist(), "anomaly": anomaly.astype(float).tolist()}
