"""Data sets: found, checked, and brought to the range of the chip's drivers."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from platformdirs import user_cache_dir

from ferrion.core.errors import DataError, MissingDataError
from ferrion.core.noise import permutation
from ferrion.learning.network import WIDEST
from ferrion.workloads.idx import read_idx

MOST_CLASSES = WIDEST
HELD_OUT = 0.2
"""Share of samples held out for the test where a set brings no test of its own."""


@dataclass(frozen=True)
class DataSet:
    """Inputs (samples, features) float32 and labels (samples,) int64 in 0..classes-1, for training and test."""

    name: str
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    test_inputs: NDArray[np.float32]
    test_labels: NDArray[np.int64]
    classes: int
    note: str = ""

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Inputs and labels, of training and test."""
        return self.inputs, self.labels, self.test_inputs, self.test_labels


def load(name: str) -> DataSet:
    """One of `NAMES`, or the path of an npz file with x, y and perhaps x_test, y_test.

    Raises MissingDataError when the recordings are not there and DataError when they are not in order.
    """
    if name in LOADERS:
        return LOADERS[name]()
    if name.endswith(".npz"):
        return _from_npz(Path(name))
    raise DataError(f"data {name!r}: give {', '.join(NAMES)}, or the path of a file that ends in .npz")


def checked(name: str, inputs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """`inputs` and `labels` as the chip takes them; raises DataError naming what is wrong with which array."""
    x, y = np.asarray(inputs), np.asarray(labels)
    if x.ndim != 2:
        raise DataError(f"{name}: inputs of shape {x.shape}; give (samples, features), e.g. x.reshape(len(x), -1)")
    if y.shape != (len(x),):
        raise DataError(f"{name}: {len(x)} samples but labels of shape {y.shape}; give one label a sample")
    if x.size == 0:
        raise DataError(f"{name}: an empty set of shape {x.shape}; give one sample and one feature at least")
    if not (np.issubdtype(x.dtype, np.number) or x.dtype == bool) or np.iscomplexobj(x):
        raise DataError(f"{name}: inputs of type {x.dtype}; give real numbers")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(x, dtype=np.float32)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise DataError(f"{name}: {bad} inputs are NaN, infinite or beyond float32; remove, impute or scale them")
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"{name}: labels of type {y.dtype}; give integers 0..classes-1")
    if int(y.min()) < 0:
        raise DataError(f"{name}: label {int(y.min())}; labels are integers from 0")
    if int(y.max()) >= MOST_CLASSES:
        raise DataError(f"{name}: label {int(y.max())}; labels are integers below {MOST_CLASSES}, the widest layer: number the classes from 0 without gaps")
    return values, np.ascontiguousarray(y, dtype=np.int64)


def places() -> list[Path]:
    """Where recordings are looked for, in order."""
    named = os.environ.get("FERRION_DATA")
    found = [Path(named)] if named else []
    return [*found, Path("../shared/data"), Path(user_cache_dir("ferrion")) / "data"]


def find(folder: str, files: tuple[str, ...]) -> Path:
    """The first place that holds all `files` in `folder`; raises MissingDataError naming the places otherwise."""
    for place in places():
        if all((place / folder / file).is_file() for file in files):
            return place / folder
    looked = ", ".join(str(place / folder) for place in places())
    raise MissingDataError(f"no {folder} in {looked} (needs {', '.join(files)}); set FERRION_DATA to a folder that holds it, or run: ferrion data fetch {folder}")


