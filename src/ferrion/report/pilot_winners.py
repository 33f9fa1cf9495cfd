"""Who wins a pilot's task: what tells best on the chip against what does among digital parts, seed by seed, and what each takes."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from ferrion.core.units import figure

Result = Mapping[str, Any]
ON_CHIP, DIGITAL = ("chip", "arrays", "bio-voltage"), ("int8", "classical", "squares", "T2", "matched filters")
"""How columns begin."""
APART = ("float32", "device level", "some recordings")
"""What columns that do not compete hold: another arithmetic, or the same hardware simulated more closely."""
SURE = 0.975
"""Of Student's distribution: with it a mean over seeds differs from 0 at 95 %."""
POINT = 0.01
"""By which a mean may lie lower and still be called no worse."""


class Contest(NamedTuple):
    """A task, by the pilot whose seeds it is judged by, and its score, a share."""

    task: str
    pilot: str
    score: str
    adapted: str = ""
    """How the columns end that compete, of those that have the score; what they take to decide is of the column without it where they do not tell."""


CONTESTS = (
    Contest("N-MNIST", "event-vision", "accuracy"),
    Contest("order of saccades", "event-order", "accuracy"),
    Contest("gestures", "event-gestures", "accuracy"),
    Contest("Braille letters", "tactile", "accuracy"),
    Contest("beats of other patients", "ecg", "accuracy"),
    Contest("the same, mean of classes", "ecg", "balanced"),
    Contest("later beats, after each patient's first minutes", "ecg", "later", ", personal"),
    Contest("ectopy answered by a stimulus", "ecg-loop", "episodes", ", personal"),
    Contest("valves and pumps, F1 of rows", "machine", "f1"),
    Contest("pulses found and sorted, nothing drifts", "trigger", "right, 0.1"),
    Contest("the same, heights have drifted", "trigger", "right, drifted"),
    Contest("pixels wired anew, all wirings at the end", "continual", "end, orders"),
    Contest("other light, all at the end", "continual", "end, lights"),
    Contest("gestures on another's arm", "continual", "arm, learned"),
)
HEAD = (
    "task", "on the chip [%]", "best digital [%]", "digital is ahead by [points]", "its energy, chip = 1", "with what leaks",
    "digital, no worse than the chip, for the least", "its energy", "with what leaks",
)  # fmt: skip


def who_wins(results: Mapping[str, Result]) -> str:
    """The table as Markdown; `results` by pilot.

    On the chip: of all that are no worse than the best, by `POINT`, what takes least. In bold are leads whose mean over seeds differs from 0 at 95 %.
    """
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for contest in CONTESTS:
        lines.append(f"| {contest.task} | {' | '.join(_cells(contest, results[contest.pilot]['runs']))} |")
    return "\n".join(lines)


def _cells(contest: Contest, runs: Sequence[Result]) -> list[str]:
    chips, digital = (_competing(contest, runs, which) for which in (ON_CHIP, DIGITAL))
    best_chip, best = (max(own, key=lambda name: _rank(contest, runs, name)) for own in (chips, digital))
    chip = _least(contest, runs, chips, best_chip) or best_chip
    least = _least(contest, runs, digital, chip)
    ahead = leads(contest, runs, best, chip)
    lead = f"{100 * fmean(ahead):.1f}" + (f" ± {100 * stdev(ahead):.1f}" if len(set(ahead)) > 1 else "")
    return [
        f"{chip} {_told(contest, runs, chip)}",
        f"{best} {_told(contest, runs, best)}",
        f"**{lead}**" if differs(ahead) else lead,
        *_ratios(contest, runs, best, chip),
        *([least, *_ratios(contest, runs, least, chip)] if least else ["none", "–", "–"]),
    ]


def _competing(contest: Contest, runs: Sequence[Result], starts: tuple[str, ...]) -> list[str]:
    known = [name for name, own in runs[0]["columns"].items() if own.get(contest.score) is not None]
    return [name for name in known if name.startswith(starts) and name.endswith(contest.adapted) and not any(part in name for part in APART)]


def _rank(contest: Contest, runs: Sequence[Result], name: str) -> tuple[float, float]:
    """By the score as it is printed, then by who takes less."""
    return round(100 * fmean(_scores(contest, runs, name)), 1), -(_spent(contest, runs, name) or np.inf)


def _least(contest: Contest, runs: Sequence[Result], names: list[str], other: str) -> str | None:
    """Of those whose energy is known and who are no worse than `other`, who takes least."""
    no_worse = [name for name in names if _spent(contest, runs, name) and fmean(leads(contest, runs, name, other)) >= -POINT]
    return min(no_worse, key=lambda name: _spent(contest, runs, name), default=None)


def _scores(contest: Contest, runs: Sequence[Result], name: str) -> list[float]:
    return [run["columns"][name][contest.score] for run in runs]


def leads(contest: Contest, runs: Sequence[Result], name: str, other: str) -> list[float]:
    """By how much `name` is ahead of `other`, seed by seed."""
    return [a - b for a, b in zip(_scores(contest, runs, name), _scores(contest, runs, other), strict=True)]


def differs(ahead: Sequence[float]) -> bool:
    """Whether their mean is further from 0 than its standard error explains."""
    error = stdev(ahead) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.inf
    return bool(abs(fmean(ahead)) > stdtrit(max(len(ahead) - 1, 1), SURE) * error)


def _spent(contest: Contest, runs: Sequence[Result], name: str, key: str = "joules") -> float:
    """Joules a decision, with the conversion of what is decided; 0 where nobody knows."""
    columns = [{**run["columns"].get(name.removesuffix(contest.adapted) if contest.adapted else name, {}), **run["columns"][name]} for run in runs]
    return fmean(own[key] + own.get("converted", 0.0) for own in columns) if all(own.get(key) is not None for own in columns) else 0.0


def _ratios(contest: Contest, runs: Sequence[Result], name: str, chip: str) -> list[str]:
    both = [(_spent(contest, runs, name, key), _spent(contest, runs, chip, key)) for key in ("joules", "joules with leakage")]
    return [figure(float(f"{own / beside:.2g}")) if own and beside else "–" for own, beside in both]


def _told(contest: Contest, runs: Sequence[Result], name: str) -> str:
    scores = [100 * own for own in _scores(contest, runs, name)]
    return f"{fmean(scores):.1f}" + (f" ± {stdev(scores):.1f}" if len(set(scores)) > 1 else "")
