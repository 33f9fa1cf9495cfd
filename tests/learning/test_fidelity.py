"""Both fidelities: the same chip where devices are alike, near each other where they are not."""

import numpy as np
import pytest

from ferrion.learning.rules import PUBLISHED, REFINED
from ferrion.learning.training import Fidelity, Plan, Training
from ferrion.workloads.trial import accuracy


def trained(chip, data, rule, fidelity, epochs=1, hidden=(16,), seed=0):
    training = Training(Plan(sizes=(64, *hidden, 10), chip=chip, rule=rule, epochs=epochs, fidelity=fidelity, seed=seed))
    while not training.finished:
        training.advance(data.inputs, data.labels, 1000)
    return training


@pytest.mark.parametrize("rule", [PUBLISHED, REFINED], ids=lambda rule: rule.name)
def test_ideal_devices_and_the_level_table_give_the_same_bits(ideal, few_digits, rule):
    behavioural, device = (trained(ideal, few_digits, rule, fidelity) for fidelity in Fidelity)
    for name, here in behavioural.memory._asdict().items():
        if name != "recent":
            assert (here == getattr(device.memory, name)).all(), name
    for name, here in behavioural.counts._asdict().items():
        assert (here == getattr(device.counts, name)).all(), name
    assert behavioural.losses == device.losses


def test_every_reversal_of_a_device_run_is_an_update_a_transfer_or_the_first_write(chip, few_digits):
    """A capacitor at 1 is reversed when read and again when 1 is written: reversals less those still up come in pairs, and
    every pair beyond the first write and the net changes is a restore, at most one a read of a used capacitor."""
    training = trained(chip, few_digits, REFINED, Fidelity.DEVICE)
    cells, counts = training.cells, training.counts
    ones = sum((cells.word >> bit & 1).sum() * units for bit, units in enumerate((1, 1, 1, 1, 1, 1, 1, 2, 4, 1)))
    total = int(cells.reversals.sum(dtype=np.int64))
    reads = int(counts.updates.sum()) * 14 + int(counts.programmed.sum()) * 8
    assert int(counts.fecap_writes.sum()) < total < int(counts.fecap_writes.sum()) + 2 * reads
    # each capacitor ends at 0 or 1, so its reversals are even or odd accordingly
    for bit, unit in enumerate((0, 1, 2, 3, 4, 5, 6)):
        assert ((cells.reversals[:, unit] & 1) == (cells.word >> bit & 1)).all()
    assert (total - ones) % 2 == 0
    assert cells.reversals[:, 14:].sum() == 0
    assert (cells.cycles == training.memory.programmed[:, None]).all()


@pytest.mark.slow
def test_the_fidelities_agree_on_accuracy(chip, digits):
    """Means over five chips within two points: the level table draws afresh what a device keeps for life."""
    found = {
        fidelity: [accuracy(training := trained(chip, digits, REFINED, fidelity, 10, (64,), seed), digits, float(training.sigma)) for seed in range(5)] for fidelity in Fidelity
    }
    means = [float(np.mean(values)) for values in found.values()]
    assert min(means) > 0.9
    assert abs(means[0] - means[1]) < 0.02
