"""The 1M1T1R neuron between events, in closed form: for networks.

Gate, residue and remnant decay and grow exponentially between two edges of the drive; a spike is one step: the gate goes to
the drive less the hold voltage and the residue to what a filament leaves. What is left is the integral of the nucleation
rate, by Simpson's rule over stretches in which the overdrive changes by one and a half thermal voltages at most.

Through the open switch the gate creeps towards a small share, `leak`, of the drive: w and d are drive and gate less that.
"""

import numpy as np

from ferrion.circuits.firing import rate, threshold
from ferrion.core.compiled import compiled, inlined
from ferrion.kernels.cpu import scalar
from ferrion.kernels.exponential import exponential
from ferrion.physics import nucleation

FORMS = 4.0
"""Formation times until a filament conducts as if complete."""
MOST_HALVINGS = 50
STRETCH = 1.5
"""Thermal voltages by which the overdrive may change in one application of Simpson's rule: an error of 0.2 % of it."""
SHORTEST = 1e-4
"""Shortest stretch as a share of the gate's discharge; it is reached at some hundred volts only, where the rate has long saturated."""
HOPELESS = 10.0
"""Thermal voltages below the threshold at which nucleation is a ten-thousandth of its greatest rate and what is left out before, too."""
thermal_voltage = scalar(nucleation.thermal_voltage)


@inlined
def residue_after(r, v_in, v, t, tau, p):
    """Residue t after it was r, the gate decaying from v: solution of dR/dt = chi (v_in - v exp(-t / tau)) - gamma R in forward bias."""
    kept = exponential(-p.gamma * t)
    if v_in <= v * exponential(-0.5 * t / tau):
        return r * kept
    fed = v_in * (1.0 - kept) / p.gamma - v * (exponential(-t / tau) - kept) / (p.gamma - 1.0 / tau)
    return r * kept + p.chi * fed


@inlined
def rate_after(t, v_in, slope, v, r, m, tau, cell):
    """Nucleation rate t after gate v, residue r and remnant m."""
    p = cell.memristor
    u = v_in + slope * t - v * exponential(-t / tau)
    return rate(u - cell.v_shift, residue_after(r, v_in, v, t, tau, p) + m * exponential(-p.gamma_m * t), cell.temperature, p)


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
def conducting(u, left, cell):
    """What is left of u over the memristor [V] when its filament dissolves or the piece ends, and how long [s] it stood."""
    p = cell.memristor
    if u <= p.v_hold:
        return u, 0.0
    tau = cell.gate.c_gate / p.g_on
    needed = FORMS * p.t_form + tau * np.log(u / p.v_hold)
    if needed <= left:
        return p.v_hold, needed
    return u * exponential(-max(left - FORMS * p.t_form, 0.0) / tau), left


@compiled
def fire_cell(number, seed, noisy, cell, edges, volts, slopes, spikes):
    """Spike times [s] of one neuron from rest, as `firing.run_cell`; returns how many it fired (at most spikes.size are kept)."""
    p, v_t = cell.memristor, thermal_voltage(cell.temperature, cell.memristor)
    leak = p.g_off * cell.gate.r_control / (1.0 + p.g_off * cell.gate.r_control)
    tau = cell.gate.r_control * cell.gate.c_gate * (1.0 - leak)
    v, r, m, clock, fired = 0.0, 0.0, 0.0, 0.0, 0
    limit = threshold(seed, number, fired, noisy)
    for segment in range(volts.size):
        t, end, slope = edges[segment], edges[segment + 1], slopes[segment]
        while t < end:
            v_in = volts[segment] + slope * (t - edges[segment])
            forward = v_in > 0.0 or slope > 0.0
            w, d = v_in * (1.0 - leak), v - v_in * leak
            dt = stretch(end - t, w, slope, d, r, m, tau, v_t, cell) if forward else end - t
            passed, taken = 0.0, dt
            if forward:
                first, middle = rate_after(0.0, w, slope, d, r, m, tau, cell), rate_after(dt / 2, w, slope, d, r, m, tau, cell)
                last = rate_after(dt, w, slope, d, r, m, tau, cell)
                passed = dt * (first + 4.0 * middle + last) / 6.0
                if clock + passed >= limit:
                    taken = crossing(limit - clock, dt, first, middle, last)
            r = residue_after(r, w + slope * taken / 2, d, taken, tau, p)
            v = v_in * leak + d * exponential(-taken / tau)
            m *= exponential(-p.gamma_m * taken)
            if clock + passed < limit:
                clock += passed
                t = end if dt == end - t else t + dt
                continue
            t += taken
            if fired < spikes.size:
                spikes[fired] = t
            fired, clock, r, m = fired + 1, 0.0, 1.0, p.remnant
            limit = threshold(seed, number, fired, noisy)
            v_in += slope * taken
            kept, stood = conducting(v_in - v, end - t, cell)
            v = v_in - kept
            t += stood
    return fired


@inlined
def crossing(wanted, dt, first, middle, last):
    """Where the integral of the parabola through three rates reaches `wanted`: bisection."""
    b, c = (4.0 * middle - 3.0 * first - last) / 2.0, 2.0 * (first - 2.0 * middle + last) / 3.0
    low, high = 0.0, 1.0
    for _ in range(MOST_HALVINGS):
        s = 0.5 * (low + high)
        if dt * s * (first + s * (b + s * c)) < wanted:
            low = s
        else:
            high = s
    return dt * high
