"""A whole chip: events conserved, the same bits however it is run, rates and errors where the rules put them, bad input refused."""

import threading

import numpy as np
import pytest

from ferrion.arrays.words import FULL_SCALE
from ferrion.chip.controller import Phase, Trigger
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.neuron import Level
from ferrion.core.errors import CardError, CheckpointError, ConfigError, DataError
from ferrion.core.ledger import Action
from ferrion.learning.spiking.budget import area, ledger_of, traffic
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher

CHIP = SpikingChip.from_card()
WIRING = Wiring(inputs=60, cells=(12, 6), swing=(0.12, 0.3), recurrent=(0.1, 0.0), each=2)
STDP = Stdp(a_plus=0.01, a_minus=0.01, a_plus3=0.01)


def build(rule=STDP, wiring=WIRING, chip=CHIP, **settings):
    """Weights of the first tile about a quarter of the full scale, so that cells fire."""
    net = SpikingNetwork(chip, wiring, rule=rule, **settings)
    net.program([np.asarray(net.weights(k), float) + (0.25 if k < len(wiring.cells) else 0.0) for k in range(len(net.net.source))])
    return net


def stream(seed=0, rate=2000.0, seconds=1.0, rows=60, begin=0.0):
    rng = np.random.default_rng(seed)
    count = int(rate * seconds)
    return begin + np.sort(rng.uniform(0.0, seconds, count)), rng.integers(0, rows, count)


def same(one, other):
    return all(np.array_equal(a, b) for part, arrays in one.parts().items() for a, b in zip(arrays.values(), other.parts()[part].values(), strict=True))


def test_every_event_is_delivered_queued_or_dropped_and_everything_is_charged():
    net = build()
    times, rows = stream()
    rows[::25] = 77
    spikes = net.run(times, rows, 1.0, learn=True)
    links, counts, ledger = net.state.links, net.state.counts, ledger_of(net)
    assert counts.outside[0] == 80
    assert links.arrived[0] == 2000 - 80
    assert (links.arrived == links.delivered + links.queued + links.dropped).all()
    first, second = spikes.counts(0, 12), spikes.counts(1, 6)
    assert links.arrived[1] == links.arrived[2] == first.sum() > 50
    assert ledger.count(Action.ION_SPIKE) == len(spikes.time) == first.sum() + second.sum()
    assert ledger.count(Action.ROUTER_HOP) == links.delivered.sum() == net.state.controllers.taken[:, Phase.IDLE, Trigger.EVENT].sum()
    assert ledger.count(Action.MEMRISTOR_READ) == 2 * (links.delivered * net.net.columns).sum()
    assert ledger.count(Action.MEMRISTOR_PROGRAM) == 2 * net.state.synapses.programmed.sum()
    assert net.chip.memory.prices.joules(ledger) > 0
    assert {row.tile for row in traffic(net)} == {"tile input to 1", "tile 1 to 2", "tile 1 to 1"}
    assert area(net) > 18 * 4e-12


@pytest.mark.parametrize(("settings", "learn"), [
    ({"rule": Teacher(rate=0.02, window=2.0), "refresh": 0.2}, True),
    ({"rule": STDP, "balance": Balance(inhibition=0.5, homeostasis=1e-3)}, True),
    ({"rule": STDP, "level": Level.DEVICE}, True),
    ({"rule": None}, False),
], ids=["teacher", "balance", "device level", "no rule"])  # fmt: skip
def test_events_are_conserved_in_bursts_whatever_learns(settings, learn):
    """Bursts of 150 events in 5 us before queues of 64, in pieces of a run: after each piece arrived = delivered + queued + dropped, and what arrives is what was sent."""
    net, sent, label = build(**settings), np.zeros(3, int), 0 if isinstance(settings["rule"], Teacher) else -1
    for piece in range(4):
        rows, begin = np.random.default_rng(piece).integers(0, 60, 150), 0.25 * piece
        end = begin + (6e-6 if piece == 3 else 0.25)
        first = net.run(begin + np.linspace(0.0, 5e-6, 150), rows, end, label=label, learn=learn).counts(0, 12).sum()
        links = net.state.links
        sent += [150, first, first]
        assert (links.arrived == links.delivered + links.queued + links.dropped).all()
        np.testing.assert_array_equal(links.arrived, sent)
    assert links.dropped[0] > 50
    assert links.queued[0] > 10
    assert sent[1] > 0


