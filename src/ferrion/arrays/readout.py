"""Everything between the numbers of a controller and the devices of an array: drivers, wires, read noise, converters."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from ferrion.arrays.nodal import Wires
from ferrion.circuits.adc import Sar
from ferrion.circuits.encoding import Amplitude, Encoding
from ferrion.core.errors import ConfigError
from ferrion.params.card import Card


class Input(NamedTuple):
    """The [input] section of a converter card."""

    bits: Annotated[float, "1"]


@dataclass(frozen=True, kw_only=True)
class Readout:
    """How an array is read. None takes a part out: numbers then pass it exactly."""

    encoding: Encoding | None = None
    wires: Wires | None = None
    adc: Sar | None = None
    weights_per_adc: int = 1
    """Pairs of columns that share a converter, which takes their difference."""
    calibration: int = 64
    """Conversions of an input of 0 by which the controller learns each converter's offset; 0 leaves it uncalibrated."""
    noise: float = 0.0
    """Standard deviation of one read of a weight (two memristors) at full drive, as a share of the full scale."""
    tiling: bool = True
    """Whether a layer may be cut into several arrays; if not, one that does not fit is refused."""
    errors_on_chip: bool = True
    """Whether errors go back through the arrays; if not, the digital side carries them back exactly, as in training off chip."""

    def __post_init__(self) -> None:
        if self.weights_per_adc < 1 or self.calibration < 0 or not 0.0 <= self.noise < np.inf:
            raise ConfigError(
                f"weights_per_adc = {self.weights_per_adc}, calibration = {self.calibration}, noise = {self.noise}: give 1 or more, 0 or more, and a finite share of 0 or more"
            )

    @classmethod
    def of(cls, card: Card, weights_per_adc: int, noise: float) -> "Readout":
        """All that a converter card describes."""
        return cls(
            encoding=Amplitude(int(card.fill("input", Input).bits)),
            wires=card.fill("wires", Wires),
            adc=card.fill("adc", Sar),
            weights_per_adc=weights_per_adc,
            noise=noise,
        )
