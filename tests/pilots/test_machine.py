"""The watch on a machine: what it learns, how it is scored, what a poor line does; and SKAB's published figure for T2."""

import gzip
import json
import socket
import subprocess
import sys
import threading
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from ferrion.chip.chip import Chip
from ferrion.chip.cmos import controller
from ferrion.core.errors import DataError, MissingDataError
from ferrion.core.ledger import Action
from ferrion.learning.model_costs import clear
from ferrion.pilots import machine, machine_faults, machine_rivals
from ferrion.pilots.array_costs import costs
from ferrion.pilots.machine import run
from ferrion.pilots.machine_costs import moved, scaled, watching
from ferrion.pilots.watch import CLIP, MEDIAN, TRANSFER_EVERY, Standard, Watch, limit_of, smoothed, usual, watch_on
from ferrion.workloads import machines
from ferrion.workloads.digital.monitoring import components, hotelling, q_limit, squares
from ferrion.workloads.machines import SKAB_NAMES, SKAB_NORMAL, SKAB_SENSORS, Machine, delays, score, skab
from ferrion.workloads.nab import nab
from ferrion.workloads.streams.lines import LONGEST, NAMELESS, Reading, Readings, lines_from

COMMAND = [sys.executable, "-c", "from ferrion.cli.main import main; main()", "pilot", "machine"]


def bench(rows, seed, broken=None):
    """Eight sensors of three hidden causes; from row `broken` on, two of them no longer follow."""
    draws = np.random.default_rng(seed)
    causes, mixing = draws.normal(size=(rows, 3)), np.random.default_rng(7).normal(size=(3, 8))
    values = causes @ mixing + 0.2 * draws.normal(size=(rows, 8))
    if broken is not None:
        values[broken:, :2] = 3.0 * draws.normal(size=(rows - broken, 2))
    return 10.0 * values + 100.0


def made_up(k, rows=700, broken=600):
    return Machine(f"made up {k}", bench(rows, k, broken), np.arange(rows) >= broken)


@pytest.fixture(scope="module")
def watch():
    values = bench(400, 0)
    own = Watch(Chip.from_card("leti-2025"), 8, 0)
    return own, own.learn(Standard(values)(values)), values


def test_a_chip_learns_what_normal_sensors_say(watch):
    """Three causes fit through four hidden numbers: the error falls well below the variance of a sensor, which is 1; what broke is further off than what did not."""
    own, errors, values = watch
    assert errors[-1] < 0.35 < errors[0]
    standard = Standard(values)
    normal, broken = own.residuals(standard(bench(400, 1))), own.residuals(standard(bench(400, 1, 0)))
    assert np.median(broken) > 2.0 * np.median(normal)
    assert np.mean(normal > own.limit) < 0.05
    assert own.wear()["fecap"] > 0
    assert own.weights == (8 + 1) * 4 + (4 + 1) * 8


def test_one_seed_is_one_chip(watch):
    own, errors, values = watch
    again = Watch(Chip.from_card("leti-2025"), 8, 0)
    assert again.learn(Standard(values)(values)) == errors
    assert again.limit == own.limit


def test_drift_is_undone_by_programming_from_the_hidden_weights(watch):
    """A year at 125 C moves what is read; the ferroelectric capacitors hold the weights, so a refresh takes most of it back. (Programming anew alone moves the median
    residual of this chip by a factor of 1.2 to 1.6, the year by 3.2.)"""
    own, _, values = watch
    fresh = {name: tensor.clone() if hasattr(tensor, "clone") else tensor for name, tensor in own.model.state_dict().items()}
    rows = Standard(values)(bench(400, 2))
    before = own.residuals(rows)
    own.rest(3.15e7, 398.15)
    drifted = own.residuals(rows)
    own.refresh()
    after = own.residuals(rows)
    own.model.load_state_dict(fresh)
    assert np.median(drifted) > 2.5 * np.median(before)
    assert np.median(after) < 0.7 * np.median(drifted)


