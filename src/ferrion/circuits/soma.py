"""Ion neurons behind leaky nodes, from event to event: what a tile of synapses feeds.

The currents of a column charge a node (a capacitor with a leak), and a follower drives the ion neuron with its voltage u. Between two
events u, the gate g, the residue and the remnant decay exponentially, and the nucleation rate depends on u - g alone, as at the event
level of one neuron; so a neuron behind its node is a spike-response neuron with escape noise (Gerstner & Kistler, Spiking Neuron Models,
2002, ch. 5), whose after-potential is the gate. What creeps through the open switch, a thousandth of u, is left out; where `devices`
are given, cells are stepped with all equations instead (`soma_device`), and compiled apart: with None, no device's code is in the loop.

No spike is missed: `due` is a time before which a cell cannot fire, because even at the greatest rate it could reach its draw of the
exponential distribution lies beyond. That is quickly said, and anew at every event. A cell is looked at when it is due, and fires or is
given a later time: if that is soon, the very time at which it fires if no event comes first, so that it is not looked at ever more often.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.events import FORMS, HOPELESS, STRETCH
from ferrion.circuits.firing import MOST_ROUNDS, rate, threshold
from ferrion.circuits.soma_device import follow, nucleate
from ferrion.core.compiled import compiled, inlined, merged
from ferrion.kernels.cpu import scalar
from ferrion.kernels.exponential import exponential
from ferrion.physics import between, nucleation

Floats = NDArray[np.float64]
SOON = 0.25
"""Time constants of the gate over which its help is counted on when a cell's next time is set."""
KEPT_SOON = np.exp(-SOON)
LATER = 1.0 + 2.0**-52
"""Times this, a time is the next that can be told from it."""
NEAR = 1e-6
"""Share of the mean exponential draw that may be missing when a cell fires: some nanoseconds at the greatest rate."""
thermal_voltage = scalar(nucleation.thermal_voltage)
residue_driven, conduction = scalar(between.residue_driven), scalar(between.conduction)


class Soma(NamedTuple):
    """The [soma] section of a spiking chip's card."""

    tau: Annotated[float, "s"]
    """Leak of the node."""
    v_max: Annotated[float, "V"]
    """The follower's range is -v_max..v_max: the node goes no further."""


class Somata(NamedTuple):
    """State of neurons, one entry each."""

    node: Floats
    """Volts."""
    gate: Floats
    """Volts."""
    residue: Floats
    remnant: Floats
    clock: Floats
    """Nucleation rate integrated since the last spike."""
    limit: Floats
    """Where the clock fires: the cell's exponential draw."""
    stands: Floats
    """Time [s] until which a filament holds the gate."""
    due: Floats
    """Time [s] before which the cell cannot fire."""
    shift: Floats
    """Difference [V] of the device's nucleation voltage from the card's, wear and homeostasis included."""
    time: Floats
    """Time [s] of this state, each cell's own."""
    firings: NDArray[np.int64]


class Kept(NamedTuple):
    """Shares left after a while."""

    node: float
    gate: float
    residue: float
    remnant: float


def at_rest(shifts: Floats, seed: int, noisy: bool) -> Somata:
    """Neurons that have never fired, with their devices' shifts [V]."""

    def none() -> Floats:
        return np.zeros(shifts.size)

    somata = Somata(none(), none(), none(), none(), none(), none(), none(), np.full(shifts.size, np.inf), shifts.copy(), none(), np.zeros(shifts.size, np.int64))
    draw_limits(somata, np.uint64(seed), noisy)
    return somata


def ground(somata: Somata) -> None:
    """Nothing of the past is left in nodes and gates; clocks and draws stay."""
    for values in (somata.node, somata.gate, somata.residue, somata.remnant, somata.stands):
        values[:] = 0.0


@compiled
def draw_limits(somata, seed, noisy):
    """The draws of every cell's next firing."""
    for j in range(somata.limit.size):
        somata.limit[j] = threshold(seed, j, somata.firings[j], 0, noisy)


@inlined
def kept_after(t, tau, soma, p):
    """The shares left after t."""
    return Kept(exponential(-t / soma.tau), exponential(-t / tau), exponential(-p.gamma * t), exponential(-p.gamma_m * t))


