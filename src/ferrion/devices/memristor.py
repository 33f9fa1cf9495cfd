"""N filamentary memristors: SET to a compliance, RESET, read, relaxation, wear, death."""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.noise import Stream, normals, uniforms
from ferrion.params.card import Card
from ferrion.physics import filament
from ferrion.physics.filament import Filament

Floats = NDArray[np.float64]


class Endurance(NamedTuple):
    """How many programming operations a memristor lasts, and how many never work."""

    limit: Annotated[float, "1"]
    """Median number of SET/RESET cycles."""
    spread: Annotated[float, "1"]
    """Standard deviation of ln N."""
    stuck: Annotated[float, "1"]
    """Share of devices stuck in the high-resistance state from the start."""


def draw_limits(count: int, seed: int, card: Card) -> Floats:
    """Programming operations each memristor lasts, log-normal; 0 for one that is stuck from the start."""
    endurance = card.fill("endurance", Endurance)
    limit = endurance.limit * np.exp(endurance.spread * normals(seed, Stream.MEMRISTOR_SPREAD, 0, count))
    limit[uniforms(seed, Stream.MEMRISTOR_SPREAD, 1, count) < endurance.stuck] = 0.0
    return limit


class Memristor:
    """N memristors of one card, drawn from one seed."""

    def __init__(self, count: int, card: Card, seed: int) -> None:
        self.filament = card.fill("filament", Filament)
        self.seed = seed
        self.limit = draw_limits(count, seed, card)
        self.cycles: Floats = np.zeros(count)
        self._operations = 0
        self._written: Floats = np.zeros(count)
        """Conductance [S] at t_first after the last operation."""
        self._direction: Floats = np.zeros(count)
        """Unit normal of each filament's relaxation, for as long as it stands."""
        self._age: Floats = np.zeros(count)
        """Equivalent time [s] since the last operation."""
        self.conductance: Floats = np.zeros(count)
        self._write(np.asarray(filament.reset_conductance(self._draw(Stream.RESET, count), self.filament)))

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which memristors still switch."""
        return self.cycles < self.limit

    def set(self, compliance: ArrayLike, which: ArrayLike = True) -> None:
        """RESET, then SET each of `which` to its compliance current [A]; 0 leaves it in the high-resistance state. One cycle each; the others stand as they are."""
        limit = np.broadcast_to(np.asarray(compliance, dtype=np.float64), self.cycles.shape)
        works = self.alive & (limit > 0.0)
        self.reset(which)
        aimed = filament.set_conductance(limit, self.filament)
        formed = filament.programmed(aimed, self._draw(Stream.SET, limit.size), self.filament)
        self._write(np.where(works, formed, self.conductance), which)

    def reset(self, which: ArrayLike = True) -> None:
        """Dissolve the filaments of `which`. A dead memristor stays in the high-resistance state."""
        self.cycles = self.cycles + np.broadcast_to(which, self.cycles.shape)
        self._write(np.asarray(filament.reset_conductance(self._draw(Stream.RESET, self.cycles.size), self.filament)), which)

    def read(self, v: float) -> Floats:
        """Current [A] of each under v [V], with read noise. Not destructive."""
        return np.asarray(filament.read_current(self.conductance, v, self._draw(Stream.READ, self.cycles.size), self.filament))

    def rest(self, time: float, temperature: float) -> None:
        """Let `time` [s] pass at `temperature` [K]: relaxation and drift. Two rests are one of their joint length."""
        self._age = self._age + filament.equivalent(time, temperature, self.filament)
        self.conductance = np.asarray(filament.relaxed(self._written, self._direction, self._age, self.filament))

    def _write(self, conductance: Floats, which: ArrayLike = True) -> None:
        self._written, self._age = np.where(which, conductance, self._written), np.where(which, 0.0, self._age)
        self._direction = np.where(which, self._draw(Stream.REST, conductance.size), self._direction)
        self.conductance = np.where(which, conductance, self.conductance)

    def _draw(self, stream: Stream, count: int) -> Floats:
        self._operations += 1
        return normals(self.seed, stream, 2 + self._operations, count)