def test_one_wild_row_does_not_leave_a_watch_in_alarm():
    """A converter that reads a million once: the rows after it are as normal as those before."""
    values = bench(900, 3)
    values[450, 2] = 1e6
    found = list(watch_on((Reading(k, tuple(row)) for k, row in enumerate(values)), Chip.from_card("leti-2025"), 8, 400, 0))
    assert np.mean([own.level > 1.0 for own in found]) < 0.1


def test_a_front_end_clips_and_follows():
    values = bench(300, 0)
    standard = Standard(values)
    assert standard(values).std(axis=0) == pytest.approx(np.ones(8), rel=0.01)
    assert np.abs(standard(1e6 * values)).max() == CLIP
    before = standard.mean.copy()
    standard.move(values[0])
    np.testing.assert_allclose(standard.mean - before, (values[0] - before) / 300)
    with pytest.raises(DataError, match="not finite"):
        Standard(np.full((3, 8), np.nan))


@given(st.lists(st.floats(0, 10), min_size=0, max_size=30))
def test_smoothing_is_a_running_median(values):
    found = smoothed(np.array(values))
    assert len(found) == len(values)
    for k in range(MEDIAN - 1, len(values)):
        assert found[k] == np.median(values[k - MEDIAN + 1 : k + 1])
    assert not found[: MEDIAN - 1].any()
    assert limit_of(np.arange(101.0)) == pytest.approx(99.0)


def test_a_score_is_what_its_counts_say():
    found = score([np.array([True, True, False]), np.array([False])], [np.array([True, False, True]), np.array([False])])
    assert found.f1 == pytest.approx(0.5)
    assert found.false_alarms == pytest.approx(0.5)
    assert found.missed == pytest.approx(0.5)
    assert delays(np.array([False, False, True, False, False]), np.array([False, True, True, False, True])) == [1.0, float("inf")]


def test_limits_hold_for_gaussian_rows():
    """T2 and Q of new rows of the same Gaussian lie above their limits in one of a thousand: here at most 5 of 1,000 (chance of more: 6e-4)."""
    draws = np.random.default_rng(0)
    mixing = draws.normal(size=(8, 8))
    normal, new = (draws.normal(size=(rows, 8)) @ mixing for rows in (20_000, 1000))
    for own in components(normal, new):
        assert (own.watched > 1.0).sum() <= 5
    assert (2.0 * hotelling(normal, new)[0].watched > 1.0).sum() <= 5
    assert np.mean(squares(normal, normal)[0].watched > 1.0) == pytest.approx(0.01, abs=1e-3)
    assert q_limit(np.ones(4)) == pytest.approx(chi2.ppf(0.999, 4), rel=0.02)


def test_t2_is_as_published_on_skab():
    """SKAB's leaderboard (test rows only): T2 F1 0.66, FAR 19.21 %, MAR 42.6 %."""
    machines = recorded()
    told = []
    for own in machines:
        exact = Standard(own.values[:400]).exact(own.values)
        told.append(smoothed(hotelling(exact[:400], exact[400:])[0].watched) > 1.0)
    found = score(told, [own.anomaly[400:] for own in machines])
    assert found.f1 == pytest.approx(0.66, abs=0.005)
    assert 100 * found.false_alarms == pytest.approx(19.21, abs=0.05)
    assert 100 * found.missed == pytest.approx(42.6, abs=0.05)


def test_recordings_are_read_packed_or_not_and_a_broken_one_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    head, row = ";".join(["datetime", *SKAB_SENSORS, "anomaly", "changepoint"]), ";".join(["2020-03-09 10:14:33", *"12345678", "1.0", "0.0"])
    for name in SKAB_NAMES:
        path = tmp_path / "skab" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{head}\n{row}\n")
    found = skab()
    assert [own.name for own in found] == list(SKAB_NAMES)
    assert found[33].values.tolist() == [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]
    assert found[0].anomaly.tolist() == [True]
    path.write_text("no;such\n1;2\n")
    with pytest.raises(DataError, match="it needs columns Accelerometer1RMS"):
        skab()


