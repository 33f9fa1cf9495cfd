"""Blocks of camera events, and bytes that come as fixed-size words from a file, a pipe or a socket."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.errors import DataError
from ferrion.workloads.streams.ahead import Ahead

EVENT = np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
"""Time [us], column, row, polarity (1: brighter)."""
CHUNK = 1 << 20
"""Bytes decoded at a time."""
Blocks = Iterator[NDArray[Any]]


def block(t: ArrayLike, x: ArrayLike, y: ArrayLike, p: ArrayLike) -> NDArray[Any]:
    """Events of four columns."""
    columns = dict(zip(("t", "x", "y", "p"), (np.asarray(column) for column in (t, x, y, p)), strict=True))
    events = np.empty(len(columns["t"]), EVENT)
    for name, column in columns.items():
        events[name] = column
    return events


def words(file: Ahead, kind: np.dtype[Any], name: str) -> Blocks:
    """Whole words as they arrive. Raises DataError at the end where the last one is cut short."""
    rest, taken = b"", 0
    while piece := file.read1(CHUNK):
        rest += piece
        whole = len(rest) // kind.itemsize * kind.itemsize
        if whole:
            yield np.frombuffer(rest[:whole], kind)
        taken, rest = taken + whole, rest[whole:]
    if rest:
        raise DataError(f"{name} ends inside an event: {len(rest)} of {kind.itemsize} bytes at byte {taken} behind the header; all events before it were taken")


def marked(events: NDArray[Any], before: int = 0) -> int:
    """A checksum (CRC-32) of events and of all before them, however they were cut into blocks."""
    return zlib.crc32(np.ascontiguousarray(events).view(np.uint8).data, before)


def skipped(blocks: Iterable[NDArray[Any]], count: int, mark: int) -> Blocks:
    """All but the first `count` events. Raises DataError when there are fewer, or when their checksum is not `mark`: another stream."""
    left, found = count, 0
    for events in blocks:
        again = events[: min(left, len(events))]
        found, left = marked(again, found), left - len(again)
        if not left and len(again) and found != mark:
            raise DataError(f"the first {count} events are not those that were taken earlier: give the same stream from its start to go on, or keep this one elsewhere (--out)")
        if len(again) < len(events):
            yield events[len(again) :]
    if left:
        raise DataError(f"the stream ends {left} events before the {count} that were taken of it earlier: give the same stream from its start to go on")
