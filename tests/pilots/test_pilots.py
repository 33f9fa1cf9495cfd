"""Pilots: windows of a stream, faults and what they lose, opponents, the table; and the short forms on real recordings."""

import json
import math
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ferrion.chip.chip import Chip
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.coding import Events
from ferrion.core.errors import CheckpointError, ConfigError, DataError, MissingDataError
from ferrion.core.ledger import Action
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.twins import ChipTwin
from ferrion.pilots import counters, labelled
from ferrion.pilots.faults import FAULTS, JUMPING, as_block, met, stream
from ferrion.pilots.labelled import kept_chip
from ferrion.pilots.labelled_columns import columns
from ferrion.pilots.live import decisions, told, windows
from ferrion.pilots.opponents import Opponents, classical, int8
from ferrion.pilots.recordings import LABELLED, collapsed
from ferrion.pilots.sending import as_events, example_bytes
from ferrion.pilots.study import study
from ferrion.pilots.table import SPIKING, table
from ferrion.report.pilot import lines, markdown, page, tables
from ferrion.report.pilot_summary import SHOWN, at_a_glance
from ferrion.report.plots import COLOURS
from ferrion.workloads import event_sets
from ferrion.workloads.digital import inputs
from ferrion.workloads.digital.costs import synaptic_joules
from ferrion.workloads.digital.inputs import binned, counted
from ferrion.workloads.digital.network import Recipe
from ferrion.workloads.digital.trees import grown, tree_joules
from ferrion.workloads.event_sets import EventSet, Samples, gathered, load_events
from ferrion.workloads.spiking import Course, present, train
from ferrion.workloads.spiking_alone import Alone
from ferrion.workloads.spiking_tasks import Task
from ferrion.workloads.streams.block import block
from ferrion.workloads.streams.feed import Sensor
from ferrion.workloads.streams.source import events_from

MICROSECOND = 1e-6


def made_up(count, seed):
    """Two classes that differ in which rows speak, times in whole microseconds."""
    drawn = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return gathered((Events(np.sort(drawn.integers(0, 100_000, 40)) * MICROSECOND, 8 * label + drawn.integers(0, 8, 40)) for label in labels), labels, np.full(count, -1))


EVENTS = EventSet("made up", 16, 2, 0.1, made_up(60, 0), made_up(40, 1), "two classes")
SENSOR = Sensor(8, 1)
TINY = Task("made up", 0.02, 12, (0.3, 0.4), 0.0, Alone(0.2, 1), Course(2e-3, 8, batch=10, rate=1e-2), 5.0, 40)
OPPONENTS = Opponents(((binned(2), Recipe((1,), epochs=1)), (binned(1), Recipe((8,), epochs=60, batch=10))), (binned(1),), ("logistic", binned(1), (LogisticRegression,)))


@pytest.fixture(scope="module")
def twin():
    """Trained on the made-up events."""
    torch.manual_seed(0)
    found = ChipTwin(SpikingChip.from_card(), Wiring(inputs=16, cells=(12, 2), swing=(0.3, 0.4)), 2e-3, 2.0)
    train(found, EVENTS, Course(2e-3, 10, batch=10, rate=1e-2), 0)
    return found


def chip_of(twin):
    network = SpikingNetwork(SpikingChip.from_card(), twin.wiring)
    twin.deploy(network)
    return network


@settings(deadline=None)
@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=60), st.integers(1, 7), st.integers(1, 100_000))
def test_every_event_is_in_one_window_in_order(steps, size, length):
    """Whatever the blocks are: windows begin with an event, hold those less than a length after it, and the next begins with the first that is not."""
    t = np.cumsum(steps)
    events = block(t, np.zeros(len(t)), np.zeros(len(t)), np.zeros(len(t)))
    found = list(windows((events[k : k + size] for k in range(0, len(events), size)), length * MICROSECOND))
    np.testing.assert_array_equal(np.concatenate([piece["t"] for _, piece in found]), t)
    opened = {}
    for window, piece in found:
        opened.setdefault(window.number, int(piece["t"][0]))
        assert window.opened == opened[window.number]
        assert (piece["t"] - window.opened < length).all()
    assert list(opened) == list(range(len(opened)))
    starts = [opened[k] for k in range(len(opened))]
    assert all(b - a >= length for a, b in pairwise(starts))