def test_states_of_a_pipeline_are_joined_and_a_short_one_is_told(monkeypatch, tmp_path):
    """Each number of pumps with its neighbours; what is learned and what comes back is one state, in between stands the other."""
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "whut_pipeline").mkdir()
    rows = SKAB_NORMAL + machines.WATCHED + machines.AFTER
    for pumps in range(1, 6):
        lines = [",".join(["time", *machines.WHUT_SENSORS, ""]), *(f"t,{','.join([str(pumps)] * 8)}," for _ in range(rows)), "," * 9]
        (tmp_path / "whut_pipeline" / f"{pumps}pumps.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    found = machines.whut()
    assert [own.name for own in found][:3] == ["1 pumps, then 2", "2 pumps, then 1", "2 pumps, then 3"]
    assert len(found) == 8
    assert (found[1].values[~found[1].anomaly] == 2.0).all()
    assert (found[1].values[found[1].anomaly] == 1.0).all()
    assert found[1].anomaly.sum() == machines.SWITCHED
    assert not found[1].anomaly[: SKAB_NORMAL + machines.WATCHED].any()
    (tmp_path / "whut_pipeline" / "3pumps.csv.gz").write_bytes(gzip.compress("\n".join(lines[:50]).encode()))
    with pytest.raises(DataError, match="rows without gaps; give 1900 or more"):
        machines.whut()


def recorded(*others):
    """SKAB's recordings, and those that `others` read."""
    try:
        found = skab()
        for read in others:
            read()
        return found
    except MissingDataError as why:
        pytest.skip(
            f"asks whether our T2 scores on SKAB's recordings what its authors publish (and whether the short form runs on them, WHUT's and NAB's), and there is no copy here: "
            f"they are others' and come under their licences, so they are not in the repository and no test downloads them. Scores, limits, the watch and its command "
            f"are tested without them, on made-up machines. To run this too: {why}"
        )


def test_lines_of_every_kind_are_taken_or_counted():
    lines = [
        "time;a;b", "0;1;2", "1;nan;3", "2;;4", "3;5", "rubbish", "3;6;7", "2.5;0;0", "3600;8;9", "3;1;1", "2;9;9", "2020-03-09 10:14:33;2;2", "inf;1;1", "",
    ]  # fmt: skip
    readings = Readings(lines, 2)
    found = list(readings)
    assert [own.values for own in found] == [(1.0, 2.0), (1.0, 3.0), (1.0, 4.0), (6.0, 7.0), (8.0, 9.0), (1.0, 1.0), (2.0, 2.0)]
    assert [own.number for own in found] == [0, 1, 2, 5, 7, 8, 10]
    assert readings.counts == {"rows": 13, "held": 2, "empty": 0, "late": 2, "clock_resets": 1, "silences": 2, "malformed": 4, "labels": 0}
    silent = Readings(["0;nan;1", "1;2;1"], 2)
    assert [own.values for own in silent] == [(2.0, 1.0)]
    assert silent.counts["empty"] == 1


@pytest.mark.parametrize("name", machine_faults.FAULTS)
def test_every_row_of_a_poor_line_is_watched_or_counted(name):
    """rows = learned and watched + late + malformed + empty; what is counted is what the fault is; the broken machine is still told."""
    found = machine_faults.met([made_up(0)], name, 0)
    assert found["rows"] == 400 + found["decisions"] + found["late"] + found["malformed"] + found["empty"]
    assert found["share"] > (0.4 if found["dropped"] else 0.6)
    assert found["rows"] + found["dropped"] == 700 or "rows in two hundred missing" in name
    counted = {key for key in ("held", "late", "clock_resets", "silences", "malformed", "dropped") if found[key]}
    kinds = [set(), {"held"}, {"held"}, {"silences"}, {"late"}, {"silences", "clock_resets"}, {"malformed"}, {"silences", "dropped"}]
    assert counted == dict(zip(machine_faults.FAULTS, kinds, strict=True))[name]


def test_a_full_queue_keeps_the_first_rows_of_a_hold():
    """The chip is held up for 200 rows from row 200 on: the 64 that came first are taken when it goes on, in their order, and nobody is taken twice."""
    sent = machine_faults.full_queue(made_up(0), np.random.default_rng(0))
    lost = np.setdiff1d(np.arange(700), sent.numbers)
    np.testing.assert_array_equal(lost, np.arange(200 + machine_faults.DEPTH, 401))
    assert sent.dropped == len(lost)
    assert sent.numbers == sorted(set(sent.numbers))


def test_a_short_stream_is_refused_with_what_it_had():
    with pytest.raises(DataError, match="after 3 readings; 400 are learned"):
        next(watch_on([Reading(k, (0.0,) * 8) for k in range(3)], Chip.from_card("leti-2025"), 8, 400, 0))


def test_a_glitch_while_it_learns_does_not_make_a_watch_deaf():
    """One value of 65,535 among 400 readings is told and left out; with it the scale of its sensor would be so wide that a step of twenty deviations is a small one."""
    values = bench(700, 0)
    values[100, 0] = 65535.0
    values[600:, 0] += 20.0 * values[101:400, 0].std()
    readings = [Reading(k, tuple(row)) for k, row in enumerate(values.tolist())]
    with pytest.warns(UserWarning, match=r"1 of 400 readings to learn from are far from all others \(the first \[65535\.0"):
        levels = np.array([own.level for own in watch_on(readings, Chip.from_card("leti-2025"), 8, 400, 0)])
    assert (levels[200 + MEDIAN :] > 1.0).all()
    assert np.mean(levels[:200] > 1.0) < 0.1
    assert 20.0 * values[101:400, 0].std() < 0.2 * Standard(values[:400]).deviation[0]


def test_a_front_end_and_a_residual_are_the_same_for_whoever_watches():
    """Eight products and 24 bytes to scale a row; eight products and 16 bytes to say what is left of it."""
    prices, rows = Chip.from_card("leti-2025").prices, np.zeros((3, 8), np.float32)
    product, byte = prices.energy[Action.DIGITAL_MAC][0], prices.energy[Action.TRACE_UPDATE][0] / 4
    assert scaled(prices, True) == pytest.approx(16 * product + 40 * byte)
    own = Watch(Chip.from_card("leti-2025"), 8, 0)
    clear(own.model)
    own.residuals(rows)
    alone = costs(own.model)
    assert watching(own.model, 3, prices).joules - alone.joules == pytest.approx(3 * scaled(prices, True))
    assert moved(alone, 3, prices).joules - alone.joules == pytest.approx(3 * (16 * product + 40 * byte)), "a scale read, a mean of two bytes read and written"


def test_numbers_whose_spread_no_float_holds_are_refused_by_sensor():
    values = bench(400, 0)
    values[:, 1] = 1e308
    with pytest.raises(DataError, match=r"sensor 2 reads up to 1e\+308, .* below 1e150"):
        Standard(values)


def test_usual_readings_are_all_kept():
    """Gaussian ones, one that hardly ever moves, and a step between two states."""
    draws = np.random.default_rng(0)
    still, step = np.r_[np.zeros(399), 5.0], np.repeat([0.0, 100.0], 200)
    assert usual(np.column_stack([draws.normal(size=400), still, step])).all()


def test_faults_are_told_while_they_are_fewer_than_one_in_twenty():
    readings = np.random.default_rng(0).normal(size=(400, 3))
    readings[:19, 1] = 65535.0
    np.testing.assert_array_equal(np.flatnonzero(~usual(readings)), np.arange(19))
    readings[:21, 1] = 65535.0
    assert usual(readings).all(), "they have become part of the spread"


def test_lines_come_over_a_socket_and_a_dead_peer_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        source = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        done = threading.Event()

        def serve():
            line, _ = listening.accept()
            with line:
                line.sendall(b"0;1\n1;2\n")
                done.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        lines = lines_from(source, 0.3)
        assert [next(lines), next(lines)] == ["0;1\n", "1;2\n"]
        with pytest.raises(DataError, match="after 2 lines: the peer is dead"):
            next(lines)
        done.set()
        thread.join()
    with pytest.raises(DataError, match="somebody who is listening"):
        next(lines_from(source, 0.3))
    with pytest.raises(MissingDataError, match="no file"):
        next(lines_from("/nowhere"))
    packed = bytearray(gzip.compress(b"0;1\n" * 5000))
    packed[-40:-20] = bytes(20)
    (tmp_path / "broken.csv.gz").write_bytes(packed)
    with pytest.raises(DataError, match=r"broken\.csv\.gz"):
        deque(lines_from(str(tmp_path / "broken.csv.gz")))
    with pytest.raises(DataError, match="give tcp://host:port"):
        next(lines_from("tcp://x"))
    with pytest.raises(DataError, match="silence = nan: give seconds above 0"):
        next(lines_from("tcp://127.0.0.1:9", float("nan")))


def test_one_seed_on_made_up_machines_says_what_its_runs_say(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "skab", lambda: [made_up(0), made_up(1)])
    monkeypatch.setattr(machine, "whut", lambda: [made_up(2)])
    monkeypatch.setattr(machine.machine_nab, "columns", lambda *_: ({"chip, following": {"nab": 0.5}}, {"name": "none"}))
    found = run(0, False, tmp_path, lambda _: None)
    columns = found["columns"]
    assert columns["always alarmed"]["f1"] == pytest.approx(0.5)
    for name in ("chip", "int8", "float", "T2", "T2 and Q"):
        assert columns[name]["f1"] > 0.65, name
        assert columns[name]["found"] == 1.0
    assert columns["chip"]["sent_learned"] == 0.0
    assert columns["int8"]["sent_learned"] == len(SKAB_SENSORS)
    assert columns["chip, following"]["nab"] == 0.5
    assert columns["chip, following"]["f1"] > 0.4
    assert 0.0 < columns["chip"]["joules"] < columns["chip"]["learned"]
    assert columns["chip"]["f1 after a month at 125 C, refreshed"] > 0.65
    assert len(found["drawn"]["level"]) == 300
    for name in ("chip", "chip, following", "int8", "squares"):
        (quiet, false, _), (missed, told, _) = found["confusion"][name]
        assert quiet + false + missed + told == 600
        assert false / (quiet + false) == pytest.approx(columns[name]["far"])
        assert missed / (missed + told) == pytest.approx(columns[name]["mar"])
        assert np.median(found["waits"][name]) == columns[name]["delay"]
    for work, joules in (("watched", columns["chip"]["joules"]), ("learned", columns["chip"]["learned"]), ("followed", columns["chip, following"]["joules"])):
        assert sum(found["actions"][f"chip: a row {work}"].values()) == pytest.approx(joules)
    assert columns["T2"]["memory"] == 8 * 8 + 8 + 3 * 8, "means of two bytes and scales of the front end, too"
    assert columns["T2"]["joules with leakage"] - columns["T2"]["joules"] == pytest.approx(96 * 8 * 8.44e-12)
    product, byte = (Chip.from_card("leti-2025").prices.energy[action][0] for action in (Action.DIGITAL_MAC, Action.TRACE_UPDATE))
    assert columns["squares"]["joules"] == pytest.approx(16 * product + (24 + 8) * byte / 4), "sensors are scaled and squared"
    assert columns["squares"]["memory"] == 24
    assert columns["chip"]["leaked"] == pytest.approx((24 + 8 + 4) * 8 * 8.44e-12 + 2 * controller(TRANSFER_EVERY).leakage)
    assert found["actions"]["T2: a row watched"]["products and memory"] == columns["T2"]["joules"]
    json.dumps(found, allow_nan=False)


def test_the_recipe_that_gives_back_held_out_rows_best_is_taken(monkeypatch):
    """Each recipe leaves another error of held-out rows; only the chosen one learns them, too."""
    learned = []

    def stand_in(normal, recipe, _seed):
        learned.append((recipe, len(normal)))
        return recipe

    monkeypatch.setattr(machine_rivals, "taught", stand_in)
    monkeypatch.setattr(machine_rivals, "left", lambda recipe, rows: np.full(len(rows), 1.0 + abs(machine_rivals.RECIPES.index(recipe) - 2)))
    monkeypatch.setattr(machine_rivals, "size", lambda *_: SimpleNamespace(_asdict=dict))
    levels, _ = machine_rivals.int8_levels(np.zeros((400, 8), np.float32), np.zeros((300, 8), np.float32), 0, False)
    assert learned == [(recipe, 320) for recipe in machine_rivals.RECIPES] + [(machine_rivals.RECIPES[2], 400)]
    np.testing.assert_array_equal(levels, np.ones(300))


def test_the_command_watches_a_pipe_and_prints_one_object(tmp_path):
    rows = "".join(f"{k};{';'.join(map(str, row))}\n" for k, row in enumerate(bench(600, 0, 500)))
    done = subprocess.run([*COMMAND, "--live", "-", "--json", "--out", tmp_path], input=rows, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["decisions"] == found["bytes_left"] == 200 < len(rows) / 100
    assert np.mean(np.array(found["alarms"]) >= 500) > 0.9
    assert len(found["alarms"]) > 30
    assert "anomaly" in done.stderr
    broken = tmp_path / "broken.csv"
    broken.write_bytes(rows.encode()[:20_000] + b"\xff\xfe\n" + rows.encode()[20_000:])
    mended = subprocess.run([*COMMAND, "--live", broken, "--json", "--out", tmp_path], capture_output=True, text=True, check=False)
    assert json.loads(mended.stdout)["malformed"] > 0
    wrong = subprocess.run([*COMMAND, "--live", "/nowhere", "--out", tmp_path], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def test_one_line_of_names_is_passed_over_and_every_other_line_is_counted():
    """Also behind a byte order mark; a file of words is malformed but for its first line."""
    for first in ("time;value\n", "\ufefftime;value\n"):
        readings = Readings([first, "0;1\n", "1;2\n"], 1)
        assert [own.number for own in readings] == [0, 1]
        assert readings.counts["rows"] == 2
        assert readings.counts["malformed"] == 0
    words = Readings(["hello\n"] * 10, 1)
    assert list(words) == []
    assert words.counts["rows"] == words.counts["malformed"] == 9
    marked = Readings(["\ufeff0;1\n"], 1)
    assert [own.values for own in marked] == [(1.0,)]


def test_a_field_is_a_label_where_the_first_line_says_so_and_nowhere_else():
    """Whole numbers, 2.0 too; what is none is told apart from nothing."""
    rows = ["0;1.5;2\n", "1;1.5;2.0\n", "2;1.5\n", "3;1.5;\n", "4;1.5;V\n", "5;1.5;-1\n", "6;1.5;2.5\n", "7;1.5;3;9\n", "8;1.5;nan\n"]
    named = Readings(["time;value;label\n", *rows], 1)
    assert [own.label for own in named] == [2, 2, None, None, NAMELESS, NAMELESS, NAMELESS, 3, NAMELESS]
    assert named.counts["labels"] == 7
    assert [own.label for own in Readings(["\ufefftime; value ; Label;note\n", "0;1.5;2;x\n"], 1)] == [2]
    for first in ([], ["time;value\n"], ["time;value;other\n"], ["time;value;other;label\n"]):
        plain = Readings([*first, *rows], 1)
        assert {own.label for own in plain} == {None}
        assert plain.counts["labels"] == 0


def test_a_line_without_end_fills_no_memory(tmp_path):
    path = tmp_path / "endless.csv"
    path.write_bytes(b"9" * (3 * LONGEST) + b"\n1;2\n")
    found = list(lines_from(str(path)))
    assert max(map(len, found)) <= LONGEST
    readings = Readings(found, 1)
    assert [own.values for own in readings] == [(2.0,)]
    assert readings.counts["malformed"] == len(found) - 1


@pytest.mark.slow
def test_the_short_form_runs_on_skab(tmp_path):
    recorded(machines.whut, nab)
    done = subprocess.run([*COMMAND, "--quick", "--out", tmp_path, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["table"]
    f1 = next(row["columns"] for row in rows if row["what"] == "F1 of rows")
    assert f1["chip"]["mean"] > 60
    assert f1["chip"]["mean"] > f1["always alarmed"]["mean"]
    alarms = next(row["columns"] for row in rows if row["what"] == "false alarms, of normal rows")
    assert alarms["chip"]["mean"] < 90
    assert (tmp_path / "pilot.html").read_text().count("<img") == 11
