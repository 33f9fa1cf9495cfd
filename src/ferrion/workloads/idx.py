"""The idx format of MNIST and Fashion-MNIST, gzipped."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import DataError

UBYTE = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of unsigned bytes in a gzipped idx file; raises DataError when it is damaged or of another type."""
    try:
        with gzip.open(path) as stream:
            raw = stream.read()
        zero, kind, rank = struct.unpack(">HBB", raw[:4])
        shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
        if zero or kind != UBYTE:
            raise DataError(f"{path} is not an idx file of unsigned bytes (begins {raw[:4].hex()})")
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)
    except (OSError, EOFError, struct.error, ValueError) as problem:
        raise DataError(f"{path} cannot be read as a gzipped idx file: {problem}; fetch it again") from problem
