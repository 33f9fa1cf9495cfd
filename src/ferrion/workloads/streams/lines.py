"""Rows of sensor values as lines of text: from a file, a pipe or a socket; what is missing, late or no number is counted and the rest goes on."""

import gzip
import math
import socket
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

import pandas as pd

from ferrion.core.errors import DataError, MissingDataError
from ferrion.workloads.streams.source import PIPE, SILENCE, TCP, address

MARK = "\ufeff"
"""What some programs write before the first line of a file."""
LONGEST = 1 << 16
"""Bytes of a line; more are taken for further lines, which are malformed: a line without end fills no memory."""
GAP = 5.0
"""Seconds without a row that count as a silence of the machine."""
LABEL = "label"
"""How a first line of names calls the field after the sensors, where it says what is there; without it that field is none of ours."""
NAMELESS = -1
"""A label that is no whole number."""
ANEW = 60.0
"""Seconds: a time stamp that falls by more is a clock that began anew, one that falls by less a late row. Rows are seconds apart, so more is allowed than between events."""


class Reading(NamedTuple):
    """One row that was taken."""

    number: int
    """Of its line, the first that is no header being 0."""
    values: tuple[float, ...]
    """A sensor that says nothing keeps its last value."""
    time: float = math.nan
    """As its line says."""
    held: bool = False
    """Whether a sensor said nothing."""
    label: int | None = None
    """What somebody says it is; or `NAMELESS`."""


class Readings:
    """Lines `time;value;…` as readings of so many sensors; a first line of names is passed over, but whether it names a `LABEL`. `counts` tells what was met on the way."""

    def __init__(self, lines: Iterable[str], sensors: int) -> None:
        self.counts = {"rows": 0, "held": 0, "empty": 0, "late": 0, "clock_resets": 0, "silences": 0, "malformed": 0, "labels": 0}
        self._lines, self._sensors, self._labelled = lines, sensors, False
        self._last: tuple[float, ...] = (math.nan,) * sensors
        self._time = -math.inf

    def __iter__(self) -> Iterator[Reading]:
        number = 0
        for place, line in enumerate(self._lines):
            fields = line.lstrip(MARK).strip().split(";")
            found = _parsed(fields, self._sensors)
            if found is None and place == 0 and fields[0][:1].isalpha():
                self._labelled = [name.strip().lower() for name in fields[1 + self._sensors : 2 + self._sensors]] == [LABEL]
                continue
            self.counts["rows"] += 1
            number += 1
            if found is None:
                self.counts["malformed"] += 1
            elif self._in_time(found[0]):
                label = _label(fields[1 + self._sensors :]) if self._labelled else None
                self.counts["labels"] += label is not None
                yield from self._held(number - 1, *found, label)

    def _in_time(self, time: float) -> bool:
        """Whether a row is not late; moves the clock."""
        step = time - self._time
        if -ANEW <= step < 0.0:
            self.counts["late"] += 1
            return False
        self.counts["clock_resets"] += step < -ANEW
        self.counts["silences"] += GAP < step < math.inf
        self._time = time
        return True

    def _held(self, number: int, time: float, values: tuple[float, ...], label: int | None) -> Iterator[Reading]:
        silent = sum(not math.isfinite(value) for value in values)
        self.counts["held"] += silent
        self._last = tuple(value if math.isfinite(value) else before for value, before in zip(values, self._last, strict=True))
        if all(map(math.isfinite, self._last)):
            yield Reading(number, self._last, time, silent > 0, label)
        else:
            self.counts["empty"] += 1


def _parsed(fields: list[str], sensors: int) -> tuple[float, tuple[float, ...]] | None:
    """Time [s] and values; an empty field is NaN; None where it is no such line."""
    if len(fields) < 1 + sensors:
        return None
    try:
        return _seconds(fields[0]), tuple(float(field) if field.strip() else math.nan for field in fields[1 : 1 + sensors])
    except ValueError:
        return None


def _label(fields: list[str]) -> int | None:
    """A whole number in the next field, 2.0 too; None where nothing stands there."""
    text = fields[0].strip() if fields else ""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return NAMELESS
    return int(value) if value.is_integer() and value >= 0.0 else NAMELESS


def _seconds(text: str) -> float:
    try:
        time = float(text)
    except ValueError:
        time = pd.Timestamp(text).timestamp()
    if not math.isfinite(time):
        raise ValueError(text)
    return time


def lines_from(source: str, silence: float = SILENCE) -> Iterator[str]:
    """Lines of a file (.gz too), of standard input (-) or of tcp://host:port; bytes that are no text stand as replacement characters.

    Raises MissingDataError for no such file, DataError for a dead or absent peer.
    """
    taken = 0
    try:
        with _opened(source, silence) as file:
            for line in iter(lambda: file.readline(LONGEST), b""):
                taken += 1
                yield line.decode("utf-8", "replace")
    except TimeoutError as problem:
        raise DataError(f"{source}: no byte for {silence:g} s after {taken} lines: the peer is dead or waits; start it again") from problem
    except (FileNotFoundError, IsADirectoryError) as problem:
        raise MissingDataError(f"no file {source}; give rows of time;value;…, - for standard input, or {TCP}host:port") from problem
    except (OSError, EOFError, zlib.error) as problem:
        raise DataError(f"{source}: {problem} after {taken} lines; give rows of time;value;…, a file, - or {TCP}host:port of somebody who is listening") from problem


@contextmanager
def _opened(source: str, silence: float) -> Iterator[IO[bytes]]:
    if source == PIPE:
        yield sys.stdin.buffer
    elif source.startswith(TCP):
        with socket.create_connection(address(source, silence), timeout=silence) as peer, peer.makefile("rb") as file:
            yield file
    else:
        with Path(source).open("rb") as file:
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file)) if source.endswith(".gz") else file
