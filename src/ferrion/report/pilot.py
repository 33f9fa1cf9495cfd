"""A pilot as lines for the terminal, as a Markdown table, and as a page: who was taken for whom, detection, latency, energy by action, learning on the chip."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ferrion.report import pilot_continual, pilot_ecg_loop, pilot_machine, pilot_trigger, plots
from ferrion.report.figures import bars, drawn, rendered, spread
from ferrion.reproduce.figure import Curve, Panel

CHIPS = {"tuned": "chip, deployed and tuned", "local": "chip, learning alone"}
"""What a seed's run calls a chip, and the table."""
Result = Mapping[str, Any]
ARRAYS = "arrays on counts"
WHOLE = "arrays, converters and counters"
"""What is drawn of their energy."""
WIDEST = 7
"""Columns of a table that a page holds."""


def lines(result: Result) -> list[str]:
    """One line a quantity, then one a fault."""
    found = [f"{row['what']} [{row['unit']}]: " + "; ".join(f"{name} {spread(own)}" for name, own in row["columns"].items()) for row in result["table"]]
    return [*found, *(fault_line(own) for own in result["faults"])]


def fault_line(own: Mapping[str, Any]) -> str:
    """What a stream with a fault came to."""
    return f"stream with fault: {own['fault']}: {100 * own['share']:.0f} %, {counted(own)}"


def counted(own: Mapping[str, Any]) -> str:
    """Decisions, and what was lost or mended."""
    return ", ".join(f"{count:,} {key.replace('_', ' ')}" for key, count in own.items() if key not in ("fault", "share") and count)


def markdown(result: Result) -> str:
    """The tables, a column for everybody who was compared."""
    return "\n\n".join(_table(names, rows) for names, rows in tables(result))


def _table(names: Sequence[str], rows: Sequence[Result]) -> str:
    head = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    body = [f"| {row['what']} [{row['unit']}] | " + " | ".join(spread(row["columns"][name]) if name in row["columns"] else "–" for name in names) + " |" for row in rows]
    return "\n".join([*head, *body])


def tables(result: Result) -> list[tuple[list[str], list[Result]]]:
    """Columns, at most `WIDEST` of them side by side, each time with the rows that tell something of any."""
    names = columns(result)
    parts = [names[start : start + WIDEST] for start in range(0, len(names), WIDEST)]
    return [(part, [row for row in result["table"] if set(part) & set(row["columns"])]) for part in parts]


def page(result: Result) -> str:
    """The page as HTML; the first seed is drawn, all are tabled."""
    run = result["runs"][0]
    lead = f"{result['note']}. {result['seeds']} seed{'s' if result['seeds'] > 1 else ''}{', short form' if result['short'] else ''}; the first is drawn."
    return rendered("pilot.html", f"Pilot: {result['pilot']}", lead, pictures(run), tables=tables(result), faults=result["faults"])


def pictures(run: Result) -> list[tuple[str, str]]:
    """Of a seed: of a machine that is watched, of a heart, of an electrode, of one that learns on, or of recordings that are decided."""
    if "drawn" in run:
        panels = [pilot_machine.trace(run), pilot_machine.foreseen(run), _curves(run["roc"]), pilot_machine.waits(run), pilot_machine.errors(run), pilot_machine.drift(run)]
        return drawn(panels, [*pilot_machine.confusions(run), pilot_machine.energy(run)])
    if "kept" in run:
        return drawn(
            [*pilot_continual.kept(run), pilot_continual.arm(run), pilot_continual.waits(run), _curves(run["roc"])], [*pilot_continual.confusions(run), pilot_continual.energy(run)]
        )
    if "heart" in run:
        curves = [pilot_ecg_loop.stretch(run), pilot_ecg_loop.waits(run), pilot_ecg_loop.adapting(run), pilot_ecg_loop.detected(run)]
        return drawn(curves, [*pilot_ecg_loop.confusions(run), pilot_ecg_loop.energy(run), pilot_ecg_loop.machine(run)])
    if "stretch" in run:
        panels = [pilot_trigger.stretch(run), _curves(run["roc"]), pilot_trigger.waits(run), pilot_trigger.learning(run), pilot_trigger.racing(run)]
        return drawn(panels, [*pilot_trigger.confusions(run), pilot_trigger.energy(run)])
    chips = {name: run["chip"][key]["roc"] for key, name in CHIPS.items()}
    panels = [_curves({**chips, ARRAYS: run["arrays"]["roc"], "int8": run["digital"]["int8"]["roc"]}), _latency(run), _learning(run)]
    if "personal" not in run:
        return drawn(panels, [*_confusions(run), _energy(run)])
    own = run["personal"]
    return drawn([*panels, _adapting(own), _curves(own["roc"])], [*_confusions(run), *_tables(own["confusion"]), _energy(run)])


