"""Linear algebra on the thread that asks for it, so that its last bits do not depend on how many threads there are."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module

from threadpoolctl import ThreadpoolController

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """While inside, BLAS starts no threads. Other threads that want to come in wait: the limit is the whole process's, and belongs to the thread that set it.

    A limit that the caller's own code sets from another thread at the same time is not known here.
    """
    with _ONE_AT_A_TIME, _libraries().limit(limits=1, user_api="blas"):
        yield


@lru_cache
def _libraries() -> ThreadpoolController:
    import_module("scipy.linalg")  # what compiled functions call is found only once it is loaded
    return ThreadpoolController()
