"""Data in order, and every way of being out of order."""

import gzip
import pickle
import shutil
import struct

import numpy as np
import pytest

from ferrion.core.errors import DataError, MissingDataError
from ferrion.workloads import data
from ferrion.workloads.ecg import so_far
from ferrion.workloads.idx import read_idx

GOOD_X, GOOD_Y = np.random.default_rng(0).random((20, 3)), np.arange(20) % 4


def npz(tmp_path, **arrays):
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    return str(path)


def test_digits_are_split_without_overlap(digits):
    assert (len(digits.labels), len(digits.test_labels)) == (1438, 359)
    assert digits.inputs.dtype == np.float32
    assert digits.inputs.max() == 1


def test_an_npz_is_read(tmp_path):
    found = data.load(npz(tmp_path, x=GOOD_X, y=GOOD_Y))
    assert (len(found.labels), len(found.test_labels), found.classes) == (16, 4, 4)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": GOOD_X}, "it needs arrays x"),
        ({"x": GOOD_X[:, :, None], "y": GOOD_Y}, "give \\(samples, features\\)"),
        ({"x": GOOD_X, "y": GOOD_Y[:5]}, "one label a sample"),
        ({"x": GOOD_X[:0], "y": GOOD_Y[:0]}, "an empty set"),
        ({"x": np.where(GOOD_X > 0.9, np.nan, GOOD_X), "y": GOOD_Y}, "NaN, infinite"),
        ({"x": GOOD_X, "y": GOOD_Y - 1}, "integers from 0"),
        ({"x": GOOD_X, "y": GOOD_Y + 0.5}, "give integers"),
        ({"x": GOOD_X.astype(str), "y": GOOD_Y}, "give real numbers"),
        ({"x": GOOD_X[:1], "y": GOOD_Y[:1]}, "cannot be split"),
        ({"x": GOOD_X, "y": GOOD_Y, "x_test": GOOD_X}, "only one of"),
        ({"x": GOOD_X, "y": GOOD_Y, "x_test": GOOD_X[:, :2], "y_test": GOOD_Y}, "give the same"),
        ({"x": GOOD_X, "y": GOOD_Y, "x_test": GOOD_X, "y_test": GOOD_Y + 4}, "knows only"),
    ],
)
def test_a_set_out_of_order_is_refused(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        data.load(npz(tmp_path, **arrays))


class Trap:
    """Would run code when unpickled."""

    sprung = False

    def __setstate__(self, state):
        Trap.sprung = True


@pytest.mark.parametrize("kind", ["pickle", "object array", "text", "empty"])
def test_what_is_no_plain_npz_is_refused_and_never_unpickled(tmp_path, kind):
    path = tmp_path / "set.npz"
    if kind == "pickle":
        path.write_bytes(pickle.dumps({"x": Trap(), "y": GOOD_Y}))
    elif kind == "object array":
        np.savez(path, x=np.array([Trap()], dtype=object), y=GOOD_Y)
    else:
        path.write_text("hello" if kind == "text" else "")
    with pytest.raises(DataError, match="not a plain"):
        data.load(str(path))
    assert not Trap.sprung


def test_a_missing_file_and_an_unknown_name_are_said(tmp_path):
    with pytest.raises(MissingDataError, match="no file"):
        data.load(str(tmp_path / "none.npz"))
    with pytest.raises(DataError, match="give digits, mnist"):
        data.load("minst")


def test_recordings_are_looked_for_in_the_named_folder_first(tmp_path, monkeypatch):
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    assert data.places()[0] == tmp_path
    with pytest.raises(MissingDataError, match="ferrion data fetch nothing"):
        data.find("nothing", ("a",))


def test_idx_files_are_checked(tmp_path):
    good = tmp_path / "a.gz"
    good.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7])))
    assert list(read_idx(good)) == [5, 6, 7]
    for bad in (b"", bytes([0, 0, 9, 1, 0, 0, 0, 3, 5, 6, 7]), bytes([0, 0, 8, 1, 0, 0, 0, 9, 5])):
        path = tmp_path / "b.gz"
        path.write_bytes(gzip.compress(bad))
        with pytest.raises(DataError):
            read_idx(path)


def test_a_made_up_mnist_is_read_as_the_original_would_be(tmp_path, monkeypatch):
    """Two training and one test image of 28 x 28 in the original's files."""
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, count in (("train", 2), ("t10k", 1)):
        pixels = bytes([0, 0, 8, 3]) + struct.pack(">III", count, 28, 28) + bytes([255] * count * 784)
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(pixels))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", count) + bytes(range(count))))
    mnist = data.load("mnist")
    assert mnist.inputs.shape == (2, 784)
    assert mnist.test_inputs.shape == (1, 784)
    assert (mnist.inputs == 1.0).all()
    assert list(mnist.labels) == [0, 1]


