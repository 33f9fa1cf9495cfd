"""A stream into the chip: nothing lost unseen, the same bits after a kill, and clocks that misbehave."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import CheckpointError, ConfigError, DataError
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Stdp
from ferrion.workloads.streams.block import block
from ferrion.workloads.streams.feed import Sensor, feed

CHIP = SpikingChip.from_card()
SENSOR = Sensor(12, 8, pool=2)


def network():
    return SpikingNetwork(CHIP, Wiring(inputs=SENSOR.rows, cells=(6,), swing=(0.3,)), rule=Stdp(a_plus=0.01, a_minus=0.01), seed=5)


def blocks(count=6, size=700, seed=0):
    drawn, now = np.random.default_rng(seed), 10_000_000
    for _ in range(count):
        t = now + np.sort(drawn.integers(0, 50_000, size))
        now += 50_000
        yield block(t, drawn.integers(0, 13, size), drawn.integers(0, 8, size), drawn.integers(0, 2, size))


def everything(net):
    return np.concatenate([array.ravel().astype(float) for arrays in net.parts().values() for array in arrays.values()])


def test_events_are_delivered_queued_dropped_late_or_outside():
    net = network()
    pieces = list(blocks())
    pieces[3]["t"][100:120] -= 5_000
    fed = feed(net, pieces, SENSOR, learn=True)
    outside = sum(int((piece["x"] == 12).sum()) for piece in pieces)
    assert fed.events == 6 * 700
    assert fed.outside == outside > 0
    assert 0 < fed.late <= 20
    links = net.state.links
    assert fed.events == fed.late + fed.outside + int(links.arrived[0])
    assert links.arrived[0] == links.delivered[0] + links.queued[0] + links.dropped[0]
    assert fed.spikes > 10


def test_pixels_of_a_pool_share_a_row():
    rows = SENSOR.of(block([0] * 5, [0, 1, 2, 11, 12], [0, 1, 2, 7, 0], [0, 0, 0, 1, 1]))
    np.testing.assert_array_equal(rows, [0, 0, 7, 47, -1])
    assert SENSOR.rows == 48


def test_a_network_that_has_run_before_goes_on():
    net = network()
    net.run([], np.empty(0, np.int64), 5.0)
    fed = feed(net, blocks(), SENSOR)
    again = feed(net, blocks(), SENSOR)
    fresh = network()
    feed(fresh, blocks(), SENSOR)
    assert net.state.links.dropped[0] == 2 * fresh.state.links.dropped[0]
    assert fed.events == again.events
    assert net.now == pytest.approx(5.0 + 2 * fresh.now, abs=1e-3)


def test_a_stop_inside_a_block_keeps_what_was_kept_before(tmp_path, monkeypatch):
    kept, net = tmp_path / "state.safetensors", network()
    real, calls = net.run, []

    def stopping(*args, **settings):
        found = real(*args, **settings)
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(net, "run", stopping)
    with pytest.raises(KeyboardInterrupt):
        feed(net, blocks(), SENSOR, learn=True, keep=kept, keep_every=1)
    whole, rest = network(), network()
    assert feed(rest, blocks(), SENSOR, learn=True, keep=kept) == feed(whole, blocks(), SENSOR, learn=True)
    np.testing.assert_array_equal(everything(rest), everything(whole))


@pytest.mark.parametrize("cuts", [[], [3], [2, 3, 5], [1, 4]])
def test_late_events_and_resets_do_not_depend_on_blocks(cuts):
    stamps = np.array([0, 14_750_000, -500_000, -900_000, -1_300_000, -1_700_000, 100_000, 200_000])
    events = block(stamps, [1] * 8, [1] * 8, [1] * 8)
    one, many = network(), network()
    assert feed(one, [events], SENSOR) == feed(many, np.split(events, cuts), SENSOR)
    np.testing.assert_array_equal(everything(one), everything(many))


class KilledError(Exception):
    """Not an error of ours."""


def test_a_run_killed_in_mid_stream_goes_on_bit_by_bit(tmp_path):
    whole = network()
    wanted = feed(whole, blocks(), SENSOR, learn=True)
    kept = tmp_path / "state.safetensors"

    def dying():
        for number, piece in enumerate(blocks()):
            if number == 4:
                raise KilledError
            yield piece

    with pytest.raises(KilledError):
        feed(network(), dying(), SENSOR, learn=True, keep=kept, keep_every=1000)
    rest = network()
    found = feed(rest, blocks(), SENSOR, learn=True, keep=kept)
    assert found == wanted
    np.testing.assert_array_equal(everything(rest), everything(whole))


ENDLESS = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_feed import SENSOR, blocks, network
from ferrion.workloads.streams.feed import feed
def slow():
    for number, piece in enumerate(blocks()):
        print(number, flush=True)
        if number == 4:
            sys.stdin.read()
        yield piece
feed(network(), slow(), SENSOR, learn=True, keep=Path({kept!r}), keep_every=1000)
"""


