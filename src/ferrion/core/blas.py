"""Linear algebra on the thread that asks for it, so that its last bits do not depend on how many threads there are."""

import threading
from functools import cached_property
from importlib import import_module

from threadpoolctl import ThreadpoolController


class OneThread:
    """A context in which BLAS starts no threads. Several threads may be inside at once; the last to leave puts things back."""

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0

    @cached_property
    def _libraries(self) -> ThreadpoolController:
        import_module("scipy.linalg")  # what compiled functions call is found only once it is loaded
        return ThreadpoolController()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._limits = self._libraries.limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limits.restore_original_limits()


ONE_THREAD = OneThread()
