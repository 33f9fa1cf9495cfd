"""Trials: several chips at once are each the chip alone; a result adds up."""

import dataclasses
from threading import Event

import numpy as np
import pytest

from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.core.errors import CheckpointError
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
    assert result.arrays == 2 + 2  # 65 rows x 16 columns and 17 x 10, eight columns an array
    rated = 1e5 / (result.worn["memristor"] / 600) / SECONDS_PER_YEAR
    assert rated / 30 < result.years["memristor"] < rated * 2  # the weakest of 2,420 log-normal devices, not all equally busy
    assert int(training.counts.samples[0]) == 600
    assert 0 < result.energy_J < 1
    assert np.isfinite(result.latency_s)


def test_a_stop_keeps_what_was_learned(chip, digits, tmp_path):
    stop = Event()
    path = tmp_path / "checkpoint.safetensors"
    cut, _ = train(plan(chip), digits, path, lambda done: stop.set() if done >= 1000 else None, stop)
    assert cut.step == 1000
    assert not cut.finished
    whole, _ = train(plan(chip), digits)
    resumed, _ = train(plan(chip), digits, path)
    assert resumed.losses == whole.losses
    assert (resumed.memory.analogue == whole.memory.analogue).all()


def test_another_test_set_is_another_run(chip, few_digits, tmp_path):
    run(plan(chip), few_digits, tmp_path)
    with pytest.raises(CheckpointError, match="belongs to a run with other data"):
        run(plan(chip), dataclasses.replace(few_digits, test_labels=few_digits.test_labels[::-1].copy()), tmp_path)
