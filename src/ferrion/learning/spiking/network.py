"""A network on a spiking chip: give it events, it gives spikes, learns if it is told to, and keeps count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.arrays.words import FULL_SCALE, LARGEST, MSBS, STEPS_PER_LEVEL, TOP_LEVEL, UNITS
from ferrion.chip.controller import controllers
from ferrion.chip.router import links
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.neuron import Level
from ferrion.circuits.soma import at_rest, ground
from ferrion.circuits.soma_device import discharge, undisturbed
from ferrion.core.errors import ConfigError, DataError
from ferrion.core.ledger import Action
from ferrion.core.noise import Stream, normals
from ferrion.learning.hidden import rewrite
from ferrion.learning.spiking.fabric import INPUT, Fabric, fabric, no_counts, synapses, traces
from ferrion.learning.spiking.loop import Law, Spikes, State, Work, look_again, reward, run, tick_all, transfer_tile
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher, checked, checked_balance
from ferrion.learning.transfer import LevelTable, nearest

OFFSET = STEPS_PER_LEVEL // 2
"""Levels are rounded, not cut."""
ROOM = 1 << 14
"""Spikes kept at a time."""
BYTES, MOST_BYTES = 15, 32e9
"""Memory of a weight: both memories, its wear, and what a transfer draws; and what a network may take."""
FREE = Balance()
"""No inhibition, no homeostasis."""
INITIAL = 0.15
"""Standard deviation of initial weights, as a share of the full scale."""


class Fired(NamedTuple):
    """Spikes of a run, in the order of their times."""

    time: NDArray[np.float64]
    """Seconds."""
    population: NDArray[np.int64]
    cell: NDArray[np.int64]

    def counts(self, population: int, cells: int) -> NDArray[np.int64]:
        """Spikes of each cell of a population."""
        return np.bincount(self.cell[self.population == population], minlength=cells)


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """A network: inputs, then one population of ion neurons after another."""

    inputs: int
    cells: tuple[int, ...]
    swing: tuple[float, ...]
    """Volts that one event adds through the largest weight, for each population's tile."""
    recurrent: tuple[float, ...] = ()
    """The same for tiles within a population, 0 for none; none where empty."""
    each: int = 1
    """Output cells a class."""

    def __post_init__(self) -> None:
        if self.inputs < 1 or not self.cells or min(self.cells) < 1:
            raise ConfigError(f"inputs = {self.inputs}, cells = {self.cells}: give one input and one cell a population at least, e.g. inputs=2312, cells=(10,)")
        if len(self.swing) != len(self.cells) or (self.recurrent and len(self.recurrent) != len(self.cells)):
            raise ConfigError(f"{len(self.cells)} populations but swing = {self.swing}, recurrent = {self.recurrent}: give one number a population")
        if not all(np.isfinite(v) and v > 0 for v in self.swing) or not all(np.isfinite(v) and v >= 0 for v in self.recurrent):
            raise ConfigError(f"swing = {self.swing}, recurrent = {self.recurrent}: give volts above 0 (a recurrent 0 is no tile)")
        if self.each < 1 or self.cells[-1] % self.each:
            raise ConfigError(f"each = {self.each}: {self.cells[-1]} output cells do not fall into whole classes of that size")
        weights = sum(n * m for n, m in zip((self.inputs, *self.cells), self.cells, strict=False)) + sum(
            n * n for n, volts in zip(self.cells, self.recurrent, strict=False) if volts
        )
        if weights * BYTES > MOST_BYTES:
            raise ConfigError(f"{weights:,} weights take {weights * BYTES / 1e9:,.0f} GB of memory; {MOST_BYTES / 1e9:.0f} GB are the limit: give fewer inputs or cells")

    def fabric(self) -> Fabric:
        """Tiles forward, then those within populations."""
        rows = (self.inputs, *self.cells)
        tiles = [(p - 1 if p else INPUT, p, rows[p]) for p in range(len(self.cells))]
        within = [p for p, volts in enumerate(self.recurrent) if volts]
        swing = [*self.swing, *(self.recurrent[p] for p in within)]
        return fabric(list(self.cells), tiles + [(p, p, self.cells[p]) for p in within], swing, [True] * len(swing))


