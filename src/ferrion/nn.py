"""Layers for torch on two-memory arrays, and how to put an existing model on them."""

from ferrion.arrays.faults import Faults
from ferrion.arrays.readout import Readout
from ferrion.interop.convert import compiled, convert
from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLinear, on_devices
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import Cost, clear, cost
from ferrion.learning.recurrent import TwoMemoryLSTMCell, TwoMemoryRNNCell

__all__ = [
    "Cost",
    "Faults",
    "Readout",
    "TwoMemoryConv1d",
    "TwoMemoryConv2d",
    "TwoMemoryLSTMCell",
    "TwoMemoryLinear",
    "TwoMemoryRNNCell",
    "clear",
    "compiled",
    "convert",
    "cost",
    "memories_of",
    "on_devices",
]
