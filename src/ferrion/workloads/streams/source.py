"""Where events come from: a file, a pipe or a TCP socket. What is not read waits at the sender: a pipe is full, a window closed."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from ferrion.core.errors import DataError, MissingDataError
from ferrion.workloads.streams.ahead import Ahead, Arriving
from ferrion.workloads.streams.block import Blocks
from ferrion.workloads.streams.evt import evt2, evt3
from ferrion.workloads.streams.packed import aedat4, event_stream, hdf5
from ferrion.workloads.streams.plain import dat, nmnist

LONGEST_SILENCE = 86400.0
"""A day: sockets take no endless number."""
PIPE, TCP = "-", "tcp://"
SILENCE = 10.0
"""Seconds without a byte after which a peer counts as dead."""
MAGIC: dict[bytes, Callable[[Path], Blocks]] = {b"#!AER-DAT4": aedat4, b"Event Stream": event_stream, b"\x89HDF": hdf5}
FORMATS = "EVT 2.0, EVT 3.0 or DAT (told by a header of lines that begin with %), N-MNIST .bin, AEDAT4, Event Stream, HDF5"


def events_from(source: str, silence: float = SILENCE) -> Blocks:
    """Blocks of events (`block.EVENT`) of `source`: a path, - for standard input, tcp://host:port. The format is told by its first bytes.

    Raises MissingDataError for a file that is not there; DataError, after all events before, where one is cut short or a peer is dead for `silence` seconds.
    """
    if source == PIPE:
        arriving = cast(Arriving, sys.stdin.buffer)  # a BufferedReader, which typeshed tells only as a BinaryIO, without read1
        yield from _decoded(Ahead(arriving), "standard input", None)
    elif source.startswith(TCP):
        yield from _from_peer(source, silence)
    else:
        path = Path(source)
        try:
            with path.open("rb") as file:
                yield from _decoded(Ahead(file), source, path)
        except (FileNotFoundError, IsADirectoryError) as problem:
            raise MissingDataError(f"no file {source}; give {FORMATS}, - for standard input, or {TCP}host:port") from problem


def there(source: str, silence: float = SILENCE) -> None:
    """What can be said of a source before anything is read. Raises MissingDataError for a file that is not there, DataError for an address that is none."""
    if source.startswith(TCP):
        address(source, silence)
    elif source != PIPE and (not Path(source).exists() or Path(source).is_dir()):
        raise MissingDataError(f"no file {source}; give a file, - for standard input, or {TCP}host:port")


def address(source: str, silence: float) -> tuple[str, int]:
    """Host and port of tcp://host:port. Raises DataError for another source, or seconds of silence out of range."""
    host, _, port = source.removeprefix(TCP).rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise DataError(f"{source}: give {TCP}host:port, e.g. {TCP}127.0.0.1:7777")
    if not 0.0 < silence <= LONGEST_SILENCE:
        raise DataError(f"silence = {silence}: give seconds above 0, {LONGEST_SILENCE:g} at most")
    return host, int(port)


def _from_peer(source: str, silence: float) -> Blocks:
    place = address(source, silence)
    taken = 0
    try:
        with socket.create_connection(place, timeout=silence) as peer, peer.makefile("rb") as file:
            for events in _decoded(Ahead(file), source, None):
                taken += len(events)
                yield events
    except TimeoutError as problem:
        raise DataError(f"{source}: no byte for {silence:g} s after {taken} events: the peer is dead or waits; start it again and resume") from problem
    except (OSError, UnicodeError) as problem:
        raise DataError(f"{source}: {problem} after {taken} events; is somebody listening there?") from problem


def _decoded(file: Ahead, name: str, path: Path | None) -> Blocks:
    """Events by the first bytes of `file`."""
    start = file.look(12)
    for magic, read in MAGIC.items():
        if start.startswith(magic):
            if path is None:
                raise DataError(f"{name}: {read.__name__} is read from files alone; send EVT 2.0, EVT 3.0 or DAT")
            return read(path)
    if not start:
        raise DataError(f"{name} is empty; give {FORMATS}")
    if start.startswith(b"% "):
        return _headed(file, name)
    if name.endswith(".bin"):
        return nmnist(file, name)
    raise DataError(f"{name} begins with {start[:12]!r}; give {FORMATS}")


def _headed(file: Ahead, name: str) -> Blocks:
    """The format that a header of %-lines tells."""
    told: dict[str, str] = {}
    while "end" not in told and file.look(2) == b"% ":
        key, _, value = file.line().decode("latin-1")[2:].strip().partition(" ")
        told[key.lower()] = value.strip()
    version = told.get("evt", told.get("format", "")).upper().removeprefix("EVT").split(";")[0]
    if version in ("2.0", "2"):
        return evt2(file, name)
    if version in ("3.0", "3"):
        return evt3(file, name)
    if version:
        raise DataError(f"{name}: EVT {version}; ferrion reads EVT 2.0 and EVT 3.0. Convert it with Metavision's tools")
    return dat(file, name)