class SpikingNetwork:
    """`wiring` on `chip`. Every event, spike, write and drop is counted; the same seed is the same chip with the same draws."""

    def __init__(
        self,
        chip: SpikingChip,
        wiring: Wiring,
        *,
        rule: Stdp | Teacher | None = None,
        balance: Balance = FREE,
        transfer_every: int = 10,
        tick: float = 0.01,
        refresh: float = np.inf,
        frozen: tuple[int, ...] = (),
        seed: int = 0,
        noise: bool = True,
        level: Level = Level.EVENT,
    ) -> None:
        """rule: None cannot learn. transfer_every: updates of a tile between two transfers. tick: of homeostasis [s]; a Teacher brings its own.

        refresh: seconds after which all memristors are programmed anew. frozen: tiles that do not learn, as `Wiring.fabric` numbers them.
        noise False: neurons fire when the integral of their rate is 1, and reads are exact. level: of the neurons; `Level.DEVICE` steps all equations of
        every device, with the same draws, two to twenty times slower. Raises ConfigError on settings out of range.
        """
        if transfer_every < 1 or int(transfer_every) != transfer_every or not 0 <= seed < 2**63 or int(seed) != seed or not (0 < tick < np.inf) or not refresh > 0:
            raise ConfigError(
                f"transfer_every = {transfer_every}, seed = {seed}, tick = {tick}, refresh = {refresh}: give integers of 1 or more and in 0..2**63 - 1, seconds above 0"
            )
        if level not in list(Level):
            raise ConfigError(f"level = {level!r}: give Level.EVENT or Level.DEVICE of ferrion.circuits.neuron")
        self.chip, self.wiring, self.seed, self.level, self.rule = chip, wiring, seed, Level(level), None if rule is None else checked(rule)
        self.net = _timed(wiring.fabric(), chip)
        if not all(isinstance(tile, (int, np.integer)) and 0 <= tile < len(self.net.source) for tile in frozen):
            raise ConfigError(f"frozen = {frozen}: the wiring has tiles 0..{len(self.net.source) - 1}, forward ones first")
        self.net.plastic[list(frozen)] = False
        teacher = rule if isinstance(rule, Teacher) else Teacher(rate=0.0)
        if balance.homeostasis and teacher.tick == np.inf:
            raise ConfigError("homeostasis needs a clock, and the teacher has none (tick = inf): give a finite tick, or Balance(homeostasis=0)")
        ticks = teacher.tick if isinstance(rule, Teacher) else tick if balance.homeostasis else np.inf
        self._law = Law(
            soma=chip.soma,
            cell=chip.neuron.cell,
            stdp=rule if isinstance(rule, Stdp) else Stdp(tau_y=teacher.votes),
            teacher=teacher,
            balance=checked_balance(balance),
            table=LevelTable(*chip.memory.levels),
            noisy=noise,
            read_noise=chip.memory.read_noise if noise else 0.0,
            offset=OFFSET,
            only_changed=True,
            every=transfer_every,
            tick=ticks,
            refresh=refresh,
            learning=False,
            each=wiring.each,
        )
        self.state = self._at_rest()
        widest = int(max(self.net.rows.max(), np.diff(self.net.cells).max())) + 8
        words = max(widest, int(np.diff(self.net.weights).max()) // 2 + 8)
        self._work = Work(np.empty(words, np.uint32), np.empty(widest, np.uint32), np.empty(widest, np.float32), np.empty(len(wiring.cells)))
        self._spikes = Spikes(np.empty(ROOM + widest), np.empty(ROOM + widest, np.int64), np.empty(ROOM + widest, np.int64))
        self.program([INITIAL * normals(seed, Stream.INITIAL, k, int(n * m)).reshape(n, m) for k, (n, m) in enumerate(zip(self.net.rows, self.net.columns, strict=True))])

    def _at_rest(self) -> State:
        """Before the first event."""
        law, net, chip = self._law, self.net, self.chip
        tiles, cells = len(net.source), int(net.cells[-1])
        return State(
            somata=at_rest(chip.neuron.shifts(cells, self.seed), self.seed, law.noisy),
            devices=undisturbed(cells) if self.level is Level.DEVICE else None,
            synapses=synapses(net, law.stdp.tau_e > 0.0),
            traces=traces(net),
            links=links(tiles, int(chip.router.depth)),
            controllers=controllers(tiles),
            counts=no_counts(tiles),
            clock=np.r_[np.zeros(len(self.wiring.cells)), law.tick, law.refresh, 0.0],
        )

    @property
    def settings(self) -> tuple[object, ...]:
        """What the network was built with, beside chip and wiring."""
        law = self._law
        return self.seed, self.rule, law.teacher.rate, law.balance, law.every, law.tick, law.refresh, law.noisy, self.level, tuple(self.net.plastic.tolist())

    @property
    def noise(self) -> bool:
        """Whether neurons draw their thresholds and reads are noisy."""
        return self._law.noisy

    @property
    def transfer_every(self) -> int:
        """Updates of a tile between two transfers."""
        return self._law.every

    @property
    def homeostasis(self) -> bool:
        """Whether thresholds move with the cells' rates."""
        return self.rule is not None and self._law.balance.homeostasis > 0.0

    def parts(self) -> dict[str, dict[str, NDArray[Any]]]:
        """The arrays of its state, by part and name."""
        named: dict[str, Any] = self.state._asdict()
        return {part: {"time": arrays} if part == "clock" else arrays._asdict() for part, arrays in named.items() if arrays is not None}

    @property
    def now(self) -> float:
        """Time [s] up to which the chip has run."""
        return float(self.state.clock[-1])

    def program(self, shares: Sequence[ArrayLike]) -> None:
        """Write hidden weights, shares (rows, columns) of the full scale in -1..1 for each tile, and transfer them. Raises ConfigError on other shapes."""
        wanted = [np.asarray(share, np.float64) for share in shares]
        shapes = [(int(n), int(m)) for n, m in zip(self.net.rows, self.net.columns, strict=True)]
        if [share.shape for share in wanted] != shapes or not all(np.isfinite(share).all() for share in wanted):
            raise ConfigError(f"weights of shapes {[share.shape for share in wanted]}: give finite numbers of shapes {shapes}, rows of inputs")
        for k, share in enumerate(wanted):
            part = slice(self.net.weights[k], self.net.weights[k + 1])
            steps = np.clip(np.rint(share.ravel() * FULL_SCALE), OFFSET - LARGEST, LARGEST - OFFSET).astype(np.int16)
            self.state.counts.fecap_writes[k] += rewrite(self.state.synapses.hidden[part], steps, self.state.synapses.lsb_writes[part], np.int16(OFFSET))
            self.state.synapses.stale[part] = 1
            transfer_tile(np.uint64(self.seed), self.net, k, self._law, True, self.state, self._work)

    def deploy(self, weights: Sequence[ArrayLike]) -> None:
        """As `program`, for weights trained elsewhere: each at the centre of the level whose mean is nearest to it."""
        mean = self._law.table.mean
        self.program([np.sign(w) * nearest(w, mean) / TOP_LEVEL for w in (np.asarray(weight, np.float64) for weight in weights)])

    def weights(self, tile: int) -> NDArray[np.float32]:
        """What the memristors of a tile hold, (rows, columns), as shares of the full scale."""
        part = slice(self.net.weights[tile], self.net.weights[tile + 1])
        return self.state.synapses.analogue[part].reshape(self.net.rows[tile], self.net.columns[tile])

    def run(self, times: ArrayLike, addresses: ArrayLike, until: float, *, label: int = -1, learn: bool = False) -> Fired:
        """Take events at `times` [s] on rows `addresses`, and all that follows up to `until` [s]; the chip's time goes on from call to call.

        label: the right class, for a Teacher; -1: none. learn: False leaves the memories as they are. An event no tile has a row for is counted, not taken.
        Raises DataError on times that fall or lie before the chip's time, ConfigError on a label there is no cell for.
        """
        t, rows = self.accepted(times, addresses, until, label)
        if learn and self.rule is None:
            raise ConfigError("learn=True, but the network has no rule: give rule=Stdp(...) or rule=Teacher(...)")
        return Fired(*(np.concatenate(column) for column in zip(*self._runs(t, rows, until, label, learn), strict=True)))

    def _runs(self, times: NDArray[np.float64], rows: NDArray[np.int64], until: float, label: int, learn: bool) -> Iterator[list[NDArray[Any]]]:
        """Spikes, as many at a time as there is room for."""
        settings, taken, written = self._law._replace(learning=learn), 0, ROOM
        while written >= ROOM:
            more, written = run(self.seed, self.net, times[taken:], rows[taken:], label, until, settings, self.state, self._work, self._spikes)
            taken += more
            yield [column[:written].copy() for column in self._spikes]
        self.state.clock[-1] = until

    def accepted(self, times: ArrayLike, addresses: ArrayLike, until: float, label: int = -1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times and rows as `run` takes them; raises what it raises."""
        try:
            t = np.ascontiguousarray(times, np.float64)
        except (TypeError, ValueError) as problem:
            raise DataError(f"times are no numbers ({problem}): give seconds") from problem
        given = np.asarray(addresses)
        if given.size and not np.issubdtype(given.dtype, np.integer):
            raise DataError(f"addresses of type {given.dtype}: give integers, one row an event")
        rows = np.ascontiguousarray(given, np.int64)
        self._check(t, rows, until, label)
        return t, rows

    def _check(self, t: NDArray[np.float64], rows: NDArray[np.int64], until: float, label: int) -> None:
        if t.ndim != 1 or t.shape != rows.shape:
            raise DataError(f"times of shape {t.shape}, addresses of shape {rows.shape}: give one address an event, both in one dimension")
        if not np.isfinite(t).all() or not np.isfinite(until):
            raise DataError("times or `until` are NaN or infinite: give finite seconds")
        falls = np.flatnonzero(np.diff(t) < 0)
        if falls.size:
            raise DataError(f"event {falls[0] + 1} at {t[falls[0] + 1]:g} s comes after one at {t[falls[0]]:g} s ({falls.size} of {t.size} fall back): sort the events by time")
        if t.size and (t[0] < self.now or t[-1] > until):
            raise DataError(f"events from {t[0]:g} to {t[-1]:g} s: give times from {self.now:g} s, where the chip stands, to `until`, {until:g} s")
        if until < self.now:
            raise DataError(f"until = {until:g} s lies before {self.now:g} s, where the chip stands: time only goes on")
        classes = self.wiring.cells[-1] // self.wiring.each
        if not -1 <= label < classes:
            raise ConfigError(f"label = {label}: the last population has {classes} classes; give 0..{classes - 1}, or -1 for none")

    def reward(self, value: float) -> None:
        """A reward (or, below 0, a punishment) reaches every synapse now; for a rule with eligibilities. Raises ConfigError without one, and for NaN."""
        if not self.state.synapses.waiting.size:
            raise ConfigError("a reward, but nothing waits for it: give rule=Stdp(..., tau_e=1.0)")
        if not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
            raise ConfigError(f"a reward of {value!r}: give a finite number")
        reward(self.seed, self.net, float(value), self.now, self._law, self.state, self._work)

    def teach(self, label: int) -> None:
        """The teacher speaks now, once, for all that `run(..., learn=True)` has taken since the last `rest`: what its clock does at every tick. For one without a clock.

        Raises ConfigError for another rule, and on a label there is no cell for.
        """
        if not isinstance(self.rule, Teacher) or np.isfinite(self.rule.tick):
            raise ConfigError(f"teach({label}) with rule {self.rule}: give rule=Teacher(..., tick=float('inf')); a finite tick teaches by itself")
        self._check(np.empty(0), np.empty(0, np.int64), self.now, label)
        tick_all(np.uint64(self.seed), self.net, self.now, label, self._law._replace(learning=True), self.state, self._work)

    def relearn(self, rate: float) -> None:
        """From now on a Teacher learns at `rate`: what a controller does that takes smaller steps as it learns. Whoever restores this network's state says so first.

        Raises ConfigError for another rule or a rate not above 0.
        """
        if not isinstance(self.rule, Teacher) or not 0.0 < rate < np.inf:
            raise ConfigError(f"relearn({rate}) with rule {self.rule}: give a number above 0, and rule=Teacher(...)")
        self._law = self._law._replace(teacher=self._law.teacher._replace(rate=rate))

    def rest(self) -> None:
        """Ground all nodes and gates until nothing of the past is left in cells and traces: a pause of some seconds, in no time. Eligibilities wait on.

        Raises ConfigError while events are queued.
        """
        if self.state.links.queued.any():
            raise ConfigError(f"{int(self.state.links.queued.sum())} events are still queued: run on, without new ones, until they are delivered")
        somata, traces = self.state.somata, self.state.traces
        ground(somata)
        if self.state.devices is not None:
            discharge(self.state.devices)
        for values in (traces.x1, traces.x2, traces.y1, traces.y2, traces.ticked):
            values[:] = 0
        somata.time[:] = self.state.clock[: len(self.wiring.cells)] = self.now
        for population in range(len(self.wiring.cells)):
            look_again(self.net, population, self.now, self._law, self.state)


def _timed(net: Fabric, chip: SpikingChip) -> Fabric:
    """The times of the chip's cards in the fabric."""
    seconds, geometry = chip.memory.prices.seconds, chip.memory.geometry
    lines = np.array([geometry.arrays(int(n), int(m)) for n, m in zip(net.rows, net.columns, strict=True)]) * geometry.lines
    read_and_write = seconds[Action.FECAP_READ] + seconds[Action.FECAP_WRITE]
    pairs = net.rows * net.columns / lines
    return net._replace(
        service=np.full(len(net.source), max(chip.router.hop, seconds[Action.MEMRISTOR_READ])),
        word=np.full(len(net.source), len(UNITS) * read_and_write),
        words_at_once=lines.astype(np.float64),
        transfer=pairs * ((MSBS + 1) * read_and_write + seconds[Action.MEMRISTOR_PROGRAM]),
    )
