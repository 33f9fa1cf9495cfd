"""A chip that learns alone is told when by rows of their own for the parts of a recording."""

from dataclasses import replace

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.coding import Events
from ferrion.core.errors import DataError
from ferrion.core.ledger import Action
from ferrion.workloads import spiking_seed as tasks
from ferrion.workloads.digital.inputs import counted
from ferrion.workloads.event_sets import EventSet, Samples, gathered, in_parts
from ferrion.workloads.spiking_alone import Alone

ROWS, SECONDS, EACH = 6, 0.2, 12


def fixed_counts(seed: int, count: int) -> Samples:
    """As many events on every row, whatever the class: of 0 the first three rows speak early and the others late, of 1 the other way round."""
    drawn, labels = np.random.default_rng(seed), np.arange(count) % 2
    rows = np.repeat(np.arange(ROWS), EACH)

    def sample(label: int) -> Events:
        late = (rows < ROWS // 2) == (label == 1)
        times = drawn.uniform(0.0, SECONDS / 2, rows.size) + late * SECONDS / 2
        order = np.argsort(times)
        return Events(times[order], rows[order])

    return gathered(map(sample, labels), labels, np.full(count, -1))


EVENTS = EventSet("made up", ROWS, 2, SECONDS, fixed_counts(0, 60), fixed_counts(1, 40), "early or late")


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_rows_tell_the_part_and_nothing_else_changes(parts):
    given = in_parts(EVENTS, parts)
    assert (given.rows, given.parts, given.seconds) == (parts * ROWS, parts, SECONDS)
    for own, former in ((given.training, EVENTS.training), (given.test, EVENTS.test)):
        np.testing.assert_array_equal(own.times, former.times)
        np.testing.assert_array_equal(own.rows % ROWS, former.rows)
        np.testing.assert_array_equal(own.labels, former.labels)
        whole = counted(own, given.rows, SECONDS, 1).reshape(len(own), parts, ROWS)
        np.testing.assert_array_equal(whole, counted(former, ROWS, SECONDS, parts))


def test_an_event_after_the_end_is_in_the_last_part():
    late = replace(EVENTS, test=gathered([Events(np.array([0.0, SECONDS, 2 * SECONDS]), np.array([0, 1, 2]))], np.array([0]), np.array([-1])))
    np.testing.assert_array_equal(in_parts(late, 4).test.rows, [0, 3 * ROWS + 1, 3 * ROWS + 2])


def test_bad_parts_are_told():
    for bad in (0, -3, 2.5, float("nan"), "10"):
        with pytest.raises(DataError, match=f"parts = {bad} of events with 1 parts: give a whole number of 1 or more"):
            in_parts(EVENTS, bad)
    with pytest.raises(DataError, match=r"parts = 2 of events with 3 parts"):
        in_parts(in_parts(EVENTS, 3), 2)


def test_rates_fall_geometrically_and_one_pass_takes_the_first():
    for parts, first, last in ((1, 2e-3, 1e-4), (10, 0.1, 0.01)):
        rates = Alone(1.0, 4, parts).rates()
        assert (rates[0], rates[-1]) == (first, pytest.approx(last))
        np.testing.assert_allclose(np.diff(np.log(rates)), np.log(last / first) / 3)
        assert Alone(1.0, 1, parts).rates() == [first]


def learned(parts: int) -> tuple[float, dict[str, float], dict[str, float]]:
    """Share right of the test, joules by action of a decision and of a learned example."""
    events, alone = in_parts(EVENTS, parts), Alone(0.3, 3, parts)
    network = alone.network(events, 0)
    for rate in alone.rates():
        network.relearn(rate)
        own = tasks.learn_pass(network, events, np.arange(len(events.training)))
    found = tasks.tested(network, events, events.test)
    return found["accuracy"], found["actions"], own["actions"]


def test_what_counts_cannot_tell_is_learned_on_the_chip_alone_and_the_counter_is_charged():
    right, deciding, learning = learned(2)
    blind, once, _ = learned(1)
    assert right > 0.9
    assert blind < 0.75
    step, name = SpikingChip.from_card().memory.prices.energy[Action.CONTROLLER_STEP][0], Action.CONTROLLER_STEP.value
    assert deciding[name] - once[name] == pytest.approx(2 * step)
    assert learning[name] > deciding[name]