def test_a_clock_that_begins_anew_opens_a_window_and_a_late_event_does_not():
    t = [5_000_000, 5_000_010, 4_999_000, 100, 110]
    found = list(windows(iter([block(t, [0] * 5, [0] * 5, [0] * 5)]), 0.1))
    assert [(window.number, window.reset) for window, _ in found] == [(0, False), (0, False), (1, True), (1, True)]
    assert [piece["t"].tolist() for _, piece in found] == [[5_000_000], [5_000_010, 4_999_000], [100], [110]]


def test_a_stream_without_faults_is_decided_as_its_recordings(twin):
    few = EVENTS.test.take(np.arange(20))
    found = list(decisions(chip_of(twin), iter(stream(few, SENSOR, "none", 0)), SENSOR, EVENTS.seconds))
    alone = [present(chip_of(twin), EVENTS, few, k).decided for k in range(20)]
    assert len(found) == 20
    assert np.mean([own.answer.decided == decided for own, decided in zip(found, alone, strict=True)]) >= 0.9
    assert all(0.0 < own.answer.seconds < 0.3 for own in found if own.answer.decided >= 0)


@pytest.mark.parametrize("name", FAULTS)
def test_every_event_of_a_faulty_stream_is_taken_or_counted(name, twin):
    """events = delivered + dropped + late + outside at the first tile, and what is lost is what the fault is."""
    network, few = chip_of(twin), EVENTS.test.take(np.arange(8))
    sent = sum(map(len, stream(few, SENSOR, name, 0)))
    found, links = met(network, few, SENSOR, EVENTS.seconds, name, 0), network.state.links
    assert found["events"] == sent == links.delivered[0] + links.dropped[0] + found["late"] + found["outside"]
    lost = {key: found[key] for key in ("late", "outside", "dropped", "clock_resets") if found[key]}
    wanted = {"none": set(), JUMPING: {"clock_resets"}}
    named = {key: {kind} for key, kind in zip(list(FAULTS)[2:], ("late", "outside", None, "dropped"), strict=True) if kind}
    assert set(lost) == {**wanted, **named}.get(name, set())
    assert found["share"] > 0.6 or name == list(FAULTS)[-1]
    if name == JUMPING:
        assert found["clock_resets"] == 4


@pytest.mark.parametrize("sensor", [SENSOR, Sensor(4, 4, 2), Sensor(9, 3, 4)])
def test_a_recording_as_a_camera_sends_it_has_the_rows_of_the_set(sensor):
    rows = np.arange(sensor.rows)
    sent = as_block(samples_of(rows), 0, sensor)
    np.testing.assert_array_equal(sensor.of(sent), rows)
    np.testing.assert_allclose(sent["t"] * MICROSECOND, samples_of(rows).times, atol=1e-6)


def samples_of(rows):
    """One recording, an event a row."""
    return Samples(np.linspace(0.0, 0.1, rows.size), rows, np.array([0, rows.size]), np.zeros(1, np.int64), np.zeros(1, np.int64))


@pytest.mark.parametrize("name", LABELLED)
def test_sensors_have_the_rows_of_their_sets(name):
    rows = {"event-vision": 2312, "event-order": 2312, "event-gestures": 2048, "tactile": 24, "ecg": 10}
    assert LABELLED[name].sensor.rows == rows[name]


