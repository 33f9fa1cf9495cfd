"""Arrays that learn counts of events: what they are given, what they learn, and what they are charged."""

from dataclasses import replace

import numpy as np
import pytest

from ferrion.chip.chip import Chip
from ferrion.chip.cmos import controller
from ferrion.circuits.coding import Events
from ferrion.core.ledger import Action
from ferrion.pilots import counters
from ferrion.pilots.counters import ARRAYS, columns
from ferrion.workloads import counting
from ferrion.workloads.counting import EPOCHS, TRANSFER_EVERY, Setting, driven
from ferrion.workloads.digital.network import set_apart
from ferrion.workloads.event_sets import EventSet, gathered

ROWS, SECONDS, EACH = 6, 0.1, 30


def early_or_late(seed, count):
    """Two classes with the same events on the same rows, in the first or in the second half of a recording."""
    draws, labels = np.random.default_rng(seed), np.arange(count) % 2
    times = [np.sort(draws.uniform(0.0, SECONDS / 2, EACH)) + SECONDS / 2 * label for label in labels]
    return gathered([Events(own, draws.integers(0, ROWS, EACH)) for own in times], labels, np.full(count, -1))


SET = EventSet("made up", ROWS, 2, SECONDS, early_or_late(0, 100), early_or_late(1, 40), "early or late")


def told(bins, short=False):
    return columns(SET, np.arange(40), bins, 0, short, lambda _: None)


def test_parts_of_a_recording_tell_what_its_counts_cannot():
    timed, drawn = told(2)
    for name in ARRAYS:
        assert timed[name]["accuracy"] == timed[name]["balanced"] == 1.0
    assert np.trace(np.array(drawn["confusion"])[:, :2]) == 40
    assert drawn["accuracies"][-1] == 1.0
    assert len(drawn["accuracies"]) == EPOCHS
    assert told(1)[0]["arrays on counts"]["accuracy"] < 0.75


def test_a_decision_pays_for_every_event_that_is_counted(monkeypatch):
    """The same counts from twice as many events above the end of the drivers' range cost what it takes to count those, and nothing else."""
    price = Chip.from_card("leti-2025").prices.energy[Action.TRACE_UPDATE][0]
    monkeypatch.setattr(counting, "SETTINGS", [Setting(1, 0.05)])
    doubled = [replace(part, times=np.repeat(part.times, 2), rows=np.repeat(part.rows, 2), offset=2 * part.offset) for part in (SET.training, SET.test)]
    once = told(2)[0]
    twice, _ = columns(EventSet("twice", ROWS, 2, SECONDS, *doubled, "both"), np.arange(40), 2, 0, False, lambda _: None)
    for name in ARRAYS:
        assert twice[name]["joules"] - once[name]["joules"] == pytest.approx(EACH * price)
        assert once[name]["joules with leakage"] - once[name]["joules"] == pytest.approx(SECONDS * once[name]["leaked"])
        arrays_of_eight_columns = 8 + 1
        assert once[name]["leaked"] == pytest.approx(8 * (2 * ROWS + 64) * 8.44e-12 + arrays_of_eight_columns * controller(TRANSFER_EVERY).leakage)
        assert twice[name]["learned"] - once[name]["learned"] == pytest.approx(EPOCHS * EACH * price)
        assert once[name]["sent_learned"] == 0.0
        assert once[name]["kept"] == len(SET.training) * min(4 * EACH, 2 * ROWS), "ten passes"
        assert 0.0 < once[name]["measured"] + once[name]["assumed"] < 1.0


def test_digital_values_between_arrays_are_read_and_written(monkeypatch):
    """A byte, a quarter of a trace's price, for every conversion and every line that is driven but those of inputs, whose counters are charged already."""
    price = Chip.from_card("leti-2025").prices.energy[Action.TRACE_UPDATE][0]
    monkeypatch.setattr(counting, "SETTINGS", [Setting(1, 0.05)])
    whole, _ = told(2)
    monkeypatch.setattr(counters, "held", lambda *_: 0.0)
    less, _ = told(2)
    hidden = 64
    for name in ARRAYS:
        read_and_written = (whole[name]["joules"] - less[name]["joules"]) / (price / 4)
        assert hidden + 2 + 1 < read_and_written <= 2 * hidden + 2 + 1, "hidden cells and votes are converted, hidden cells that are not 0 and a bias drive lines"
        assert whole[name]["learned"] > less[name]["learned"]


def test_devices_wear_more_than_the_published_count_of_writes():
    """Each read of a capacitor that holds 1 reverses it twice: the busiest device goes through more cycles than the busiest least significant bit changes."""
    own, _ = told(2)
    assert own["arrays on counts, device level"]["wear"] > own["arrays on counts"]["wear"] > 0.0


def test_the_short_form_meets_every_class():
    """Recordings that lie class by class in their file are drawn in another order."""
    labels = np.repeat([0, 1], 1000)
    events = early_or_late(2, 2000)
    order = np.argsort(events.labels, kind="stable")
    own = replace(SET, training=replace(events.take(order), labels=labels))
    found, drawn = columns(own, np.arange(40), 2, 0, True, lambda _: None)
    assert drawn["samples"] == counters.SHORT_SAMPLES
    assert found["arrays on counts"]["accuracy"] > 0.9


def test_drivers_end_at_their_range():
    np.testing.assert_allclose(driven(np.array([[0.0, 2.0, 9.0]], np.float32), Setting(4, 0.05)), [[0.0, 0.5, 1.0]])


def test_nobody_is_on_both_sides_of_what_is_set_apart():
    group = np.repeat(np.arange(25), 8)
    apart = set_apart(group, 3)
    assert not set(group[apart]) & set(group[~apart])
    assert 0.1 < apart.mean() < 0.3
    assert 0.15 < set_apart(np.full(200, -1), 3).mean() < 0.25
