"""Results kept on disk under a digest of all that decides them: found again after a kill, never mistaken for another's."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import SOURCES
from ferrion.core.files import write_text


def digest(settings: object, *arrays: NDArray[Any]) -> str:
    """Of `settings` as Python writes them, of arrays with their shapes, and of this package's own source."""
    found = hashlib.sha256(repr((settings, SOURCES)).encode())
    for array in arrays:
        found.update(repr((array.shape, array.dtype)).encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def timed(compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What it returns, with the seconds it took and the digest of the sources that computed it."""
    start = time.perf_counter()
    found = compute()
    return {**found, "wall_s": time.perf_counter() - start, "sources": SOURCES}


def kept(path: Path, compute: Callable[[], dict[str, Any]], *beside: Path) -> dict[str, Any]:
    """What `path` (.json) holds; if it, or a file that `compute` leaves `beside` it, is not there or cannot be read, what `compute` returns, written there first."""
    try:
        for own in beside:
            own.stat()
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = json.loads(json.dumps(compute()))
        write_text(path, json.dumps(found))
    return found
