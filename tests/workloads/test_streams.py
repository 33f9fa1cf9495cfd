"""Files, pipes and sockets of events: recordings against figures of other readers, and everything that can go wrong with a stream."""

import io
import socket
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferrion.core.errors import DataError, MissingDataError
from ferrion.workloads.data import find
from ferrion.workloads.streams import block as block_module
from ferrion.workloads.streams import whole as whole_module
from ferrion.workloads.streams.ahead import Ahead
from ferrion.workloads.streams.block import block, marked, skipped
from ferrion.workloads.streams.evt import HEADER, evt2, evt3, write_evt2
from ferrion.workloads.streams.source import events_from, there

FILES = {
    "evt2_sample.raw": (539_481, 1_317_888, 1_367_888, 367_855, 599, 475),
    "evt3_sample.raw": (219_596, 11_718_656, 11_727_457, 115_532, 1279, 719),
    "faery_dvs.es": (473_225, 0, 999_000, 270_001, 319, 239),
    "loris_ncars_obj_004397_td.dat": (4_407, 0, 99_937, 1_671, 53, 60),
    "tonic_ncars.dat": (2_009, 0, 99_952, 1_350, 77, 41),
    "tonic_nmnist.bin": (4_325, 654, 311_175, 2_145, 33, 33),
    "tonic_sample.aedat4": (111_954, 1605537493718345, 1605537494308262, 55_023, 319, 239),
}
"""Events, first and last time [us], brighter ones, largest column and row, as aedat 2.3, evt3 0.4, event_stream 1.6, tonic 1.6 and faery 0.8 read them."""


def recording(name):
    try:
        return find("event_streams", (name,)) / name
    except MissingDataError as why:
        pytest.skip(
            f"asks whether {name}, a file of a real camera, is read as other readers read it, and there is no copy here: it is others' test data under their licence, so it is "
            f"not in the repository and no test downloads it. Our own decoders, pipes and sockets are tested without it, on events written here. To run this too: {why}"
        )


NO_H5PY = "h5py is not installed, so files of HDF5 cannot be written or read here: pip install 'ferrion[events]'; every other format is tested without it"


def count_into(seen, blocks):
    """The events of every block, as far as the blocks go."""
    for events in blocks:
        seen.append(len(events))


@pytest.mark.parametrize("name", FILES)
def test_recordings_are_read_as_others_read_them(name):
    events = np.concatenate(list(events_from(str(recording(name)))))
    found = len(events), events["t"][0], events["t"][-1], events["p"].sum(), events["x"].max(), events["y"].max()
    assert found == FILES[name]
    assert (np.diff(events["t"]) >= 0).all()


@pytest.mark.parametrize("name", ["evt2_sample.raw", "evt3_sample.raw", "tonic_nmnist.bin", "tonic_ncars.dat"])
def test_pieces_of_any_size_give_the_same_events(name, monkeypatch):
    path = str(recording(name))
    whole = np.concatenate(list(events_from(path)))[:3000]
    monkeypatch.setattr(block_module, "CHUNK", 37)
    pieces, count = [], 0
    for events in events_from(path):
        pieces.append(events)
        count += len(events)
        if count >= 3000:
            break
    np.testing.assert_array_equal(np.concatenate(pieces)[: len(whole)], whole)


