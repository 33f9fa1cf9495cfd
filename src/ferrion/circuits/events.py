"""The 1M1T1R neuron between events, in closed form: for networks.

Gate, residue and remnant decay and grow exponentially between two edges of the drive; a spike is one step: the gate goes to
the drive less the hold voltage and the residue to what a filament leaves. What is left is the integral of the nucleation
rate, by Simpson's rule over stretches in which the overdrive changes by one and a half thermal voltages at most.

Through the open switch the gate creeps towards a small share, `leak`, of the drive: w and d are drive and gate less that.
"""

from typing import NamedTuple

import numpy as np

from ferrion.circuits.firing import Cell, rate, threshold
from ferrion.core.compiled import compiled, inlined
from ferrion.kernels.cpu import scalar
from ferrion.kernels.exponential import exponential
from ferrion.physics import between, nucleation

FORMS = 4.0
"""Formation times until a filament conducts as if complete."""
NEWTON_STEPS = 8
STRETCH = 1.5
"""Thermal voltages by which the overdrive may change in one application of Simpson's rule: an error of 0.2 % of it."""
SHORTEST = 1e-4
"""Shortest stretch as a share of the gate's discharge; it is reached at some hundred volts only, where the rate has long saturated."""
HOPELESS = 10.0
"""Thermal voltages below the threshold at which nucleation is a ten-thousandth of its greatest rate and what is left out before, too."""
thermal_voltage = scalar(nucleation.thermal_voltage)
leak_of, residue_fed, conduction = scalar(between.leak), scalar(between.residue_fed), scalar(between.conduction)


class Kept(NamedTuple):
    """What is left after a while of a voltage on the gate, of residue and of remnant: shares."""

    gate: float
    residue: float
    remnant: float


@inlined
def kept_after(t, tau, p):
    """The shares left after t."""
    return Kept(exponential(-t / tau), exponential(-p.gamma * t), exponential(-p.gamma_m * t))


@inlined
def twice(kept):
    """The shares left after twice the time."""
    return Kept(kept.gate * kept.gate, kept.residue * kept.residue, kept.remnant * kept.remnant)


@inlined
def residue_after(r, v_in, v, fed, kept, tau, p):
    """Residue after it was r, the gate decaying from v; fed in forward bias only."""
    if not fed:
        return r * kept.residue
    return r * kept.residue + residue_fed(v_in, v, kept.gate, kept.residue, tau, p)


@inlined
def rate_after(v_in, v, r, m, fed, kept, tau, cell):
    """Nucleation rate at drive v_in, where `kept` is left of gate v, residue r and remnant m."""
    p = cell.memristor
    return rate(v_in - v * kept.gate - cell.v_shift, residue_after(r, v_in, v, fed, kept, tau, p) + m * kept.remnant, cell.temperature, p)


@inlined
def stretch(left, v_in, slope, v, r, m, tau, v_t, cell):
    """How long [s] the overdrive changes by STRETCH thermal voltages at most, or until a nucleation becomes conceivable at all."""
    p = cell.memristor
    fed = p.kappa * (p.chi * max(v_in, 0.0) + p.gamma * r + p.gamma_m * m)
    dt = max(STRETCH * v_t / (abs(v) / tau + abs(slope) + fed), SHORTEST * tau)
    wanted = p.v_n + cell.v_shift - p.kappa * (r + m) - HOPELESS * v_t
    if slope == 0.0 and v > v_in - wanted > 0.0:
        dt = max(dt, tau * np.log(v / (v_in - wanted)))
    return min(left, dt)


@inlined
def conducting(u, left, forming, cell):
    """A filament that is whole after `forming` [s] under u [V] until the piece ends: volts left, time it stood, whether it still does, what is left of `forming`."""
    p = cell.memristor
    if u <= p.v_hold:
        return u, 0.0, False, 0.0
    tau = cell.gate.c_gate / p.g_on
    needed = forming + conduction(u, tau, p)
    if needed <= left:
        return p.v_hold, needed, False, 0.0
    return u * exponential(-max(left - forming, 0.0) / tau), left, True, max(forming - left, 0.0)


