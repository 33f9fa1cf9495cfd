"""Personal adaptation: first and later beats of each patient, what is learned of them and forgotten of others, and nobody's later beats are seen before."""

import numpy as np
import pytest

from ferrion.pilots import personal
from ferrion.pilots.learners import Shape, in_float
from ferrion.pilots.personal import FIRST, Patients, columns, judged
from ferrion.pilots.recordings import LABELLED
from ferrion.pilots.table import table
from ferrion.workloads.changing import Stage
from ferrion.workloads.digital.costs import radio_joules
from ferrion.workloads.ecg import CLASSES
from ferrion.workloads.event_sets import EventSet, Samples

INPUTS, BEATS = 12, 240


def patient(number, turn):
    """Beats of four classes; `turn`: by how much this patient's look like another class of everybody else's."""
    draws = np.random.default_rng(number)
    shapes = np.random.default_rng(99).normal(size=(len(CLASSES), INPUTS))
    y = draws.integers(0, len(CLASSES), BEATS)
    x = (1.0 - turn) * shapes[y] + turn * shapes[(y + 1) % len(CLASSES)]
    return (0.5 * (x + 0.2 * draws.normal(size=x.shape))).astype(np.float32), y


def samples(labels, group):
    count = len(labels)
    return Samples(np.zeros(0), np.zeros(0, np.int64), np.zeros(count + 1, np.int64), labels, group)


@pytest.fixture
def events(monkeypatch):
    """Ten patients to learn from, three that are watched: the last one's beats look like others' of another class."""
    learned = [patient(k, 0.0) for k in range(10)]
    watched = [patient(100, 0.0), patient(101, 0.0), patient(102, 1.0)]
    x, xt = (np.concatenate([own for own, _ in part]) for part in (learned, watched))
    monkeypatch.setattr(personal, "heartbeats", lambda _: (x, xt))
    monkeypatch.setattr(personal, "RATE", 0.05)
    y, yt = (np.concatenate([own for _, own in part]) for part in (learned, watched))
    return EventSet("ecg", 1, len(CLASSES), 1.0, samples(y, np.repeat(np.arange(10), BEATS)), samples(yt, np.repeat([100, 101, 102], BEATS)), "made up")


def test_first_and_later_beats_are_apart_and_in_order(events):
    patients = Patients(events, 0, False)
    for k, (first, later) in enumerate(patients.parts):
        assert len(first) == BEATS // FIRST
        np.testing.assert_array_equal(np.concatenate([first, later]), np.arange(BEATS) + k * BEATS)
        assert len(patients.first(k).labels) == BEATS // FIRST
        np.testing.assert_array_equal(patients.inputs(k), patients.training.test_inputs[later])


def test_what_is_told_is_counted(events):
    patients = Patients(events, 0, False)
    true = [patients.training.test_labels[later] for _, later in patients.parts]
    assert judged(patients, true) == {"later": 1.0, "later, balanced": 1.0, "V found": 1.0, "V precise": 1.0}
    firsts = [patients.first(k) for k in range(len(patients.parts))]
    seen = judged(patients, true, firsts)
    assert seen["sent_decided"] == 1.0
    assert seen["learned"] == pytest.approx(seen["sent_learned"] * radio_joules())
    always = judged(patients, [np.full(len(own), personal.VENTRICULAR) for own in true])
    assert always["V found"] == 1.0
    assert always["V precise"] == always["later"] == pytest.approx(np.mean(np.concatenate(true) == personal.VENTRICULAR))


def test_who_calls_no_beat_ventricular_is_not_asked_how_many_of_them_were(events):
    patients = Patients(events, 0, False)
    true = [patients.training.test_labels[later] for _, later in patients.parts]
    never = judged(patients, [np.where(own == personal.VENTRICULAR, 0, own) for own in true])
    assert never["V precise"] is None
    assert never["V found"] == 0.0


def test_who_learns_on_knows_the_odd_patient(events):
    """A patient whose beats are another class's of everybody else cannot be known before, and is after; the chip that adapted to one is a copy, and one seed is one chip."""
    found, drawn = columns(events, 0, False, lambda _: None)
    for name in ("arrays", "float32"):
        assert found[name]["later"] < 0.75
        assert found[f"{name}, personal"]["later"] > found[name]["later"] + 0.15
    assert found["arrays, personal"]["sent_learned"] == found["classical, personal"]["sent_learned"] == INPUTS, "labels are not given unseen"
    on_chip = found["arrays, personal"]["learned on chip"]
    assert 0.0 < on_chip < 1e-5
    assert found["arrays, personal"]["learned"] == pytest.approx(on_chip + found["classical, personal"]["learned"]), "the radio is paid by whoever is given a label"
    assert found["arrays"]["later"] < found["arrays, personal"]["later, once"] <= found["arrays, personal"]["later"] + 0.1
    assert found["int8, personal"]["later"] > found["int8 on samples"]["later"]
    assert found["arrays, personal"]["others"] < found["arrays, personal"]["later"]
    assert found["int8, linear, personal"]["later"] > found["int8 on samples"]["later"]
    assert found["classical, personal"]["joules"] > found["int8, linear, personal"]["joules"] > 0.0
    right = drawn["personal"]["right"]
    assert [beats for beats, _, _ in right] == sorted(beats for beats, _, _ in right)
    assert right[0][:2] == [0.0, pytest.approx(found["arrays"]["later"])]
    assert right[-1][1] == pytest.approx(found["arrays, personal"]["later"])
    for name, key in (("arrays, before", "arrays"), ("arrays, after", "arrays, personal")):
        table_ = np.array(drawn["personal"]["confusion"][name])
        assert np.trace(table_) / table_.sum() == pytest.approx(found[key]["later"])
    assert drawn["personal"]["roc"]["arrays, after"]["area"] > drawn["personal"]["roc"]["arrays, before"]["area"]
    assert columns(events, 0, False, lambda _: None)[0]["arrays, personal"] == found["arrays, personal"]
    rows = {row["what"]: row["columns"] for row in table([{"columns": found}])}
    assert rows["right of patients' later beats"]["arrays, personal"]["mean"] == pytest.approx(100 * found["arrays, personal"]["later"])


def test_the_ecg_pilot_adapts():
    assert LABELLED["ecg"].further is columns
    assert LABELLED["tactile"].further(None, 0, True, print) == ({}, {})


def test_who_learns_briefly_is_shown_everything_once():
    drawn = np.random.default_rng(0)
    x, y = drawn.normal(size=(7, 4)).astype(np.float32), drawn.integers(0, 2, 7)
    own, stage = in_float(Shape(4, 3, 2, 0.1, 10, 3), 0), Stage("one", x, y, x, y)
    once = own.briefly()
    once.learn(stage, 0)
    own.learn(stage, 0)
    assert (once.learned, own.learned) == (7, 21)
