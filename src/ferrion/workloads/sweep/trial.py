"""One trial of a sweep: a chip with its own numbers and seed is trained; what came of it, as plain numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import ValidationError

from ferrion.chip.changed import changed
from ferrion.chip.chip import Chip
from ferrion.core.errors import CardError, ConfigError, DataError
from ferrion.core.kept import digest
from ferrion.learning.costs import arrays_of
from ferrion.learning.network import layout
from ferrion.learning.rules import rule_of
from ferrion.learning.training import Plan
from ferrion.workloads import data as data_sets
from ferrion.workloads.sweep.file import Settings
from ferrion.workloads.trial import float_accuracies, result_of, train

OUTCOMES = {
    "accuracy": "1",
    "float_accuracy": "1",
    "loss": "nat",
    "energy_J": "J",
    "latency_s": "s",
    "inference_J": "J",
    "writes_fecap": "1",
    "writes_memristor": "1",
    "worn_fecap": "1",
    "worn_memristor": "1",
    "years_fecap": "years",
    "years_memristor": "years",
    "arrays": "1",
    "area_m2": "m^2",
}
"""What is kept of a trial, and its unit; as in `ferrion train`, `loss` that of the last epoch."""


@dataclass(frozen=True, eq=False)
class Work:
    """What all trials of a sweep share."""

    chip: Chip
    data: str
    fingerprint: str
    """Digest of the data: another machine must find the same."""
    settings: Settings


@dataclass(frozen=True)
class Trial:
    """What one trial has of its own: settings and numbers of cards by name, and the seed of the chip."""

    number: int
    values: Mapping[str, Any]
    seed: int


@lru_cache(maxsize=2)
def data_of(name: str) -> tuple[data_sets.DataSet, str]:
    """A data set and its digest, read once a process."""
    found = data_sets.load(name)
    return found, digest(found.name, *found.arrays)


def settings_of(work: Work, trial: Trial) -> Settings:
    """The settings of the sweep with those that vary."""
    own = {name: value for name, value in trial.values.items() if "." not in name}
    try:
        return Settings.model_validate(work.settings.model_dump() | own)
    except ValidationError as problem:
        wrong = "; ".join(f"{error['loc'][0]} = {error['input']!r}: {error['msg']}" for error in problem.errors())
        raise ConfigError(f"[vary] {wrong}") from problem


@lru_cache(maxsize=8)
def _chip(work: Work, numbers: tuple[tuple[str, float | str], ...], transfer_spread: float, read_spread: float) -> Chip:
    """The chip of one point: all its seeds share what its levels were calibrated to."""
    return replace(changed(work.chip, dict(numbers), "varied in a sweep"), transfer_spread=transfer_spread, read_spread=read_spread)


def plan_of(work: Work, trial: Trial, sizes: tuple[int, int]) -> Plan:
    """The training of a trial on (inputs, classes) `sizes`; raises ConfigError or CardError for values that a chip or a rule cannot take."""
    settings = settings_of(work, trial)
    numbers = tuple((name, value) for name, value in trial.values.items() if "." in name)
    return Plan(
        sizes=(sizes[0], *settings.hidden, sizes[1]),
        chip=_chip(work, numbers, settings.transfer_spread, settings.read_spread),
        rule=rule_of(settings.rule),
        epochs=settings.epochs,
        transfer_every=settings.transfer_every,
        fidelity=settings.fidelity,
        seed=trial.seed,
    )


def checked(work: Work, trial: Trial, sizes: tuple[int, int]) -> None:
    """Raises ConfigError or CardError for values that a chip, its devices, a layout or a rule cannot take, or that no training reads."""
    for name in trial.values:
        if name.startswith("converters."):
            raise ConfigError(f"[vary] {name}: training sample by sample does not read the converters' card; ferrion lab ablate does")
    plan = plan_of(work, trial, sizes)
    arrays_of(layout(plan.sizes, plan.rule.full_scale), plan.chip.geometry)
    if not (plan.chip.devices.g_span > 0 and np.isfinite(plan.chip.read_noise)):
        raise CardError(f"trial {trial.number}, {dict(trial.values)}: the top level's conductance is not above the high-resistance state's")


def outcomes(work: Work, trial: Trial) -> list[float]:
    """`OUTCOMES` of one trial, the same bits on any machine, alone or among others. Raises DataError where the data are not those of the sweep."""
    data, fingerprint = data_of(work.data)
    if fingerprint != work.fingerprint:
        raise DataError(f"data {work.data!r} on this machine are not those the sweep was started with: give every worker the same FERRION_DATA and the same version of ferrion")
    plan = plan_of(work, trial, (data.inputs.shape[1], data.classes))
    training = train(plan, data)
    twin = float_accuracies(plan, data) if settings_of(work, trial).float_twin else (math.nan,)
    result = result_of(training, data, twin, 0.0, None)
    plain = {name: getattr(result, name) for name in ("accuracy", "float_accuracy", "energy_J", "latency_s", "inference_J", "arrays", "area_m2")}
    by_device = {f"{what}_{device}": own[device] for what, own in (("worn", result.worn), ("years", result.years), ("writes", result.writes)) for device in own}
    found = plain | by_device | {"loss": result.losses[-1]}
    return [float(found[name]) for name in OUTCOMES]