def test_a_flood_is_dropped_and_counted():
    net = build()
    times, rows = stream(rate=2e7, seconds=1e-3)
    net.run(times, rows, 1e-3)
    row = traffic(net)[0]
    assert row.dropped > 5000
    assert row.longest == CHIP.router.depth
    assert row.arrived == row.delivered + row.queued + row.dropped == times.size
    net.run([], [], 1.0)
    assert traffic(net)[0].queued == 0


def test_spikes_come_in_order_and_time_goes_on():
    net = build()
    times, rows = stream()
    spikes = net.run(times, rows, 1.0, learn=True)
    assert (np.diff(spikes.time) >= 0).all()
    assert spikes.time[-1] <= 1.0
    more = net.run(*stream(1, begin=1.0), 2.0)
    assert more.time[0] >= 1.0


@pytest.mark.parametrize("rule", [STDP, Teacher(rate=0.01)], ids=["pairs", "teacher"])
def test_a_run_in_parts_and_from_a_file_is_the_same_run_bit_for_bit(rule, tmp_path):
    whole, parts = (build(rule, balance=Balance(inhibition=0.1, homeostasis=1e-3), seed=4) for _ in range(2))
    times, rows = stream()
    spikes = whole.run(times, rows, 1.0, label=1, learn=True)
    found, begin = [], 0
    for cut in (100, 101, 1500, 2000):
        until = 1.0 if cut == 2000 else float(times[cut - 1])
        found.append(parts.run(times[begin:cut], rows[begin:cut], until, label=1, learn=True))
        save(parts, tmp_path / "state")
        parts = build(rule, balance=Balance(inhibition=0.1, homeostasis=1e-3), seed=4)
        restore(parts, tmp_path / "state")
        begin = cut
    assert same(whole, parts)
    np.testing.assert_array_equal(spikes.time, np.concatenate([part.time for part in found]))
    np.testing.assert_array_equal(spikes.cell, np.concatenate([part.cell for part in found]))