@pytest.mark.parametrize(
    ("name", "cut"), [("evt2_sample.raw", 2), ("tonic_nmnist.bin", 3), ("tonic_ncars.dat", 5), ("evt3_sample.raw", 1), ("faery_dvs.es", 1), ("faery_dvs.es", 4)]
)
def test_a_file_that_is_cut_gives_what_it_has_and_says_so(name, cut, tmp_path):
    given = recording(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(given[:-cut])
    seen: list[int] = []
    with pytest.raises(DataError, match="ends inside an event"):
        count_into(seen, events_from(str(path)))
    count = sum(seen)
    assert FILES[name][0] - 12 <= count <= FILES[name][0]


@pytest.mark.parametrize("cut", range(5))
def test_an_event_stream_that_is_cut_says_so_wherever_a_piece_ends(cut, monkeypatch, tmp_path):
    """Three changes, 127 us and a reset between the first two; coordinates of 254 and 255 look like those. Read in pieces of seven bytes."""
    monkeypatch.setattr(whole_module, "CHUNK", 7)
    changes = bytes([3, 1, 0, 2, 0, 255, 254, 20, 4, 0, 5, 0, 250, 255, 0, 254, 0])
    path = tmp_path / "made.es"
    path.write_bytes(b"Event Stream" + bytes([2, 0, 0, 1, 44, 1, 44, 1]) + changes[: len(changes) - cut])
    assert whole_module.missing(path) == cut
    seen: list[int] = []
    if cut:
        with pytest.raises(DataError, match=rf"ends inside an event: {5 - cut} of 5 bytes"):
            count_into(seen, events_from(str(path)))
    else:
        count_into(seen, events_from(str(path)))
    assert sum(seen) == 3 - (cut > 0)


def test_damaged_libraries_files_are_refused_after_what_lies_before(tmp_path):
    whole = recording("tonic_sample.aedat4").read_bytes()
    path = tmp_path / "cut.aedat4"
    path.write_bytes(whole[: len(whole) // 2])
    seen: list[int] = []
    with pytest.raises(DataError, match="cannot be read further as AEDAT4"):
        count_into(seen, events_from(str(path)))
    assert 0 < sum(seen) < FILES["tonic_sample.aedat4"][0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**34 - 1), st.integers(0, 2047), st.integers(0, 2047), st.integers(0, 1)), min_size=1, max_size=50))
def test_evt2_comes_back_as_it_was_written(rows):
    t, x, y, p = np.array(sorted(rows), np.int64).T
    events = np.concatenate(list(evt2(Ahead(io.BytesIO(write_evt2(t, x, y, p))), "memory")))
    np.testing.assert_array_equal(events, block(t, x, y, p))


def evt3_words(*words):
    return Ahead(io.BytesIO(np.array(words, "<u2").tobytes()))


def test_evt3_vectors_wrapped_time_and_events_before_any_time():
    words = [0x2005, 0x8FFF, 0x6FFF, 0x0007, 0x2805, 0x3010, 0x4003, 0x5081, 0x8000, 0x6001, 0x2001]
    with pytest.warns(UserWarning, match="memory: 1 events came before the first word that tells the time"):
        events = np.concatenate(list(evt3(evt3_words(*words), "memory")))
    before, after = 0xFFFFFF, (1 << 24) | 1
    wanted = block([before] * 5 + [after], [5, 16, 17, 28, 35, 1], [7] * 6, [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(events, wanted)


def test_evt2_events_before_any_time_are_counted_in_a_warning():
    early = [1 << 28, 0, 8 << 28 | 1, 1 << 28]
    with pytest.warns(UserWarning, match="memory: 2 events came before"):
        events = np.concatenate(list(evt2(Ahead(io.BytesIO(np.array(early, "<u4").tobytes())), "memory")))
    np.testing.assert_array_equal(events["t"], [64])


@pytest.mark.parametrize(("decoder", "word", "kind"), [(evt2, 1 << 28, "<u4"), (evt3, 0x2001, "<u2")])
def test_events_without_any_time_are_counted_once_however_many_blocks_they_fill(decoder, word, kind):
    count = 3_000_001
    with pytest.warns(UserWarning, match="memory: 3,000,001 events came before") as told:
        assert not sum(map(len, decoder(Ahead(io.BytesIO(np.full(count, word, kind).tobytes())), "memory")))
    assert len(told) == 1


def test_evt2_time_goes_on_after_its_counter_wraps():
    high = [8 << 28 | 0x0FFFFFFF, 1 << 28 | 63 << 22, 8 << 28, 1 << 28]
    events = np.concatenate(list(evt2(Ahead(io.BytesIO(np.array(high, "<u4").tobytes())), "memory")))
    np.testing.assert_array_equal(events["t"], [(1 << 34) - 1, 1 << 34])


def test_nmnist_times_go_on_after_a_mark_of_overflow(tmp_path):
    def five(x, y, p, t):
        return bytes([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255])

    (tmp_path / "a.bin").write_bytes(five(3, 4, 1, 70_000) + five(0, 240, 0, 0) + five(37, 32, 0, 70_001) + five(33, 0, 1, 0x7FFFFF))
    events = np.concatenate(list(events_from(str(tmp_path / "a.bin"))))
    np.testing.assert_array_equal(events, block([70_000, 70_001 + 8192, 0x7FFFFF + 8192], [3, 37, 33], [4, 32, 0], [1, 0, 1]))


@pytest.mark.parametrize("kind", [0, 12])
def test_dat_columns_rows_and_polarities(tmp_path, kind):
    t, x, y, p = np.array([5, 9, 4_000_000_000]), np.array([0, 303, 16_383]), np.array([239, 0, 16_383]), np.array([1, 0, 1])
    packed = np.column_stack([t, p << 28 | y << 14 | x]).astype("<u4").tobytes()
    (tmp_path / "a.dat").write_bytes(b"% Data file\n% Height 240\n" + bytes([kind, 8]) + packed)
    np.testing.assert_array_equal(np.concatenate(list(events_from(str(tmp_path / "a.dat")))), block(t, x, y, p))


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.raw", b"", "is empty"),
        ("a.bin", b"", "is empty"),
        ("a.bin", b"% evt 4.0\n% end\n", "EVT 4.0; ferrion reads"),
        ("a.raw", b"PK\x03\x04 zip", "begins with"),
        ("a.raw", b"% evt 4.0\n% end\n", "reads EVT 2.0 and EVT 3.0"),
        ("a.dat", b"% Data\n\x05\x08", "kind 0 or 12"),
        ("a.h5", b"\x89HDF\r\n\x1a\n junk", "cannot be read as HDF5"),
    ],
)
def test_files_of_no_known_kind_are_refused(tmp_path, name, content, match):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=match):
        list(events_from(str(tmp_path / name)))


