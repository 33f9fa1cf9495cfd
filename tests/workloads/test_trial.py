"""Trials: several chips at once are each the chip alone; a result adds up."""

import numpy as np
import pytest

from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.learning.training import Plan
from ferrion.workloads.fleet import run_chips
from ferrion.workloads.trial import run, train


def plan(chip, seed=0) -> Plan:
    return Plan(sizes=(64, 16, 10), chip=chip, epochs=2, seed=seed)


def test_chips_trained_at_once_are_each_the_chip_alone(chip, few_digits, tmp_path):
    together = run_chips([plan(chip, seed) for seed in range(4)], few_digits, tmp_path, lambda *_: None)
    for seed, (_, training) in enumerate(together):
        alone, _ = train(plan(chip, seed), few_digits)
        for name, here in alone.memory._asdict().items():
            assert (here == getattr(training.memory, name)).all(), name
    assert len({training.memory.analogue.tobytes() for _, training in together}) == 4


def test_a_finished_run_is_not_run_again(chip, few_digits, tmp_path):
    first, _ = run(plan(chip), few_digits, tmp_path)
    second, _ = run(plan(chip), few_digits, tmp_path)
    assert second.accuracies == first.accuracies
    assert second.ledger == first.ledger


def test_a_result_adds_up(chip, few_digits):
    result, training = run(plan(chip), few_digits)
    assert sum(result.provenance.values()) == pytest.approx(1)
    assert result.arrays == -(-training.net.weights[-1] // 1024)
    assert result.years["memristor"] == pytest.approx(1e5 / (result.worn["memristor"] / 600) / SECONDS_PER_YEAR)
    assert 0 < result.energy_J < 1
    assert np.isfinite(result.latency_s)