def test_a_process_that_is_killed_goes_on_bit_by_bit(tmp_path):
    """SIGKILL while it waits for its fifth block, so that nothing of it can run any more."""
    kept = tmp_path / "state.safetensors"
    code = ENDLESS.format(folder=str(Path(__file__).parent), kept=str(kept))
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as victim:
        while next(victim.stdout).strip() != "4":
            pass
        victim.send_signal(signal.SIGKILL)
        assert victim.wait() == -signal.SIGKILL
    assert kept.is_file()
    whole, rest = network(), network()
    assert feed(rest, blocks(), SENSOR, learn=True, keep=kept) == feed(whole, blocks(), SENSOR, learn=True)
    np.testing.assert_array_equal(everything(rest), everything(whole))


def test_the_way_a_stream_is_cut_into_blocks_does_not_matter():
    one, many = network(), network()
    whole = np.concatenate(list(blocks()))
    assert feed(one, [whole], SENSOR, learn=True) == feed(many, np.array_split(whole, 97), SENSOR, learn=True)
    np.testing.assert_array_equal(everything(one), everything(many))


def test_a_clock_that_begins_anew_is_counted_and_time_goes_on():
    net = network()
    pieces = list(blocks())
    for piece in pieces[2:]:
        piece["t"] -= 10_090_000
    fed = feed(net, pieces, SENSOR)
    assert fed.resets == 1
    assert fed.late == 0
    assert 0.3 < net.now < 0.45
    again = network()
    fed = feed(again, [np.concatenate(pieces)], SENSOR)
    assert fed.resets == 1
    np.testing.assert_array_equal(everything(again), everything(net))


def test_a_leap_of_the_clock_takes_no_time_to_simulate():
    net = network()
    feed(net, [block([0, 3_600_000_000], [0, 0], [0, 0], [1, 1])], SENSOR)
    assert net.now == pytest.approx(3600.1)


def test_a_sensor_larger_than_the_chip_is_told_the_pool_that_fits():
    with pytest.raises(ConfigError, match="give pool=17, or inputs=10000"):
        feed(network(), blocks(), Sensor(100, 50))


def test_another_stream_or_another_network_is_refused(tmp_path):
    kept = tmp_path / "state.safetensors"
    feed(network(), blocks(), SENSOR, keep=kept)
    with pytest.raises(DataError, match="give the same stream"):
        feed(network(), blocks(2), SENSOR, keep=kept)
    others = [block(events["t"], events["x"], events["y"], 1 - events["p"]) for events in blocks()]
    with pytest.raises(DataError, match="are not those that were taken earlier"):
        feed(network(), others, SENSOR, keep=kept)
    with pytest.raises(CheckpointError, match=r"belongs to a network with other|width, height, pool, learn"):
        feed(network(), blocks(), SENSOR, learn=True, keep=kept)


@pytest.mark.parametrize(("anew", "there"), [(False, True), (True, False)])
def test_what_cannot_be_sent_again_is_kept_oftener(tmp_path, monkeypatch, anew, there):
    """A stop inside a block leaves what was kept before: of a socket something, of a file nothing yet."""
    monkeypatch.setattr("ferrion.workloads.streams.feed.KEEP_LIVE", 1)
    kept, net = tmp_path / "state.safetensors", network()
    real, calls = net.run, []

    def stopping(*args, **settings):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **settings)

    monkeypatch.setattr(net, "run", stopping)
    with pytest.raises(KeyboardInterrupt):
        feed(net, blocks(), SENSOR, keep=kept, anew=anew)
    assert kept.is_file() == there


def test_a_source_that_goes_on_where_it_is_loses_nothing(tmp_path):
    """A peer that died and was started anew does not send again what was taken: every event that comes counts."""
    kept, whole = tmp_path / "state.safetensors", network()
    pieces = list(blocks())
    first, later = pieces[:3], pieces[3:]
    before, after = sum(map(len, first)), sum(map(len, later))
    feed(network(), first, SENSOR, learn=True, keep=kept)
    rest = network()
    found = feed(rest, later, SENSOR, learn=True, keep=kept, anew=False)
    assert found.events == before + after
    assert rest.state.links.arrived[0] + found.late + found.outside == found.events
    assert found.mark == feed(whole, pieces, SENSOR, learn=True).mark