@inlined
def residue_after(r, u, g, kept, tau, soma, p):
    """Residue after it was r, node and gate decaying from u and g; fed in forward bias only (judged half way)."""
    if u * np.sqrt(kept.node) <= g * np.sqrt(kept.gate):
        return r * kept.residue
    return r * kept.residue + residue_driven(u, kept.node, kept.residue, soma.tau, p) - residue_driven(g, kept.gate, kept.residue, tau, p)


@compiled
def rate_after(u, g, r, m, shift, kept, tau, soma, cell):
    """Nucleation rate when `kept` is left."""
    p = cell.memristor
    return rate(u * kept.node - g * kept.gate - shift, residue_after(r, u, g, kept, tau, soma, p) + m * kept.remnant, cell.temperature, p)


@inlined
def most_overdrive(u, r, m, shift, soma, p):
    """The greatest overdrive [V] a cell can come to without another event: the gate gone, and all residue of the node's decay at once."""
    up = max(u, 0.0)
    return up - shift - p.v_n + p.kappa * (r + m + p.chi * up * soma.tau)


@compiled
def passed(u, g, r, m, shift, dt, tau, soma, cell):
    """Integral of the nucleation rate over dt, by Simpson's rule over stretches in which the overdrive changes by STRETCH thermal voltages at most."""
    p = cell.memristor
    v_t = thermal_voltage(cell.temperature, p)
    change = (abs(u) / soma.tau + abs(g) / tau + p.kappa * (p.chi * max(u, 0.0) + p.gamma * r + p.gamma_m * m)) * dt
    count = int(change / (STRETCH * v_t)) + 1
    h = dt / count
    half = kept_after(0.5 * h, tau, soma, p)
    whole = Kept(half.node * half.node, half.gate * half.gate, half.residue * half.residue, half.remnant * half.remnant)
    total = 0.0
    first = rate(u - g - shift, r + m, cell.temperature, p)
    for _ in range(count):
        middle = rate_after(u, g, r, m, shift, half, tau, soma, cell)
        r, u, g, m = residue_after(r, u, g, whole, tau, soma, p), u * whole.node, g * whole.gate, m * whole.remnant
        last = rate(u - g - shift, r + m, cell.temperature, p)
        total += h * (first + 4.0 * middle + last) / 6.0
        first = last
    return total


@merged
def crossing(somata, j, most, soma, cell):
    """Seconds after which cell j, left alone, reaches its draw; `most` if it does not before. Newton's rule on the integral of its rate, between what is too early and too late."""
    p, tau, missing = cell.memristor, cell.gate.r_control * cell.gate.c_gate, somata.limit[j] - somata.clock[j]
    u, g, r, m, shift = somata.node[j], somata.gate[j], somata.residue[j], somata.remnant[j], somata.shift[j]
    found = passed(u, g, r, m, shift, most, tau, soma, cell)
    if found <= missing:
        return most
    early, late, dt = 0.0, most, most * missing / found
    for _ in range(MOST_ROUNDS):
        short = missing - passed(u, g, r, m, shift, dt, tau, soma, cell)
        if abs(short) < 0.5 * NEAR:
            return dt
        early, late = (dt, late) if short > 0.0 else (early, dt)
        dt += short / rate_after(u, g, r, m, shift, kept_after(dt, tau, soma, p), tau, soma, cell)
        if not early < dt < late:
            dt = 0.5 * (early + late)
    return late


@inlined
def foresee(somata, j, t, soma, cell):
    """Set when cell j must be looked at next."""
    p = cell.memristor
    v_t = thermal_voltage(cell.temperature, p)
    up, tau = max(somata.node[j], 0.0) + max(-somata.gate[j], 0.0), cell.gate.r_control * cell.gate.c_gate
    most = most_overdrive(up, somata.residue[j], somata.remnant[j], somata.shift[j], soma, p)
    if most < -HOPELESS * v_t:
        somata.due[j] = np.inf
        return
    stuff = somata.residue[j] + somata.remnant[j] + p.chi * up * soma.tau
    missing = max(somata.limit[j] - somata.clock[j], 0.1 * NEAR)
    soon = missing / rate(up - KEPT_SOON * max(somata.gate[j], 0.0) - somata.shift[j], stuff, cell.temperature, p)
    ever = missing / rate(up - somata.shift[j], stuff, cell.temperature, p)
    somata.due[j] = max(t, somata.stands[j]) + (soon if soon < SOON * tau else max(SOON * tau, ever))