def columns(result: Result) -> list[str]:
    """Everybody who was compared."""
    return list(dict.fromkeys(name for row in result["table"] for name in row["columns"]))


def _curves(found: Mapping[str, Any]) -> Panel:
    curves = [Curve(f"{name}, area {own['area']:.3f}", tuple(own["false"]), tuple(own["true"])) for name, own in found.items()]
    return Panel("Detection of a class against the rest, mean of classes", "false alarms", "detected", tuple(curves))


def _latency(run: Result) -> Panel:
    curves = []
    for key, name in CHIPS.items():
        edges, counts = (np.array(run["chip"][key]["latency"][part]) for part in ("edges", "counts"))
        curves.append(Curve(name, tuple(1e3 * np.repeat(edges, 2)[1:-1]), tuple(np.repeat(counts, 2))))
    return Panel("When the final class is ahead for good", "ms after the first event", "decisions", tuple(curves))


def _learning(run: Result) -> Panel:
    curves = []
    for name, passes in (("chip, deployed and tuned", [run["chip"]["tuning"]]), ("chip, learning alone", run["chip"]["passes"])):
        right = [100 * share for own in passes for share in own["right"]]
        samples = np.cumsum([own["samples"] / len(own["right"]) for own in passes for _ in own["right"]])
        curves.append(Curve(name, tuple(samples), tuple(right)))
    arrays = run["arrays"]
    shown = arrays["samples"] * np.arange(1, len(arrays["accuracies"]) + 1)
    curves.append(Curve(f"{ARRAYS}: the test after each pass", tuple(shown), tuple(100 * share for share in arrays["accuracies"])))
    return Panel("Learning on the chip: answered before learned", "examples learned", "% right", tuple(curves))


def _confusions(run: Result) -> list[tuple[str, str]]:
    tables = [(name, run["chip"][key]["confusion"]) for key, name in CHIPS.items()]
    tables += [(ARRAYS, run["arrays"]["confusion"]), ("int8", run["digital"]["int8"]["confusion"])]
    return _tables(dict(tables))


def _tables(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(f"Who was taken for whom: {name}", plots.confusion(name, np.array(table))) for name, table in found.items()]


def _adapting(own: Result) -> Panel:
    beats, right, ectopic = zip(*own["right"], strict=True)
    curves = [Curve(name, tuple(beats), tuple(100 * share for share in shares)) for name, shares in (("all later beats", right), ("those that are not normal", ectopic))]
    return Panel("Adapting to a patient: arrays", "first beats of a patient that were learned, mean", "later beats of all patients told rightly [%]", tuple(curves))


def _energy(run: Result) -> tuple[str, str]:
    chip, told = run["chip"], run["columns"]
    works = {
        "tuned: a decision": chip["tuned"]["actions"],
        "alone: a decision": chip["local"]["actions"],
        "tuned: an example learned": chip["tuning"]["actions"],
        "alone: an example learned": chip["passes"][-1]["actions"],
        "arrays: a decision": {WHOLE: told[ARRAYS]["joules"]},
        "arrays: an example learned": {WHOLE: told[ARRAYS]["learned"]},
        "int8: a decision": {"products and memory": told["int8"]["joules"]},
    }
    return bars(works)
