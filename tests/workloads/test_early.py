"""Stopping early: causal, cheaper, and never with a lead that was not there."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.coding import Events
from ferrion.circuits.neuron import Level
from ferrion.core.errors import ConfigError
from ferrion.core.ledger import Action
from ferrion.learning.spiking.network import Fired, SpikingNetwork, Wiring
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads.early import LEADS, LOOK, chosen_lead, early, first_leads, stopping
from ferrion.workloads.event_sets import EventSet, gathered
from ferrion.workloads.levels import both_levels
from ferrion.workloads.spiking import PAUSE, Course, present, train
from ferrion.workloads.spiking_account import since, spent

WIRING = Wiring(inputs=16, cells=(12, 2), swing=(0.3, 0.4))


def made_up(count, seed):
    """Two classes that differ in which rows speak."""
    drawn = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return gathered((Events(np.sort(drawn.uniform(0, 0.1, 40)), 8 * label + drawn.integers(0, 8, 40)) for label in labels), labels, np.full(count, -1))


EVENTS = EventSet("made up", 16, 2, 0.1, made_up(60, 0), made_up(40, 1), "two classes")


@pytest.fixture(scope="module")
def twin():
    torch.manual_seed(0)
    found = ChipTwin(SpikingChip.from_card(), WIRING, 2e-3, 2.0)
    train(found, EVENTS, Course(2e-3, 10, batch=10, rate=1e-2), 0)
    return found


def ready(twin, level=Level.EVENT):
    network = SpikingNetwork(SpikingChip.from_card(), WIRING, level=level)
    twin.deploy(network)
    return network


def fired(*classes, start=5.0):
    """A spike a millisecond."""
    count = len(classes)
    return Fired(start + np.arange(count) * 1e-3, np.ones(count, np.int64), np.array(classes, np.int64))


def test_the_first_to_lead_by_so_many_is_told(twin):
    """0 leads by two, but by one at the first look, 2 ms on; then 1 catches up and leads by three at the end."""
    network = ready(twin)

    def leads(*classes):
        return dict(zip(LEADS, first_leads(network, fired(*classes), 5.0, 0.12), strict=True))

    found = leads(0, 0, 1, 1, 1, 1, 1)
    assert [found[1], found[2], found[3], found[5]] == [0, 1, 1, 1]
    found = leads(0, 0, 0, 1, 1, 1, 1, 1, 1)
    assert [found[1], found[2], found[3], found[5]] == [0, 0, 0, 1]
    assert set(leads().values()) == {-1}


def test_one_class_has_no_lead(twin):
    with pytest.raises(ConfigError, match="nobody can lead"):
        early(ready(twin), replace(EVENTS, classes=1), EVENTS.training, EVENTS.test)


def test_what_is_chosen_on_is_what_is_run(twin):
    """The class that first leads by so many at a look is the one that `stopping` tells, on the same draws."""
    for k, lead in enumerate(LEADS[:4]):
        for sample in range(3):
            times, rows = EVENTS.test.events(sample)
            seconds = EVENTS.seconds + PAUSE
            told = first_leads(ready(twin), ready(twin).run(times, rows, seconds), 0.0, seconds)[k]
            assert stopping(ready(twin), EVENTS, EVENTS.test, sample, lead)[0].decided == told


def test_a_lead_that_is_never_reached_is_the_whole_recording(twin):
    whole, cut = ready(twin), ready(twin)
    for sample in range(6):
        a, b = present(whole, EVENTS, EVENTS.test, sample), stopping(cut, EVENTS, EVENTS.test, sample, 10**9)[0]
        assert (a.decided, a.spikes, a.votes) == (b.decided, b.spikes, b.votes)
        assert b.seconds == pytest.approx(EVENTS.seconds + 0.02 - EVENTS.test.events(sample).times[0])


def test_stopping_early_knows_nothing_of_what_comes_after(twin):
    """Events after the stop may be anything."""
    times, rows = EVENTS.test.events(0)
    own, _ = stopping(ready(twin), EVENTS, EVENTS.test, 0, 2)
    told = times[0] + own.seconds
    assert told < 0.1
    other = gathered([Events(times, np.where(times > told, 15 - rows, rows))], EVENTS.test.labels[:1], np.array([-1]))
    assert stopping(ready(twin), EVENTS, other, 0, 2)[0] == own


def test_the_lead_that_is_chosen_loses_no_more_than_allowed_and_saves_energy(twin):
    network = ready(twin)
    lead = chosen_lead(network, EVENTS, EVENTS.training)
    assert lead in LEADS[:-1]
    found, whole = early(ready(twin), EVENTS, EVENTS.training, EVENTS.test), early_never(ready(twin))
    assert found["accuracy"] >= whole[0] - 2.0 / len(EVENTS.test)
    assert found["joules"] < whole[1]
    assert found["seconds"][0] < found["seconds"][1] <= 0.12


def test_every_look_is_charged_a_step_of_the_controller_a_class_and_one_more(twin):
    """By hand: what the chip itself counted of the same recordings, and 3 steps a look at two classes."""
    found, network = early(ready(twin), EVENTS, EVENTS.training, EVENTS.test), ready(twin)
    lead = chosen_lead(network, EVENTS, EVENTS.training)
    before = spent(network)
    looks = [stopping(network, EVENTS, EVENTS.test, sample, lead)[1] for sample in range(len(EVENTS.test))]
    step = network.chip.memory.prices.energy[Action.CONTROLLER_STEP][0]
    assert found["looks"] == np.mean(looks)
    assert found["joules"] == pytest.approx(sum(since(before, network, len(EVENTS.test)).values()) + 3 * step * np.mean(looks), rel=1e-12)
    assert 1 <= min(looks) <= max(looks) <= np.ceil((EVENTS.seconds + PAUSE) / LOOK)


def early_never(network):
    before = spent(network)
    right = [present(network, EVENTS, EVENTS.test, sample).decided == EVENTS.test.labels[sample] for sample in range(len(EVENTS.test))]
    return np.mean(right), sum(since(before, network, len(EVENTS.test)).values())


def test_both_levels_say_the_same_and_the_device_level_counts_its_own_joules(twin):
    found = both_levels(lambda level: ready(twin, level), EVENTS, EVENTS.test.take(np.arange(16)))
    assert found["same"] >= 14 / 16
    assert found["device"]["accuracy"] > 0.85
    assert found["event"]["joules_a_spike"] == pytest.approx(1e-12)
    assert 1e-13 < found["device"]["joules_a_spike"] < 1.2**2 * 10e-12
    assert found["device"]["spikes"] == pytest.approx(found["event"]["spikes"], rel=0.1)
