"""A chip: the cards of its devices, its geometry, its prices. Arrays are added as a network needs them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.geometry import Geometry, Lines
from ferrion.arrays.hybrid import DeviceParams, device_params, draw_cells, transfer_all
from ferrion.arrays.readout import Readout
from ferrion.arrays.words import LEVEL_SHIFT, TOP_LEVEL
from ferrion.chip.prices import Prices
from ferrion.core.errors import CardError
from ferrion.core.noise import U64
from ferrion.params.card import Card, load
from ferrion.physics.filament import Filament

PARTS = ("fecap", "memristor", "transfer", "prices")
OPTIONAL = ("converters",)
CALIBRATION_WEIGHTS = 8192
"""Weights drawn per level to calibrate the behavioural level from the device level: 0.8 % on a standard deviation."""


@dataclass(frozen=True)
class Chip:
    """A hybrid FeCAP-memristor chip. Build one with `Chip.from_card`."""

    card: Card
    parts: dict[str, Card]
    geometry: Geometry
    columns_per_adc: int
    prices: Prices
    transfer_spread: float = 1.0
    """Factor on the spread of transferred weights in the behavioural fidelity: 0 shows quantisation alone."""
    read_spread: float = 1.0
    """Factor on the read noise of the memristors."""

    @classmethod
    def from_card(cls, name: str | Path = "leti-2025", *, transfer_spread: float = 1.0, read_spread: float = 1.0) -> "Chip":
        """The chip of a shipped card or of a TOML file; raises CardError when it, or a card it names, is not in order."""
        card = load(name)
        missing = [role for role in PARTS if role not in card.parts]
        if missing:
            raise CardError(f"card {card.name} names no {', '.join(missing)} card; write parts = {{{', '.join(f'{r} = …' for r in PARTS)}}} under [card]")
        return cls.of(card, {role: card.part(role) for role in (*PARTS, *(role for role in OPTIONAL if role in card.parts))}, transfer_spread, read_spread)

    @classmethod
    def of(cls, card: Card, parts: dict[str, Card], transfer_spread: float = 1.0, read_spread: float = 1.0) -> "Chip":
        """The chip of its own card and those of its parts; raises CardError when a number it needs is not there."""
        lines = card.fill("geometry", Lines)
        return cls(
            card=card,
            parts=parts,
            geometry=Geometry.of(lines),
            columns_per_adc=int(lines.columns_per_adc),
            prices=Prices.of(parts["prices"]),
            transfer_spread=transfer_spread,
            read_spread=read_spread,
        )

    @property
    def name(self) -> str:
        """Name of the chip's card."""
        return self.card.name

    @property
    def cards(self) -> list[Card]:
        """The chip's own card and those of its parts."""
        return [self.card, *self.parts.values()]

    @property
    def devices(self) -> DeviceParams:
        """What the devices of its arrays obey."""
        return device_params(self.parts["fecap"], self.parts["memristor"], self.parts["transfer"])

    @property
    def read_noise(self) -> float:
        """Standard deviation of one read of a weight (two memristors) as a share of the full scale."""
        fill = self.parts["memristor"].fill("filament", Filament)
        return self.read_spread * float(np.sqrt(2.0)) * fill.read_noise * fill.g_max / self.devices.g_span

    @property
    def readout(self) -> Readout:
        """Drivers, wires and converters of its "converters" card; raises CardError when the chip names none."""
        if "converters" not in self.parts:
            raise CardError(f'card {self.name} names no converters; add converters = "converters-130nm" to its parts')
        return Readout.of(self.parts["converters"], max(self.columns_per_adc // 2, 1), self.read_noise)

    @cached_property
    def levels(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`level_table` of seed 0, measured once."""
        return self.level_table()

    def endurance(self) -> dict[str, float]:
        """Cycles a FeCAP and a memristor last, by the cards."""
        return {role: self.parts[role].section("endurance")["limit"].value for role in ("fecap", "memristor")}

    def level_table(self, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation of a transferred weight at the levels 0..7, as shares of the full scale.

        Measured on `CALIBRATION_WEIGHTS` freshly drawn device-level weights a level: the rung of the ladder between the
        fidelities.
        """
        moments = np.array([_moments(self.transferred(level, seed)) for level in range(TOP_LEVEL + 1)])
        return moments[:, 0].astype(np.float32), (self.transfer_spread * moments[:, 1]).astype(np.float32)

    def transferred(self, level: int, seed: int) -> NDArray[np.float64]:
        """`CALIBRATION_WEIGHTS` weights, each on freshly drawn devices, after a transfer of `level` 0..7, as shares of the full scale."""
        p = self.devices
        cells = draw_cells(np.arange(CALIBRATION_WEIGHTS) // self.geometry.weights_per_line, seed, p, self.parts["memristor"], self.parts["transfer"])
        cells.word[:] = level << LEVEL_SHIFT
        return np.asarray(transfer_all(U64(seed), U64(level), cells, p))


def _moments(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation, exact when all values are the same."""
    centre = float(values[0])
    return centre + float(np.mean(values - centre)), float(np.std(values - centre))
