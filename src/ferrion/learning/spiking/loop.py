"""The event loop of a spiking chip: what happens next happens, and costs what it costs.

Five things can be next: a cell that may fire, an event from outside, a delivery by a link, a refresh, a tick of the clock; of two at one moment the
earlier in this list. Work follows events, not time: an event at a tile costs one pass over its columns, a spike the copies its links carry, and nothing else happens.
Everything that changes lies in arrays, so a run can stop after any event and go on as if it had not.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.controller import Controllers, Phase, Trigger, take
from ferrion.chip.router import Links, deliver, hold, next_departure, send
from ferrion.circuits.firing import Cell
from ferrion.circuits.soma import Soma, Somata, advance, charge, foresee, look
from ferrion.circuits.soma_device import Devices
from ferrion.core.compiled import inlined, lean, merged
from ferrion.core.noise import NORMAL_TABLE, Stream, fill_words
from ferrion.learning.spiking.fabric import INPUT, Counts, Synapses, Traces
from ferrion.learning.spiking.plasticity import after_event, after_spike, fired, hidden_errors, output_errors, present, rewarded, standing, teach, traced
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher
from ferrion.learning.transfer import LevelTable, transfer_layer, transfer_stale

F4, I8, U4, U8 = np.float32, np.int64, np.uint32, np.uint64
EVENT, SPIKE, TEACHER, DONE, LEARNS, FULL, STALE = (int(trigger) for trigger in Trigger)
UPDATE, ROW_NOISE, TRANSFER = int(Phase.UPDATE), int(Stream.READ), int(Stream.TRANSFER)


class Law(NamedTuple):
    """What the chip obeys: constant in a run."""

    soma: Soma
    cell: Cell
    stdp: Stdp
    teacher: Teacher
    balance: Balance
    table: LevelTable
    noisy: bool
    read_noise: float
    """Standard deviation of one read, as a share of the full scale."""
    offset: int
    """Added to a stored magnitude: half a level, so that a transfer rounds."""
    only_changed: bool
    every: int
    """Updates between two transfers of a tile."""
    tick: float
    """Period [s] of the clock; infinite where nothing needs one."""
    refresh: float
    """Period [s] after which all memristors are programmed anew; infinite: never."""
    learning: bool
    each: int
    """Output cells a class."""


class State(NamedTuple):
    """All that changes."""

    somata: Somata
    devices: Devices | None
    """None at the event level."""
    synapses: Synapses
    traces: Traces
    links: Links
    controllers: Controllers
    counts: Counts
    clock: NDArray[np.float64]
    """(P + 3,): time [s] of each population, of the next tick, of the next refresh, and up to which the chip has run."""


class Work(NamedTuple):
    """Working memory."""

    words: NDArray[np.uint32]
    columns: NDArray[np.uint32]
    row: NDArray[np.float32]
    dues: NDArray[np.float64]
    """Of every population: when the first of its cells must be looked at [s]."""


class Spikes(NamedTuple):
    """Room for spikes; a run stops early when it is full."""

    time: NDArray[np.float64]
    population: NDArray[np.int64]
    cell: NDArray[np.int64]


@merged
def earliest(somata, first, last):
    """When the first of these cells must be looked at [s]."""
    soonest = np.inf
    for j in range(first, last):
        soonest = min(soonest, somata.due[j])
    return soonest


@merged
def spread(net, links, source, address, t, counts):
    """Copy an event onto every link that listens to its source; count it as outside where a tile has no such row."""
    for k in range(net.source.size):
        if net.source[k] == source:
            if 0 <= address < net.rows[k]:
                send(links, k, t, address, net.service[k])
            else:
                counts.outside[0] += 1


@merged
def settle(seed, net, k, t, law, state, work, touched):
    """The tile has updated: transfer if it is time, and wait for both."""
    state.counts.learned[k] += 1
    seconds = net.word[k] * max(1.0, touched / net.words_at_once[k]) if touched else 0.0
    state.controllers.busy[k, UPDATE] += seconds
    if state.counts.learned[k] >= law.every:
        take(state.controllers, k, FULL, net.transfer[k])
        transfer_tile(seed, net, k, law, law.only_changed, state, work)
        seconds += net.transfer[k]
    take(state.controllers, k, DONE, 0.0)
    hold(state.links, k, t, seconds)


@merged
def learned(seed, net, k, t, law, state, work, touched):
    """The rule has been at the tile: weights were rewritten, or changes wait for a reward."""
    if law.stdp.tau_e > 0.0:
        take(state.controllers, k, DONE, 0.0)
    else:
        settle(seed, net, k, t, law, state, work, touched)


@lean
def reward(seed, net, value, t, law, state, work):
    """A reward comes at t [s]: all plastic tiles learn from what waits for it."""
    seed = U8(seed)
    present(state.synapses, t, law.stdp.tau_e)
    for k in range(net.target.size):
        if net.plastic[k]:
            take(state.controllers, k, TEACHER, 0.0)
            settle(seed, net, k, t, law, state, work, rewarded(seed, net, k, value, law.offset, state.synapses, state.counts, work.words, work.columns))


@lean
def transfer_tile(seed, net, k, law, only_changed, state, work):
    """Program the memristors of tile k from its hidden weights."""
    part, synapses = slice(net.weights[k], net.weights[k + 1]), state.synapses
    step, stream = U8(state.counts.transfers[k]), U8(TRANSFER + k)
    if only_changed:
        state.counts.programmed[k] += transfer_stale(
            seed, stream, step, synapses.hidden[part], synapses.stale[part], synapses.analogue[part], synapses.programmed[part], F4(1), law.table, law.offset
        )
    else:
        state.counts.programmed[k] += transfer_layer(
            seed, stream, step, synapses.hidden[part], synapses.stale[part], synapses.analogue[part], synapses.programmed[part],
            F4(1), law.table, law.offset, False, work.words,
        )  # fmt: skip
    state.counts.transfers[k] += 1
    state.counts.learned[k] = 0


@merged
def at_event(seed, net, k, row, t, law, state, work):
    """Tile k takes an event: its row charges the nodes of its columns, with the noise of a read, and learns."""
    first, columns = net.cells[net.target[k]], net.columns[k]
    weights = work.row[:columns]
    start = net.weights[k] + row * columns
    for j in range(columns):
        weights[j] = state.synapses.analogue[start + j]
    if law.read_noise > 0.0:
        state.counts.serial[1] += 1
        fill_words(seed, U8(ROW_NOISE), U8(state.counts.serial[1]), work.columns[: (columns + 3) // 4 * 4])
        for j in range(columns):
            weights[j] += F4(law.read_noise) * NORMAL_TABLE[work.columns[j] >> U4(20)]
    charge(state.somata, first, t, law.soma, law.cell, weights, net.swing[k])
    take(state.controllers, k, EVENT, net.service[k])
    if not (law.learning and net.plastic[k]):
        take(state.controllers, k, DONE, 0.0)
        return
    take(state.controllers, k, LEARNS, 0.0)
    if law.teacher.rate > 0.0:
        traced(k, state.traces, state.counts, net.lines[k] + row, t, law.teacher.tau)
        take(state.controllers, k, DONE, 0.0)
        return
    learned(seed, net, k, t, law, state, work, after_event(seed, net, k, row, t, law.stdp, law.offset, state.synapses, state.traces, state.counts, work.words))


@lean
def at_spike(seed, net, population, number, t, law, state, work):
    """Cell `number` fired: its copies go out, its tiles learn, the others of its population are inhibited."""
    first, last, somata = net.cells[population], net.cells[population + 1], state.somata
    spread(net, state.links, population, number - first, t, state.counts)
    if law.learning and law.teacher.rate == 0.0:
        for k in range(net.target.size):
            if net.target[k] == population and net.plastic[k]:
                take(state.controllers, k, SPIKE, 0.0)
                learned(
                    seed, net, k, t, law, state, work, after_spike(seed, net, k, number - first, t, law.stdp, law.offset, state.synapses, state.traces, state.counts, work.words)
                )
    fired(state.traces, number, t, law.stdp)
    if law.balance.inhibition > 0.0:
        for j in range(first, last):
            if j != number:
                somata.node[j] = max(somata.node[j] - law.balance.inhibition, -law.soma.v_max)


@inlined
def learns_up_to(net, population):
    """Whether a tile that learns ends at this population or at one before it: nobody else asks for its errors."""
    learns = False
    for k in range(net.target.size):
        learns |= net.plastic[k] and net.target[k] <= population
    return learns


@lean
def correct(seed, net, t, label, rival, law, state, work):
    """Errors from the last population backwards, and what every tile that learns makes of them."""
    traces, counts, last = state.traces, state.counts, net.cells.size - 2
    output_errors(net, last, label, rival, law.each, law.teacher, state.somata, traces)
    if law.teacher.above > 0.0:
        counts.compared[last] += net.cells[last + 1] - net.cells[last]
    for k in range(net.target.size - 1, -1, -1):
        if 0 <= net.source[k] < net.target[k] and learns_up_to(net, net.source[k]):
            hidden_errors(net, k, law.teacher, law.cell.memristor.v_n, state.somata, state.synapses, traces, counts)
    for k in range(net.target.size):
        if net.plastic[k]:
            take(state.controllers, k, TEACHER, 0.0)
            settle(seed, net, k, t, law, state, work, teach(seed, net, k, t, law.teacher, law.offset, state.synapses, traces, counts, work.words, work.columns))


@lean
def at_tick(seed, net, t, label, law, state, work):
    """The clock ticks: the teacher speaks where the right class does not lead by its margin, and thresholds move."""
    traces, somata = state.traces, state.somata
    if law.learning and law.teacher.rate > 0.0 and label >= 0:
        right, best, rival = standing(net, net.cells.size - 2, label, law.each, t, law.stdp.tau_y, traces)
        if right * (1.0 - law.teacher.margin) <= best:
            correct(seed, net, t, label, rival, law, state, work)
    if law.learning and law.balance.homeostasis > 0.0:
        for j in range(somata.shift.size):
            somata.shift[j] += law.balance.homeostasis * (traces.ticked[j] - law.balance.target * law.tick)
    traces.ticked[:] = 0


@lean
def at_refresh(seed, net, t, law, state, work):
    """All tiles are programmed anew from their hidden weights."""
    for k in range(net.target.size):
        take(state.controllers, k, STALE, net.transfer[k])
        transfer_tile(seed, net, k, law, False, state, work)
        take(state.controllers, k, DONE, 0.0)
        hold(state.links, k, t, net.transfer[k])


@merged
def bring(net, population, t, law, state):
    """Bring a population to t."""
    advance(state.somata, state.devices, net.cells[population], net.cells[population + 1], state.clock[population], t, law.soma, law.cell)
    state.clock[population] = t


@merged
def fire_next(seed, net, population, t, law, state, work, spikes, written):
    """Cells of a population are due at t: whoever fires is written down and heard; returns the spikes written."""
    somata, before = state.somata, written
    for number in range(net.cells[population], net.cells[population + 1]):
        if somata.due[number] <= t and look(somata, state.devices, number, t, law.soma, law.cell, seed, law.noisy):
            spikes.time[written], spikes.population[written], spikes.cell[written] = t, population, number - net.cells[population]
            written += 1
    if written > before and law.balance.inhibition > 0.0:
        bring(net, population, t, law, state)
    for n in range(before, written):
        at_spike(seed, net, population, net.cells[population] + spikes.cell[n], t, law, state, work)
    if written > before and law.balance.inhibition > 0.0:
        look_again(net, population, t, law, state)
    return written


@lean
def look_again(net, population, t, law, state):
    """Foresee every cell of a population anew."""
    for j in range(net.cells[population], net.cells[population + 1]):
        foresee(state.somata, j, t, law.soma, law.cell)


@lean
def tick_all(seed, net, t, label, law, state, work):
    """All populations come to t, the clock ticks, and everybody is foreseen anew."""
    dues = work.dues
    for p in range(dues.size):
        bring(net, p, t, law, state)
    at_tick(seed, net, t, label, law, state, work)
    for p in range(dues.size):
        look_again(net, p, t, law, state)
        dues[p] = earliest(state.somata, net.cells[p], net.cells[p + 1])
    state.clock[dues.size] += law.tick


@lean
def run(seed, net, times, addresses, label, until, law, state, work, spikes):
    """Take the events at `times` [s], and all that follows up to `until`. Returns (events taken, spikes written).

    Fewer events are taken than given, or it stops before `until`, only when `spikes` is full: call again with the rest.
    """
    seed, taken, written, populations = U8(seed), 0, 0, net.cells.size - 1
    dues, widest = work.dues, 0
    for p in range(populations):
        widest = max(widest, net.cells[p + 1] - net.cells[p])
        dues[p] = earliest(state.somata, net.cells[p], net.cells[p + 1])
    while written + widest <= spikes.time.size:
        due, link, t_link = I8(np.argmin(dues)), I8(0), np.inf
        for k in range(net.source.size):
            if next_departure(state.links, k) < t_link:
                t_link, link = next_departure(state.links, k), I8(k)
        t_in = times[taken] if taken < times.size else np.inf
        t_tick, t_refresh = state.clock[populations], state.clock[populations + 1]
        t = min(min(min(t_in, t_link), min(dues[due], t_tick)), t_refresh)
        if t > until or t == np.inf:
            break
        if dues[due] == t:
            written = fire_next(seed, net, due, t, law, state, work, spikes, written)
            dues[due] = earliest(state.somata, net.cells[due], net.cells[due + 1])
        elif t_in == t:
            spread(net, state.links, INPUT, addresses[taken], t, state.counts)
            taken += 1
        elif t_link == t:
            p = net.target[link]
            bring(net, p, t, law, state)
            at_event(seed, net, link, deliver(state.links, link), t, law, state, work)
            dues[p] = earliest(state.somata, net.cells[p], net.cells[p + 1])
        elif t_refresh == t:
            at_refresh(seed, net, t, law, state, work)
            state.clock[populations + 1] += law.refresh
        else:
            tick_all(seed, net, t, label, law, state, work)
    return taken, written
