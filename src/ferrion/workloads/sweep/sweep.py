"""A sweep from its file to its store: what is finished stays, what is not is run, any trial can be run again alone."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ferrion.chip.changed import unit_of
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.core.kept import digest
from ferrion.workloads.sweep.design import Design, points
from ferrion.workloads.sweep.factors import Choices
from ferrion.workloads.sweep.file import SweepFile
from ferrion.workloads.sweep.found import Sensitivity, checked_spec, sensitivities, yields
from ferrion.workloads.sweep.places import Finished
from ferrion.workloads.sweep.store import Store
from ferrion.workloads.sweep.trial import Trial, Work, checked, data_of, outcomes

Place = Callable[[Work, list[Trial]], Iterable[Finished]]
"""Runs trials somewhere."""


@dataclass(frozen=True)
class Sweep:
    """All trials of a file, checked before the first of them runs."""

    file: SweepFile
    work: Work
    points: tuple[dict[str, Any], ...]
    trials: tuple[Trial, ...]
    units: dict[str, str | None]
    """Of the cards' numbers; settings have none."""

    @classmethod
    def of(cls, file: SweepFile) -> "Sweep":
        """The sweep a file describes. Raises ConfigError or CardError for any value of any trial that a chip, a rule or a card cannot take."""
        head, chip = file.sweep, Chip.from_card(file.sweep.chip)
        checked_spec(file.spec, file.settings.float_twin or "float_twin" in file.vary)
        data, fingerprint = data_of(head.data)
        work = Work(chip, head.data, fingerprint, file.settings)
        units = {name: unit_of(chip, name) if "." in name else None for name in file.vary}
        chosen = _rounded(points(file.vary, units, head.design, head.points, head.seed), file)
        trials = tuple(Trial(head.chips * k + c, values, head.seed + c) for k, values in enumerate(chosen) for c in range(head.chips))
        for trial in trials[:: head.chips]:
            checked(work, trial, (data.inputs.shape[1], data.classes))
        return cls(file, work, tuple(chosen), trials, units)

    @property
    def run(self) -> str:
        """Digest of all that decides the outcomes: chip, data, settings, trials and this package's own source."""
        texts = [card.text for card in self.work.chip.cards]
        return digest((texts, self.work.fingerprint, self.work.settings, [(trial.values, trial.seed) for trial in self.trials]))

    def store(self, path: Path) -> Store:
        """The store of this sweep, made if it is not there; raises CheckpointError when another sweep's is."""
        return Store(path, self.run, self.trials, self.units)

    def go(self, store: Store, place: Place, tell: Callable[[int], None]) -> float:
        """Run at `place` what the store lacks; `tell` is told how many are done. Returns the seconds it took."""
        done, begun = store.done(), time.perf_counter()
        count = int(done.sum())
        tell(count)
        left = [trial for trial in self.trials if not done[trial.number]]
        for trial, found in place(self.work, left) if left else ():
            if isinstance(found, str):
                store.refuse(trial.number, found)
            else:
                store.write(trial.number, found)
            count += 1
            tell(count)
        return time.perf_counter() - begun

    def again(self, store: Store, number: int) -> tuple[list[float], bool]:
        """Outcomes of one trial run alone, and whether they are the stored ones bit for bit. Raises ConfigError for a trial that is not there or not finished."""
        if not 0 <= number < len(self.trials):
            raise ConfigError(f"--replay {number}: trials are 0 to {len(self.trials) - 1}")
        if not store.done()[number] or str(number) in store.refused:
            raise ConfigError(f"--replay {number}: {store.refused.get(str(number), 'that trial is not finished; run the sweep first')}")
        found = outcomes(self.work, self.trials[number])
        return found, np.array_equal(np.array(found), np.array(store.row(number)), equal_nan=True)

    def result(self, store: Store) -> dict[str, Any]:
        """Yields and sensitivities of what is stored, as plain types."""
        found, head = store.read(), self.file.sweep
        matter: list[Sensitivity] = sensitivities(found, list(self.file.vary), head.chips, head.seed) if head.design is Design.SENSITIVITY else []
        listed = self.points if head.design is Design.GRID else ()
        independent = len(self.points) == 1 or (head.chips == 1 and head.design in (Design.LATIN_HYPERCUBE, Design.SOBOL))
        return {
            "yield": [own._asdict() for own in yields(found, self.file.spec, listed, head.chips, independent)],
            "sensitivity": [own._asdict() for own in matter],
            "refused": store.refused,
        }


def _rounded(chosen: list[dict[str, Any]], file: SweepFile) -> list[dict[str, Any]]:
    """Settings that are whole numbers, where they are drawn from a range or a normal law, as whole numbers."""
    whole = {name for name, own in type(file.settings).model_fields.items() if own.annotation is int and not isinstance(file.vary.get(name), Choices)}

    def own(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: round(value) if name in whole and isinstance(value, float) else value for name, value in values.items()}

    return [own(values) for values in chosen]