def contents(folders: tuple[str, ...]) -> str:
    """A digest of every file in each of these folders, in all places, but for notices (.md): other recordings give other results, the same ones elsewhere, or twice, do not."""
    found = set[tuple[str, str]]()
    for where in [place / folder for folder in folders for place in places()]:
        files = [path for path in where.rglob("*") if path.is_file() and path.suffix != ".md"]
        found |= {(f"{where.name}/{path.relative_to(where).as_posix()}", hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()


def split(name: str, inputs: ArrayLike, labels: ArrayLike, note: str = "") -> DataSet:
    """Hold out a fifth of the samples, chosen by a fixed shuffle."""
    x, y = checked(name, inputs, labels)
    if len(x) < 2:
        raise DataError(f"{name}: {len(x)} sample cannot be split; give two at least, or x_test and y_test")
    order = permutation(0, 0, len(x))
    cut = max(1, round(HELD_OUT * len(x)))
    test, train = order[:cut], order[cut:]
    return DataSet(name, x[train], y[train], x[test], y[test], int(y.max()) + 1, note)


def _digits() -> DataSet:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return split("digits", bunch.data / 16.0, bunch.target, "8 x 8 handwritten digits bundled with scikit-learn, a fifth held out")


def _idx_set(name: str, folder: str, train: str, note: str) -> DataSet:
    files = (f"{train}-images-idx3-ubyte.gz", f"{train}-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    where = find(folder, files)
    images, labels, test_images, test_labels = (read_idx(where / file) for file in files)
    x, y = checked(name, images.reshape(len(images), -1) / np.float32(255), labels.astype(np.int64))
    xt, yt = checked(name, test_images.reshape(len(test_images), -1) / np.float32(255), test_labels.astype(np.int64))
    return DataSet(name, x, y, xt, yt, 10, note)


def _fashion() -> DataSet:
    try:
        return _idx_set("fashion-mnist", "fashion_mnist", "train", "Fashion-MNIST, 60,000 training images")
    except MissingDataError:
        return _idx_set("fashion-mnist", "fashion_mnist", "train-first20k", "Fashion-MNIST, the first 20,000 training images")


def _ecg() -> DataSet:
    from ferrion.workloads.ecg import read_beats

    x, y, xt, yt = read_beats(find("ecg_mitbih", ("mitbih_beats.npz",)) / "mitbih_beats.npz")
    return DataSet("ecg", *checked("ecg", x, y), *checked("ecg", xt, yt), 4, "MIT-BIH beats, AAMI classes N S V F, other patients in the test (DS1, DS2)")


def _from_npz(path: Path) -> DataSet:
    if not path.is_file():
        raise MissingDataError(f"no file {path}; give the path of an .npz file with arrays x and y")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (ValueError, OSError, zipfile.BadZipFile, AttributeError, EOFError) as problem:
        raise DataError(f"{path} is not a plain .npz file ({problem}); write it with numpy.savez(path, x=…, y=…), no objects inside") from problem
    missing = [key for key in ("x", "y") if key not in arrays]
    if missing:
        raise DataError(f"{path} holds {', '.join(arrays) or 'nothing'}; it needs arrays x (samples, features) and y (samples,)")
    if ("x_test" in arrays) != ("y_test" in arrays):
        raise DataError(f"{path} holds only one of x_test and y_test; give both or none")
    if "x_test" not in arrays:
        return _scaled(split(path.name, arrays["x"], arrays["y"]))
    x, y = checked(path.name, arrays["x"], arrays["y"])
    xt, yt = checked(f"{path.name} (test)", arrays["x_test"], arrays["y_test"])
    if xt.shape[1] != x.shape[1]:
        raise DataError(f"{path}: x has {x.shape[1]} features and x_test {xt.shape[1]}; give the same")
    classes = int(y.max()) + 1
    if int(yt.max()) >= classes:
        raise DataError(f"{path}: label {int(yt.max())} in y_test, but y knows only 0..{classes - 1}")
    return _scaled(DataSet(path.name, x, y, xt, yt, classes))


def _scaled(data: DataSet) -> DataSet:
    """Inputs over the largest magnitude of the training set: the range of the drivers."""
    largest = np.float32(np.abs(data.inputs).max() or 1.0)
    return replace(data, inputs=data.inputs / largest, test_inputs=data.test_inputs / largest)


LOADERS: dict[str, Callable[[], DataSet]] = {
    "digits": _digits,
    "mnist": lambda: _idx_set("mnist", "mnist", "train", "MNIST, 60,000 training and 10,000 test images"),
    "fashion-mnist": _fashion,
    "ecg": _ecg,
}
NAMES = tuple(LOADERS)