@compiled
def fire(somata, devices, j, t, seed, noisy, cell):
    """Cell j spikes at t: the gate goes to the node less the hold voltage while the filament stands."""
    p = cell.memristor
    if devices is None:
        over = somata.node[j] - somata.gate[j]
        stood = FORMS * p.t_form
        if over > p.v_hold:
            stood += conduction(over, cell.gate.c_gate / p.g_on, p)
            somata.gate[j] = somata.node[j] - p.v_hold
        somata.residue[j], somata.remnant[j], somata.clock[j] = 1.0, p.remnant, 0.0
        somata.stands[j] = t + stood
    else:
        nucleate(somata, devices, j, t, cell)
    somata.firings[j] += 1
    somata.limit[j] = threshold(seed, j, somata.firings[j], 0, noisy)


@inlined
def decay(somata, j, u, dt, kept, tau, soma, cell):
    """Cell j rests or integrates for dt from the node u [V] on, and `kept` is left of what decays."""
    p, g, r, m, shift = cell.memristor, somata.gate[j], somata.residue[j], somata.remnant[j], somata.shift[j]
    if most_overdrive(u, r, m, shift, soma, p) >= -HOPELESS * thermal_voltage(cell.temperature, p):
        somata.clock[j] += passed(u, g, r, m, shift, dt, tau, soma, cell)
    somata.residue[j] = residue_after(r, u, g, kept, tau, soma, p)
    somata.node[j], somata.gate[j], somata.remnant[j] = u * kept.node, g * kept.gate, m * kept.remnant


@merged
def advance_cell(somata, devices, j, t, soma, cell):
    """Bring cell j from its own time to `t` [s], which lies before it is due: it does not fire in between."""
    if devices is not None:
        follow(somata, devices, j, t, soma.tau, cell)
        return
    tau, u, dt = cell.gate.r_control * cell.gate.c_gate, somata.node[j], t - somata.time[j]
    if somata.stands[j] > somata.time[j]:
        released = min(somata.stands[j], t)
        u *= exponential(-(released - somata.time[j]) / soma.tau)
        dt = t - released
    decay(somata, j, u, dt, kept_after(dt, tau, soma, cell.memristor), tau, soma, cell)
    somata.time[j] = t


@merged
def advance(somata, devices, first, last, before, t, soma, cell):
    """Bring cells first..last - 1 to `t` [s], which lies before any is due; most of them stand at `before` and decay alike."""
    if devices is None:
        tau = cell.gate.r_control * cell.gate.c_gate
        common = kept_after(t - before, tau, soma, cell.memristor)
        for j in range(first, last):
            if somata.time[j] == before and somata.stands[j] <= before:
                decay(somata, j, somata.node[j], t - before, common, tau, soma, cell)
                somata.time[j] = t
    for j in range(first, last):
        if somata.time[j] != t:
            advance_cell(somata, devices, j, t, soma, cell)


@merged
def look(somata, devices, j, t, soma, cell, seed, noisy):
    """Cell j is due at t: it fires, or is given a later time. Returns whether it fired."""
    advance_cell(somata, devices, j, t, soma, cell)
    fires, soon = somata.clock[j] >= somata.limit[j] - NEAR, cell.gate.r_control * cell.gate.c_gate
    if fires:
        fire(somata, devices, j, t, seed, noisy, cell)
    foresee(somata, j, t, soma, cell)
    if devices is None and not fires and somata.stands[j] <= t and somata.due[j] < t + soon:
        somata.due[j] = t + crossing(somata, j, soon, soma, cell)
    somata.due[j] = max(somata.due[j], t * LATER)
    return fires


@merged
def charge(somata, first, t, soma, cell, weights, swing):
    """One event: add swing * weights [V] to the nodes of the cells from `first` on; returns nothing but sets when each is due."""
    for j in range(weights.size):
        cell_number = first + j
        u = somata.node[cell_number] + swing * weights[j]
        somata.node[cell_number] = min(max(u, -soma.v_max), soma.v_max)
        foresee(somata, cell_number, t, soma, cell)
