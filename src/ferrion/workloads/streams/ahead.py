"""Bytes that can be looked at before they are taken, however small the pieces are in which they arrive."""

from typing import Protocol


class Arriving(Protocol):
    """A file, pipe or socket that gives what has arrived."""

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes, as soon as there are any; none at the end."""
        ...


class Ahead:
    """`file` from where it stands, with its next bytes in sight."""

    def __init__(self, file: Arriving) -> None:
        self.file, self.seen = file, b""

    def look(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; they stay where they are."""
        while len(self.seen) < size and (more := self.file.read1(size - len(self.seen))):
            self.seen += more
        return self.seen[:size]

    def read1(self, size: int, /) -> bytes:
        """As of a file: what is in sight, or what arrives next."""
        if not self.seen:
            return self.file.read1(size)
        taken, self.seen = self.seen[:size], self.seen[size:]
        return taken

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        taken = self.look(size)
        self.seen = self.seen[len(taken) :]
        return taken

    def line(self) -> bytes:
        """Up to and with the next line feed, or the end."""
        size = 1
        while not (seen := self.look(size)).endswith(b"\n") and len(seen) == size:
            size += 1
        return self.take(size)
