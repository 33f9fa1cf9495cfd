"""A spiking network kept in a file: all its state, written whole or not at all, and refused by any other network."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import CheckpointError
from ferrion.core.kept import digest
from ferrion.learning.checkpoint import read_tensors, write_tensors
from ferrion.learning.spiking.network import SpikingNetwork

FORMAT = "ferrion-spiking-1"
BESIDE = "beside"


def fingerprint(network: SpikingNetwork) -> str:
    """A digest of everything that decides what a network does but its state: cards, wiring, rule, seed, and this package's own source."""
    return digest(([card.text for card in network.chip.cards], network.wiring, network.settings))


def save(network: SpikingNetwork, path: Path, **beside: NDArray[Any]) -> None:
    """Write the state, and arrays `beside` it, so that a network of the same settings that restores it goes on bit by bit as this one."""
    tensors = {f"{part}.{field}": np.ascontiguousarray(array) for part, arrays in network.parts().items() for field, array in arrays.items()}
    write_tensors(path, {**tensors, **{f"{BESIDE}.{name}": array for name, array in beside.items()}}, FORMAT, fingerprint(network), "")


def restore(network: SpikingNetwork, path: Path) -> dict[str, NDArray[Any]]:
    """Put a saved state into `network`; returns what was kept beside it. Raises CheckpointError when the file is damaged or of a network with other settings."""
    tensors, metadata = read_tensors(path, FORMAT)
    if metadata["run"] != fingerprint(network):
        raise CheckpointError(f"{path} belongs to a network with other cards, wiring, rule, seed or another version of ferrion; build the same one, or delete it")
    parts: dict[str, dict[str, NDArray[Any]]] = {**network.parts(), BESIDE: {}}
    for name, tensor in tensors.items():
        part, field = name.split(".")
        if part == BESIDE:
            parts[BESIDE][field] = tensor
        else:
            parts[part][field][...] = tensor
    return parts[BESIDE]