def test_a_live_socket_is_decided_and_a_dead_one_is_an_error_after_its_events(twin):
    """DAT over loopback, cut inside its last event."""
    few = EVENTS.test.take(np.arange(4))
    events = np.concatenate([shifted(as_block(few, k, SENSOR), 400_000 * k) for k in range(4)])
    sent = as_dat(events)
    found = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        said = threading.Thread(target=send, args=(listening, sent[:-2]))
        said.start()
        source = events_from(f"tcp://127.0.0.1:{listening.getsockname()[1]}")
        with pytest.raises(DataError, match="6 of 8 bytes"):
            deque(map(found.append, decisions(chip_of(twin), source, SENSOR, EVENTS.seconds)))
        said.join()
    assert [own.fed.events for own in found] == [40, 40, 40]
    assert told(found)["decisions"] == 3


def as_dat(events):
    words = np.stack([events["t"], events["x"] | events["y"].astype(np.int64) << 14 | events["p"].astype(np.int64) << 28], axis=1).astype("<u4")
    return b"% Data file\n% Height 240\n" + bytes([0, 8]) + words.tobytes()


def send(listening, content):
    line, _ = listening.accept()
    with line:
        line.sendall(content)


def shifted(events, by):
    events["t"] += by
    return events


def test_counts_of_bins_hold_every_event():
    found = counted(EVENTS.test, 16, 0.1, 5)
    assert found.sum() == 40 * 40
    times, rows = EVENTS.test.events(7)
    assert found[7, 2, rows[20]] == np.sum((rows == rows[20]) & (np.floor(times / 0.1 * 5) == 2))


def test_opponents_learn_the_task_and_say_what_they_take():
    prices = Chip.from_card("leti-2025").prices
    own = int8(OPPONENTS, EVENTS, np.arange(40), prices, 0, False)
    assert own["numbers"]["accuracy"] > 0.9
    assert "epochs=60" in own["recipe"]
    assert own["numbers"]["sent_learned"] == 16
    assert own["numbers"]["joules, stm32u385"] > own["numbers"]["joules, ndp120"] > 0
    assert own["numbers"]["late, stm32u385"] > EVENTS.seconds
    assert (own["numbers"]["measured"], own["numbers"]["assumed"]) == (0.0, 1.0)
    assert own["numbers"]["leaked"] == pytest.approx(8 * own["numbers"]["memory"] * 8.44e-12)
    assert own["numbers"]["joules with leakage"] == pytest.approx(own["numbers"]["joules"] + EVENTS.seconds * own["numbers"]["leaked"])
    silent = replace(OPPONENTS, options=tuple((replace(given, counting=False), recipe) for given, recipe in OPPONENTS.options))
    counted = own["numbers"]["joules"] - int8(silent, EVENTS, np.arange(40), prices, 0, False)["numbers"]["joules"]
    assert counted == pytest.approx(40 * prices.energy[Action.TRACE_UPDATE][0])
    assert np.sum(own["confusion"]) == 40
    found = classical(OPPONENTS, EVENTS, np.arange(40), prices, 60, 0)["numbers"]
    assert found["accuracy"] > 0.9
    assert "joules" not in found


def test_trees_are_priced_with_the_counting_of_their_events():
    prices = Chip.from_card("leti-2025").prices
    method = ("trees", binned(1), (partial(HistGradientBoostingClassifier, max_iter=3, min_samples_leaf=2),))
    found = classical(replace(OPPONENTS, classical=method), EVENTS, np.arange(40), prices, 100, 0)["numbers"]
    own = grown(method[2][0](random_state=0).fit(binned(1)(EVENTS)[0], EVENTS.training.labels))
    assert found["joules"] == pytest.approx(tree_joules(own, prices) + 40 * prices.energy[Action.TRACE_UPDATE][0])
    assert found["sent_learned"] == 16


def test_the_smallest_network_has_no_hidden_layer_and_the_penalty_that_holds_out_best():
    asked = replace(OPPONENTS, linear=(binned(1), binned(2))).smallest.options
    assert [recipe.hidden for _, recipe in asked] == [()] * 8
    assert len({(given.made.args, recipe.decay, recipe.dropout) for given, recipe in asked}) == 8


