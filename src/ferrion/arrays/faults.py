"""Devices and lines that do not work, and how rows are moved around them.

A device's conductance is strength x programmed + stuck: 1 and 0 for a sound one, 0 and its value for one that is stuck, 0 and 0 on an open line.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ferrion.arrays.crossbar import Floats
from ferrion.arrays.geometry import Geometry
from ferrion.arrays.hybrid import DeviceParams
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, uniforms

SHORT = 1e-3
"""Conductance [S] of a shorted device: a hard breakdown of about 1 kilohm (typical; not published for the stack)."""
WEAK = 0.5
"""Share of its conductance a weak device reaches (a choice)."""


class Faults(NamedTuple):
    """Shares of devices and of lines that do not work; none is published for the array of Martemucci et al."""

    stuck_low: Annotated[float, "1"] = 0.0
    """Devices that never leave the high-resistance state."""
    stuck_high: Annotated[float, "1"] = 0.0
    """Devices that never leave the top level."""
    weak: Annotated[float, "1"] = 0.0
    shorted: Annotated[float, "1"] = 0.0
    open_rows: Annotated[float, "1"] = 0.0
    """Lines of a tile that are not driven."""
    open_columns: Annotated[float, "1"] = 0.0
    """Columns of a tile's memristors that are not sensed."""


class FaultMap(NamedTuple):
    """What became of the devices of a layer: (rows, columns, 2) each."""

    strength: Floats
    stuck: Floats
    """[S]"""

    def applied(self, pairs: Floats) -> Floats:
        """Conductances [S] of the pairs (rows, columns, 2) as they are, where they were programmed to `pairs`."""
        return np.asarray(self.strength * pairs + self.stuck)


def draw_faults(faults: Faults, rows: int, columns: int, geometry: Geometry, p: DeviceParams, seed: int) -> FaultMap:
    """The faults of one chip. Raises ConfigError unless every share lies in 0..1 and those of the devices add up to 1 at most."""
    devices = faults.stuck_low + faults.stuck_high + faults.weak + faults.shorted
    if not all(0.0 <= share <= 1.0 for share in faults) or devices > 1.0:
        raise ConfigError(f"{faults}: give shares of 0 to 1; those of the devices must add up to 1 at most, they add up to {devices:g}")
    draw = uniforms(seed, Stream.FAULTS, 0, rows * columns * 2).reshape(rows, columns, 2)
    edges = np.cumsum([faults.stuck_low, faults.stuck_high, faults.shorted, faults.weak])
    kind = np.searchsorted(edges, draw, side="right")
    strength = np.where(kind < 3, 0.0, np.where(kind == 3, WEAK, 1.0))
    stuck = np.choose(kind, [p.filament.g_off, p.filament.g_off + p.g_span, SHORT, 0.0, 0.0])
    down, across = geometry.tiles(rows, columns)
    lines = uniforms(seed, Stream.FAULTS, 1, rows * across).reshape(rows, across) < faults.open_rows
    sensed = uniforms(seed, Stream.FAULTS, 2, down * columns * 2).reshape(down, columns, 2) < faults.open_columns
    works = ~(lines[:, np.arange(columns) // geometry.weights_per_line, None] | sensed[np.arange(rows) // geometry.lines])
    return FaultMap(strength * works, stuck * works)


def remapped(faults: FaultMap, pairs: Floats, geometry: Geometry) -> FaultMap:
    """The faults as the weights meet them when the rows of every tile take the lines that spoil G+ - G- least (least squares; Kuhn and Munkres).

    pairs (rows, columns, 2) [S] is what the rows are to hold. Wires are taken to be the same for all lines.
    """
    strength, stuck = faults.strength.copy(), faults.stuck.copy()
    for tile in geometry.cuts(*pairs.shape[:2]):
        lines = _assigned(faults.strength[tile], faults.stuck[tile], pairs[tile])
        strength[tile], stuck[tile] = faults.strength[tile][lines], faults.stuck[tile][lines]
    return FaultMap(strength, stuck)


def _assigned(strength: Floats, stuck: Floats, pairs: Floats) -> NDArray[np.int64]:
    """The line each row of one tile takes."""
    wanted = pairs[..., 0] - pairs[..., 1]
    bad = np.where((strength != 1.0).any((1, 2)) | (stuck != 0.0).any((1, 2)))[0]
    cost = np.zeros((len(pairs), len(pairs)))
    for line in bad:
        held = strength[line] * pairs + stuck[line]
        cost[:, line] = np.square((held[..., 0] - held[..., 1] - wanted) / wanted.std() if wanted.std() > 0 else 0.0).sum(1)
    return np.asarray(linear_sum_assignment(cost)[1])
