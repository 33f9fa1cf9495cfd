"""Formats that libraries read, from files only: AEDAT4 (aedat), Event Stream (event_stream), HDF5 (h5py): pip install 'ferrion[events]'."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import DataError
from ferrion.workloads.streams.block import Blocks, block
from ferrion.workloads.streams.whole import CHANGE, missing

SLICE = 1 << 18
"""Events read of an HDF5 file at a time."""
KEYS = ("t", "x", "y", "p")
GROUPS = ("", "events", "CD/events")
"""Where HDF5 files of event cameras keep t, x, y and p: in columns or as one table."""


def _imported(name: str) -> Any:
    """A library that not everybody installs. Raises DataError where it is not there."""
    try:
        return import_module(name)
    except ImportError as problem:
        raise DataError(f"files of this format are read by {name}, which cannot be imported ({problem}): pip install 'ferrion[events]'") from problem


def aedat4(path: Path) -> Blocks:
    """Changes of an AEDAT4 file; its other streams are left out. Raises DataError where it is damaged, after what lies before, and without aedat."""
    library, taken = _imported("aedat"), 0
    try:
        for packet in library.Decoder(str(path)):
            if "events" in packet:
                events = packet["events"]
                taken += len(events)
                yield block(events["t"], events["x"], events["y"], events["on"])
    except (RuntimeError, OSError) as problem:
        raise DataError(f"{path} cannot be read further as AEDAT4 ({problem}); {taken} events before that were taken") from problem


def event_stream(path: Path) -> Blocks:
    """Changes of an Event Stream file. Raises DataError where it ends inside a change, after what lies before, and without event_stream."""
    library = _imported("event_stream")
    try:
        decoder = library.Decoder(str(path))
    except RuntimeError as problem:
        raise DataError(f"{path} cannot be read as an Event Stream ({problem})") from problem
    if decoder.type != "dvs":
        raise DataError(f"{path} holds events of type {decoder.type}; ferrion reads dvs")
    for events in decoder:
        yield block(events["t"], events["x"], events["y"], events["on"])
    if lacking := missing(path):
        raise DataError(f"{path} ends inside an event: {CHANGE - lacking} of {CHANGE} bytes; all events before it were taken")


def hdf5(path: Path) -> Blocks:
    """Events under t, x, y, p of the root, of /events or of /CD/events, as columns or one table of integers, t in microseconds."""
    library = _imported("h5py")
    try:
        with library.File(path) as file:
            columns = _columns(file, path)
            for start in range(0, len(columns["t"]), SLICE):
                part = {key: np.asarray(column[start : start + SLICE]) for key, column in columns.items()}
                _checked(part, path)
                yield block(part["t"], part["x"], part["y"], part["p"] > 0)
    except OSError as problem:
        raise DataError(f"{path} cannot be read as HDF5: {problem}") from problem


def _columns(file: Any, path: Path) -> dict[str, Any]:
    """The four columns, of equal length; raises DataError where there are none."""
    import h5py

    for name in GROUPS:
        node = file[name] if name and name in file else file
        if isinstance(node, h5py.Dataset):
            if set(KEYS) <= set(node.dtype.names or ()):
                return {key: node.fields(key) for key in KEYS}
        elif set(KEYS) <= set(node):
            columns = {key: node[key] for key in KEYS}
            shapes = {key: getattr(column, "shape", None) for key, column in columns.items()}
            if len(set(shapes.values())) > 1 or any(shape is None or len(shape) != 1 for shape in shapes.values()):
                raise DataError(f"{path}: columns {', '.join(f'{key} of shape {shape}' for key, shape in shapes.items())}; give four of one length")
            return columns
    raise DataError(f"{path} holds {', '.join(file) or 'nothing'}; events are looked for as t, x, y and p in {', '.join(f'/{name}' for name in GROUPS)}")


def _checked(part: dict[str, NDArray[Any]], path: Path) -> None:
    """Integers, and pixels that 16 bits hold."""
    for key, values in part.items():
        if not (np.issubdtype(values.dtype, np.integer) or values.dtype == bool):
            raise DataError(f"{path}: {key} of type {values.dtype}; give integers, t in microseconds")
        if key in "xy" and values.size and not 0 <= int(values.min()) <= int(values.max()) < 1 << 16:
            raise DataError(f"{path}: {key} from {values.min()} to {values.max()}; a pixel lies in 0..65535")
