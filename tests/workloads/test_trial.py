"""Trials: several chips at once are each the chip alone; a result adds up."""

import dataclasses
from threading import Event

import numpy as np
import pytest

from ferrion.core.constants import SECONDS_PER_YEAR
from ferrion.core.errors import CheckpointError
from ferrion.core.ledger import Action
from ferrion.learning.costs import inference_ledger
from ferrion.learning.inference import infer
from ferrion.learning.training import Plan
from ferrion.workloads.fleet import run_chips
from ferrion.workloads.trial import run, train


def plan(chip, seed=0) -> Plan:
    return Plan(sizes=(64, 16, 10), chip=chip, epochs=2, seed=seed)


def test_chips_trained_at_once_are_each_the_chip_alone(chip, few_digits, tmp_path):
    together = run_chips([plan(chip, seed) for seed in range(4)], few_digits, tmp_path, lambda *_: None)
    for seed, (_, training) in enumerate(together):
        alone = train(plan(chip, seed), few_digits)
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
    cell = 40 * (130e-9) ** 2
    assert result.area_m2 == pytest.approx(4 * 128 * (128 + 16) * cell, rel=0.01)


def test_latency_is_the_sum_of_its_parts(chip, few_digits):
    """Three products of 100 ns and sixteen conversions each a sample; at least one word (ten bits, 200 ns each) a sample that
    learns; each of seven transfers reads eight flags a line, and programs one pair a line at least."""
    result, training = run(plan(chip), few_digits)
    updates, lines = training.counts.updates.sum(), 4 * 128
    words = max(600, updates / lines)
    expected = 600 * 3 * (100e-9 + 16 * 100e-9) + words * 10 * 200e-9 + 7 * (8 * 100e-9 + 4 * 200e-9 + 2e-6)
    crowded = training.counts.programmed.sum() / lines * (4 * 200e-9 + 2e-6)
    assert training.counts.transfers[0] == 7
    assert result.latency_s == pytest.approx(max(expected, expected - 7 * (4 * 200e-9 + 2e-6) + crowded))


def test_an_inference_is_charged_for_the_rows_it_drives(chip, few_digits):
    """Two reads a weight of a driven row, a drive a row and array across, a conversion a column and array down."""
    _, training = run(plan(chip), few_digits)
    ledger = inference_ledger(training.net, chip.geometry, np.array([40.0, 9.0]))
    assert ledger.count(Action.MEMRISTOR_READ) == 2 * (40 * 16 + 9 * 10)
    assert ledger.count(Action.LINE_DRIVE) == 40 * 2 + 9 * 2
    assert ledger.count(Action.ADC_SAMPLE) == 16 + 10


def test_questions_asked_again_meet_other_read_noise(chip, few_digits):
    _, training = run(plan(chip), few_digits)
    first, again, second = (infer(training.net, training.memory.analogue, few_digits.test_inputs, training.sigma, 0, asked).outputs for asked in (0, 0, 1))
    assert (first == again).all()
    assert not (first == second).any(axis=1).all()


def test_a_stop_keeps_what_was_learned(chip, digits, tmp_path):
    stop = Event()
    path = tmp_path / "checkpoint.safetensors"
    cut = train(plan(chip), digits, path, lambda done: stop.set() if done >= 1000 else None, stop)
    assert cut.step == 1000
    assert not cut.finished
    whole = train(plan(chip), digits)
    resumed = train(plan(chip), digits, path)
    assert resumed.losses == whole.losses
    assert (resumed.memory.analogue == whole.memory.analogue).all()


def test_another_test_set_is_another_run(chip, few_digits, tmp_path):
    run(plan(chip), few_digits, tmp_path)
    with pytest.raises(CheckpointError, match="belongs to a run with other data"):
        run(plan(chip), dataclasses.replace(few_digits, test_labels=few_digits.test_labels[::-1].copy()), tmp_path)
