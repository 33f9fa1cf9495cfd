"""The 1M1T1R neuron: V_in, diffusive memristor, gate node with capacitor and control resistor, output transistor (Zhao et al. 2025, Fig. 2).

A nucleation lets the memristor conduct, the gate charges until what is left over the memristor is below its hold voltage, the filament
dissolves, and the control resistor discharges the gate: integrate, fire, rest. Every cell steps on its own, adaptively; nothing
depends on the order of work. Nucleation is exact in time: cell i fires for the k-th time when the integral of its rate
since the last firing reaches the k-th of its own exponential draws (time change of a Poisson process).
"""

from typing import Annotated, NamedTuple

import numpy as np

from ferrion.core.compiled import compiled, inlined
from ferrion.core.noise import MASK, SHIFT, WORD, Stream, philox
from ferrion.kernels.cpu import scalar
from ferrion.kernels.exponential import exponential
from ferrion.kernels.ode import between, factor, step
from ferrion.physics import mosfet, nucleation
from ferrion.physics.mosfet import Stage
from ferrion.physics.nucleation import Nucleation

U8 = np.uint64
GATE, RESIDUE, REMNANT, CLOCK, SOURCE, DEVICE, CONTROL, SUPPLY, LOAD = range(9)
"""State: gate [V], residue, remnant, integrated nucleation rate; energies [J] from the input, in the memristor, in R_c, from V_dd, in R_l."""
STATES = 9
SCALE = np.array([0.1, 0.1, 0.1, 0.1, 1e-12, 1e-12, 1e-12, 1e-9, 1e-9])
"""Sizes below which an error is measured against them and not against the value: a tenth of a volt, a picojoule, a nanojoule."""
DISSOLVED = 40.0
"""Dissolution times after which nothing of a filament is left."""
MOST_ROUNDS = 60

rate, residue_rate = scalar(nucleation.nucleation_rate), scalar(nucleation.residue_rate)
conductance, drain_current = scalar(nucleation.conductance), scalar(mosfet.drain_current)


class Gate(NamedTuple):
    """The gate node."""

    c_gate: Annotated[float, "F"]
    """Gate and parasitic capacitance."""
    r_control: Annotated[float, "ohm"]


class Cell(NamedTuple):
    """Everything one neuron obeys."""

    memristor: Nucleation
    gate: Gate
    stage: Stage
    temperature: float
    """Kelvin."""
    v_shift: float
    """Difference [V] of this device's nucleation voltage from the card's."""


class Piece(NamedTuple):
    """What holds between two events: the drive's piece and the filament."""

    begin: float
    volts: float
    slope: float
    nucleated: bool
    since: float
    """Time [s] at which the filament began to form or to dissolve."""
    formed: float
    """Share of it that was formed then."""


@inlined
def filament(t, piece, p):
    """Share of the filament formed at t: an exponential towards 1 or 0."""
    if piece.nucleated:
        return 1.0 - (1.0 - piece.formed) * exponential(-(t - piece.since) / p.t_form)
    past = (t - piece.since) / p.t_dissolve
    return piece.formed * exponential(-past) if past < DISSOLVED else 0.0


@compiled
def drain_currents(gates, stage):
    """Drain currents [A] at gate voltages [V], (cells, samples)."""
    out = np.empty(gates.shape)
    for cell in range(gates.shape[0]):
        for k in range(gates.shape[1]):
            out[cell, k] = drain_current(gates[cell, k], stage)
    return out


@compiled
def rates(t, y, out, context):
    """Time derivatives of the state."""
    cell, piece = context
    p = cell.memristor
    v_in = piece.volts + piece.slope * (t - piece.begin)
    u = v_in - y[GATE]
    f = filament(t, piece, p)
    current = u * conductance(f, p)
    leak = y[GATE] / cell.gate.r_control
    output = drain_current(y[GATE], cell.stage)
    out[GATE] = (current - leak) / cell.gate.c_gate
    if piece.nucleated:
        out[RESIDUE] = (1.0 - y[RESIDUE]) * f / p.t_form
        out[REMNANT] = (p.remnant - y[REMNANT]) * f / p.t_form
        out[CLOCK] = 0.0
    else:
        out[RESIDUE] = residue_rate(y[RESIDUE], u, p)
        out[REMNANT] = -p.gamma_m * y[REMNANT]
        out[CLOCK] = rate(u - cell.v_shift, y[RESIDUE] + y[REMNANT], cell.temperature, p)
    out[SOURCE] = v_in * current
    out[DEVICE] = u * current
    out[CONTROL] = y[GATE] * leak
    out[SUPPLY] = cell.stage.v_dd * output
    out[LOAD] = output * output * cell.stage.r_load


@inlined
def threshold(seed, cell_number, firing, trial, noisy):
    """The exponential draw that decides firing number `firing` of a cell in a trial; its mean, 1, where there is no noise."""
    if not noisy:
        return 1.0
    words = philox(seed & MASK, seed >> SHIFT, U8(cell_number), U8(Stream.FIRING), U8(firing), U8(trial))
    return -np.log((float(words[0]) + 0.5) * WORD)


