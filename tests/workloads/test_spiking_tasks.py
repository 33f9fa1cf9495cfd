"""Tasks of events on the chip: sets without leaks, the way from training to the chip, few examples, loads; short forms on real recordings."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.coding import Events
from ferrion.core.errors import ConfigError, DataError, MissingDataError
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.workloads import bursts, counting, event_sets, few_shot, hot_pixel, neurobench, spiking_tasks
from ferrion.workloads.event_sets import EVENT_SETS, SACCADES, SENSOR, EventSet, Samples, gathered, load_events
from ferrion.workloads.neurobench import View, metrics
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import BRISK, FINE, Answer, Course, accuracy, frames, present, settle, train
from ferrion.workloads.spiking_alone import Alone
from ferrion.workloads.spiking_seed import TRAINING_ORDER, judged, run_seed, table
from ferrion.workloads.spiking_studies import study
from ferrion.workloads.spiking_tasks import TASKS, chosen

SIZES = {"nmnist": (1000, 100), "nmnist-order": (2000, 200), "gestures": (80, 50), "braille": (4320, 1080), "fsdd": (1200, 300), "ecg": (11_745, 12_043)}
"""Training and test samples, as the notices of the sets give them."""


def recorded(name):
    try:
        return load_events(name)
    except MissingDataError as why:
        pytest.skip(
            f"looks at the events made of your copy of {name}, and there is none here: the recordings are others' and come under their licence, so they are not in the repository "
            f"and no test downloads them. Training, deployment and learning are tested without them, on made-up events. To run this too: {why}"
        )


@pytest.mark.parametrize("name", EVENT_SETS)
def test_sets_are_in_order_and_no_sample_is_in_both_parts(name):
    events = recorded(name)
    assert (len(events.training), len(events.test)) == SIZES[name]
    seen = set()
    for samples in (events.training, events.test):
        assert samples.rows.min() >= 0
        assert samples.rows.max() < events.rows
        assert samples.times.min() >= 0.0
        assert samples.times.max() <= events.seconds
        assert set(np.unique(samples.labels)) == set(range(events.classes))
        inner = np.ones(len(samples.times) - 1, bool)
        inner[samples.offset[1:-1] - 1] = False
        assert (np.diff(samples.times)[inner] >= 0).all()
    for samples in (events.training, events.test):
        keys = {samples.events(n).times.tobytes() + samples.events(n).rows.tobytes() for n in range(len(samples))}
        assert len(seen & keys) <= 0.001 * len(keys)
        seen |= keys
    if name == "ecg":
        assert not set(events.training.group) & set(events.test.group)


def test_a_recording_and_its_reverse_have_the_same_counts_and_not_the_same_order(monkeypatch):
    """Every row of every saccade has as many events; backwards twice is the recording; an event at the start of a saccade is at its end."""
    drawn = np.random.default_rng(0)
    some = gathered((Events(np.sort(drawn.uniform(0.0, 0.34, 300)), drawn.integers(0, 2 * SENSOR**2, 300)) for _ in range(6)), np.zeros(6), np.full(6, -1))
    monkeypatch.setattr(event_sets, "_nmnist", lambda: EventSet("nmnist", 2 * SENSOR**2, 10, 0.34, some, some, "made up"))
    both = load_events("nmnist-order").training
    assert both.labels.tolist() == [0] * 6 + [1] * 6
    assert both.group.tolist() == [*range(6)] * 2
    for k in range(6):
        forth, back = both.events(k), both.events(6 + k)
        which, other = (np.searchsorted(SACCADES, own.times, side="right") for own in (forth, back))
        for saccade in (1, 2, 3):
            np.testing.assert_array_equal(np.sort(forth.rows[which == saccade]), np.sort(back.rows[other == saccade]))
            first = forth.times[which == saccade][0] - SACCADES[saccade - 1]
            assert SACCADES[saccade] - back.times[other == saccade][-1] == pytest.approx(first)
        again = event_sets._backwards(back)
        np.testing.assert_allclose(again.times, forth.times, atol=1e-12)
        np.testing.assert_array_equal(again.rows, forth.rows)


def test_gestures_are_cut_into_glances_and_a_file_that_is_not_in_order_is_told(monkeypatch, tmp_path):
    """Two recordings of an event every 10 ms: ten events a glance, eight glances to learn from and five to decide; offsets that leave events out, or a pause, are refused."""
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    path = tmp_path / "dvs128_samples" / "dvs128_recordings.npz"
    path.parent.mkdir()
    t = np.tile(np.arange(5_000, 1_400_000, 10_000), 2)
    whole = {"x": t % 128, "y": t % 64, "p": t % 2, "t_us": t, "offset": np.array([0, 140, 280]), "label_inferred": np.array([1, 2])}
    np.savez(path, **whole)
    events = load_events("gestures")
    assert (len(events.training), len(events.test), events.classes) == (16, 10, 2)
    assert all(len(events.test.events(k).times) == 10 for k in range(10))
    for wrong in ({"offset": np.array([0, 140])}, {"t_us": np.where(t > 1_000_000, 5_000, t)}):
        np.savez(path, **{**whole, **wrong})
        with pytest.raises(DataError, match="give offsets from 0 to the last event"):
            load_events("gestures")


def made_up(count, seed):
    """Two classes that differ in which rows speak."""
    drawn = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return gathered((Events(np.sort(drawn.uniform(0, 0.1, 40)), 8 * label + drawn.integers(0, 8, 40)) for label in labels), labels, np.full(count, -1))


EVENTS = EventSet("made up", 16, 2, 0.1, made_up(60, 0), made_up(40, 1), "two classes")


def test_frames_hold_every_event():
    found = frames(EVENTS.training, np.array([3, 5]), 16, 0.1, 0.002)
    assert found.shape == (50, 2, 16)
    assert found.sum() == 80
    times, rows = EVENTS.training.events(5)
    wanted = np.zeros((50, 16))
    np.add.at(wanted, (np.minimum((times / 0.002).astype(int), 49), rows), 1)
    np.testing.assert_array_equal(found[:, 1].numpy(), wanted)


@pytest.mark.slow
def test_one_seed_all_the_way_on_made_up_events():
    task = replace(TASKS["ecg"], hidden=12, swing=(0.3, 0.4), recurrent=0.0, alone=Alone(0.2, 2), course=Course(2e-3, 12, batch=10, rate=1e-2), most=60, early=True)
    found = run_seed(task, EVENTS, 0, lambda *_: None)
    for accuracy_of in (found["float"], found["twin"], found["deployed"]["accuracy"], found["tuned"]["accuracy"], found["local"]["accuracy"]):
        assert accuracy_of > 0.85
    assert found["early"]["accuracy"] > 0.85
    assert found["early"]["joules"] <= found["deployed"]["joules"]
    assert found["levels"]["same"] > 0.85
    assert found["levels"]["device"]["joules_a_spike"] > 0.0
    assert found["learning"]["joules"] > found["local"]["joules"] > 0
    assert found["learning"]["fecap_writes"] == pytest.approx(np.mean([own["fecap_writes"] for own in found["passes"]]))
    first, second = (set(chosen(EVENTS.training, 60, TRAINING_ORDER + step).tolist()) for step in (0, 1))
    assert (found["met"], found["again"]) == (len(first | second), len(first & second))
    assert len(table([found, found])) == len(table([found]))


def test_a_twin_learns_and_the_chip_agrees():
    torch.manual_seed(0)
    chip, wiring = SpikingChip.from_card(), Wiring(inputs=16, cells=(12, 2), swing=(0.3, 0.4))
    twin, losses = ChipTwin(chip, wiring, 2e-3, 2.0), []
    assert train(twin, EVENTS, Course(2e-3, 10, batch=10, rate=1e-2), 0, lambda _, loss: losses.append(loss)) == 0
    assert losses[-1] < losses[0]
    assert accuracy(twin, EVENTS.test, EVENTS) > 0.85
    network = SpikingNetwork(chip, wiring)
    twin.deploy(network)
    answers = [present(network, EVENTS, EVENTS.test, n) for n in range(40)]
    assert judged(answers, EVENTS.test.labels)["accuracy"] > 0.85
    assert all(0.0 < answer.seconds < 0.15 for answer in answers if answer.decided >= 0)


def test_what_nobody_voted_on_counts_as_wrong():
    found = judged([Answer(-1, float("nan"), 0, (0, 0)), Answer(1, 0.02, 5, (0, 3))], np.array([0, 1]))
    assert found == {"accuracy": 0.5, "balanced": 0.5, "silent": 0.5, "seconds": [0.02, 0.02], "spikes": 2.5}
    assert judged([Answer(-1, float("nan"), 0, (0, 0))], np.array([0]))["seconds"] == [None, None]
    assert row("x", [None]) == {"what": "x", "mean": None, "deviation": None}


def test_events_at_the_very_end_are_delivered_before_the_rest():
    network = SpikingNetwork(SpikingChip.from_card(), Wiring(inputs=2, cells=(2,), swing=(0.1,)))
    network.run([0.1], np.array([0]), 0.1)
    assert network.state.links.queued[0] == 1
    settle(network)
    network.rest()
    assert network.state.links.delivered[0] == 1


def test_bursts_wait_longer_and_saturate_earlier_than_independent_events():
    calm, dense = (bursts.load("poisson", bursts.poisson(rate, 0, 4000), False, 0) for rate in (1e4, 3e7))
    burst = bursts.load("bursty", bursts.bursty(3e6, 0, 4000), False, 0)
    even = bursts.load("poisson", bursts.poisson(3e6, 0, 4000), False, 0)
    assert calm.dropped == 0.0
    assert dense.dropped == pytest.approx(1.0 - 1e7 / 3e7, abs=0.05)
    assert burst.late > even.late
    assert bursts.saturation([calm, dense], "poisson", False) == calm.rate
    drawn = bursts.bursty(1e5, 0, bursts.COUNT)
    assert len(drawn.times) / drawn.times[-1] == pytest.approx(1e5, rel=0.35)


def test_cells_under_load_fire_and_learning_costs_what_it_rewrites():
    """Without spikes nothing is paired: a chip that never fires shows the price of transfers alone."""
    events = bursts.poisson(1e5, 0, 20_000)
    plain, learning = (bursts.load("poisson", events, learns, 0) for learns in (False, True))
    silent = bursts.load("poisson", bursts.poisson(1e3, 0, 4000), True, 0)
    assert silent.spikes == silent.rewritten == 0.0
    assert silent.answered is None
    assert silent.fired == 0.0 < plain.fired <= 1.0
    assert plain.spikes > 10.0
    assert plain.rewritten == 0.0
    assert 0.0 < learning.answered == pytest.approx(plain.answered, rel=0.1)
    assert learning.rewritten > 1.0
    assert learning.joules > 2.0 * silent.joules > 2.0 * plain.joules


def test_a_recording_is_replayed_at_any_rate_gap_by_gap(monkeypatch, tmp_path):
    (tmp_path / "dvs128_samples").mkdir()
    gaps = np.r_[0, np.random.default_rng(0).integers(1, 1000, 499)]
    times = np.tile(np.cumsum(gaps).astype(np.uint32), bursts.GESTURES)
    file = {"t_us": times, **{key: np.zeros(len(times), np.uint8) for key in "xyp"}, "offset": np.arange(bursts.GESTURES + 1) * 500}
    np.savez(tmp_path / "dvs128_samples" / "dvs128_recordings.npz", **file)
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    bursts._moments.cache_clear()
    played = bursts.replayed(1e5, 3, 1 + 3 * 499).times
    bursts._moments.cache_clear()
    assert 3 * 499 / (played[-1] - played[0]) == pytest.approx(1e5)
    found = np.diff(played)
    assert np.allclose(found[:499], found[499:998])
    assert np.allclose(np.sort(found[:499]) / found[:499].sum(), np.sort(gaps[1:]) / gaps.sum())


def test_a_hot_pixel_costs_energy_at_any_rate_and_events_beyond_what_the_link_carries():
    """A link carries 1e7 events/s: half of 2e7 is dropped. Below, none is; each event that is delivered costs a read."""
    torch.manual_seed(0)
    chip, wiring, events = SpikingChip.from_card(), Wiring(inputs=17, cells=(12, 2), swing=(0.3, 0.4)), replace(EVENTS, rows=17)
    twin = ChipTwin(chip, wiring, 2e-3, 2.0)
    train(twin, events, Course(2e-3, 10, batch=10, rate=1e-2), 0)
    digits, few = EVENTS.test.take(np.arange(20)), EVENTS.test.take(np.arange(2))

    def loaded(samples, draw, rate):
        return hot_pixel.decided(hot_pixel.deployed(twin, 16, True, 0), events, samples, hot_pixel.hot(16, draw, rate, 0.1, 0))

    quiet, some, many = loaded(digits, hot_pixel.silence, 0.0), loaded(digits, bursts.poisson, 1e4), loaded(few, bursts.poisson, 2e7)
    assert quiet["dropped"] == some["dropped"] == 0.0
    assert some["accuracy"] == quiet["accuracy"] > 0.85
    assert 0.0 < quiet["median"] <= quiet["late"] <= quiet["worst"] < 0.12
    assert some["median"] == pytest.approx(quiet["median"], abs=1e-5)
    assert many["dropped"] == pytest.approx(0.5, abs=0.03)
    event = (some["joules"] - quiet["joules"]) / 1e3
    assert event == pytest.approx((many["joules"] - quiet["joules"]) / 1e6, rel=0.3)


def test_a_weight_of_nothing_is_no_row_cut():
    """The pairs of a masked row are programmed to 0 as well as devices can be; those of a cut row are not there."""
    torch.manual_seed(0)
    chip = SpikingChip.from_card()
    twin = ChipTwin(chip, Wiring(inputs=17, cells=(200, 2), swing=(0.3, 0.4)), 2e-3, 2.0)
    with torch.no_grad():
        twin.shares[0][16] = 0.0
    masked, cut = (hot_pixel.deployed(twin, 16, cut, 0) for cut in (False, True))
    assert np.abs(cut.weights(0)[16]).max() == 0.0
    assert masked.weights(0)[16].std() == pytest.approx(chip.memory.levels[1][0], rel=0.2)
    np.testing.assert_array_equal(cut.weights(0)[:16], masked.weights(0)[:16])


@pytest.mark.parametrize("stream", hot_pixel.STREAMS)
def test_a_hot_pixel_speaks_all_the_time_at_its_rate(stream):
    if stream == "recorded":
        recorded("gestures")
    drawn = [hot_pixel.hot(3, hot_pixel.STREAMS[stream], 1e5, 0.3, 0)(sample) for sample in range(4)]
    assert {int(row) for one in drawn for row in np.unique(one.rows)} == {3}
    assert np.mean([len(one.times) for one in drawn]) == pytest.approx(3e4, rel=0.02 if stream == "poisson" else 0.15)
    assert min(one.times[-1] for one in drawn) > 0.28
    both = hot_pixel.together(drawn[0], drawn[1])
    assert (np.diff(both.times) >= 0).all()
    assert len(both.times) == len(drawn[0].times) + len(drawn[1].times)


def test_recorded_moments_come_again_and_again_at_the_rate_asked(monkeypatch):
    """Three gaps of a made-up gesture, of which one is ten times the others: the same gaps in their order, from any one of them on, a hundred times as fast."""
    monkeypatch.setattr(bursts, "_moments", lambda _: np.array([0.0, 1.0, 2.0, 12.0]))
    found = bursts.replayed(25.0, 0, 3000)
    gaps = np.diff(found.times)
    assert found.times[-1] == pytest.approx(3000 / 25.0)
    np.testing.assert_allclose(gaps[3:], gaps[:-3])
    np.testing.assert_allclose(np.sort(gaps[:3]), [0.01, 0.01, 0.1])


def test_few_examples_are_none_of_the_training_or_the_test(monkeypatch):
    """Everything a study shows is taken down: what is trained on, learned from and tested on never overlap."""
    recorded("nmnist")
    shown = {}

    def taken(_task, events, course, _lesson, _seed, _tell):
        shown.update(course._asdict(), events=events)
        return {"shots": [{} for _ in few_shot.SHOTS]}

    monkeypatch.setattr(few_shot, "_adapted", taken)
    monkeypatch.setattr(few_shot, "counted_shots", lambda *_: [{} for _ in few_shot.SHOTS])
    few_shot.new_class(3, True, print)
    labels = shown["events"].training.labels
    assert 3 not in labels[shown["known"]]
    assert (labels[shown["shots"]] == 3).all()
    assert 3 not in shown["others"].labels
    assert (shown["theirs"].labels == 3).all()
    shots = {shown["events"].training.events(int(n)).times.tobytes() for n in shown["shots"]}
    assert not shots & {shown["theirs"].events(n).times.tobytes() for n in range(len(shown["theirs"]))}


def test_an_example_of_a_new_class_is_shown_until_it_is_told_rightly(monkeypatch):
    """Told as another class, as none, then rightly; the next at once."""
    said = iter([0, -1, 1, 1])
    monkeypatch.setattr(few_shot, "present", lambda *_, **given: Answer(next(said), 0.0, 0, ()) if given == {"label": 1, "learn": True} else None)
    known, *shots = np.flatnonzero(EVENTS.training.labels == 1)[:3]
    assert few_shot.one_by_one(None, EVENTS, np.array([known, *shots]), 1) == 3 + 1


def test_examples_of_a_new_speaker_are_shown_in_rounds(monkeypatch):
    """Every example so far once a round, those known before too, in an order of its own."""
    shown = []
    monkeypatch.setattr(few_shot, "present", lambda _network, _events, _samples, sample, **_: shown.append(sample))
    assert few_shot.in_rounds(SimpleNamespace(seed=0), EVENTS, np.arange(20), 10) == 20 * few_shot.SHOWN
    rounds = np.array(shown).reshape(few_shot.SHOWN, 20)
    np.testing.assert_array_equal(np.sort(rounds), np.tile(np.arange(20), (few_shot.SHOWN, 1)))
    assert len({tuple(own) for own in rounds}) == few_shot.SHOWN


def test_fine_steps_calm_hidden_cells_and_the_chip_does_what_its_twin_does():
    """The same start with and without epochs in fine steps, hidden cells that excite each other: without them they run away, and chips do not fire as their twin does.

    Eight chips, for one is luck: with fine steps they fire 39 to 71 times a second, by chip and start.
    """
    wiring = Wiring(inputs=EVENTS.rows, cells=(16, 2), swing=(1.0, 0.2), recurrent=(0.3, 0.0))
    rates, right, on_chip = [], [], []
    for fine in (0, 100):
        torch.manual_seed(0)
        twin = ChipTwin(SpikingChip.from_card(), wiring, 2e-3, 2.0)
        train(twin, EVENTS, Course(2e-3, 10, batch=10, rate=1e-2, fine=fine), 0)
        assert twin.dt == (FINE if fine else 2e-3)
        with torch.no_grad():
            spikes = twin(frames(EVENTS.test, np.arange(40), EVENTS.rows, EVENTS.seconds, twin.dt))[0]
        told = []
        for chip in range(8):
            network = SpikingNetwork(SpikingChip.from_card(), wiring, seed=chip)
            twin.deploy(network)
            network.state.somata.shift[:] = 0.0
            told.append([present(network, EVENTS, EVENTS.test, n) for n in range(40)])
        answers = told[0]
        rates.append(float(spikes.sum(0).mean()) / EVENTS.seconds)
        on_chip.append(np.mean([answer.spikes for own in told for answer in own]) / 16 / EVENTS.seconds)
        right.append((accuracy(twin, EVENTS.test, EVENTS), judged(answers, EVENTS.test.labels)["accuracy"]))
    assert on_chip[0] > 1.5 * rates[0] > 3.0 * BRISK
    assert rates[1] < BRISK, "what the penalty asks for"
    assert rates[1] < on_chip[1] < 1.5 * BRISK
    assert min(right[1]) > 0.9


def test_twins_of_the_short_form_are_given_fewer_samples_and_those_of_the_full_one_all():
    few = spiking_tasks.given(replace(TASKS["ecg"], taught=20), EVENTS, 3)
    assert len(few.training) == 20
    assert set(few.training.labels) == {0, 1}
    assert few.test is EVENTS.test
    assert spiking_tasks.given(TASKS["ecg"], EVENTS, 3) is EVENTS
    assert (TASKS["ecg"].taught, TASKS["ecg"].shorter().taught) == (None, spiking_tasks.TAUGHT_SHORT)


def test_a_twin_that_was_refined_is_trained_on_from_steps_of_the_course():
    """Whoever trains a second time begins where the course says, not where the first ended."""
    twin = ChipTwin(SpikingChip.from_card(), Wiring(inputs=EVENTS.rows, cells=(4, 2), swing=(0.3, 0.4)), 2e-3, 2.0)
    twin.step(FINE)
    train(twin, EVENTS, Course(2e-3, 1), 0)
    assert twin.dt == 2e-3
    assert twin.law.slope == pytest.approx(2e-3 / 2.5e-3), "of the gate's time constant"
    with pytest.raises(ConfigError, match="rests for"):
        twin.step(5e-3)


def test_arrays_learn_a_new_class_from_a_few_examples_and_nothing_without(monkeypatch):
    """Two of three classes are known; ten examples of the third are learned on the chip. Before them it is never told."""
    draws = np.random.default_rng(0)
    monkeypatch.setattr(counting, "SETTINGS", [counting.Setting(4, 0.05)])

    def three(count):
        labels = np.arange(count) % 3
        return gathered([Events(np.sort(draws.uniform(0.0, 0.1, 40)), 4 * label + draws.integers(0, 4, 40)) for label in labels], labels, np.full(count, -1))

    events = EventSet("three rows of four", 12, 3, 0.1, three(150), three(60), "made up")
    known, new = (np.flatnonzero((events.training.labels == 2) == is_new) for is_new in (False, True))
    tested = events.test.labels == 2
    course = few_shot.Course(known, new[:10], 1, events.test.take(np.flatnonzero(tested)), events.test.take(np.flatnonzero(~tested)))
    found = few_shot.counted_shots(events, course, 1, 0, False, lambda _: None)
    new_one, others = few_shot.COUNTED
    assert found[0] == {new_one: 0.0, others: 1.0}
    assert found[-1][new_one] > 0.8
    assert found[-1][others] > 0.8
    assert few_shot.counted_shots(events, course, 1, 0, False, lambda _: None) == found


def test_names_numbers_and_empty_takes():
    with pytest.raises(ConfigError, match="is no study: give nmnist"):
        study("bogus", 1, True, None, print)
    with pytest.raises(ConfigError, match="seeds = 0"):
        study("nmnist", 0, True, None, print)
    with pytest.raises(DataError, match="give nmnist"):
        load_events("bogus")
    nothing = EVENTS.test.take(np.array([], int))
    assert isinstance(nothing, Samples)
    assert len(nothing) == 0


def test_neurobench_sees_the_spikes_and_weights_of_the_twin():
    torch.manual_seed(0)
    twin = ChipTwin(SpikingChip.from_card(), Wiring(inputs=16, cells=(12, 2), swing=(0.6, 0.4), recurrent=(0.1, 0.0)), 2e-3, 2.0, spread=0.5)
    view, batch = View(twin), frames(EVENTS.test, np.arange(6), 16, 0.1, 2e-3)
    torch.manual_seed(3)
    mine = twin.votes(batch)
    heard = [[] for _ in view.tiles]
    for tile, kept in zip(view.tiles, heard, strict=True):
        tile.register_forward_pre_hook(lambda _, given, kept=kept: kept.append(given[0]))
    torch.manual_seed(3)
    theirs = view(batch.transpose(0, 1))
    torch.testing.assert_close(theirs, mine)
    assert mine.sum() > 0
    assert heard[0][0].sum() == batch.sum()
    assert heard[1][0].sum() == heard[2][0].sum() > 0


def test_neurobench_counts():
    pytest.importorskip("neurobench", reason="neurobench is not installed: pip install neurobench")
    torch.manual_seed(0)
    twin = ChipTwin(SpikingChip.from_card(), Wiring(inputs=16, cells=(12, 2), swing=(0.6, 0.4)), 2e-3, 2.0, spread=0.5)
    counted = metrics(twin, EVENTS, EVENTS.test)
    assert counted["Footprint"] == 4 * (16 * 12 + 12 * 2)
    assert 0.0 < counted["ActivationSparsity"] < 1.0
    assert counted["SynapticOperations"]["Dense"] == 50 * (16 * 12 + 12 * 2)


def test_neurobench_is_asked_for_before_anything_is_trained(monkeypatch):
    monkeypatch.setitem(sys.modules, "neurobench.benchmarks", None)
    with pytest.raises(ConfigError, match=r"NeuroBench cannot be imported .*: pip install neurobench"):
        neurobench.counted(0, True, lambda _: pytest.fail("nothing is to be trained"))


def test_the_table_of_neurobench_names_every_number():
    run = {name: dict.fromkeys(neurobench.NAMED, 0.5) for name in TASKS}
    rows = neurobench.table([run, run])
    assert len({row["what"] for row in rows}) == len(rows) == len(TASKS) * len(neurobench.NAMED)
    assert all((row["mean"], row["deviation"]) == (0.5, 0.0) for row in rows)