def test_all_pilots_stand_in_one_table():
    """Of the records: the score of a row is that of its seeds, what is not known is a dash, and a chip at both levels, int8 and float32 are there for every pilot."""
    results = {path.stem.removeprefix("pilot-"): json.loads(path.read_text(encoding="utf-8")) for path in Path("docs/results").glob("pilot-*.json")}
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in at_a_glance(results).splitlines()]
    assert {len(row) for row in rows} == {11}
    names = [row[0].partition("**:")[0].strip("*") for row in rows[2:] if row[0]]
    assert {name.partition(",")[0] for name in names} == set(results)
    for (name, shown), start in zip(SHOWN.items(), [k for k, row in enumerate(rows) if row[0].startswith("**")], strict=True):
        recorded = results[name.partition(",")[0]]["runs"][0]["columns"]
        assert all(columns[0] in recorded for columns in shown.who.values()), name
        part = rows[start : start + len(shown.who)]
        scores = [100 * run["columns"][next(iter(shown.who.values()))[0]][shown.score] for run in results[name.partition(",")[0]]["runs"]]
        assert float(part[0][2].partition(" ")[0]) == pytest.approx(np.mean(scores), abs=0.05)
        assert {"the same, device level"} <= {row[1] for row in part}
        assert any("int8" in row[1] for row in part)
        assert any("float32" in row[1] for row in part)
    matched = next(row for row in rows if row[1].startswith("matched filters"))
    assert float(matched[7]) > 0.0
    own = results["trigger"]["runs"][0]["columns"]["matched filters"]
    converted = own["converted"] / (own["joules"] + own["converted"])
    assert float(matched[3]) == pytest.approx(1e6 * (own["joules"] + own["converted"]), rel=5e-3)
    assert matched[-1] == f"0 / {100 * converted:.0f} / {100 - 100 * converted:.0f}", "products at assumed prices, converters at a derived one"


def test_no_two_parts_of_a_bar_look_the_same():
    assert len(set(COLOURS)) >= len(Action) + 2, "all actions, and what is drawn as a whole of arrays and of digital parts"


@pytest.fixture
def small_pilot(monkeypatch):
    """A pilot of made-up events."""
    monkeypatch.setitem(LABELLED, "tactile", replace(LABELLED["tactile"], sensor=SENSOR, opponents=OPPONENTS))
    monkeypatch.setattr(labelled, "load_events", lambda _: EVENTS)
    monkeypatch.setattr(labelled, "the_task", lambda _name, _short: TINY)


