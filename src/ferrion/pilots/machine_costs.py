"""What watching a machine takes, a row: of the chip by action, of digital methods in its technology and on real parts."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.chip.prices import Prices
from ferrion.learning.model_costs import Cost
from ferrion.pilots.array_costs import by_action, costs, on_parts, with_digital
from ferrion.pilots.watch import DAY, PASSES
from ferrion.workloads.digital.costs import PARTS, Part, Size, digital_joules, held, joules, known, until_next
from ferrion.workloads.machines import SKAB_NORMAL, SKAB_SENSORS
from ferrion.workloads.spiking_account import A_YEAR

ROW = 1.0
"""Seconds from one row of the bench to the next."""
SENSORS = len(SKAB_SENSORS)
FRONT = 3 * SENSORS
"""Bytes of the front end that brings sensors to one scale, for whoever watches: a mean, of two, and a scale each. It multiplies each by its scale."""
LEARNED = PASSES + 1
"""How often a normal row is seen: in each pass, and once for the limit."""


def scaled(prices: Prices, residual: bool) -> float:
    """Joules a row of the front end; and of the sum of squares of what a network has not given back, both sides of which are read."""
    products, count = (2 * SENSORS, FRONT + 2 * SENSORS) if residual else (SENSORS, FRONT)
    return digital_joules(products, count, prices)


def watching(model: torch.nn.Module, rows: int, prices: Prices) -> Cost:
    """What so many rows have cost a chip: its arrays, front end and residual."""
    return with_digital(costs(model), "front end and residual", 2 * SENSORS * rows, (FRONT + 2 * SENSORS) * rows, prices)


def moved(found: Cost, rows: int, prices: Prices) -> Cost:
    """The same and the means that follow so many rows: two products each, a scale read and a mean read and written."""
    return with_digital(found, "means that move", 2 * SENSORS * rows, (SENSORS + 4 * SENSORS) * rows, prices)


def bill(found: Cost, rows: int) -> dict[str, Any]:
    """Of a row: joules by action and by how their price is known, and seconds."""
    shares: dict[str, float] = {}
    for own in found.bills:
        shares[str(own.number.provenance)] = shares.get(str(own.number.provenance), 0.0) + own.joules / rows
    return {"actions": by_action(found, rows), "known": shares, "seconds": found.seconds / rows}


def works(found: list[dict[str, Any]], digital: dict[str, float]) -> dict[str, dict[str, float]]:
    """Joules of a row by action, mean over recordings, beside those of digital methods as a whole."""
    chip = {f"chip: a row {name}": averaged([own[key]["actions"] for own in found]) for name, key in (("watched", "decided"), ("learned", "learned"), ("followed", "followed"))}
    return chip | {f"{name}: a row watched": {"products and memory": joules} for name, joules in digital.items()}


def averaged(actions: list[dict[str, float]]) -> dict[str, float]:
    """By action, mean."""
    return {name: sum(own.get(name, 0.0) for own in actions) / len(actions) for name in sorted({name for own in actions for name in own})}


def chip_numbers(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the chips take, mean over recordings."""
    decided, learned = [own["decided"] for own in found], [own["learned"] for own in found]
    total = sum(sum(own["known"].values()) for own in decided)
    numbers = {
        "joules": float(np.mean([sum(own["actions"].values()) for own in decided])),
        "learned": float(np.mean([sum(own["actions"].values()) for own in learned])),
        "seconds": float(np.mean([own["seconds"] for own in decided])),
        "area": found[0]["area"],
        "cmos": found[0]["standing"].area,
        "leaked": found[0]["standing"].leakage,
        "memory": found[0]["memory"],
        **a_year(found, "wear"),
        "measured": sum(own["known"].get("measured", 0.0) for own in decided) / total,
        "assumed": sum(own["known"].get("assumed", 0.0) for own in decided) / total,
    }
    return numbers | until_next(numbers, ROW)


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
    """What the int8 network takes."""
    prices, taken = Chip.from_card("leti-2025").prices, [Size(**own["int8"]) for own in found]
    numbers = {"joules": scaled(prices, True) + float(np.mean([joules(own, prices) for own in taken]))}
    numbers |= held(FRONT + float(np.mean([own.memory for own in taken]))) | known(prices)
    numbers |= until_next(numbers, ROW) | on_parts(float(np.mean([own.products for own in taken])))
    for part in map(Part.from_card, PARTS):
        if part.idle is not None:
            numbers[f"joules with sleep, {part.name}"] = numbers[f"joules, {part.name}"] + part.idle * ROW
    return numbers


def monitor_numbers(found: list[dict[str, Any]], name: str, prices: Prices) -> dict[str, Any]:
    """What a statistic takes: products of 8 bits and bytes; it learns where it is."""
    products, read, kept = (float(np.mean([own["statistical"][name][key] for own in found])) for key in ("products", "read", "kept"))
    numbers = {"joules": scaled(prices, False) + digital_joules(products, read, prices), **held(FRONT + kept)}
    return {
        **numbers,
        **until_next(numbers, ROW),
        **known(prices),
        **on_parts(products),
    }
