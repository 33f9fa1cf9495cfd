"""ferrion: hybrid neuromorphic chips, from the physics of one device to a chip that learns."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ferrion import nn as nn
    from ferrion import optim as optim
    from ferrion.chip.chip import Chip as Chip
    from ferrion.circuits.neuron import Neuron as Neuron
    from ferrion.circuits.trainable import IonCell as IonCell
    from ferrion.devices.silver import SilverGap as SilverGap
    from ferrion.devices.stack import Stack as Stack
    from ferrion.learning.classifier import TwoMemoryClassifier as TwoMemoryClassifier

__all__ = ["Chip", "IonCell", "Neuron", "SilverGap", "Stack", "TwoMemoryClassifier", "nn", "optim"]
_HOME = {
    "Chip": "ferrion.chip.chip",
    "IonCell": "ferrion.circuits.trainable",
    "Neuron": "ferrion.circuits.neuron",
    "SilverGap": "ferrion.devices.silver",
    "Stack": "ferrion.devices.stack",
    "TwoMemoryClassifier": "ferrion.learning.classifier",
    "nn": "ferrion",
    "optim": "ferrion",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import ferrion` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'ferrion' has no {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    if _HOME[name] == "ferrion":
        return import_module(f"ferrion.{name}")
    return getattr(import_module(_HOME[name]), name)
