"""The trigger: what its comparator takes, what a race of ion neurons obeys, what waits and is lost under load, and how well pulses are sorted."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.stats import norm
from tests.peers import peer

from ferrion.chip.chip import Chip
from ferrion.chip.router import BINS_A_DECADE, Router
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.trigger import AFTER, BEFORE, LENGTH, MULTIPLE, SEARCH, idle, line, pulses, take, threshold
from ferrion.core.errors import DataError
from ferrion.core.ledger import Action
from ferrion.core.noise import fork
from ferrion.learning.memories import memories_of
from ferrion.pilots import load, trigger_live
from ferrion.pilots.race import race
from ferrion.pilots.sorter import Differences
from ferrion.pilots.sorters import BOUND, COPIES, HIGHEST, LOWEST, PASSES, floating, heard, varied
from ferrion.pilots.trigger import DRIFT, at_the_end, right, run
from ferrion.report.pilot import pictures
from ferrion.workloads.bursts import poisson
from ferrion.workloads.pulses import NO_UNIT, PACE, RATE, REFRACTORY, UNITS, Recording, judged, recorded, tallest, truth
from ferrion.workloads.streams.lines import Readings

BIN = 10 ** (1.0 / BINS_A_DECADE)
"""By which a latency is told too long at most: the width of a bin."""
COMMAND = [sys.executable, "-c", "from ferrion.cli.main import main; main()", "pilot", "trigger", "--quick"]


@pytest.fixture(scope="module")
def electrode():
    return recorded(0.1, 20.0, 0)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    return run(0, True, tmp_path_factory.mktemp("trigger"), lambda _: None)


@pytest.fixture(scope="module")
def own():
    return trigger_live.calibrated(True)


def test_a_recording_is_what_its_numbers_say(electrode):
    """Noise between pulses, their pace (Poisson with a dead time: the variance of a count is below its mean), 2 ms between two of a unit, and a peak of 1."""
    x, peaks, units = electrode
    apart = np.ones(len(x), bool)
    for peak in peaks.astype(int):
        apart[peak - 72 : peak + 72] = False
    assert x[apart].std() == pytest.approx(0.1, rel=0.1)
    for unit in range(NO_UNIT):
        own = peaks[units == unit]
        assert len(own) / 20.0 == pytest.approx(PACE, abs=4 * np.sqrt(PACE / 20.0))
        assert np.diff(own).min() >= REFRACTORY * RATE
    quiet = recorded(1e-6, 5.0, 3)
    lone = [k for k in range(1, len(quiet.peaks) - 1) if np.diff(quiet.peaks[k - 1 : k + 2]).min() > 150]
    heights = [quiet.signal[int(quiet.peaks[k]) - 3 : int(quiet.peaks[k]) + 4].max() for k in lone]
    assert np.array(heights) == pytest.approx(1.0, abs=0.08)
    assert len(tallest()) == len(UNITS)


def test_a_recording_is_its_seed(electrode):
    np.testing.assert_array_equal(recorded(0.1, 20.0, 0).signal, electrode.signal)
    assert not np.array_equal(recorded(0.1, 20.0, 1).signal, electrode.signal)


def test_the_comparator_stands_at_a_multiple_of_the_noise():
    """Of normal noise; a pulse here and there does not move it, as it would a standard deviation."""
    noise = np.random.default_rng(0).normal(0.0, 0.3, 100_000)
    assert threshold(noise) == pytest.approx(MULTIPLE * 0.3, rel=0.02)
    noise[::100] += 30.0
    assert threshold(noise) == pytest.approx(MULTIPLE * 0.3, rel=0.04)
    for bad in ([], [0.0, 0.0], [1.0, np.nan]):
        with pytest.raises(DataError, match="to tell the noise from"):
            threshold(bad)


def test_a_crossing_becomes_one_pulse_around_its_peak():
    """The peak is looked for within `SEARCH` samples of the crossing; one that comes later, before the line is read, is lost to the dead time."""
    signal = np.zeros(500)
    signal[100], signal[100 + SEARCH - 1], signal[100 + SEARCH] = 0.6, 1.0, 5.0
    signal[300], signal[300 + AFTER - 1], signal[300 + AFTER + 1] = 0.7, 0.8, 0.9
    peaks, lines = pulses(idle(), signal, 0.5)
    assert peaks.tolist() == [100 + SEARCH - 1, 300, 300 + AFTER + 1]
    for peak, held in zip(peaks, lines, strict=True):
        np.testing.assert_array_equal(held, signal[peak - BEFORE : peak + AFTER + 1])


def test_pieces_of_a_signal_are_as_the_whole(electrode):
    """A trigger that is fed in blocks, or sample by sample, finds what it finds at once."""
    level = threshold(electrode.signal)
    peaks, lines = pulses(idle(), electrode.signal, level)
    held, found = idle(), []
    for piece in np.array_split(electrode.signal, 37):
        found.append(pulses(held, piece, level))
    np.testing.assert_array_equal(np.concatenate([own for own, _ in found]), peaks)
    np.testing.assert_array_equal(np.concatenate([own for _, own in found]), lines)
    single = idle()
    taken = [line(single) for value in electrode.signal[:48000] if take(single, value, level)]
    np.testing.assert_array_equal(np.array(taken), lines[: len(taken)])


def test_truth_and_score_count_every_pulse_once():
    """Three pulses, of which two share a crossing: the nearer has it, the other is missed; one crossing is of nothing."""
    recording = Recording(np.zeros(round(RATE)), np.array([100.2, 106.0, 900.0]), np.array([0, 1, 2]))
    peaks = np.array([101, 500, 903])
    true = truth(recording, peaks)
    assert true.tolist() == [0, NO_UNIT, 2]
    found = judged(recording, true, np.array([0, 1, 1]))
    assert found.right == pytest.approx(1 / 4)
    assert found.found == pytest.approx(2 / 3)
    assert found.false == pytest.approx(1.0)
    assert truth(recording, np.empty(0, np.int64)).size == 0


def test_a_race_is_a_softmax_of_the_voltages():
    """Far below supply the winner's odds are exp of the voltages over k T / q, whatever the number of cells; with device spread off the law by its draws only."""
    chip = SpikingChip.from_card()
    votes = np.tile([0.3, 0.0, -0.5], (40_000, 1))
    found = race(chip.neuron, votes, 1000, 0, centre=0.55)
    shifts = chip.neuron.shifts(3000, 0).std()
    assert shifts > 0.01
    expected = np.exp(0.06 * votes[0] / 0.025852)
    expected /= expected.sum()
    np.testing.assert_allclose(np.bincount(found.decided, minlength=3) / len(votes), expected, atol=0.03)


