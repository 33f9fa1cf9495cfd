"""All pilots in one table: what each is judged by, and what it costs the chip at both levels, int8, a classical method and float32."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from statistics import fmean, stdev
from typing import Any, NamedTuple

from ferrion.core.units import figure

Result = Mapping[str, Any]


class Shown(NamedTuple):
    """What a pilot is judged by, and who is shown."""

    score: str
    """What a column calls it, a share."""
    what: str
    who: dict[str, tuple[str, ...]]
    """Columns by what they are called here; what the first does not have is taken from the next, and stands in brackets."""


_COUNTS: dict[str, tuple[str, ...]] = {
    "arrays on counts": ("arrays on counts",),
    "the same, device level": ("arrays on counts, device level",),
    "ion neurons, deployed": ("chip, deployed",),
    "some of the recordings": ("chip, deployed, some recordings", "chip, deployed"),
    "these, device level": ("chip, deployed, some recordings, device level", "chip, deployed"),
    "ion neurons, learning alone": ("chip, learning alone",),
    "int8": ("int8",),
    "int8, linear": ("int8, linear",),
    "classical": ("classical",),
    "arrays in float32": ("arrays on counts, float32",),
}
SHOWN = {
    **{name: Shown("accuracy", "recordings told rightly", _COUNTS) for name in ("event-vision", "event-order", "event-gestures", "tactile", "ecg")},
    "ecg, personal": Shown(
        "later",
        "of patients' later beats told rightly",
        {
            "arrays that learn the patient": ("arrays, personal", "arrays"),
            "the same, device level": ("arrays, device level, personal", "arrays, device level"),
            "int8, not adapted": ("int8 on samples",),
            "int8, trained for the patient": ("int8, personal",),
            "int8, linear, trained for the patient": ("int8, linear, personal",),
            "trees grown for the patient": ("classical, personal",),
            "float32 that learns the patient": ("float32, personal",),
        },
    ),
    "ecg-loop": Shown(
        "episodes",
        "episodes of ectopy answered",
        {
            "arrays that learn the patient": ("chip, personal", "chip"),
            "the same, device level": ("chip, device level, personal", "chip, device level"),
            "bio-voltage neurons before them": ("bio-voltage, personal", "bio-voltage"),
            "int8, trained for the patient": ("int8, personal",),
            "int8, linear, trained for the patient": ("int8, linear, personal",),
            "trees grown for the patient": ("classical, personal",),
            "float32 that learns the patient": ("float32, personal",),
        },
    ),
    "machine": Shown(
        "f1",
        "F1 of rows",
        {
            "chip": ("chip",),
            "the same, device level": ("chip, device level", "chip"),
            "chip that follows": ("chip, following", "chip"),
            "int8": ("int8",),
            "sum of squares": ("squares",),
            "T2": ("T2",),
            "float32": ("float",),
        },
    ),
    "trigger": Shown(
        "right, drifted",
        "pulses found and sorted after heights have drifted",
        {
            "chip": ("chip",),
            "the same, device level": ("chip, device level", "chip"),
            "int8": ("int8",),
            "int8, heights varied": ("int8, heights varied",),
            "int8, small, heights varied": ("int8, small, heights varied",),
            "int8, weights bounded": ("int8, weights bounded",),
            "matched filters, 8 bits": ("matched filters",),
            "matched filters, heights varied": ("matched filters, heights varied",),
            "float32": ("float",),
            "float32, weights bounded": ("float, weights bounded",),
        },
    ),
    "continual": Shown(
        "end, orders",
        "right at the end, mean of all wirings of pixels",
        {
            "chip that consolidates": ("chip, consolidating",),
            "the same, device level": ("chip, consolidating, device level",),
            "int8, taught all elsewhere": ("int8, taught all",),
            "float32 with elastic weights": ("float, elastic weights",),
        },
    ),
}
"""A pilot, or what it does besides after a comma."""
MEDIAN = ("answered", "delay", "waited, poisson", "told", "median", "seconds", "late, ndp120", "seconds, ndp120")
LATE = ("answered, late", "delay, late", "waited, poisson, late", "told", "late", "seconds", "late, ndp120", "seconds, ndp120")
"""Latencies, of which the first that is known is shown. Arrays and networks whose rows are all there take the same `seconds` for each."""
FECAP, MEMRISTOR = ("wear", "followed, fecap"), ("wear, memristor", "followed, memristor")
"""Of the busiest device of each kind, of which the more worn is shown."""
HEAD = (
    "judged by", "", "score", "decision [uJ]", "example learned [uJ]", "latency, median [ms]", "99 % [ms]", "area [mm^2]", "memory [kB]", "wear in a year [%]",
    "joules by measured / derived / assumed prices [%]",
)  # fmt: skip


def at_a_glance(results: Mapping[str, Result]) -> str:
    """The table as Markdown; `results` by pilot, with rows of those that are in their records."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for name, (score, what, who) in SHOWN.items():
        runs = results[name.partition(",")[0]]["runs"]
        first = f"**{name}**: {what} [%]"
        for called, columns in ((called, columns) for called, columns in who.items() if columns[0] in runs[0]["columns"]):
            lines.append(f"| {' | '.join((first, called, *_cells(runs, columns, score)))} |")
            first = ""
    return "\n".join(lines)


def _cells(runs: Sequence[Result], columns: tuple[str, ...], score: str) -> list[str]:
    """The conversion of what digital sorters are given is part of their decision; its price is a derived one."""

    def known(*keys: str) -> list[float]:
        return next((own for column in columns for key in keys if (own := _values(runs, column, key))), [])

    def marked(cell: str, *keys: str) -> str:
        return f"({cell})" if len(columns) > 1 and cell != "–" and not any(_values(runs, columns[0], key) for key in keys) else cell

    judged, floor = [100.0 * value for value in known(score)], [sum(known(key)[:1]) for key in ("area", "cmos")]
    spent, converted = known("joules", "forecast"), known("converted")
    whole = [sum(both) for both in zip_longest(spent, converted, fillvalue=0.0)]
    shares = [known(key) for key in ("measured", "assumed")]
    provenance = [100.0 * fmean(own) * (fmean(spent) / fmean(whole) if converted else 1.0) for own in shares if own]
    return [
        f"{figure(fmean(judged))} ± {figure(float(f'{stdev(judged):.2g}'))}" if len(set(judged)) > 1 else figure(fmean(judged)),
        marked(_told(whole, 1e6), "joules", "forecast"),
        marked(_told(known("learned"), 1e6), "learned"),
        marked(_told(known(*MEDIAN), 1e3), *MEDIAN),
        marked(_told(known(*LATE), 1e3), *LATE),
        marked(_told([sum(floor)] if any(floor) else [], 1e6), "area", "cmos"),
        marked(_told(known("memory"), 1e-3), "memory"),
        marked(_told([max(both) for both in zip_longest(known(*FECAP), known(*MEMRISTOR), fillvalue=0.0)], 100.0), *FECAP),
        marked(f"{provenance[0]:.0f} / {max(100.0 - sum(provenance), 0.0):.0f} / {provenance[1]:.0f}" if len(provenance) == 2 else "–", "measured"),
    ]


def _values(runs: Sequence[Result], column: str, key: str) -> list[float]:
    return [run["columns"][column][key] for run in runs if run["columns"][column].get(key) is not None]


def _told(values: list[float], factor: float) -> str:
    return figure(float(f"{factor * fmean(values):.3g}")) if values else "–"
