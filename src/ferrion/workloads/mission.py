"""Years of service in seconds: temperatures by equivalent time, refreshes and wear by counts, and what lies between two checks by law."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import USED_FECAPS
from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.core.ledger import Action, Ledger
from ferrion.core.units import from_text
from ferrion.devices.memristor import draw_limits
from ferrion.learning.costs import LEVEL_UNITS, inference_ledger, ledger_of
from ferrion.learning.inference import Answer, infer
from ferrion.learning.service import Service, on_devices
from ferrion.physics import ageing, filament
from ferrion.workloads.data import DataSet
from ferrion.workloads.mission_file import Mission
from ferrion.workloads.trained import Trained

Floats = NDArray[np.float64]
DAY = 86400.0
ASKED_IN_SERVICE = 1 << 13
"""Numbers of rounds of questions begin here."""
ALIKE = 3
"""Digits of the polarisation left to which refreshes are alike."""
SHARES_DEAD = {"first": 0.0, "hundredth": 0.01}
"""Shares of the memristors whose death is dated."""


class Check(NamedTuple):
    """The chip at one time."""

    time: float
    """Seconds since delivery."""
    accuracy: float
    joules: float
    """Since delivery: inferences, refreshes, learning."""
    dead: float
    """Share of the memristors that no longer switch."""
    moved: float
    """Share of the hidden weights that are no longer those delivered."""


@dataclass(frozen=True)
class Life:
    """One policy, from delivery to the end."""

    name: str
    checks: tuple[Check, ...]
    refreshes: int
    wear_out: dict[str, Floats]
    """Years until the first memristor, and the first hundredth of them, are dead, of every chip drawn; infinite where nothing is programmed."""
    fecap_years: float
    """Years until the busiest FeCAP has seen its rated cycles."""
    failed: float
    """Seconds at which the accuracy was first found below the least allowed; NaN if it never was."""


class Climate:
    """Temperatures of a mission, as equivalent times of a device."""

    def __init__(self, lengths: Floats, rates: Floats) -> None:
        """`rates`: seconds at the reference temperature that a second of each phase is worth."""
        self.ends = np.concatenate([[0.0], np.cumsum(lengths)])
        self.aged = np.concatenate([[0.0], np.cumsum(lengths * rates)])

    def age(self, since: float, until: float) -> float:
        """Equivalent time [s] between two times [s]."""
        begun, ended = self.ages(np.array([since, until]))
        return float(ended - begun)

    def ages(self, time: Floats) -> Floats:
        """Equivalent times [s] since the beginning: whole rounds of the phases at once, so the length of a mission costs nothing."""
        rounds, rest = np.divmod(time, self.ends[-1])
        return np.asarray(rounds * self.aged[-1] + np.interp(rest, self.ends, self.aged))


def times(mission: Mission) -> Floats:
    """When the chip is asked [s]: as delivered, then evenly in log time from the first day (or a hundredth of the mission) to the end."""
    end = mission.seconds
    return np.concatenate([[0.0], np.geomspace(min(DAY, 0.01 * end), end, mission.checks - 1)])


def live(trained: Trained, data: DataSet, mission: Mission, name: str, chips: int, tell: Callable[[int], None]) -> Life:
    """One policy: the chip at every check, and when `chips` chips with devices of their own would wear out at its pace."""
    policy, service, prices = mission.policy[name], Service(on_devices(trained.training())), trained.plan.chip.prices
    lengths, kelvin = mission.phases()
    memristors = Climate(lengths, np.array([float(filament.equivalent(1.0, t, service.p.filament)) for t in kelvin]))
    capacitors = Climate(lengths, np.array([float(ageing.equivalent(1.0, t, service.p.ageing)) for t in kelvin]))
    started = service.memory.hidden.copy(), service.cells.cycles.copy(), service.cells.reversals.copy()
    every = from_text(policy.every, "s") if policy.every else math.inf
    checks: list[Check] = []
    acted, spent = 0, 0.0
    for number, time in enumerate(times(mission)):
        due = 0 if math.isinf(every) else int(time // every)
        if due > acted:
            spent += (due - acted) * _refresh_joules(trained, service)
            _refresh(service, capacitors, np.arange(acted, due + 1, dtype=np.float64) * every)
            if policy.samples:
                service.learn(data.inputs, data.labels, policy.samples, due - acted)
            acted = due
        age = memristors.age(acted * every if acted else 0.0, time)
        answer = _answered(trained, service, data, age, number)
        asked = mission.inferences_per_s * (time - (checks[-1].time if checks else 0.0))
        spent += asked * prices.joules(inference_ledger(service.net, trained.plan.chip.geometry, answer.rows))
        checks.append(_checked(trained, service, data, started[0], time, answer, spent))
        tell(number + 1)
    failed = next((check.time for check in checks if check.accuracy < mission.least_accuracy), math.nan)
    years = mission.seconds / SECONDS_PER_YEAR
    return Life(name, tuple(checks), acted, _wear_out(trained, service, started[1], years, chips), _fecap_years(trained, service, started[2], years), failed)


def _refresh(service: Service, capacitors: Climate, moments: Floats) -> None:
    """Refreshes at all `moments` [s] but the first, which is the last before them: those that left alike much polarisation together, the last one last."""
    ages = np.diff(capacitors.ages(moments))
    left = np.round(np.asarray(ageing.retention(ages, service.p.ageing)), ALIKE)
    for share, count in zip(*np.unique(left[:-1], return_counts=True), strict=True):
        service.refresh(int(count), float(share))
    service.refresh(1, float(left[-1]))


def _answered(trained: Trained, service: Service, data: DataSet, age: float, number: int) -> Answer:
    return infer(service.net, service.weights(age), data.test_inputs, service.training.sigma, trained.plan.seed, ASKED_IN_SERVICE + number)


def _checked(trained: Trained, service: Service, data: DataSet, hidden: NDArray[np.int16], time: float, answer: Answer, spent: float) -> Check:
    chip = trained.plan.chip
    learned = chip.prices.joules(ledger_of(service.net, service.counts, chip.geometry, trained.plan.rule.only_changed))
    accuracy = float(np.mean(answer.outputs.argmax(axis=1) == data.test_labels))
    return Check(time, accuracy, learned + spent, service.dead, float((service.memory.hidden != hidden).mean()))


def _refresh_joules(trained: Trained, service: Service) -> float:
    """Energy [J] of one refresh: every capacitor read, those of sign and level once more for the transfer, both memristors of every pair programmed.

    The price of a read holds its restoring.
    """
    ledger, weights = Ledger(), service.cells.word.size
    ledger.add("refresh", Action.FECAP_READ, weights * (USED_FECAPS + LEVEL_UNITS))
    ledger.add("refresh", Action.MEMRISTOR_PROGRAM, 2 * weights)
    return trained.plan.chip.prices.joules(ledger)


def _wear_out(trained: Trained, service: Service, before: NDArray[np.uint32], years: float, chips: int) -> dict[str, Floats]:
    """Years from delivery, chip by chip: every memristor goes on as it did in this mission, and lasts what is drawn for it.

    One that is dead or stuck as delivered counts from 0.
    """
    spent = before.ravel().astype(np.float64)
    pace = (service.cells.cycles.ravel() - spent) / years
    found: dict[str, list[float]] = {name: [] for name in SHARES_DEAD}
    for chip in range(chips):
        limits = draw_limits(pace.size, trained.plan.seed + chip, trained.plan.chip.parts["memristor"])
        ends = _until(limits - spent, pace)
        for name, share in SHARES_DEAD.items():
            place = int(share * pace.size)
            found[name].append(float(np.partition(ends, place)[place]))
    return {name: np.array(ends) for name, ends in found.items()}


def _fecap_years(trained: Trained, service: Service, before: NDArray[np.uint32], years: float) -> float:
    """Years from delivery until the first FeCAP has seen its rated cycles, two reversals each."""
    spent = before.astype(np.float64)
    return float(_until(2 * trained.plan.chip.endurance()["fecap"] - spent, (service.cells.reversals - spent) / years).min())


def _until(left: Floats, pace: Floats) -> Floats:
    """Years until nothing is left at a pace a year: 0 where nothing was, infinite where nothing is used."""
    return np.where(left <= 0, 0.0, np.divide(left, pace, out=np.full(left.shape, np.inf), where=pace > 0))
