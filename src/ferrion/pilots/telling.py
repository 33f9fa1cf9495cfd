"""How a pilot tells what it makes of a live stream, to the end and where the stream breaks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ferrion.core.errors import DataError

ANSWER = 1
"""Bytes that leave the chip with a decision: the number of a class, of a unit, or whether to alarm. What it learns from stays."""


def telling(said: Iterable[str], so_far: Callable[[], dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each thing said with all that is known by then, `bytes_left` among it. Raises the DataError of a stream that breaks, after what was known."""
    try:
        for line in said:
            yield line, private(so_far())
    except DataError:
        yield "the stream broke", private(so_far())
        raise


def private(found: dict[str, Any]) -> dict[str, Any]:
    """With the bytes that have left the chip."""
    return {**found, "bytes_left": ANSWER * found["decisions"]}
