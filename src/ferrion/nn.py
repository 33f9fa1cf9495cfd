"""Layers for torch on two-memory arrays, and how to put an existing model on them."""

from ferrion.arrays.faults import Faults
from ferrion.arrays.readout import Readout
from ferrion.interop.convert import compiled, convert, memories_of
from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLinear, TwoMemoryRNNCell

__all__ = ["Faults", "Readout", "TwoMemoryConv1d", "TwoMemoryConv2d", "TwoMemoryLinear", "TwoMemoryRNNCell", "compiled", "convert", "memories_of"]