@pytest.mark.parametrize(("library", "magic"), [("aedat", b"#!AER-DAT4.0\r\n"), ("event_stream", b"Event Stream..."), ("h5py", b"\x89HDF\r\n\x1a\n junk")])
def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch, library, magic):
    (tmp_path / "a.raw").write_bytes(magic)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DataError, match=rf"{library}, which cannot be imported .*pip install 'ferrion\[events\]'"):
        list(events_from(str(tmp_path / "a.raw")))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    for path in (tmp_path / "none.raw", tmp_path):
        with pytest.raises(MissingDataError, match="no file"):
            list(events_from(str(path)))


@pytest.mark.parametrize("place", ["", "events", "CD/events"])
@pytest.mark.parametrize("table", [False, True])
def test_hdf5_in_columns_or_as_a_table(tmp_path, place, table, monkeypatch):
    h5py = pytest.importorskip("h5py", reason=NO_H5PY)
    monkeypatch.setattr("ferrion.workloads.streams.packed.SLICE", 3)
    wanted = block([1, 2, 5, 9], [3, 1, 0, 2], [0, 1, 2, 3], [1, 0, 0, 1])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if table:
            if not place:
                return
            file[place] = wanted
        else:
            for key in "txyp":
                file[f"{place}/{key}"] = wanted[key]
    np.testing.assert_array_equal(np.concatenate(list(events_from(str(tmp_path / "a.h5")))), wanted)


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"t": [1, 2], "x": [0, 0], "y": [0], "p": [0, 1]}, "four of one length"),
        ({"t": [0.5, 1.0], "x": [0, 0], "y": [0, 0], "p": [0, 1]}, "t in microseconds"),
        ({"t": [1, 2], "x": [-1, 0], "y": [0, 0], "p": [0, 1]}, "a pixel lies in"),
        ({"t": 1, "x": 2, "y": 3, "p": 4}, "four of one length"),
    ],
)
def test_hdf5_columns_that_are_no_events_are_refused(tmp_path, columns, match):
    h5py = pytest.importorskip("h5py", reason=NO_H5PY)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for key, values in columns.items():
            file[key] = values
    with pytest.raises(DataError, match=match):
        list(events_from(str(tmp_path / "a.h5")))


