"""Years of service in seconds: temperatures by equivalent time, refreshes and wear by counts, and what lies between two checks by law."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import UNITS, USED_FECAPS
from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.core.ledger import Action, Ledger
from ferrion.core.units import from_text
from ferrion.devices.memristor import draw_limits
from ferrion.learning.costs import LEVEL_UNITS, inference_ledger, ledger_of
from ferrion.learning.inference import infer
from ferrion.learning.service import Service, on_devices
from ferrion.physics import ageing, filament
from ferrion.workloads.data import DataSet
from ferrion.workloads.mission_file import Mission
from ferrion.workloads.trained import Trained

Floats = NDArray[np.float64]
DAY = 86400.0
ASKED_IN_SERVICE = 1 << 13
"""Numbers of rounds of questions begin here."""
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
        """Equivalent time [s] between two times [s]: whole rounds of the phases at once, so the length of a mission costs nothing."""
        return self._total(until) - self._total(since)

    def _total(self, time: float) -> float:
        rounds, rest = divmod(time, float(self.ends[-1]))
        return float(rounds * self.aged[-1] + np.interp(rest, self.ends, self.aged))


def times(mission: Mission) -> Floats:
    """When the chip is asked [s]: as delivered, then evenly in log time from the first day (or a hundredth of the mission) to the end."""
    end = mission.seconds
    return np.concatenate([[0.0], np.geomspace(min(DAY, 0.01 * end), end, mission.checks - 1)])


def live(trained: Trained, data: DataSet, mission: Mission, name: str, chips: int, tell: Callable[[int], None]) -> Life:
    """One policy: the chip at every check, and when `chips` chips with devices of their own would wear out at its pace."""
    policy, service = mission.policy[name], Service(on_devices(trained.training()))
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
            last = due * every
            spent += (due - acted) * _refresh_joules(trained, service)
            service.refresh(due - acted, float(ageing.retention(capacitors.age(last - every, last), service.p.ageing)))
            if policy.samples:
                service.learn(data.inputs, data.labels, policy.samples, due - acted)
            acted = due
        age = memristors.age(acted * every if acted else 0.0, time)
        checks.append(_checked(trained, service, data, started[0], number, time, age, spent, mission.inferences_per_s))
        tell(number + 1)
    failed = next((check.time for check in checks if check.accuracy < mission.least_accuracy), math.nan)
    return Life(name, tuple(checks), acted, _wear_out(trained, service, started[1], mission.seconds, chips), _fecap_years(trained, service, started[2], mission.seconds), failed)


def _checked(trained: Trained, service: Service, data: DataSet, hidden: NDArray[np.int16], number: int, time: float, age: float, spent: float, pace: float) -> Check:
    plan, net = trained.plan, service.net
    answer = infer(net, service.weights(age), data.test_inputs, service.training.sigma, plan.seed, ASKED_IN_SERVICE + number)
    asked = pace * time * plan.chip.prices.joules(inference_ledger(net, plan.chip.geometry, answer.rows))
    learned = plan.chip.prices.joules(ledger_of(net, service.counts, plan.chip.geometry, plan.rule.only_changed))
    accuracy = float(np.mean(answer.outputs.argmax(axis=1) == data.test_labels))
    return Check(time, accuracy, asked + learned + spent, service.dead, float((service.memory.hidden != hidden).mean()))


def _refresh_joules(trained: Trained, service: Service) -> float:
    """Energy [J] of one refresh: every capacitor read, those that hold 1 written, the level's once more, and both memristors of every pair programmed."""
    words, weights = service.cells.word.astype(np.int64), service.cells.word.size
    ones = sum(int(units) * int(((words >> bit) & 1).sum()) for bit, units in enumerate(UNITS))
    ledger = Ledger()
    ledger.add("refresh", Action.FECAP_READ, weights * (USED_FECAPS + LEVEL_UNITS))
    ledger.add("refresh", Action.FECAP_WRITE, 2 * ones)
    ledger.add("refresh", Action.MEMRISTOR_PROGRAM, 2 * weights)
    return trained.plan.chip.prices.joules(ledger)


def _wear_out(trained: Trained, service: Service, before: NDArray[np.uint32], seconds: float, chips: int) -> dict[str, Floats]:
    """Years from delivery, chip by chip: every memristor goes on as it did in this mission, and lasts what is drawn for it."""
    pace = (service.cells.cycles.astype(np.float64) - before).ravel() / (seconds / SECONDS_PER_YEAR)
    found: dict[str, list[float]] = {name: [] for name in SHARES_DEAD}
    for chip in range(chips):
        limits = draw_limits(pace.size, trained.plan.seed + chip, trained.plan.chip.parts["memristor"])
        with np.errstate(divide="ignore"):
            years = np.where(limits > 0, np.maximum(limits - before.ravel(), 0.0) / pace, math.inf)
        for name, share in SHARES_DEAD.items():
            place = int(share * pace.size)
            found[name].append(float(np.partition(years, place)[place]))
    return {name: np.array(years) for name, years in found.items()}


def _fecap_years(trained: Trained, service: Service, before: NDArray[np.uint32], seconds: float) -> float:
    done = service.cells.reversals.astype(np.float64)
    pace = (done - before) / (seconds / SECONDS_PER_YEAR)
    with np.errstate(divide="ignore"):
        return float(np.min(np.maximum(2 * trained.plan.chip.endurance()["fecap"] - done, 0.0) / pace))