def test_chips_on_threads_are_the_chips_alone():
    nets = [build(seed=s) for s in (1, 2, 1)]
    threads = [threading.Thread(target=lambda net=net: net.run(*stream(), 1.0, learn=True)) for net in nets[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nets[2].run(*stream(), 1.0, learn=True)
    assert same(nets[0], nets[2])
    assert not same(nets[0], nets[1])


def test_more_spikes_than_there_is_room_for_are_all_there(monkeypatch):
    monkeypatch.setattr("ferrion.learning.spiking.network.ROOM", 64)
    net = build(seed=2)
    whole = net.run(*stream(), 1.0)
    monkeypatch.undo()
    other = build(seed=2).run(*stream(), 1.0)
    assert len(whole.time) > 3 * 64
    for one, two in zip(whole, other, strict=True):
        np.testing.assert_array_equal(one, two)


def test_homeostasis_brings_the_rate_to_its_target():
    """Thresholds move until a tick holds as many spikes as wanted; four standard errors, trains taken as no more regular than they are."""
    wiring = Wiring(inputs=60, cells=(40,), swing=(0.1,))
    net = build(wiring=wiring, rule=Stdp(), balance=Balance(homeostasis=0.02, target=12.0))
    counts = []
    for second in range(8):
        spikes = net.run(*stream(second, begin=float(second)), second + 1.0, learn=True)
        counts.append(spikes.counts(0, 40))
    late = np.array(counts[5:])
    assert late.mean() == pytest.approx(12.0, abs=4 * late.std() / np.sqrt(late.size))
    assert abs(np.array(counts[0]).mean() - 12.0) > 2.0


def test_the_winner_silences_the_others():
    quiet, free = (build(rule=None, wiring=Wiring(inputs=60, cells=(20,), swing=(0.1,)), balance=Balance(inhibition=volts)).run(*stream(rate=20000.0), 1.0) for volts in (2.0, 0.0))
    assert 0 < len(quiet.time) < 0.5 * len(free.time)


def test_a_teacher_teaches():
    """Three classes, each with rows of its own; purely local learning from sixty presentations."""
    net = build(rule=Teacher(rate=0.004), wiring=Wiring(inputs=60, cells=(12,), swing=(0.06,), each=4))

    def present(label, seed, learn):
        begin = net.now
        times, rows = stream(seed, rate=2000.0, seconds=0.2, rows=20, begin=begin)
        found = net.run(times, rows + 20 * label, begin + 0.2, label=label if learn else -1, learn=learn).counts(0, 12)
        net.rest()
        return int(found.reshape(3, 4).sum(1).argmax()) if found.any() else -1

    before = [present(label, 1000 + label, False) == label for label in (0, 1, 2)]
    for n in range(60):
        present(n % 3, n, True)
    after = [present(n % 3, 2000 + n, False) == n % 3 for n in range(12)]
    assert sum(before) < 3
    assert sum(after) >= 9


def test_errors_reach_the_cells_before_the_last():
    net = build(rule=Teacher(rate=0.02, window=2.0), wiring=Wiring(inputs=60, cells=(12, 6), swing=(0.1, 0.3), each=2))
    before = net.state.synapses.hidden.copy()
    net.run(*stream(), 1.0, label=0, learn=True)
    split = int(net.net.weights[1])
    assert (net.state.synapses.hidden != before)[:split].any()
    assert (net.state.synapses.hidden != before)[split:].any()
    assert net.state.counts.looks[1] > 0
    assert ledger_of(net).count(Action.ADC_SAMPLE) > 0


def test_loops_learn_by_what_their_cells_have_fired_and_the_errors_that_come_backwards():
    """e-prop through a recurrent tile: every weight moves by rate, error of its column and trace of its row, and every tile by the same law."""
    teacher = Teacher(rate=2e-3, tick=np.inf, tau=0.05, above=1.05, below=0.6, window=2.0)
    net = build(rule=teacher, wiring=Wiring(inputs=60, cells=(40, 6), swing=(0.12, 0.3), recurrent=(0.1, 0.0), each=2), transfer_every=1000)
    net.run(*stream(), 1.0, label=0, learn=True)
    before, traces = net.state.synapses.hidden.astype(float), net.state.traces
    held = traces.x1 * np.exp(-(net.now - traces.x_time) / teacher.tau)
    net.teach(0)
    moved = net.state.synapses.hidden - before
    loop = int(np.flatnonzero(net.net.source == net.net.target)[0])
    for tile in (0, loop):
        first, lines = net.net.cells[net.net.target[tile]], net.net.lines[tile]
        wanted = teacher.rate * np.outer(held[lines : lines + net.net.rows[tile]], traces.error[first : first + net.net.columns[tile]]).ravel()
        found = moved[net.net.weights[tile] : net.net.weights[tile + 1]] / FULL_SCALE
        assert np.abs(wanted).max() > 0.0
        slope = (found @ wanted) / (wanted @ wanted)
        dither = 4.0 * 0.5 / FULL_SCALE / np.sqrt(wanted @ wanted)
        assert slope == pytest.approx(1.0, abs=dither)
        assert dither < 0.5, "sharp enough to tell that nothing is learned"


def test_without_learning_no_memory_changes():
    net = build()
    before, programmed = net.state.synapses.hidden.copy(), net.state.synapses.programmed.copy()
    net.run(*stream(), 1.0)
    assert (net.state.synapses.hidden == before).all()
    assert (net.state.synapses.programmed == programmed).all()


def test_a_refresh_programs_every_pair_once():
    net = build(rule=None, refresh=0.3)
    before = net.state.synapses.programmed.copy()
    net.run(*stream(), 1.0)
    assert (net.state.synapses.programmed - before == 3).all()
    assert (net.state.controllers.taken[:, Phase.IDLE, Trigger.STALE] == 3).all()


def test_without_noise_seeds_agree_but_for_devices():
    wiring = Wiring(inputs=60, cells=(1,), swing=(0.1,))
    one, other = (build(rule=None, wiring=wiring, seed=seed, noise=False) for seed in (1, 2))
    for net in (one, other):
        net.program([np.full((60, 1), 3 / 7)])
        net.state.synapses.analogue[:] = 3 / 7
    np.testing.assert_array_equal(one.run(*stream(), 1.0).time, other.run(*stream(), 1.0).time)


@pytest.mark.parametrize(
    ("times", "rows", "until", "label", "words"),
    [
        ([0.1, 0.05], [0, 1], 1.0, -1, r"event 1 at 0.05 s comes after one at 0.1 s .1 of 2 fall back.: sort"),
        ([0.1, np.nan], [0, 1], 1.0, -1, "NaN or infinite"),
        ([0.1], [0, 1], 1.0, -1, "one address an event"),
        ([0.1, 2.0], [0, 1], 1.0, -1, "where the chip stands"),
        ([0.1], [0], np.inf, -1, "NaN or infinite"),
        ([0.1], [0], 1.0, 3, "the last population has 3 classes; give 0..2"),
    ],
)
def test_events_that_make_no_sense_are_refused_and_change_nothing(times, rows, until, label, words):
    net, untouched = build(), build()
    with pytest.raises((DataError, ConfigError), match=words):
        net.run(times, rows, until, label=label)
    assert same(net, untouched)


def test_a_rest_forgets_and_loses_no_spike():
    """Cells that fire of themselves go on after it; with events in a queue it is refused."""
    net = build(rule=Stdp(a_plus=1e-3))
    net.run(*stream(), 1.0, learn=True)
    net.state.somata.shift[:] = -0.95
    net.rest()
    assert not (net.state.traces.x1.any())
    assert not (net.state.traces.y2.any())
    assert len(net.run([], [], 2.0).time) > 0
    net.run([2.5], [0], 2.5)
    with pytest.raises(ConfigError, match="1 events are still queued"):
        net.rest()


def test_a_chip_of_many_years_goes_on():
    """At 10^8 s a clock tells 15 ns apart; a wait below that once never ended."""
    net = build()
    net.run([], [], 1e8)
    times, rows = stream(begin=1e8)
    assert len(net.run(times, rows, 1e8 + 1.0).time) > 50


def test_time_only_goes_on():
    net = build()
    net.run([], [], 1.0)
    with pytest.raises(DataError, match="give times from 1 s"):
        net.run([0.5], [0], 2.0)
    with pytest.raises(DataError, match="time only goes on"):
        net.run([], [], 0.5)


def test_an_event_of_the_past_is_refused():
    net = build()
    net.run([], [], 1.0)
    net.run(*stream(begin=1.0), 2.0)
    with pytest.raises(DataError, match=r"give times from .* where the chip stands"):
        net.run([0.5], [0], 3.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"inputs": 0, "cells": (2,), "swing": (0.1,)}, "one input and one cell"),
        ({"inputs": 3, "cells": (2,), "swing": (0.1, 0.2)}, "one number a population"),
        ({"inputs": 3, "cells": (2,), "swing": (0.0,)}, "volts above 0"),
        ({"inputs": 10**8, "cells": (10**4,), "swing": (0.1,)}, "15,000 GB of memory; 32 GB are the limit"),
        ({"inputs": 3, "cells": (5,), "swing": (0.1,), "each": 2}, "do not fall into whole classes"),
    ],
)
def test_wirings_that_cannot_be_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        Wiring(**settings)


