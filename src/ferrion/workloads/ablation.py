"""What each imperfection of a chip costs a model in accuracy, one by one: deployed from float weights, or trained on chip."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.kept import digest, kept
from ferrion.core.progress import Count
from ferrion.interop.convert import convert
from ferrion.learning.descent import TwoMemorySGD
from ferrion.workloads.data import DataSet
from ferrion.workloads.models import accuracy, fit, settle


class Setting(NamedTuple):
    """A chip and how it is read."""

    chip: Chip
    readout: Readout


REMOVERS: dict[str, Callable[[Setting], Setting]] = {
    "transfer spread": lambda setting: setting._replace(chip=replace(setting.chip, transfer_spread=0.0)),
    "read noise": lambda setting: setting._replace(readout=replace(setting.readout, noise=0.0)),
    "drivers": lambda setting: setting._replace(readout=replace(setting.readout, encoding=None)),
    "wires": lambda setting: setting._replace(readout=replace(setting.readout, wires=None)),
    "converters": lambda setting: setting._replace(readout=replace(setting.readout, adc=None)),
}
"""How to take each imperfection away; what is left without all of them is the rounding of weights to levels."""


@dataclass(frozen=True)
class Deployed:
    """Float weights written to the chip, on so many slices (`interop.convert.convert`)."""

    slices: int = 1


@dataclass(frozen=True)
class OnChip:
    """Training on chip instead of deployment, from initial weights; digital parameters go on from their own."""

    epochs: int
    rate: float = 0.1
    batch: int = 32
    transfer_every: int = 32


@dataclass(frozen=True)
class Loss:
    """Accuracies over chips with one imperfection alone (besides the levels), and with all but it."""

    part: str
    alone: tuple[float, ...]
    without: tuple[float, ...]


@dataclass(frozen=True)
class Ablation:
    """Accuracies of one model: as float, with levels only, with everything (one a chip each), and part by part."""

    digital: float
    levels: tuple[float, ...]
    everything: tuple[float, ...]
    parts: tuple[Loss, ...]

    def to_json(self) -> dict[str, Any]:
        """{"float_accuracy", "levels", "everything", "parts": [{"part", "alone", "without"}]}."""
        parts = [{"part": loss.part, "alone": loss.alone, "without": loss.without} for loss in self.parts]
        return {"float_accuracy": self.digital, "levels": self.levels, "everything": self.everything, "parts": parts}


def only(setting: Setting, part: str | None) -> Setting:
    """`setting` with no imperfection but `part` (None: none at all) and the levels."""
    for name, remove in REMOVERS.items():
        if name != part:
            setting = remove(setting)
    return setting


def ablate(model: nn.Module, source: str, data: DataSet, chip: Chip, chips: int, way: Deployed | OnChip, store: Path, tell: Count) -> Ablation:
    """Measure `model` (trained, digital) on `chips` chips a setting.

    source: the code of `model`. store: folder of finished measurements; those of the same model, data, chip and setting are not measured again.
    """
    states = [tensor.double().numpy() for tensor in model.state_dict().values()]
    of = digest((source, repr(model), [card.text for card in chip.cards], way), *states, *data.arrays)

    def measured(setting: Setting, seed: int) -> float:
        path = store / f"{digest((of, setting.readout, setting.chip.transfer_spread, setting.chip.read_spread, seed))[:24]}.json"
        return float(kept(path, lambda: {"accuracy": _measured(model, data, setting, seed, way)})["accuracy"])

    whole = Setting(chip, chip.readout)
    settings = {"levels": only(whole, None), "everything": whole}
    settings |= {f"alone: {part}": only(whole, part) for part in REMOVERS} | {f"without: {part}": remove(whole) for part, remove in REMOVERS.items()}
    found: dict[str, tuple[float, ...]] = {}
    for number, (name, setting) in enumerate(settings.items()):
        tell(name, number, len(settings))
        found[name] = tuple(measured(setting, seed) for seed in range(chips))
    losses = tuple(Loss(part, found[f"alone: {part}"], found[f"without: {part}"]) for part in REMOVERS)
    return Ablation(accuracy(model, data), found["levels"], found["everything"], losses)


def _measured(model: nn.Module, data: DataSet, setting: Setting, seed: int, way: Deployed | OnChip) -> float:
    if isinstance(way, Deployed):
        on_chip = convert(model, setting.chip, readout=setting.readout, seed=seed, slices=way.slices)
        settle(on_chip, data)
    else:
        on_chip = convert(model, setting.chip, readout=setting.readout, seed=seed, fresh=True)
        fit(on_chip, data, TwoMemorySGD(on_chip, way.rate, way.transfer_every, seed), way.epochs, way.batch, seed)
    return accuracy(on_chip, data)


def spread(values: tuple[float, ...]) -> float | None:
    """Standard deviation over chips; None for one chip."""
    return statistics.stdev(values) if len(values) > 1 else None