def test_no_race_is_faster_than_the_supply_of_silver():
    """At the top of the drivers every cell nucleates at its supply, 160 a second: exponential times of mean 1 / (3 N 160)."""
    neuron = SpikingChip.from_card().neuron
    found = race(neuron, np.full((20_000, 3), 100.0), 10, 1)
    mean = 1.0 / (30 * neuron.cell.memristor.supply)
    assert found.seconds.mean() == pytest.approx(mean, rel=4 / np.sqrt(20_000))
    assert np.quantile(found.seconds, 0.5) == pytest.approx(mean * np.log(2.0), rel=0.04)


def lindley(times, copies, seconds):
    """Time from arrival to decision of all pulses, copy by copy, by Lindley's recursion for what a queue that never fills makes one wait."""
    found = []
    for copy in range(copies):
        wait = 0.0
        for gap in np.diff(times[copy::copies], prepend=-np.inf):
            wait = max(0.0, wait + seconds - gap)
            found.append(wait + seconds)
    return np.array(found)


def test_queues_obey_theory():
    """Poisson pulses dealt in turn to three copies at a load of 0.6, as Erlang-3 arrivals at each: those waiting are fewer than of an M/D/1 queue of that load, and more than
    none; nothing is lost; where copies are too few, what is lost is what they cannot do."""
    seconds = 1.8e-6
    found = load.loads(seconds, Router(1e-7, 64.0), 0)
    assert load.copies(seconds) == 3
    assert found["poisson"].dropped == 0.0
    rho = load.PACE * seconds / 3
    bound = seconds * (1.0 + rho / (2.0 * (1.0 - rho)))
    assert seconds <= found["poisson"].median <= bound * 10**0.05
    assert found["poisson"].median < found["poisson"].late < found["bursty"].late
    assert found["bursty"].dropped > 0.0
    assert found["bursty"].within == sorted(found["bursty"].within)
    assert found["bursty"].within[load.SHARES.index(0.99)] == found["bursty"].late
    waited = lindley(poisson(load.PACE, 0, load.COUNT).times, 3, seconds)
    for told, share in ((found["poisson"].median, 0.5), (found["poisson"].late, 0.99)):
        assert told / BIN * (1.0 - 1e-9) <= np.quantile(waited, share) <= told * (1.0 + 1e-9)
    queues = load.links(1, 8)
    times = np.arange(10_000) * 1e-6
    load.dealt(queues, times, 4e-6)
    assert queues.arrived[0] == queues.delivered[0] + queues.dropped[0] == 10_000
    assert queues.dropped[0] / 10_000 == pytest.approx(0.75, abs=0.01)


