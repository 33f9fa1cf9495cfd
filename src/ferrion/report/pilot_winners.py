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
    joules: str = "joules"
    """What a decision takes, where a pilot decides more than one thing."""


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
    Contest("other light, all at the end", "continual", "end, lights", joules="joules, lights"),
    Contest("gestures on another's arm", "continual", "arm, learned", joules="joules, arm"),
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


class Side(NamedTuple):
    """One column in a contest, by seed."""

    name: str
    scores: list[float]
    joules: float
    """Of a decision, the conversion of what is decided included; 0 where nobody knows."""
    with_leakage: float

    @property
    def mean(self) -> float:
        """Of the scores."""
        return fmean(self.scores)

    @property
    def rank(self) -> tuple[float, float]:
        """By the score as it is printed, then by who takes less."""
        return round(100 * self.mean, 1), -(self.joules or np.inf)

    @property
    def told(self) -> str:
        """Its name and score."""
        return f"{self.name} {_spread(self.scores)}"

    def leads(self, other: "Side") -> list[float]:
        """By how much it is ahead, seed by seed."""
        return [own - beside for own, beside in zip(self.scores, other.scores, strict=True)]

    def over(self, other: "Side") -> list[str]:
        """Its energy and energy with leakage, those of the other being 1."""
        both = (self.joules, other.joules), (self.with_leakage, other.with_leakage)
        return [figure(float(f"{own / beside:.2g}")) if own and beside else "–" for own, beside in both]


def _cells(contest: Contest, runs: Sequence[Result]) -> list[str]:
    chips, digital = (_sides(contest, runs, which) for which in (ON_CHIP, DIGITAL))
    best_chip, best = (max(sides, key=lambda side: side.rank) for sides in (chips, digital))
    chip = _least(chips, best_chip) or best_chip
    least, ahead = _least(digital, chip), best.leads(chip)
    lead = f"**{_spread(ahead)}**" if differs(ahead) else _spread(ahead)
    return [chip.told, best.told, lead, *best.over(chip), *([least.name, *least.over(chip)] if least else ["none" if chip.joules else "–", "–", "–"])]


def _sides(contest: Contest, runs: Sequence[Result], starts: tuple[str, ...]) -> list[Side]:
    known = [name for name, own in runs[0]["columns"].items() if own.get(contest.score) is not None]
    competing = [name for name in known if name.startswith(starts) and name.endswith(contest.adapted) and not any(part in name for part in APART)]
    return [_side(contest, [run["columns"] for run in runs], name) for name in competing]


def _side(contest: Contest, columns: list[dict[str, Any]], name: str) -> Side:
    own = [{**seed.get(name.removesuffix(contest.adapted), {}), **seed[name]} for seed in columns]
    joules, with_leakage = (
        fmean(seed[key] + seed.get("converted", 0.0) for seed in own) if all(seed.get(key) is not None for seed in own) else 0.0
        for key in (contest.joules, f"{contest.joules} with leakage")
    )
    return Side(name, [seed[contest.score] for seed in own], joules, with_leakage)


def _least(sides: list[Side], other: Side) -> Side | None:
    """Of those whose energy is known and who are no worse than `other`, who takes least."""
    return min((side for side in sides if side.joules and side.mean - other.mean >= -POINT), key=lambda side: side.joules, default=None)


def differs(ahead: Sequence[float]) -> bool:
    """Whether their mean is further from 0 than its standard error explains."""
    error = stdev(ahead) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.inf
    return bool(abs(fmean(ahead)) > stdtrit(max(len(ahead) - 1, 1), SURE) * error)


def _spread(shares: Sequence[float]) -> str:
    return f"{100 * fmean(shares):.1f}" + (f" ± {100 * stdev(shares):.1f}" if len(set(shares)) > 1 else "")
