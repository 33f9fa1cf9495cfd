"""Compiled functions, cached on disk under a digest of the whole package.

numba's own cache looks only at the file a function stands in, not at the equations it calls; so the cache folder is
named after all of our sources, and an edited equation never meets old machine code.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numba.core.config
from platformdirs import user_cache_dir


def _digest() -> str:
    package = Path(__file__).parents[1]
    sources = sorted(package.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


SOURCES = _digest()
"""Digest of every source file of the package: names the cache, and tells one version's runs from another's."""

if not os.environ.get("NUMBA_CACHE_DIR"):
    vars(numba.core.config)["CACHE_DIR"] = str(Path(user_cache_dir("ferrion")) / "compiled" / SOURCES)

FEATURES: str = llvmlite.binding.get_host_cpu_features().flatten()
if "+avx512bw" in FEATURES and not os.environ.get("NUMBA_CPU_FEATURES"):
    vars(numba.core.config)["CPU_FEATURES"] = FEATURES + ",-prefer-256-bit"
    """LLVM shuns the 512-bit registers of some processors, for fear of a lower clock; these loops gain a fifth from them."""

compiled = numba.njit(cache=True, nogil=True, error_model="numpy")
"""Decorator of every fused loop: compiled once, kept on disk, run without the interpreter lock; x / 0 is infinite, as in NumPy, so that loops vectorise."""

inlined = numba.njit(inline="always")
"""Decorator of the small functions a fused loop is made of."""

UNCOUNTED: dict[str, Any] = {"_nrt": False}

lean = numba.njit(cache=True, nogil=True, error_model="numpy", **UNCOUNTED)
"""Decorator of a loop that allocates nothing, nor does what it calls: numba then counts no references, which a state of many arrays costs hundreds of at each call."""

merged = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True, **UNCOUNTED)
"""The same of what a loop does at every event: its code is merged into the caller's."""