def test_made_up_heart_beats_are_parted_by_patient(tmp_path, monkeypatch):
    """Records 101 and 106 are for training, 100 is for the test (de Chazal 2004); a class that is none of N, S, V, F is left out."""
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    folder = tmp_path / "ecg_mitbih"
    folder.mkdir()
    rng = np.random.default_rng(0)
    records = np.array(["101", "101", "106", "100", "100", "100"])
    labels = np.array(["N", "V", "S", "N", "F", "Q"])
    np.savez(folder / "mitbih_beats.npz", beats=rng.normal(size=(6, 256)), label=labels, record=records, rr=np.full((6, 2), 0.8))
    ecg = data.load("ecg")
    assert list(ecg.labels) == [0, 2, 1]
    assert list(ecg.test_labels) == [0, 3]
    assert ecg.inputs.shape == (3, 130)
    np.savez(folder / "mitbih_beats.npz", other=labels)
    with pytest.raises(DataError, match="plain arrays beats"):
        data.load("ecg")


def test_an_interval_is_a_share_of_the_mean_of_its_record_so_far():
    """2, 4 and 3 s of one record have means 2, 3 and 3 s; the other record's first is its own mean."""
    intervals, records = np.array([[2.0, 9.0], [4.0, 9.0], [5.0, 9.0], [3.0, 9.0]]), np.array([7, 7, 8, 7])
    np.testing.assert_allclose(so_far(intervals, records), [[1.0], [4 / 3], [1.0], [1.0]])
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(DataError, match="1 of 4 intervals before a beat"):
            so_far(np.where(intervals == 5.0, wrong, intervals), records)


def recording(name):
    """A recording that is not ours to put into the repository, if this machine has a copy."""
    try:
        return data.load(name)
    except MissingDataError as problem:
        pytest.skip(
            f"looks whether your copy of {name} is the whole original, and there is none here: the recording belongs to others, comes under their "
            f"licence and is megabytes, so it is not in the repository and no test downloads it. The reader is tested on made-up files without it. To run this too: {problem}"
        )


def test_mnist_is_the_original_where_it_is_at_hand():
    mnist = recording("mnist")
    assert mnist.inputs.shape == (60000, 784)
    assert list(np.bincount(mnist.labels)) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_heart_beats_of_a_patient_are_on_one_side_only():
    ecg = recording("ecg")
    assert ecg.classes == 4
    assert len(ecg.labels) + len(ecg.test_labels) == 13200 + 7007 + 2779 + 802


def test_other_recordings_have_another_digest(monkeypatch, tmp_path):
    """A byte more, another name, or a folder that is not there; a file of no pilot changes nothing."""
    monkeypatch.setenv("FERRION_DATA", str(tmp_path))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.npz").write_bytes(b"1")
    first = data.contents(("own",))
    (tmp_path / "README").write_text("of all")
    assert data.contents(("own",)) == first
    (tmp_path / "own" / "a.npz").write_bytes(b"2")
    second = data.contents(("own",))
    (tmp_path / "own" / "a.npz").rename(tmp_path / "own" / "b.npz")
    assert len({first, second, data.contents(("own",)), data.contents(("nowhere",))}) == 4


def test_the_same_recordings_reached_by_two_paths_have_one_digest(monkeypatch, tmp_path):
    """In the folder that is named and, as the same one or as a copy, beside the working directory."""
    (tmp_path / "shared" / "data" / "own").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "shared" / "data" / "own" / "a.npz").write_bytes(b"1")
    shutil.copytree(tmp_path / "shared" / "data", tmp_path / "copy")
    monkeypatch.setenv("FERRION_DATA", str(tmp_path / "shared" / "data"))
    monkeypatch.chdir(tmp_path)
    once = data.contents(("own",))
    monkeypatch.chdir(tmp_path / "here")
    assert data.contents(("own",)) == once
    monkeypatch.delenv("FERRION_DATA")
    assert data.contents(("own",)) == once
    monkeypatch.setenv("FERRION_DATA", str(tmp_path / "copy"))
    assert data.contents(("own",)) == once
    (tmp_path / "shared" / "data" / "own" / "a.npz").write_bytes(b"2")
    assert data.contents(("own",)) != once
