"""Compiled functions, cached on disk under a digest of the whole package.

numba's own cache looks only at the file a function stands in, not at the equations it calls; so the cache folder is
named after all of our sources, and an edited equation never meets old machine code.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numba.core.config
from numba.core.caching import FunctionCache
from numba.core.runtime._nrt_python import c_helpers
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


def _linked() -> None:
    """Name what compiled functions call to count references, as numba does when it first compiles."""
    for name, address in c_helpers.items():
        llvmlite.binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


_linked()


class WarmCache(FunctionCache):
    """numba's cache on disk, without the half second and 38 MB in which it first learns to compile.

    A function that is read needs none of it, and one that is not there calls for it itself. (Hashes of strings would: no loop of ours takes one.)
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function of a signature, or None."""
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _kept(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: compiled once, kept on disk, run without the interpreter lock; x / 0 is infinite, as in NumPy, so that loops vectorise."""

    def decorated(function: Callable[..., Any]) -> Any:
        own = numba.njit(nogil=True, error_model="numpy", **options)(function)
        own._cache = WarmCache(function)
        return own

    return decorated


compiled = _kept()
"""Decorator of every fused loop."""

inlined = numba.njit(inline="always")
"""Decorator of the small functions a fused loop is made of."""

UNCOUNTED: dict[str, Any] = {"_nrt": False}

lean = _kept(**UNCOUNTED)
"""Decorator of a loop that allocates nothing, nor does what it calls: numba then counts no references, which a state of many arrays costs hundreds of at each call."""

merged = _kept(forceinline=True, **UNCOUNTED)
"""The same of what a loop does at every event: its code is merged into the caller's."""