def test_hdf5_without_events_says_what_it_holds(tmp_path):
    h5py = pytest.importorskip("h5py", reason=NO_H5PY)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["frames"] = np.zeros(3)
    with pytest.raises(DataError, match="holds frames"):
        list(events_from(str(tmp_path / "a.h5")))


def stream(count):
    t = np.arange(count, dtype=np.int64) * 10
    return HEADER + write_evt2(t, t % 30, t % 20, t % 2)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(stream(500)))))
    assert sum(map(len, events_from("-"))) == 500


class Dripping:
    """One byte at a time."""

    def __init__(self, content):
        self.content, self.at = content, 0

    def read1(self, _size):
        self.at += 1
        return self.content[self.at - 1 : self.at]


def test_a_header_may_arrive_byte_by_byte(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Dripping(stream(50))))
    assert sum(map(len, events_from("-"))) == 50


class Peer:
    """A server on loopback that sends `content`, then closes, or holds the line."""

    def __init__(self, content, hold=0.0):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.source = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.sent, self.content, self.hold = 0, content, hold
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        line, _ = self.listening.accept()
        with line:
            try:
                for start in range(0, len(self.content), 1 << 16):
                    self.sent += line.send(self.content[start : start + (1 << 16)])
            except OSError:
                return
            time.sleep(self.hold)

    def close(self):
        self.listening.close()
        self.thread.join()


def test_a_socket_gives_the_events_of_the_file():
    peer = Peer(stream(20_000))
    events = np.concatenate(list(events_from(peer.source)))
    peer.close()
    np.testing.assert_array_equal(events["t"], np.arange(20_000) * 10)


def test_a_dead_peer_is_told_with_what_it_had_sent():
    peer = Peer(stream(100), hold=1.0)
    seen: list[int] = []
    with pytest.raises(DataError, match="the peer is dead or waits"):
        count_into(seen, events_from(peer.source, silence=0.2))
    assert sum(seen) == 100
    peer.close()


def test_a_peer_that_dies_inside_an_event_and_one_that_is_not_there():
    peer = Peer(stream(100)[:-3])
    with pytest.raises(DataError, match="ends inside an event"):
        list(events_from(peer.source))
    peer.close()
    with pytest.raises(DataError, match="is somebody listening"):
        list(events_from(peer.source))
    for silence in (-3.0, 0.0, float("nan"), 1e30):
        with pytest.raises(DataError, match="seconds above 0"):
            list(events_from(peer.source, silence))
    with pytest.raises(DataError, match="host:port"):
        list(events_from("tcp://nowhere"))


def test_what_is_not_read_waits_at_the_sender():
    peer = Peer(stream(1) + bytes(200_000_000))
    blocks = events_from(peer.source)
    next(blocks)
    time.sleep(0.5)
    waiting = peer.sent
    time.sleep(0.3)
    assert peer.sent == waiting < 50_000_000
    blocks.close()
    peer.close()


def test_going_on_after_events_that_were_taken():
    pieces = [block([1, 2], [0, 0], [0, 0], [0, 0]), block([3, 4, 5], [0] * 3, [0] * 3, [0] * 3)]
    mark = marked(pieces[1][:1], marked(pieces[0]))
    assert mark == marked(np.concatenate([pieces[0], pieces[1][:1]])), "however they were cut"
    assert [list(events["t"]) for events in skipped(pieces, 3, mark)] == [[4, 5]]
    with pytest.raises(DataError, match="the first 3 events are not those"):
        list(skipped(pieces, 3, mark + 1))
    with pytest.raises(DataError, match="ends 2 events before"):
        list(skipped(pieces, 7, mark))


def test_a_source_that_is_not_there_is_told_before_anything_is_read(tmp_path):
    """A live pilot asks this before it teaches its chip."""
    there("-")
    there("tcp://127.0.0.1:7777")
    (tmp_path / "rows.csv").write_text("0;1\n")
    there(str(tmp_path / "rows.csv"))
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(MissingDataError, match="give a file, - for standard input, or tcp://host:port"):
            there(str(missing))
    with pytest.raises(DataError, match="give tcp://host:port"):
        there("tcp://nobody")
