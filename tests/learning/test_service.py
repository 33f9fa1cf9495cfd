"""A chip in service: what is taken by law is what a loop would give, and counts are what the devices saw."""

import dataclasses

import numpy as np
import pytest

from ferrion.core.errors import StateError
from ferrion.learning.service import Service, keep_words, on_devices
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


def test_bits_flip_as_a_chain_of_two_states(learned):
    """With noise as large as the margins, k reads at once give the ones of k reads in a row, within five standard errors."""
    service = delivered(learned)
    p = service.p._replace(operation=service.p.operation._replace(noise=0.15))
    draws = np.random.default_rng(0)
    shares = []
    for times in (1, 20):
        cells = service.cells._replace(word=service.cells.word.copy())
        for _ in range(20 // times):
            keep_words(draws.random((cells.word.size, 10)), cells, 0.9, float(times), p)
        shares.append(np.array([((cells.word >> bit) & 1).mean() for bit in range(10)]))
    error = np.sqrt(2 * 0.25 / service.cells.word.size)
    assert np.abs(shares[0] - shares[1]).max() < 5 * error
    began = np.array([((service.cells.word >> bit) & 1).mean() for bit in range(10)])
    assert np.abs(shares[1] - began).max() > 20 * error


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
