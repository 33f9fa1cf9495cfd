"""Optimisers that learn on the chip."""

from ferrion.learning.descent import TwoMemorySGD

__all__ = ["TwoMemorySGD"]