def test_settings_out_of_range_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="transfer_every = 0"):
        build(transfer_every=0)
    with pytest.raises(ConfigError, match="a_plus = -1"):
        build(Stdp(a_plus=-1.0))
    with pytest.raises(ConfigError, match="tau_plus = 0"):
        build(Stdp(tau_plus=0.0))
    with pytest.raises(ConfigError, match=r"seed = 1.5"):
        build(seed=1.5)
    with pytest.raises(DataError, match="times are no numbers"):
        build().run(["a"], [0], 1.0)
    with pytest.raises(ConfigError, match="inhibition = nan"):
        build(balance=Balance(inhibition=np.nan))
    with pytest.raises(DataError, match="addresses of type float64: give integers"):
        build().run([0.1], [1.5], 1.0)
    with pytest.raises(ConfigError, match="the network has no rule"):
        build(None).run([], [], 1.0, learn=True)
    with pytest.raises(ConfigError, match="give finite numbers of shapes"):
        build().program([np.zeros((3, 3))])
    save(build(seed=1), tmp_path / "state")
    with pytest.raises(CheckpointError, match="other cards, wiring, rule, seed"):
        restore(build(seed=2), tmp_path / "state")


def test_cards_that_make_no_chip_are_refused(tmp_path):
    text = CHIP.card.text
    for old, new, words in (("value = 64", "value = 0.5", "a queue holds one event"), ("value = 20, ", "value = 0, ", "above 0"), ("memory = ", "memories = ", "names no memory")):
        path = tmp_path / "chip.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(CardError, match=words):
            SpikingChip.from_card(path)


