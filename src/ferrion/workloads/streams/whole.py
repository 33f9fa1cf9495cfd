"""Whether an Event Stream file ends between two events: its decoder does not say.

Behind the header a byte below 254 begins a change of five bytes; 254 (reset) and 255 (127 us pass) stand alone (github.com/neuromorphicsystems/event_stream).
"""

from pathlib import Path

import numpy as np

from ferrion.core.compiled import compiled
from ferrion.workloads.streams.block import CHUNK

HEADER, CHANGE, ALONE = 20, 5, 254


@compiled
def beyond(piece, at):
    """How far behind the end of `piece` the next change begins, if one begins at `at`."""
    while at < piece.size:
        at += 1 if piece[at] >= ALONE else CHANGE
    return at - piece.size


def missing(path: Path) -> int:
    """Bytes that the last change of a file lacks; a cut between two changes cannot be told."""
    at = 0
    with path.open("rb") as file:
        file.seek(HEADER)
        while piece := file.read(CHUNK):
            at = int(beyond(np.frombuffer(piece, np.uint8), at))
    return at
