"""N ion neurons of one card: run them through a drive, get traces, spikes and energies with units."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.circuits.drive import Drive, samples
from ferrion.circuits.events import fire_cells
from ferrion.circuits.firing import CONTROL, DEVICE, GATE, LOAD, REMNANT, RESIDUE, SOURCE, STATES, SUPPLY, Cell, Gate, drain_currents, run_cell
from ferrion.core.errors import CardError, ConfigError
from ferrion.core.noise import Stream, normals, uniforms
from ferrion.params.card import Card, load
from ferrion.physics import endurance
from ferrion.physics.endurance import Endurance
from ferrion.physics.mosfet import Stage
from ferrion.physics.nucleation import Nucleation

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
FIRST_ROOM = 256
"""Spikes a cell has room for at first; a cell that fires more is run again with more."""
BLOCK, TRIALS = 64, 4096
"""Cells, and trials, a thread takes at a time."""
ENDLESS = 1 << 62
"""More spikes than any cell fires."""
MOST_BYTES = 4e9


class Level(StrEnum):
    """How closely a neuron is simulated; both levels share laws and draws."""

    DEVICE = "device"
    EVENT = "event"


class Spread(NamedTuple):
    """The [spread] section of a neuron card: what differs from device to device."""

    v_n: Annotated[float, "V"]
    """Standard deviation of the nucleation voltage."""


@dataclass(frozen=True)
class Neuron:
    """A 1M1T1R neuron. Build one with `Neuron.from_card`."""

    card: Card
    memristor: Nucleation
    gate: Gate
    stage: Stage
    spread: Spread
    endurance: Endurance | None
    """None where the card of the memristor has no [endurance]."""
    temperature: float = 300.0
    """Kelvin."""

    @classmethod
    def from_card(cls, name: str | Path = "zhao-2025", *, temperature: float = 300.0) -> "Neuron":
        """The neuron of a shipped card or of a TOML file; raises CardError when it, or its memristor's card, is not in order."""
        card = load(name)
        if "memristor" not in card.parts:
            raise CardError(f'card {card.name} names no memristor; write parts = {{memristor = "…"}} under [card]')
        device = card.part("memristor")
        memristor = device.fill("nucleation", Nucleation)
        wear = device.fill("endurance", Endurance) if "endurance" in device.sections else None
        if not 0.0 < memristor.v_hold < memristor.v_n:
            raise CardError(
                f"card {card.parts['memristor']}: v_hold = {memristor.v_hold:g} V must lie between 0 and v_n = {memristor.v_n:g} V: "
                "a switch whose hold voltage equals its threshold cannot spike"
            )
        if not (np.isfinite(temperature) and temperature > 0):
            raise ConfigError(f"temperature = {temperature} K: give a finite temperature above 0 K")
        return cls(card, memristor, card.fill("gate", Gate), card.fill("stage", Stage), card.fill("spread", Spread), wear, temperature)

    @property
    def cards(self) -> list[Card]:
        """The neuron's own card and its memristor's."""
        return [self.card, self.card.part("memristor")]

    @property
    def cell(self) -> Cell:
        """The law of the card's own device."""
        return self._cell(0.0)

    def with_control(self, r_control: float) -> "Neuron":
        """The same neuron with another control resistor [ohm]."""
        if not (np.isfinite(r_control) and r_control > 0):
            raise ConfigError(f"r_control = {r_control}: give a finite resistance above 0 ohm")
        return replace(self, gate=self.gate._replace(r_control=r_control))

    def shifted(self, volts: float) -> "Neuron":
        """The neuron of a device whose nucleation voltage differs by `volts` from the card's."""
        return replace(self, memristor=self.memristor._replace(v_n=self.memristor.v_n + volts))

    def shifts(self, count: int, seed: int) -> Floats:
        """Differences [V] of the nucleation voltages of `count` devices from the card's; device 0 is the card's own. Another count is other devices."""
        drawn = self.spread.v_n * normals(seed, Stream.MEMRISTOR_SPREAD, 3, count)
        drawn[0] = 0.0
        return drawn

    def lives(self, count: int, seed: int, alike: bool = False) -> Floats:
        """Switchings each device lasts until it is stuck on; device 0 has the card's own life. Raises CardError where the card knows none."""
        if self.endurance is None:
            raise CardError(f"card {self.card.parts['memristor']} has no [endurance]: nothing is known of how it wears; add n_stuck, weibull and growth with their sources")
        drawn = np.ones(count) if alike else -np.log(uniforms(seed, Stream.MEMRISTOR_SPREAD, 4, count))
        drawn[0] = 1.0
        return np.asarray(endurance.life(drawn, self.endurance))

    def stuck(self, switchings: float, count: int = 1, seed: int = 0, alike: bool = False) -> NDArray[np.bool_]:
        """Which devices are stuck on after so many switchings each."""
        return np.zeros(count, np.bool_) if switchings == 0 else switchings >= self.lives(count, seed, alike)

    def fire(self, drive: Drive, *, count: int = 1, seed: int = 0, noise: bool = True, alike: bool = False, switchings: float = 0.0, level: Level = Level.EVENT) -> list[Floats]:
        """Spike times [s] of `count` cells, without traces. Arguments as in `run`; both levels use the same draws."""
        if level is Level.DEVICE:
            return self._cells(drive, np.inf, 1, 0, count, seed, noise, alike, switchings, 1e-7)[0]
        shifts, trains = self._shifts(count, seed, alike, switchings), [np.empty(0)] * count
        common = np.uint64(seed), noise, self._cell(0.0)

        def block(numbers: NDArray[np.int64], room: int = FIRST_ROOM) -> None:
            spikes, counts = np.empty((numbers.size, room)), np.zeros(numbers.size, np.int64)
            fire_cells(numbers, *common, shifts[numbers], drive.edges, drive.start, drive.slope, ENDLESS, spikes, counts)
            for number, train, fired in zip(numbers, spikes, counts, strict=True):
                trains[number] = train[:fired].copy()
            if (counts > room).any():
                block(numbers[counts > room], int(counts.max()))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(block, np.array_split(np.flatnonzero(~self.stuck(switchings, count, seed, alike)), -(-count // BLOCK))))
        return trains

    def thresholds(self, count: int, seed: int = 0, switchings: float = 0.0) -> Floats:
        """Nucleation voltages [V] of `count` devices after so many switchings each; that of a device that is stuck on is its hold voltage."""
        return np.asarray(self.memristor.v_n + self._shifts(count, seed, False, switchings))

    def first(self, drive: Drive, *, count: int, seed: int = 0) -> Floats:
        """Time [s] of the first spike in each of `count` trials of the card's own device from rest, (count,); NaN where it did not fire. As `fire` with `alike`, and quicker."""
        self._shifts(count, seed, True, 0.0)
        times = np.full((count, 1), np.nan)

        def block(numbers: NDArray[np.int64]) -> None:
            part, counts = times[numbers[0] : numbers[-1] + 1], np.zeros(numbers.size, np.int64)
            fire_cells(numbers, np.uint64(seed), True, self._cell(0.0), np.zeros(numbers.size), drive.edges, drive.start, drive.slope, 1, part, counts)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(block, np.array_split(np.arange(count), -(-count // TRIALS))))
        return times[:, 0]

    def run(
        self,
        drive: Drive | ArrayLike,
        dt: float = 2e-6,
        *,
        count: int = 1,
        first: int = 0,
        seed: int = 0,
        noise: bool = True,
        alike: bool = False,
        switchings: float = 0.0,
        rtol: float = 1e-7,
    ) -> "xarray.Dataset":
        """Run `count` cells through the same drive from rest; samples every `dt` [s].

        drive: a Drive, or samples [V] `dt` apart. first: the number of the first cell, which names its draws; devices are the last `count` of
        first + count. noise: False fires each cell when the integral of its nucleation rate is 1, the mean of its draws. alike: every cell is
        the card's own device; they then differ by their draws alone. switchings: how often every device has switched before; a device that is
        stuck on no longer spikes. rtol: relative tolerance of a step; the steps adapt, `dt` is only where samples are taken. Raises ConfigError
        on settings out of range and when the samples would not fit into 4 GB.

        Returns v_in (time) [V]; v_gate [V], residue, filament [1], i_out [A], all (cell, time); spike_time (cell, spike) [s], NaN where
        a cell fired less often; energies (cell) [J]: e_source from the input, e_memristor, e_control in R_c, e_supply from
        V_dd, e_load in R_l.
        """
        import xarray

        driven = drive if isinstance(drive, Drive) else samples(drive, dt)
        if not (np.isfinite(dt) and dt > 0):
            raise ConfigError(f"dt = {dt}: give a finite time above 0 s")
        rows = int(np.floor(driven.duration / dt * (1 + 1e-12))) + 1
        if 8.0 * rows * (STATES + 1) * count > MOST_BYTES:
            raise ConfigError(
                f"{count} cells with {rows:,} samples each need {8e-9 * rows * (STATES + 1) * count:.1f} GB: give a longer dt or fewer cells, or use fire() for spikes alone"
            )
        trains, traces, ends = self._cells(driven, dt, rows, first, count, seed, noise, alike, switchings, rtol)
        spike_time = np.full((count, max(map(len, trains))), np.nan)
        for row, spikes in zip(spike_time, trains, strict=True):
            row[: len(spikes)] = spikes
        v_gate = traces[:, :, GATE]
        current = drain_currents(v_gate, self.stage)
        time = np.arange(rows) * dt
        grid = ("cell", "time")
        return xarray.Dataset(
            {
                "v_in": ("time", driven.at(time), {"units": "V"}),
                "v_gate": (grid, v_gate, {"units": "V"}),
                "residue": (grid, traces[:, :, RESIDUE] + traces[:, :, REMNANT], {"units": "1"}),
                "filament": (grid, traces[:, :, STATES], {"units": "1"}),
                "i_out": (grid, current, {"units": "A"}),
                "spike_time": (("cell", "spike"), spike_time, {"units": "s"}),
                **{
                    f"e_{name}": ("cell", ends[:, state], {"units": "J"})
                    for name, state in (("source", SOURCE), ("memristor", DEVICE), ("control", CONTROL), ("supply", SUPPLY), ("load", LOAD))
                },
            },
            coords={"time": ("time", time, {"units": "s"})},
            attrs={"card": self.card.name, "seed": seed, "noise": int(noise), "temperature_K": self.temperature},
        )

    def _cell(self, shift: float, stuck: bool = False) -> Cell:
        """One device; a stuck one holds its filament at any voltage."""
        memristor = self.memristor._replace(v_hold=-np.inf) if stuck else self.memristor
        return Cell(memristor, self.gate, self.stage, self.temperature, float(shift))

    def _shifts(self, count: int, seed: int, alike: bool, switchings: float) -> Floats:
        for name, value, least in (("count", count, 1), ("seed", seed, 0)):
            if value < least:
                raise ConfigError(f"{name} = {value}: give an integer of {least} or more")
        if not (np.isfinite(switchings) and switchings >= 0):
            raise ConfigError(f"switchings = {switchings}: give a finite number of 0 or more")
        shifts = np.zeros(count) if alike else self.shifts(count, seed)
        if switchings > 0 and self.endurance is not None:
            worn = endurance.worn(switchings, self.lives(count, seed, alike), self.endurance)
            shifts += endurance.threshold_shift(worn, self.memristor.v_n + shifts, self.memristor.v_hold)
        return shifts

    def _cells(
        self, drive: Drive, dt: float, rows: int, first: int, count: int, seed: int, noise: bool, alike: bool, switchings: float, rtol: float
    ) -> tuple[list[Floats], Floats, Floats]:
        """Spikes of cells first..first + count - 1, traces (cell, sample, state and filament) and the states at the end (cell, state)."""
        if not isinstance(first, (int, np.integer)) or not 0 <= first < 2**31:
            raise ConfigError(f"first = {first}: give an integer in 0..2**31 - 1")
        shifts, stuck = self._shifts(first + count, seed, alike, switchings)[first:], self.stuck(switchings, first + count, seed, alike)[first:]
        if not 1e-12 <= rtol <= 1e-2:
            raise ConfigError(f"rtol = {rtol}: give a relative tolerance between 1e-12 and 0.01")
        traces, ends = np.zeros((count, rows, STATES + 1)), np.zeros((count, STATES))

        def one(number: int) -> Floats:
            spikes, fired = np.empty(0), FIRST_ROOM
            while fired > spikes.size:
                spikes, ends[number] = np.empty(fired), 0.0
                cell = self._cell(shifts[number], stuck[number]), drive.edges, drive.start, drive.slope, rtol, ends[number], dt, traces[number]
                fired = int(run_cell(first + number, np.uint64(seed), noise, *cell, spikes))
            return spikes[: 0 if stuck[number] else fired]

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(one, range(count))), traces, ends
