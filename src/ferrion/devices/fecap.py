"""N ferroelectric capacitors: polarisation, wear, destructive read, write-back."""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.noise import Stream, normals, uniforms
from ferrion.params.card import Card
from ferrion.physics import ageing, ferroelectric
from ferrion.physics.ageing import Ageing
from ferrion.physics.ferroelectric import Capacitor, Switching

Floats = NDArray[np.float64]


class Operation(NamedTuple):
    """How the capacitors are pulsed and how far their windows differ; the sense amplifier's own numbers too."""

    v_write: Annotated[float, "V"]
    t_write: Annotated[float, "s"]
    spread: Annotated[float, "1"]
    """Standard deviation of the window from cell to cell, as a share of its median."""
    reference: Annotated[float, "V"]
    offset: Annotated[float, "V"]
    noise: Annotated[float, "V"]
    wake_up: Annotated[float, "1"]
    """Cycles every capacitor of an array has seen before it holds its first bit."""


class FeCap:
    """N capacitors of one card, drawn from one seed. `up` is the share of domains that stand up, 0..1, per capacitor."""

    def __init__(self, count: int, card: Card, seed: int) -> None:
        self.switching = card.fill("switching", Switching)
        self.capacitor = card.fill("capacitor", Capacitor)
        self.ageing = card.fill("ageing", Ageing)
        self.operation = card.fill("operation", Operation)
        self.seed = seed
        self.strength: Floats = np.maximum(1.0 + self.operation.spread * normals(seed, Stream.FECAP_SPREAD, 0, count), 0.0)
        self.up: Floats = np.zeros(count)
        self.cycles: Floats = np.zeros(count)
        """Full cycles so far: half a cycle a reversal."""
        self.imprint: Floats = np.zeros(count)
        """Shift of the loop [V] against the next reversal."""
        self._written: Floats = np.zeros(count)
        """`up` as the last pulse left it."""
        self._age: Floats = np.zeros(count)
        """Equivalent time [s] since the last reversal."""

    def fraction(self, v: float | None = None, t: float | None = None) -> Floats:
        """Share of the domains a pulse of v [V] and t [s] can reverse (default: the card's write pulse), per capacitor."""
        v = self.operation.v_write if v is None else v
        t = self.operation.t_write if t is None else t
        return np.asarray(ferroelectric.switched_fraction(t, v, self.imprint, self.switching))

    def write(self, bits: ArrayLike, v: float | None = None, t: float | None = None) -> Floats:
        """Write 0 or 1 to each capacitor; returns the energy [J] that switching takes from the supply (the linear
        charge of film and line is not in it). Only a capacitor that reverses ages."""
        target = np.broadcast_to(np.asarray(bits, dtype=np.float64), self.up.shape)
        moved = self.fraction(v, t) * (target - self.up)
        self._reverse(moved)
        return np.asarray(ferroelectric.switching_energy(np.abs(moved), self.operation.v_write if v is None else v, self.capacitor))

    def read(self, v: float | None = None, t: float | None = None) -> Floats:
        """Pull every capacitor down and return the window [V] it leaves on its line. Destructive: all hold 0 afterwards."""
        released = self.fraction(v, t) * self.up
        window = self.window(released)
        self._reverse(-released)
        return window

    def window(self, released: Floats) -> Floats:
        """Window [V] of a share `released` of the domains, in each capacitor's present condition."""
        charge = ferroelectric.released_charge(released * self.strength * self.health(self.cycles), self.capacitor)
        return np.asarray(ferroelectric.line_voltage(charge, self.capacitor))

    def health(self, cycles: ArrayLike) -> Floats:
        """Share of the polarisation that takes part after so many `cycles`: wake-up times fatigue."""
        number = np.asarray(cycles, np.float64)
        return np.asarray(ageing.wake_up(number, self.ageing) * ageing.fatigue(number, self.ageing))

    def cycle(self, count: float) -> None:
        """`count` full write cycles at once, for wake-up and endurance; leaves every capacitor up."""
        self.cycles += count
        self._age = np.zeros_like(self._age)
        self.imprint = np.zeros_like(self.imprint)
        self.up = 1.0 / (2.0 - self.fraction())
        self._written = self.up

    def rest(self, time: float, temperature: float) -> None:
        """Let `time` [s] pass at `temperature` [K]: the polarisation relaxes towards even, the loop shifts by imprint.

        Two rests are one of their joint length.
        """
        self._age = self._age + ageing.equivalent(time, temperature, self.ageing)
        self.up = 0.5 + (self._written - 0.5) * ageing.retention(self._age, self.ageing)
        self.imprint = np.asarray(ageing.imprint(self._age, self.ageing))

    def _reverse(self, moved: Floats) -> None:
        reversed_ = np.abs(moved) > 0.5
        self._written = np.where(reversed_, self.up + moved, self._written + moved)
        self._age = np.where(reversed_, 0.0, self._age)
        self.up = self.up + moved
        self.cycles = self.cycles + 0.5 * np.abs(moved)
        self.imprint = np.where(reversed_, 0.0, self.imprint)


def domain_monte_carlo(t: float, v: float, domains: int, card: Card, seed: int) -> float:
    """Switched share of `domains` drawn domains after a pulse of t [s] at v [V]: the physics level of `switched_fraction`."""
    p = card.fill("switching", Switching)
    spread = np.tan(np.pi * (uniforms(seed, Stream.DOMAINS, 0, domains) - 0.5))
    log_tau = ferroelectric.log_delay(v, 0.0, p) + p.width * spread
    chance = ferroelectric.domain_switched(t, np.clip(log_tau, -200.0, 200.0), p)
    return float(np.mean(uniforms(seed, Stream.NUCLEATION, 0, domains) < chance))
