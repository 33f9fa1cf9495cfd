"""How a pilot tells what it makes of a live stream, to the end and where the stream breaks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ferrion.chip.outlet import Outlet
from ferrion.core.errors import DataError


def telling(said: Iterable[str], so_far: Callable[[], dict[str, Any]], outlet: Outlet) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each thing said with all that is known by then, and how many bytes have left. Raises the DataError of a stream that breaks, after what was known."""
    try:
        for line in said:
            yield line, so_far() | left(outlet)
    except DataError:
        yield "the stream broke", so_far() | left(outlet)
        raise


def left(outlet: Outlet) -> dict[str, int]:
    """Bytes that have left the chip; what it learns from came in, and stays."""
    return {"bytes_left": outlet.told + outlet.lent}
