"""How long work tells how far it is."""

from collections.abc import Callable

Tell = Callable[[str], None]
"""Told what is being done."""
Count = Callable[[str, int, int], None]
"""Told what is being done, how many are done, how many there are in all."""
