"""Large sparse networks of leaky cells with noise and pair plasticity, on a clock: the work that general simulators are compared by.

A synapse is visited when an event arrives at it and never when its target fires: all that the target's spikes since the event before have added to it is
made up for then, from the list of those spikes. Potentiation meets the upper bound alone and depression the lower, so what is made up for later is
what would have been added at once. A visit goes along a row of weights, and no column is ever gathered from all over the memory; at the end of a run every synapse is brought
up to date. A visit costs 8 bytes read and 4 written of the synapse, the rest comes from tables that stay in cache.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.errors import ConfigError
from ferrion.core.noise import MASK, SHIFT, WORD, Stream, fill_normals, philox

F4, I4, I8, U4, U8 = np.float32, np.int32, np.int64, np.uint32, np.uint64
NOTHING = -1
TABLE, LEFT = 4096, 10.0
"""Steps of the table of decays: beyond, a trace counts as none; it must hold this many time constants."""


class Cells(NamedTuple):
    """Leaky integrate-and-fire cells with white noise: tau dv/dt = v_rest - v + noise sqrt(2 tau) xi; reset to 0, then refractory."""

    tau: Annotated[float, "s"] = 20e-3
    v_rest: Annotated[float, "V"] = 12e-3
    noise: Annotated[float, "V"] = 5e-3
    """Standard deviation of v without a threshold."""
    v_threshold: Annotated[float, "V"] = 20e-3
    refractory: Annotated[float, "s"] = 5e-3


LEAKY = Cells()


class Pairs(NamedTuple):
    """Pair plasticity, all to all (Song, Miller and Abbott, Nature Neuroscience 3, 919 (2000)): weights in volts, 0..w_max."""

    w_max: Annotated[float, "V"]
    a_plus: Annotated[float, "1"] = 0.01
    a_minus: Annotated[float, "1"] = 0.0105
    """Shares of w_max."""
    tau_plus: Annotated[float, "s"] = 20e-3
    tau_minus: Annotated[float, "s"] = 20e-3


class Graph(NamedTuple):
    """Synapses row by row: those of cell i are target[first[i] : first[i + 1]]."""

    first: NDArray[np.int64]
    target: NDArray[np.int32]
    weight: NDArray[np.float32]


class Now(NamedTuple):
    """State between two runs; `step` has one entry."""

    v: NDArray[np.float32]
    refractory: NDArray[np.int32]
    """Step until which a cell is refractory."""
    x: NDArray[np.float32]
    """Trace of every row, at the step of its last event."""
    x_step: NDArray[np.int64]
    y: NDArray[np.float32]
    """Trace of every cell, at the step of its last spike."""
    y_step: NDArray[np.int64]
    sent: NDArray[np.int32]
    """(delay, cells): spikes on their way."""
    waiting: NDArray[np.int64]
    """(delay,): how many of them."""
    step: NDArray[np.int64]


class Past(NamedTuple):
    """Spikes of a run, each with the one before of the same cell."""

    step: NDArray[np.int64]
    cell: NDArray[np.int32]
    before: NDArray[np.int64]
    newest: NDArray[np.int64]
    """The last spike of each cell."""


class Numbers(NamedTuple):
    """Constants of a run, in steps and float32."""

    leak: np.float32
    v_rest: np.float32
    noise: np.float32
    v_threshold: np.float32
    refractory: int
    w_max: np.float32
    up: np.float32
    down: np.float32
    decay_plus: NDArray[np.float32]
    decay_minus: NDArray[np.float32]


@compiled
def count_or_fill(seed, share, first, target):
    """Targets of every cell, each other cell with chance `share`, by the gaps between them; fills first, and target if it has room. Returns how many."""
    cells, found, scale = first.size - 1, 0, 1.0 / np.log1p(-share) if share < 1.0 else 0.0
    for i in range(cells):
        j, draw = -1, 0
        while True:
            words = philox(U8(seed) & MASK, U8(seed) >> SHIFT, U8(i), U8(Stream.ORDER), U8(draw), U8(0))
            draw += 1
            for word in words:
                j += 1 + int(np.log((float(word) + 0.5) * WORD) * scale)
                if j >= cells:
                    break
                if j != i:
                    if found < target.size:
                        target[found] = j
                    found += 1
            if j >= cells:
                break
        first[i + 1] = found
    return found


def graph(cells: int, share: float, seed: int, w_max: float) -> Graph:
    """Random connections, none of a cell with itself, weights uniform in 0..w_max [V]. Raises ConfigError on a share outside 0..1."""
    if cells < 2 or not 0.0 < share <= 1.0:
        raise ConfigError(f"cells = {cells}, share = {share}: give 2 cells or more and a share above 0, 1 at most")
    first = np.zeros(cells + 1, I8)
    target = np.empty(count_or_fill(seed, share, first, np.empty(0, I4)), I4)
    count_or_fill(seed, share, first, target)
    weight = np.empty(target.size, F4)
    fill_uniform(seed, F4(w_max), weight)
    return Graph(first, target, weight)


@compiled
def fill_uniform(seed, largest, out):
    """Uniform draws in 0..largest."""
    for k in range(out.size):
        if k % 4 == 0:
            words = philox(U8(seed) & MASK, U8(seed) >> SHIFT, U8(k // 4), U8(Stream.INITIAL), U8(0), U8(0))
        out[k] = largest * F4((float(words[k % 4]) + 0.5) * WORD)


def at_rest(cells: int, delay: int, v_threshold: float, seed: int) -> Now:
    """Cells at random potentials below the threshold; `delay` steps of every connection."""
    v = np.empty(cells, F4)
    fill_uniform(seed + 1, F4(v_threshold), v)
    return Now(
        v=v,
        refractory=np.zeros(cells, I4),
        x=np.zeros(cells, F4),
        x_step=np.full(cells, -TABLE, I8),
        y=np.zeros(cells, F4),
        y_step=np.full(cells, -TABLE, I8),
        sent=np.zeros((delay, cells), I4),
        waiting=np.zeros(delay, I8),
        step=np.zeros(1, I8),
    )


def numbers(cells: Cells, pairs: Pairs, dt: float) -> Numbers:
    """Constants for steps of dt [s]."""
    steps = dt * np.arange(TABLE)
    return Numbers(
        leak=F4(dt / cells.tau),
        v_rest=F4(cells.v_rest),
        noise=F4(cells.noise * np.sqrt(2.0 * dt / cells.tau)),
        v_threshold=F4(cells.v_threshold),
        refractory=round(cells.refractory / dt),
        w_max=F4(pairs.w_max),
        up=F4(pairs.a_plus * pairs.w_max),
        down=F4(pairs.a_minus * pairs.w_max),
        decay_plus=np.exp(-steps / pairs.tau_plus).astype(F4),
        decay_minus=np.exp(-steps / pairs.tau_minus).astype(F4),
    )


@compiled
def decayed(trace, steps, table):
    """A trace after so many steps."""
    return trace * table[steps] if steps < TABLE else F4(0)


@compiled
def made_up(w, i, j, now, past, n):
    """Weight i -> j with what the spikes of j since the last event of i have added."""
    k, since, x = past.newest[j], now.x_step[i], now.x[i]
    while k != NOTHING and past.step[k] >= since:
        w += decayed(x, past.step[k] - since, n.decay_plus)
        k = past.before[k]
    return min(w, n.w_max)


@compiled
def arrive(i, t, net, now, past, n):
    """An event of cell i arrives at all its targets: they are driven, and the weights bear the mark of what they did before."""
    for k in range(net.first[i], net.first[i + 1]):
        j = net.target[k]
        w = made_up(net.weight[k], i, j, now, past, n)
        now.v[j] += w
        w -= decayed(now.y[j], t - now.y_step[j], n.decay_minus)
        net.weight[k] = max(w, F4(0))
    now.x[i] = decayed(now.x[i], t - now.x_step[i], n.decay_plus) + n.up
    now.x_step[i] = t


@compiled
def leak_and_fire(t, now, noise, n, fired):
    """One step of all cells; writes who fires to `fired` and returns how many."""
    for j in range(U8(now.v.size)):
        v = now.v[j] + n.leak * (n.v_rest - now.v[j]) + n.noise * noise[j]
        now.v[j] = v if now.refractory[j] <= t else now.v[j]
    count = 0
    for j in range(now.v.size):
        fired[count] = j
        count += now.v[j] > n.v_threshold
    firing = 0
    for m in range(count):
        j = fired[m]
        if now.refractory[j] <= t:
            now.v[j], now.refractory[j] = F4(0), t + n.refractory + 1
            fired[firing] = j
            firing += 1
    return firing


@compiled
def run_steps(seed, steps, net, now, past, n, words, noise, written):
    """Run up to `steps` steps; returns how many spikes stand in `past`. Stops early when `past` may be full."""
    delay, cells = now.sent.shape
    for _ in range(steps):
        if written + cells > past.step.size:
            break
        t = now.step[0]
        slot = t % delay
        for m in range(now.waiting[slot]):
            arrive(now.sent[slot, m], t, net, now, past, n)
        fill_normals(U8(seed), U8(Stream.FIRING), U8(t), words, noise)
        fired = now.sent[slot]
        now.waiting[slot] = leak_and_fire(t, now, noise, n, fired)
        for m in range(now.waiting[slot]):
            j = fired[m]
            now.y[j] = decayed(now.y[j], t - now.y_step[j], n.decay_minus) + n.down
            now.y_step[j] = t
            past.step[written], past.cell[written], past.before[written] = t, j, past.newest[j]
            past.newest[j] = written
            written += 1
        now.step[0] += 1
    return written


@compiled
def bring_up_to_date(net, now, past, n):
    """Make up for all spikes in `past`, and forget them."""
    t = now.step[0]
    for i in range(net.first.size - 1):
        for k in range(net.first[i], net.first[i + 1]):
            net.weight[k] = made_up(net.weight[k], i, net.target[k], now, past, n)
        now.x[i] = decayed(now.x[i], t - now.x_step[i], n.decay_plus)
        now.x_step[i] = t
    past.newest[:] = NOTHING


class SparseNetwork:
    """`cells` leaky cells, connected at random, learning by pairs. `run` goes on where it stopped."""

    def __init__(self, cells: int, share: float, pairs: Pairs, law: Cells = LEAKY, dt: float = 1e-4, delay: float = 1e-3, seed: int = 0, room: int = 0) -> None:
        """share: of all other cells that a cell feeds. room: spikes kept at a time (0: sixteen a cell and a step's worth). Raises ConfigError on settings out of range."""
        if not (0.0 < dt <= law.tau and delay >= dt):
            raise ConfigError(f"dt = {dt:g} s, delay = {delay:g} s: give a step of tau ({law.tau:g} s) at most and a delay of one step or more")
        if max(pairs.tau_plus, pairs.tau_minus) > TABLE * dt / LEFT:
            raise ConfigError(f"tau_plus, tau_minus = {pairs.tau_plus:g}, {pairs.tau_minus:g} s: at dt = {dt:g} s give {TABLE * dt / LEFT:g} s at most, or a longer dt")
        self.dt, self.seed = dt, seed
        self.net = graph(cells, share, seed, pairs.w_max)
        self.now = at_rest(cells, round(delay / dt), law.v_threshold, seed)
        room = max(room, 17 * cells if room == 0 else 2 * cells)
        self._past = Past(np.empty(room, I8), np.empty(room, I4), np.empty(room, I8), np.full(cells, NOTHING, I8))
        self._numbers = numbers(law, pairs, dt)
        self._words = np.empty((cells // 2 + 4) // 4 * 4, U4)
        self._noise = np.empty(2 * self._words.size, F4)

    def run(self, seconds: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Run on for `seconds`; returns the times [s] and cells of all spikes. All weights are up to date then."""
        end, times, cells = int(self.now.step[0]) + round(seconds / self.dt), [], []
        while self.now.step[0] < end:
            steps = end - int(self.now.step[0])
            count = run_steps(self.seed, steps, self.net, self.now, self._past, self._numbers, self._words, self._noise, 0)
            times.append(self.dt * self._past.step[:count])
            cells.append(self._past.cell[:count].copy())
            bring_up_to_date(self.net, self.now, self._past, self._numbers)
        return np.concatenate(times or [np.empty(0)]), np.concatenate(cells or [np.empty(0, I4)])
