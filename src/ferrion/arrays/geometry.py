"""Which line of which array a weight stands on, and how many arrays a network takes."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.arrays.words import FECAPS_PER_WEIGHT
from ferrion.core.errors import CardError


class Lines(NamedTuple):
    """The [geometry] section of a chip card."""

    lines: Annotated[float, "1"]
    fecaps_per_line: Annotated[float, "1"]
    memristors_per_line: Annotated[float, "1"]
    columns_per_adc: Annotated[float, "1"]


@dataclass(frozen=True)
class Geometry:
    """One array: lines of FeCAPs and memristors on one stack. A weight takes sixteen FeCAPs and two memristors of a line."""

    lines: int
    fecaps_per_line: int
    memristors_per_line: int

    @classmethod
    def of(cls, lines: Lines) -> "Geometry":
        """From a card; raises CardError when FeCAPs and memristors of a line do not serve the same number of weights."""
        if min(lines) < 1:
            raise CardError(f"[geometry] {dict(lines._asdict())}: every number is 1 or more")
        geometry = cls(int(lines.lines), int(lines.fecaps_per_line), int(lines.memristors_per_line))
        if geometry.memristors_per_line // 2 * FECAPS_PER_WEIGHT != geometry.fecaps_per_line:
            raise CardError(
                f"{geometry.fecaps_per_line} FeCAPs and {geometry.memristors_per_line} memristors a line do not serve the same weights: "
                f"each weight takes {FECAPS_PER_WEIGHT} FeCAPs and 2 memristors"
            )
        return geometry

    @property
    def weights_per_line(self) -> int:
        """Weights on one line."""
        return self.memristors_per_line // 2

    @property
    def weights(self) -> int:
        """Weights on one array."""
        return self.lines * self.weights_per_line

    @property
    def devices(self) -> int:
        """Devices of one array: FeCAPs and memristors."""
        return self.lines * (self.fecaps_per_line + self.memristors_per_line)

    def tiles(self, rows: int, columns: int) -> tuple[int, int]:
        """Arrays down and across that a layer of `rows` inputs and `columns` outputs takes: a row is a line."""
        return -(-rows // self.lines), -(-columns // self.weights_per_line)

    def arrays(self, rows: int, columns: int) -> int:
        """Arrays that a layer of `rows` inputs and `columns` outputs takes."""
        down, across = self.tiles(rows, columns)
        return down * across

    def cuts(self, rows: int, columns: int) -> list[tuple[slice, slice]]:
        """Rows and columns of a layer that stand on each of its arrays."""
        across = range(0, columns, self.weights_per_line)
        return [(slice(i, i + self.lines), slice(j, j + self.weights_per_line)) for i in range(0, rows, self.lines) for j in across]

    def line_numbers(self, rows: int, columns: int) -> NDArray[np.int64]:
        """The line each weight (rows, columns) of a layer stands on, counted within the layer."""
        _, across = self.tiles(rows, columns)
        return np.arange(rows)[:, None] * across + np.arange(columns) // self.weights_per_line

    def tile(self, layer: NDArray[Any], row: int, column: int) -> NDArray[np.float64]:
        """Values (rows, columns) of a layer's weights on the array that holds weight (row, column), NaN where it is empty."""
        top, left = row // self.lines * self.lines, column // self.weights_per_line * self.weights_per_line
        part = layer[top : top + self.lines, left : left + self.weights_per_line]
        block = np.full((self.lines, self.weights_per_line), np.nan)
        block[: part.shape[0], : part.shape[1]] = part
        return block