def test_a_rival_loses_what_the_right_class_gains():
    """Four classes of one cell, of which the second fires most: with the first as the right one, no other column is written.

    Until the first vote nobody is a rival, so a little more is gained than lost.
    """
    net = SpikingNetwork(CHIP, Wiring(inputs=60, cells=(4,), swing=(0.06,)), rule=Teacher(rate=0.003, margin=0.2, rival=True), seed=3, transfer_every=10**6)
    net.program([np.tile([0.1, 0.4, 0.1, 0.1], (60, 1))])
    before = net.state.synapses.hidden.reshape(60, 4).astype(int)
    fired = net.run(*stream(), 1.0, label=0, learn=True)
    moved = net.state.synapses.hidden.reshape(60, 4).astype(int) - before
    assert fired.counts(0, 4).argmax() == 1
    assert (moved[:, 2:] == 0).all()
    assert moved[:, 0].mean() > 30.0
    np.testing.assert_allclose(moved[:, 0].mean(), -moved[:, 1].mean(), rtol=0.15)


def test_votes_and_voltages_cannot_both_tell_the_error():
    with pytest.raises(ConfigError, match=r"rival=True and above = 0\.9 V: errors are of votes or of voltages; give one of them"):
        SpikingNetwork(CHIP, WIRING, rule=Teacher(rate=0.01, rival=True, above=0.9, below=0.5))


def test_a_teacher_without_a_clock_speaks_once_when_told_to():
    """Nothing is written before; then all of a recording counts, with what its traces have kept; and a net that is right by its margin is left alone."""
    rule = Teacher(rate=0.01, tau=0.5, tick=np.inf, votes=1.0, margin=0.2, rival=True)
    net = SpikingNetwork(CHIP, Wiring(inputs=60, cells=(4,), swing=(0.06,)), rule=rule, seed=3, transfer_every=10**6)
    net.program([np.tile([0.1, 0.4, 0.1, 0.1], (60, 1))])
    before = net.state.synapses.hidden.copy()
    net.run(*stream(), 1.0, label=0, learn=True)
    assert (net.state.synapses.hidden == before).all()
    net.teach(1)
    assert (net.state.synapses.hidden == before).all()
    net.teach(0)
    moved = (net.state.synapses.hidden.astype(int) - before).reshape(60, 4)
    assert moved[:, 0].mean() > 5.0
    np.testing.assert_allclose(moved[:, 0].mean(), -moved[:, 1].mean(), rtol=0.05)
    assert (moved[:, 2:] == 0).all()


def test_only_a_teacher_without_a_clock_can_be_told_to_speak():
    with pytest.raises(ConfigError, match="a finite tick teaches by itself"):
        build(rule=Teacher(rate=0.01)).teach(0)
    with pytest.raises(ConfigError, match="homeostasis needs a clock"):
        build(rule=Teacher(rate=0.01, tick=np.inf, rival=True), balance=Balance(homeostasis=0.01))
    with pytest.raises(ConfigError, match="without a clock no number of spikes can be wanted of a tick"):
        build(rule=Teacher(rate=0.01, tick=np.inf))
    with pytest.raises(ConfigError, match="tick = nan"):
        build(rule=Teacher(rate=0.01, tick=np.nan))


def test_a_teacher_to_output_cells_alone_reads_nothing_backwards():
    """Errors of hidden cells are read, and charged, only where one of their tiles learns."""
    wiring, rule = Wiring(inputs=60, cells=(12, 6), swing=(0.1, 0.3), each=2), Teacher(rate=0.02, window=2.0)
    some, all_of_them = build(rule=rule, wiring=wiring, frozen=(0,)), build(rule=rule, wiring=wiring)
    for net in (some, all_of_them):
        net.run(*stream(), 1.0, label=0, learn=True)
    assert some.state.counts.backward[1] == some.state.counts.looks[1] == 0
    assert all_of_them.state.counts.backward[1] > 0
    assert some.state.counts.fecap_writes[1] > 0