@compiled
def thresholds(seed, firings, trial, noisy):
    """The draws of cells 0, 1, … that decide their firings number `firings`."""
    out = np.empty(firings.size)
    for i in range(firings.size):
        out[i] = threshold(seed, i, firings[i], trial, noisy)
    return out


@inlined
def excess(t, y, cell, piece, limit):
    """What must pass from below to above 0 for the filament to switch."""
    if piece.nucleated:
        return cell.memristor.v_hold - (piece.volts + piece.slope * (t - piece.begin) - y[GATE])
    return y[CLOCK] - limit


@compiled
def located(t, h, y, k, new, stages, cell, piece, limit, rtol):
    """The share of step h after which the filament switches: bisection with secants (Illinois), each on a step of its own."""
    low, high = 0.0, h
    g_low, g_high = excess(t, y, cell, piece, limit), excess(t + h, new, cell, piece, limit)
    for i in range(STATES):
        stages[0, i] = k[0, i]
    for _ in range(MOST_ROUNDS):
        middle = high - g_high * (high - low) / (g_high - g_low)
        if not low < middle < high or high - low < 1e-13 * (t + h):
            break
        step(rates, t, middle, y, stages, new, rtol, SCALE, (cell, piece))
        g = excess(t + middle, new, cell, piece, limit)
        if g >= 0.0:
            high, g_high = middle, g
            g_low *= 0.5
        else:
            low, g_low = middle, g
            g_high *= 0.5
        if abs(g) < 1e-12:
            break
    step(rates, t, high, y, k, new, rtol, SCALE, (cell, piece))
    return high


@inlined
def record(t, h, y, k, new, cell, piece, dt, traces, row):
    """Fill the samples that lie in the step from t to t + h; returns the next one to fill."""
    while row < traces.shape[0] and row * dt <= t + h:
        s = (row * dt - t) / h if h > 0.0 else 0.0
        for i in range(STATES):
            traces[row, i] = between(s, h, y[i], k[0, i], new[i], k[6, i])
        traces[row, STATES] = filament(t + s * h, piece, cell.memristor)
        row += 1
    return row


@compiled
def proceed(t, end, h, y, cell, piece, limit, rtol, dt, traces, row, room):
    """Step y from t until `end`, or until the filament switches if that comes first. Returns when, the next step to try, the next sample to fill, and whether it switched."""
    k, stages, new = room
    while t < end:
        rates(t, y, k[0], (cell, piece))
        h = min(h, end - t)
        worst = step(rates, t, h, y, k, new, rtol, SCALE, (cell, piece))
        if worst > 1.0:
            h *= factor(worst)
            continue
        taken, following = h, h * factor(worst)
        switches = excess(t + h, new, cell, piece, limit) >= 0.0
        if switches:
            taken = located(t, h, y, k, new, stages, cell, piece, limit, rtol)
        row = record(t, taken, y, k, new, cell, piece, dt, traces, row)
        t = end if taken == end - t else t + taken
        for i in range(STATES):
            y[i] = new[i]
        h = following
        if switches:
            return t, h, row, True
    return t, h, row, False


@compiled
def run_cell(number, seed, noisy, cell, edges, volts, slopes, rtol, y, dt, traces, spikes):
    """Run one neuron from the state y through the drive; returns how many spikes it fired (at most spikes.size are kept).

    traces (samples, STATES + 1) takes the state and the filament every dt, spikes (most,) the times of nucleation.
    """
    room = np.zeros((7, STATES)), np.zeros((7, STATES)), np.zeros(STATES)
    nucleated, since, formed = False, -1.0, 0.0
    fired, row = 0, 0
    limit = threshold(seed, number, fired, 0, noisy)
    h = cell.memristor.t_form
    for segment in range(volts.size):
        t, end = edges[segment], edges[segment + 1]
        piece = Piece(t, volts[segment], slopes[segment], nucleated, since, formed)
        h = min(h, cell.gate.r_control * cell.gate.c_gate / 10.0)
        while t < end:
            if nucleated and excess(t, y, cell, piece, limit) >= 0.0:
                nucleated, formed, since = False, filament(t, piece, cell.memristor), t
                piece = Piece(edges[segment], volts[segment], slopes[segment], nucleated, since, formed)
                h = cell.memristor.t_dissolve / 10.0
            t, h, row, switched = proceed(t, end, h, y, cell, piece, limit, rtol, dt, traces, row, room)
            if switched and not nucleated:
                if fired < spikes.size:
                    spikes[fired] = t
                fired += 1
                y[CLOCK] = 0.0
                limit = threshold(seed, number, fired, 0, noisy)
                nucleated, formed, since = True, filament(t, piece, cell.memristor), t
                piece = Piece(edges[segment], volts[segment], slopes[segment], nucleated, since, formed)
                h = cell.memristor.t_form / 10.0
    return fired