@compiled
def fire_cell(number, seed, noisy, cell, edges, volts, slopes, most, spikes):
    """Spike times [s] of one neuron from rest, as `firing.run_cell`, up to the spike `most`; returns how many it fired (at most spikes.size are kept)."""
    p, v_t = cell.memristor, thermal_voltage(cell.temperature, cell.memristor)
    leak = leak_of(cell.gate.r_control, p)
    tau = cell.gate.r_control * cell.gate.c_gate * (1.0 - leak)
    v, r, m, clock, fired = 0.0, 0.0, 0.0, 0.0, 0
    limit, stands, forming = threshold(seed, number, fired, 0, noisy), False, 0.0
    for segment in range(volts.size):
        t, end, slope = edges[segment], edges[segment + 1], slopes[segment]
        first = -1.0
        if stands:
            u, stood, stands, forming = conducting(volts[segment] - v, end - t, forming, cell)
            v, t = volts[segment] - u, t + stood
        while t < end:
            v_in = volts[segment] + slope * (t - edges[segment])
            w, d, rise = v_in * (1.0 - leak), v - v_in * leak, slope * (1.0 - leak)
            left = end - t
            forward = v_in > 0.0 or slope > 0.0
            dt = stretch(left, w, rise, d, r, m, tau, v_t, cell) if forward else left
            half = kept_after(dt / 2, tau, p)
            kept = twice(half)
            passed, taken, fires = 0.0, dt, False
            fed = w + rise * dt / 2 > d * half.gate
            if forward:
                if first < 0.0:
                    first = rate(w - d - cell.v_shift, r + m, cell.temperature, p)
                middle = rate_after(w + rise * dt / 2, d, r, m, fed, half, tau, cell)
                last = rate_after(w + rise * dt, d, r, m, fed, kept, tau, cell)
                passed = dt * (first + 4.0 * middle + last) / 6.0
                fires = clock + passed >= limit
                if fires:
                    taken = crossing(limit - clock, dt, first, middle, last)
                    kept = kept_after(taken, tau, p)
                first = last
            v = v_in * leak + d * kept.gate
            if not fires:
                r = residue_after(r, w + rise * dt / 2, d, fed, kept, tau, p)
                m *= kept.remnant
                clock += passed
                t = end if dt == left else t + dt
                continue
            t += taken
            if fired < spikes.size:
                spikes[fired] = t
            fired, clock, r, m, first = fired + 1, 0.0, 1.0, p.remnant, -1.0
            if fired == most:
                return fired
            limit = threshold(seed, number, fired, 0, noisy)
            v_in += slope * taken
            u, stood, stands, forming = conducting(v_in - v, end - t, FORMS * p.t_form, cell)
            v, t = v_in - u, t + stood
    return fired


@compiled
def fire_cells(numbers, seed, noisy, cell, shifts, edges, volts, slopes, most, spikes, counts):
    """Run the cells `numbers`, alike but for the shifts [V] of their nucleation voltages; fills spikes (cells, most) and counts (cells,)."""
    for i in range(numbers.size):
        own = Cell(cell.memristor, cell.gate, cell.stage, cell.temperature, shifts[i])
        counts[i] = fire_cell(numbers[i], seed, noisy, own, edges, volts, slopes, most, spikes[i])


@inlined
def crossing(wanted, dt, first, middle, last):
    """Where the integral of the parabola through three rates reaches `wanted`: Newton's steps, held within the stretch."""
    b, c = (4.0 * middle - 3.0 * first - last) / 2.0, 2.0 * (first - 2.0 * middle + last) / 3.0
    s = 0.5
    for _ in range(NEWTON_STEPS):
        excess = s * (first + s * (b + s * c)) - wanted / dt
        s = min(max(s - excess / (first + s * (2.0 * b + s * 3.0 * c)), 0.0), 1.0)
    return dt * s
