"""Sums that PyTorch divides among threads come out in another order, and a last digit, for each number of threads; a training that rests on them is another one."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, or in a function it decorates, PyTorch has one thread, so that a seed gives the same network whatever number there was.

    Processors of another kind may still round otherwise.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
