"""Columns of a pilot on labelled recordings: what a chip took to learn and to decide, and what others did."""

from typing import Any

from ferrion.pilots.array_costs import kept
from ferrion.pilots.table import Columns
from ferrion.workloads.digital.costs import synaptic_joules, until_next
from ferrion.workloads.spiking import PAUSE


def chips_first(columns: Columns) -> Columns:
    """In the order they are, but who runs on the chip before who does not."""
    return dict(sorted(columns.items(), key=lambda own: not own[0].startswith(("chip", "arrays")) or own[0].endswith("float32")))


def columns(found: dict[str, Any], digital: dict[str, dict[str, Any]], tested: int, length: float, elsewhere: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Of everybody who is compared, on recordings of so many seconds; `elsewhere`: what leaves of one whose events leave.

    What the chip that learns alone takes in all its passes is shared by the examples that it met; those that it met again must have been kept.

    What is deployed was trained elsewhere: the events of its examples left, whether it is then tuned or not.
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
            **elsewhere,
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
            "learned": tuned["learned"] + elsewhere["learned"],
            "learned on chip": tuned["learned"],
            "sent_learned": elsewhere["sent_learned"],
        },
        "chip, learning alone": alone | {"once": found["once"], **kept(found["again"] * elsewhere["sent_learned"])},
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
