"""Formats that libraries read, from files only: AEDAT4 (aedat), Event Stream (event_stream), HDF5 (h5py): pip install 'ferrion[events]'."""

from pathlib import Path

import numpy as np

from ferrion.core.errors import DataError
from ferrion.workloads.streams.block import Blocks, block

SLICE = 1 << 18
"""Events read of an HDF5 file at a time."""
GROUPS = ("", "events", "CD/events")
"""Where HDF5 files of event cameras keep t, x, y and p: in columns or as one table."""


def aedat4(path: Path) -> Blocks:
    """Changes of an AEDAT4 file; its other streams are left out. Raises DataError where it is damaged, after what lies before."""
    import aedat

    taken = 0
    try:
        for packet in aedat.Decoder(str(path)):
            if "events" in packet:
                events = packet["events"]
                taken += len(events)
                yield block(events["t"], events["x"], events["y"], events["on"])
    except (RuntimeError, OSError) as problem:
        raise DataError(f"{path} cannot be read further as AEDAT4 ({problem}); {taken} events before that were taken") from problem


def event_stream(path: Path) -> Blocks:
    """Changes of an Event Stream file. The library is silent about a cut file; so is this, but for an empty one."""
    import event_stream as library

    try:
        decoder = library.Decoder(str(path))
    except RuntimeError as problem:
        raise DataError(f"{path} cannot be read as an Event Stream ({problem})") from problem
    if decoder.type != "dvs":
        raise DataError(f"{path} holds events of type {decoder.type}; ferrion reads dvs")
    for events in decoder:
        yield block(events["t"], events["x"], events["y"], events["on"])


def hdf5(path: Path) -> Blocks:
    """Events under t, x, y, p of the root, of /events or of /CD/events, as columns or one table."""
    import h5py

    try:
        with h5py.File(path) as file:
            for name in GROUPS:
                node = file[name] if name and name in file else file
                table = isinstance(node, h5py.Dataset)
                if set("txyp") <= set((node.dtype.names or ()) if table else node):
                    length = len(node) if table else min(len(node[key]) for key in "txyp")
                    for start in range(0, length, SLICE):
                        part = node[start : start + SLICE] if table else {key: node[key][start : start + SLICE] for key in "txyp"}
                        yield block(part["t"], part["x"], part["y"], np.asarray(part["p"]) > 0)
                    return
            raise DataError(f"{path} holds {', '.join(file) or 'nothing'}; events are looked for as t, x, y and p in {', '.join(f'/{name}' for name in GROUPS)}")
    except OSError as problem:
        raise DataError(f"{path} cannot be read as HDF5: {problem}") from problem
