"""Two formats of fixed-size events: N-MNIST's 40 bits and Prophesee's DAT."""

import numpy as np

from ferrion.core.errors import DataError
from ferrion.workloads.streams.ahead import Ahead
from ferrion.workloads.streams.block import Blocks, block, words

OVERFLOW, OVERFLOWED = 240, 1 << 13
"""A row that marks an overflow of the time, and by how many microseconds (Orchard et al., Frontiers in Neuroscience 9, 437 (2015))."""
DAT_KINDS, DAT_BYTES = (0, 12), 8


def nmnist(file: Ahead, name: str) -> Blocks:
    """Five bytes an event: column, row, polarity and 23 bits of microseconds."""
    overflows = 0
    for word in words(file, np.dtype("V5"), name):
        b = np.frombuffer(word.tobytes(), np.uint8).reshape(-1, 5).astype(np.int64)
        marks = b[:, 1] == OVERFLOW
        late = overflows + np.cumsum(marks)
        overflows = int(late[-1])
        t = ((b[:, 2] & 0x7F) << 16 | b[:, 3] << 8 | b[:, 4]) + late * OVERFLOWED
        yield block(t[~marks], b[~marks, 0], b[~marks, 1], b[~marks, 2] >> 7)


def dat(file: Ahead, name: str) -> Blocks:
    """Behind the header two bytes, kind and size, then eight an event: microseconds; 14 bits of column, 14 of row, polarity."""
    told = file.take(2)
    if len(told) < 2 or told[0] not in DAT_KINDS or told[1] != DAT_BYTES:
        raise DataError(f"{name}: events of kind {list(told)}; DAT files of changes have kind 0 or 12 and 8 bytes an event")
    for word in words(file, np.dtype([("t", "<u4"), ("a", "<u4")]), name):
        a = word["a"]
        yield block(word["t"], a & 0x3FFF, a >> 14 & 0x3FFF, a >> 28 & 1)