def test_weights_that_end_keep_what_heights_change(own):
    """Of the seed whose float32 network loses most to drift a bound as large as arrays have one keeps most of it: the chip's lead is that of its bound."""
    assert min(sizes := [float(part.full) for part in memories_of(own[1].model)]) < BOUND < max(sizes)
    first, still = heard(recorded(0.1, 20.0, fork(3, 0))), heard(recorded(0.1, 60.0, fork(3, 1)))
    moved, front = heard(recorded(0.1, 60.0, fork(3, 1), DRIFT), still.level), Differences(first.lines)
    lost = {}
    for bound in (math.inf, BOUND):
        net = floating(front(first.lines), first.true, PASSES, 3, bound)
        assert all(parameter.abs().max() <= bound for parameter in net.parameters())
        told = [net(torch.from_numpy(front(watched.lines))).argmax(1).numpy() for watched in (still, moved)]
        lost[bound] = right(still, told[0]) - at_the_end(moved, told[1])
    assert lost[BOUND] < 0.03 < 0.06 < lost[math.inf]


def test_a_chip_learns_to_sort_and_is_compared(short):
    """A chip is near the same network in float32; filters in 8 bits lose their lead where heights drift, and nobody sorts a pulse that was not found."""
    columns = short["columns"]
    right = {name: own["right, 0.1"] for name, own in columns.items() if "right, 0.1" in own}
    assert right["chip"] > 0.8
    assert right["matched filters"] > 0.85
    assert columns["matched filters"]["right, drifted"] < columns["chip"]["right, drifted"]
    assert {"int8, weights bounded", "float, weights bounded"} < right.keys()
    for name in ("int8", "matched filters"):
        assert columns[f"{name}, heights varied"]["sent_learned"] == columns[name]["sent_learned"]
    kept_by_varying = columns["matched filters, heights varied"]["right, drifted"] - columns["matched filters"]["right, drifted"]
    assert kept_by_varying > 0.05, "who expects drift teaches for it"
    assert right["float"] - right["chip"] < 0.08
    assert max(right.values()) <= columns["comparator"]["found, 0.1"]
    assert right["chip"] >= right["chip and a race"]
    assert columns["chip"]["sent_learned"] == 0.0 < columns["int8"]["sent_learned"]
    times = [own["seconds"] for own in short["races"]]
    assert times == sorted(times, reverse=True)
    product, sample, byte = (Chip.from_card("leti-2025").prices.energy[action][0] for action in (Action.DIGITAL_MAC, Action.ADC_SAMPLE, Action.TRACE_UPDATE))
    filters = columns["matched filters"]
    assert filters["joules"] == pytest.approx(4 * 40 * product + (4 * 40 + 4 * 4 + 40 + 4) * byte / 4), "weights, biases, inputs and votes, a byte each"
    assert filters["converted"] == columns["int8"]["converted"] == pytest.approx(41 * (sample + byte / 4))
    assert columns["int8, small, heights varied"]["joules"] < 0.5 * columns["int8, heights varied"]["joules"]
    assert columns["int8, small"]["right, 0.1"] > 0.8
    for work, key in (("sorted", "joules"), ("learned", "learned")):
        assert sum(short["actions"][work].values()) == pytest.approx(columns["chip"][key])
    every = {(columns[own]["joules with leakage"] - columns[own]["joules"]) / columns[own]["leaked"] for own in ("chip", "int8", "matched filters")}
    assert max(every) == pytest.approx(min(every))
    assert 0.9 / 70.0 < min(every) < 1.1 / 60.0, "60 pulses a second, and some crossings without one"
    assert set(short["confusion"]) == {"chip", "int8", "matched filters"}
    assert len({np.array(own).sum() for own in short["confusion"].values()}) == 1, "all decide every crossing"
    assert [title for title, _ in pictures(short)][-1] == "Energy by action"
    json.dumps(short, allow_nan=False)