@pytest.mark.slow
@pytest.mark.usefixtures("small_pilot")
def test_a_pilot_end_to_end_on_made_up_events(tmp_path):
    """What the table says is what the runs say; nothing leaves when a chip learns; the page and the kept chip are there; a second call computes nothing."""
    said = []
    result = study("tactile", 2, False, tmp_path, said.append)
    rows = {row["what"]: row["columns"] for row in result["table"]}
    chip = [run["columns"]["chip, deployed and tuned"] for run in result["runs"]]
    assert rows["accuracy"]["chip, deployed and tuned"]["mean"] == pytest.approx(100 * np.mean([own["accuracy"] for own in chip]))
    assert rows["bytes that leave to learn an example"]["chip, learning alone"] == {"mean": 0.0, "deviation": 0.0}
    assert rows["bytes that leave to learn an example"]["chip, deployed"]["mean"] == pytest.approx(example_bytes(EVENTS.training))
    assert rows["bytes that leave to learn an example"]["int8"]["mean"] > 0
    assert "int8" not in rows["area of arrays and neurons"]
    run = result["runs"][0]["chip"]
    for key in ("tuned", "local"):
        assert run[key]["joules"] == pytest.approx(sum(run[key]["actions"].values()))
        assert np.sum(run[key]["confusion"]) == 40
        assert np.trace(np.array(run[key]["confusion"])[:, :2]) == round(40 * run[key]["accuracy"])
        assert sum(run[key]["latency"]["counts"]) == 40 - np.sum(np.array(run[key]["confusion"])[:, 2])
    assert sum(run["account"]["tuned"]["known"].values()) == pytest.approx(1.0)
    assert [own["fault"] for own in result["faults"]] == list(FAULTS)
    assert markdown(result).count("\n") == sum(len(rows) + 3 for _, rows in tables(result)) - 2
    assert len(lines(result)) == len(result["table"]) + len(FAULTS)
    html = page(result)
    assert html.count("<img") == 8
    assert "Streams with faults" in html
    json.dumps(result, allow_nan=False)
    kept_chip("tactile", False, tmp_path, EVENTS, 1)
    sent = tmp_path / "sent.dat"
    sent.write_bytes(as_dat(np.concatenate(stream(EVENTS.test.take(np.arange(5)), SENSOR, "none", 0))))
    *_, (last, sums) = labelled.live("tactile", str(sent), 10.0, False, tmp_path)
    assert sums["decisions"] == sums["bytes_left"] == len(sums["decided"]) == len(sums["opened_us"]) == 5
    assert sums["events"] == 200
    assert "window 4" in last
    said.clear()
    assert study("tactile", 2, False, tmp_path, said.append) == result
    assert not said
    (tmp_path / "chip-0.safetensors").unlink()
    again = study("tactile", 2, False, tmp_path, said.append)
    assert {line.split(":")[0] for line in said} == {"seed 0"}, "a seed whose chip is lost is run again, the other is not"
    assert again["runs"][0]["columns"] == result["runs"][0]["columns"]
    kept_chip("tactile", False, tmp_path, EVENTS)
    (tmp_path / "chip-0-quick.safetensors").write_bytes(b"of another network")
    (tmp_path / "chip-0.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError):
        kept_chip("tactile", False, tmp_path, EVENTS)


def test_nobody_is_told_of_what_comes_after_a_heart_beat(monkeypatch, tmp_path):
    """A test patient's beats from the fifth on, and the interval after the fourth, are others: to the chip and to digital parts, the first four are the same."""
    drawn = np.random.default_rng(0)
    beats, intervals = drawn.normal(0.0, 200.0, (2, 8, 256)), drawn.integers(200, 400, (2, 8, 2))
    monkeypatch.setattr(inputs, "find", lambda *_: tmp_path)
    monkeypatch.setattr(event_sets, "find", lambda *_: tmp_path)

    def both():
        kept = {"beats": beats.reshape(16, 256), "rr": intervals.reshape(16, 2), "label": np.tile(list("NSVF"), 4), "record": np.repeat([101, 100], 8)}
        np.savez(tmp_path / "mitbih_beats.npz", **kept)
        return event_sets._ecg().test, inputs.heartbeats(EVENTS)[1]

    events, samples = both()
    beats[1, 4:], intervals[1, 4:], intervals[1, 3, 1] = beats[1, 4:] + drawn.normal(0.0, 200.0, (4, 256)), 700, 700
    others, changed = both()
    np.testing.assert_array_equal(samples[:4], changed[:4])
    assert (samples[4] != changed[4]).any()
    for k in range(5):
        assert (events.events(k).times.tobytes() == others.events(k).times.tobytes() and events.events(k).rows.tobytes() == others.events(k).rows.tobytes()) == (k < 4)


def test_what_is_shown_in_several_passes_costs_all_of_them():
    account = {"area": 0.0, "memory": 0.0, "cmos": {"area": 0.0, "leakage": 0.0, "deciding": 2.0}, "wear": {"fecap": 0.0, "memristor": 0.0}, "known": {}}
    decided = {"accuracy": 1.0, "balanced": 1.0, "joules": 1.0, "operations": 1.0, "seconds": [0.0, 0.0], "dropped": 100, "waited": [0.0, 0.0]}
    decided["leaving"] = {"sent_learned": 0.0, "sent_decided": 1.0}
    found = {"deployed": decided, "tuned": decided, "local": decided, "tuning": {"joules": 7.0}, "float": 1.0, "account": {"deployed": account, "tuned": account, "alone": account}}
    closely = {"accuracy": 1.0, "joules": 1.0, "joules_a_spike": 0.0, "seconds": [0.0, 0.0], "spikes": 1.0}
    found |= {"levels": {"device": closely, "event": closely, "same": 1.0, "samples": 1}, "early": closely, "once": 0.5, "met": 100, "again": 70}
    digital, sent = {"int8": {"numbers": {"learned": 1e-9, "sent_learned": 1.0}}}, {"learned": 1e-6, "sent_learned": 16.0}
    found["passes"] = [{"joules": 2.0, "samples": 100}, {"joules": 1.0, "samples": 100}]
    assert columns(found, digital, 50, 0.5, sent)["chip, learning alone"]["learned"] == pytest.approx(3.0)
    assert columns(found, digital, 50, 0.5, sent)["chip, deployed"]["dropped"] == 2.0
    assert columns(found, digital, 50, 0.5, sent)["chip, deployed"]["joules with leakage"] == pytest.approx(2.0), "half a second of two watts"
    assert columns(found, digital, 50, 0.5, sent)["chip, learning alone"]["on spinnaker2"] == pytest.approx(10e-12)
    assert columns(found, digital, 50, 0.5, sent)["chip, deployed"]["early"] == 1.0
    assert "early" not in columns({key: own for key, own in found.items() if key != "early"}, digital, 50, 0.5, sent)["chip, deployed"]
    assert columns(found, digital, 50, 0.5, sent)["chip, learning alone"]["kept"] == 1120.0, "what is shown again has to be kept"
    assert columns(found | {"met": 150}, digital, 50, 0.5, sent)["chip, learning alone"]["learned"] == pytest.approx(2.0), "300 J for 150 examples"
    assert columns(found, digital, 50, 0.5, sent)["chip, deployed"]["sent_learned"] == 16.0, "weights that are deployed were trained elsewhere, from events"
    assert columns(found, digital, 50, 0.5, sent)["chip, deployed and tuned"]["sent_learned"] == 16.0, "tuned or not"
    tuned = columns(found, digital, 50, 0.5, sent)["chip, deployed and tuned"]
    assert tuned["learned"] == pytest.approx(7.0 + 1e-6)
    assert tuned["learned on chip"] == 7.0


@pytest.mark.parametrize(("latest", "size"), [(340_000, 4), (4_000_000_000, 8)])
def test_events_that_leave_are_words_that_hold_all_of_row_and_time(latest, size):
    """Read back they are the same, to the microsecond."""
    times, rows = np.array([0, 63, 64, 700, 701, latest]), np.array([3, 2311, 2000, 0, 2047, 2048])
    samples = gathered([Events(times * MICROSECOND, rows), Events(times[:2] * MICROSECOND, rows[:2])], np.zeros(2), np.zeros(2))
    sent = as_events(samples)
    assert sent.nbytes == size * (6 + 2)
    assert example_bytes(samples) == sent.nbytes / 2
    assert example_bytes(samples, 10) == 10
    np.testing.assert_array_equal(sent % (1 << latest.bit_length()), np.r_[times, times[:2]])
    np.testing.assert_array_equal(sent >> latest.bit_length(), np.r_[rows, rows[:2]])


@pytest.mark.parametrize("name", LABELLED)
def test_events_of_every_set_fit_in_words_of_four_bytes(name):
    try:
        training = load_events(LABELLED[name].task).training
    except MissingDataError as why:
        pytest.skip(
            f"looks whether row and time of every event of your copy of {name}'s recordings fit in four bytes, and there is none here: they are others' and come under their "
            f"licence, so they are not in the repository and no test downloads them. Words of four and of eight bytes are tested without them, on made-up events. To run this"
            f" too: {why}"
        )
    assert as_events(training).itemsize == 4


def test_every_price_of_a_synaptic_operation_has_a_row():
    assert set(SPIKING) == set(synaptic_joules())


def test_a_wide_table_falls_into_parts_that_lose_nothing():
    names = [f"chip {k}" for k in range(9)]
    rows = table([{"columns": {name: {"accuracy": 0.1 * k, **({"memory": 5.0} if k == 8 else {})} for k, name in enumerate(names)}}])
    result = {"table": rows}
    (first, own), (second, more) = tables(result)
    assert first + second == names
    assert [row["what"] for row in own] == ["accuracy"]
    assert [row["what"] for row in more] == [row["what"] for row in rows]
    assert all(f"| {name} |" in markdown(result) for name in names)


def test_a_table_leaves_out_what_is_not_known():
    runs = [{"columns": {"chip": {"accuracy": share, "median": None}, "int8": {"accuracy": 1.0}}} for share in (0.5, 0.7)]
    (only,) = table(runs)
    assert only["columns"]["chip"]["mean"] == pytest.approx(60.0)
    assert only["columns"]["chip"]["deviation"] == pytest.approx(100 * 0.2 / math.sqrt(2))


def test_unknown_pilots_and_missing_chips_say_what_to_type(tmp_path):
    with pytest.raises(ConfigError, match="give event-vision, event-order, event-gestures, tactile, ecg, ecg-loop, machine"):
        study("bogus", 1, True, tmp_path, print)
    with pytest.raises(ConfigError, match="give 1 or more"):
        study("ecg", 0, True, tmp_path, print)
    with pytest.raises(ConfigError, match="ferrion pilot ecg --quick"):
        kept_chip("ecg", True, tmp_path, EVENTS)


def test_a_picture_cannot_tell_the_order():
    """Of samples whose counts are the same both ways, a network on counts is right half of the time, whatever it learned."""
    drawn = np.random.default_rng(0)
    rows = 2 * event_sets.SENSOR**2
    forth = [Events(np.sort(drawn.uniform(0.0, 0.34, 200)), drawn.integers(0, rows, 200)) for _ in range(20)]
    both = gathered([*forth, *map(event_sets._backwards, forth)], np.repeat([0, 1], 20), np.tile(np.arange(20), 2))
    found, _ = collapsed(EventSet("made up", rows, 2, 0.34, both, both, "both ways"), 0, True, lambda _: None)
    assert found["int8, one picture"]["accuracy"] == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", LABELLED)
def test_the_short_form_runs_on_the_recordings(name, tmp_path):
    try:
        load_events(LABELLED[name].task)
    except MissingDataError as why:
        pytest.skip(
            f"runs the short form of {name} on its recordings, and there is no copy here: they are others' and come under their licence, so they are not in the "
            f"repository and no test downloads them. The same pilot is run without them, all the way and its page, on made-up events. To run this too: {why}"
        )
    code = "from ferrion.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "pilot", name, "--quick", "--out", tmp_path, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    accuracy = next(row["columns"] for row in result["table"] if row["what"] == "accuracy")
    everybody = {
        "chip, deployed",
        "chip, deployed, some recordings",
        "chip, deployed, some recordings, device level",
        "chip, deployed and tuned",
        "chip, learning alone",
        "int8, linear",
        "int8",
        "classical",
        "float LIF",
        *counters.ARRAYS,
        "arrays on counts, float32",
    }
    assert set(accuracy) == everybody | ({"int8, one picture"} if name == "event-order" else set())
    assert accuracy["int8"]["mean"] > 40
    assert {"pilot.html", "result.json", "chip-0-quick.safetensors"} <= {file.name for file in tmp_path.iterdir()}
