"""A chip in service: what is taken by law is what a loop would give, and counts are what the devices saw."""

import dataclasses

import numpy as np
import pytest

from ferrion.core.errors import StateError
from ferrion.learning.service import Service, on_devices
from ferrion.learning.training import Fidelity, Plan, Training
from ferrion.physics import filament
from ferrion.workloads.trial import train

LAYERS = (64, 16, 10)


@pytest.fixture(scope="module")
def learned(chip, digits) -> Training:
    return train(Plan(sizes=LAYERS, chip=chip, epochs=4, seed=3), digits)


def delivered(training: Training) -> Service:
    return Service(on_devices(training))


def test_devices_take_over_weights_and_wear(learned):
    service = delivered(learned)
    assert (service.memory.hidden == learned.memory.hidden).mean() > 0.999
    assert (service.cells.cycles == learned.memory.programmed[:, None] + 1).all()
    written = service.cells.reversals[:, 0].astype(int) - 2 * learned.memory.lsb_writes.astype(int)
    assert set(np.unique(written)) <= {0, 1}
    scale = np.abs(learned.memory.analogue).max()
    assert np.corrcoef(service.weights(0.0), learned.memory.analogue)[0, 1] > 0.95  # two transfers, each with its spread
    assert np.abs(service.weights(0.0)).max() < 1.5 * scale


def test_a_training_on_devices_is_taken_as_it_is(chip, few_digits):
    training = train(Plan(sizes=LAYERS, chip=chip, epochs=1, fidelity=Fidelity.DEVICE), few_digits)
    assert on_devices(training) is training
    with pytest.raises(StateError, match="on_devices"):
        Service(Training(Plan(sizes=LAYERS, chip=chip)))


def test_many_refreshes_at_once_count_as_one_after_the_other(learned):
    """While nothing is lost, twelve refreshes by law leave every device with the counts of twelve made one by one."""
    at_once, one_by_one = delivered(learned), delivered(learned)
    at_once.refresh(12, 1.0)
    for _ in range(12):
        one_by_one.refresh(1, 1.0)
    same = (at_once.cells.word == one_by_one.cells.word) & (at_once.memory.hidden == learned.memory.hidden)
    assert same.mean() > 0.999
    assert (at_once.cells.cycles == one_by_one.cells.cycles).all()
    assert (at_once.cells.reversals[same] == one_by_one.cells.reversals[same]).all()


@pytest.mark.parametrize("left", [1.0, 0.8])
def test_refreshes_by_law_are_those_one_by_one_where_bits_flip(learned, left):
    """With 20 mV of noise many bits flip, those of the level more often: a transfer senses them twice. Shares within five standard errors, counts within 5 %."""
    shares, reversals = [], []
    for rounds in ((30,), (1,) * 30):
        service = delivered(learned)
        service.p = service.p._replace(operation=service.p.operation._replace(noise=0.02))
        word, worn = service.cells.word.copy(), service.cells.reversals.astype(float)
        for times in rounds:
            service.refresh(times, left)
        flipped = word ^ service.cells.word
        shares.append(np.array([((flipped >> bit) & 1).mean() for bit in range(10)]))
        reversals.append(float((service.cells.reversals - worn).mean()))
    assert shares[0].min() > 0.03
    assert np.abs(shares[0] - shares[1]).max() < 5 * np.sqrt(2 * 0.25 / service.cells.word.size)
    assert reversals[0] == pytest.approx(reversals[1], rel=0.05)


def test_counts_stop_where_they_would_run_over(learned, digits):
    service = delivered(learned)
    service.cells.reversals[:] = service.cells.cycles[:] = 2**31 - 5
    service.refresh(10**7, 1.0)
    service.learn(digits.inputs, digits.labels, 50, 10**7)
    assert service.cells.reversals.min() >= 2**31 - 5
    assert service.cells.cycles.min() >= 2**31
    assert service.dead == 1.0


def test_what_is_learned_is_transferred_in_the_end(learned, digits):
    """Fewer samples than a transfer waits for: their weights are on the memristors nevertheless."""
    service = delivered(learned)
    before = service.weights(0.0)
    service.learn(digits.inputs, digits.labels, 30, 1)
    assert (service.memory.stale == 0).all()
    assert (service.weights(0.0) != before).any()
    assert service.counts.transfers[0] == 1


def test_every_transfer_relaxes_in_directions_of_its_own(learned):
    service = delivered(learned)
    changes = []
    for _ in range(2):
        service.refresh(1, 1.0)
        changes.append((service.weights(1e6) - service.weights(0.0))[np.abs(service.memory.hidden) > 200])
    assert abs(np.corrcoef(*changes)[0, 1]) < 0.5


def test_a_polarisation_that_is_gone_leaves_no_word(learned):
    service = delivered(learned)
    before = service.memory.hidden.copy()
    service.refresh(1, 0.0)
    assert (service.memory.hidden != before).mean() > 0.9


def test_rest_ages_by_equivalent_time(learned):
    service = delivered(learned)
    fresh = service.weights(0.0)
    assert (service.weights(service.p.filament.t_first) == fresh).all()
    hot = float(filament.equivalent(3600.0, 358.15, service.p.filament))
    assert hot > 1000 * 3600
    hour, long = (np.abs(service.weights(age) - fresh).mean() for age in (3600.0, hot))
    assert 0 < hour < long


def test_dead_memristors_are_learned_around(chip, digits):
    """A chip on which a fifth of all pairs died and that learns on is better than one that was only refreshed."""
    training = train(Plan(sizes=(64, 64, 10), chip=chip, epochs=4, seed=3), digits)
    rates = []
    for samples in (0, 2000):
        service = delivered(training)
        rng = np.random.default_rng(1)
        service.cells.limit[rng.random(service.cells.word.size) < 0.2] = 0
        service.refresh(1, 1.0)
        assert service.dead == pytest.approx(0.2, abs=0.03)
        if samples:
            service.learn(digits.inputs, digits.labels, samples, 1)
        twin = dataclasses.replace(digits, name="twin")
        answer = np.mean(_answers(service, twin.test_inputs) == twin.test_labels)
        rates.append(float(answer))
    assert rates[1] > rates[0] + 2 * np.sqrt(0.25 / len(digits.test_labels))


def test_rounds_of_learning_that_are_not_run_wear_as_the_one_that_is(learned, digits):
    once, thrice = delivered(learned), delivered(learned)
    begun = once.cells.cycles.copy()
    once.learn(digits.inputs, digits.labels, 300, 1)
    thrice.learn(digits.inputs, digits.labels, 300, 3)
    assert (thrice.memory.hidden == once.memory.hidden).all()
    assert (thrice.cells.cycles - begun == 3 * (once.cells.cycles - begun)).all()
    assert thrice.counts.fecap_writes.sum() == 3 * once.counts.fecap_writes.sum() > 0


def _answers(service: Service, inputs) -> np.ndarray:
    from ferrion.learning.inference import infer

    return infer(service.net, service.weights(0.0), inputs, service.training.sigma, 0, 1).outputs.argmax(axis=1)