def test_a_sorted_stream_is_the_sorted_recording(own):
    """Line by line as all at once."""
    recording = recorded(0.1, 3.0, 5)
    lines = [f"{k};{value!r}" for k, value in enumerate(recording.signal.tolist())]
    found = list(trigger_live.sorted_on(Readings(lines, 1), own))
    part = heard(recording._replace(signal=recording.signal[trigger_live.SETTLE :]), threshold(recording.signal[: trigger_live.SETTLE]))
    assert [pulse.number for pulse in found] == (part.peaks + trigger_live.SETTLE).tolist()
    at_once = own.sorter.votes(own.front(part.lines)).argmax(1)
    assert np.mean([pulse.unit for pulse in found] == at_once) > 0.95, "but for the noise of reads"
    with pytest.raises(DataError, match="set the comparator"):
        list(trigger_live.sorted_on(Readings(lines[:100], 1), own))


def test_faults_are_counted_and_survived(own, monkeypatch):
    monkeypatch.setattr(trigger_live, "calibrated", lambda _: own)
    monkeypatch.setattr(trigger_live, "SHORT_FAULTY", 2.0)
    rows = {row["fault"]: row for row in trigger_live.faulty(True, None, lambda _: None)}
    assert rows["none"]["share"] > 0.8
    assert all(row["share"] > 0.5 * rows["none"]["share"] and row["decisions"] for row in rows.values())
    assert rows["one value in twenty missing"]["held"] == pytest.approx(2400, abs=4 * np.sqrt(2400))
    assert rows["one row in twenty late"]["late"] > 0
    assert sum(rows["none"][key] for key in ("held", "late", "malformed", "empty", "clock_resets", "silences")) == 0


def test_a_live_socket_is_sorted():
    recording = recorded(0.1, 1.5, 6)
    text = "".join(f"{k};{value:.5f}\n" for k, value in enumerate(recording.signal)).encode()
    with peer(text) as address:
        found = subprocess.run([*COMMAND, "--live", address, "--json"], capture_output=True, text=True, check=True, timeout=300)
    told = json.loads(found.stdout)
    assert told["rows"] == len(recording.signal)
    assert told["decisions"] == len(told["units"]) > 10
    later = recording.peaks >= trigger_live.SETTLE
    right = judged(recording._replace(peaks=recording.peaks[later], units=recording.units[later]), truth(recording, np.array(told["samples"])), np.array(told["units"])).right
    assert right > 0.6


def test_the_share_of_false_crossings_is_as_the_tails_say():
    """White normal noise of one deviation: upward crossings of 4 deviations come as often as two neighbours lie on both sides of it."""
    x = np.random.default_rng(1).normal(size=3_000_000)
    peaks, lines = pulses(idle(), x, MULTIPLE)
    rate = norm.sf(MULTIPLE) * norm.cdf(MULTIPLE)
    assert len(peaks) == pytest.approx(rate * len(x), abs=4 * np.sqrt(rate * len(x)))
    assert lines.shape == (len(peaks), LENGTH)


def test_heights_vary_and_noise_does_not():
    """A pulse is its unit's shape, of which there is more or less, and what noise it had."""
    draws, shapes = np.random.default_rng(0), np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    y = np.repeat([0, 1, 2, NO_UNIT], 500)
    noise = draws.normal(0.0, 0.01, (len(y), 3))
    x = (shapes[y] + noise).astype(np.float32)
    many, labels = varied(x, y, 0)
    np.testing.assert_array_equal(labels, np.tile(y, COPIES))
    np.testing.assert_array_equal(many[labels == NO_UNIT], np.tile(x[y == NO_UNIT], (COPIES, 1)))
    heights = many[labels == 0, 0]
    assert LOWEST - 0.05 <= heights.min() < 0.7 < 1.2 < heights.max() <= HIGHEST + 0.05
    others = many[labels == 0, 1:]
    assert others.std() == pytest.approx(0.01, rel=0.1), "noise is not scaled"
