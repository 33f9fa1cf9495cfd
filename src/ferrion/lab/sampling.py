"""Sampling with neuron noise: a small Boltzmann machine each unit of which is on when its ion neuron spikes within a pulse.

Ackley, Hinton and Sejnowski, Cognitive Science 9, 147 (1985). Units are updated in turn (Gibbs); a pulse's height is chosen so that the neuron
spikes with the probability the machine asks for, by a calibration that was measured on the neuron itself.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import ConfigError
from ferrion.core.noise import Stream, fork, normals, uniforms

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
MOST_UNITS = 8
VOLTAGES, COARSE, TRIALS = 25, 400, 4000
SPAN = (0.01, 0.99)
"""Probabilities of a spike between which voltages are chosen by the calibration."""


class Machine(NamedTuple):
    """ln p = s' J s / 2 + h' s + const of states s in {0, 1}^n; J (n, n) symmetric without diagonal, h (n,)."""

    couplings: Floats
    biases: Floats


def drawn(units: int, strength: float, seed: int) -> Machine:
    """A machine with normal couplings and biases of standard deviation `strength`; raises ConfigError for a number of units that cannot be enumerated."""
    if not 2 <= units <= MOST_UNITS:
        raise ConfigError(f"{units} units: give 2 to {MOST_UNITS}, so that the exact distribution can be written down beside the samples")
    square = strength * normals(seed, Stream.PROBE, 0, units * units).reshape(units, units)
    upper = np.triu(square, 1)
    return Machine(upper + upper.T, strength * normals(seed, Stream.PROBE, 1, units))


def states(units: int) -> Floats:
    """All states, (2^n, n), the first unit the lowest bit of the row's number."""
    return ((np.arange(1 << units)[:, None] >> np.arange(units)) & 1).astype(np.float64)


def exact(machine: Machine) -> Floats:
    """Probability of every state, (2^n,)."""
    s = states(machine.biases.size)
    log_p = 0.5 * np.einsum("ki,ij,kj->k", s, machine.couplings, s) + s @ machine.biases
    weights = np.exp(log_p - log_p.max())
    return np.asarray(weights / weights.sum())


class Calibration(NamedTuple):
    """How often a neuron spikes within a pulse, by its height [V]."""

    volts: Floats
    share: Floats

    def height(self, p: Floats) -> Floats:
        """Pulse heights [V] for probabilities `p`, held within `SPAN`; between measurements straight in ln(-ln(1 - p)), as for a rate that rises exponentially."""
        inside = (self.share > 0) & (self.share < 1)
        rising = np.maximum.accumulate(self.share[inside])
        return np.interp(_log_hazard(np.clip(p, *SPAN)), _log_hazard(rising), self.volts[inside])


def _log_hazard(p: Floats) -> Floats:
    return np.asarray(np.log(-np.log1p(-p)))


def calibrated(neuron: Neuron, width: float, seed: int) -> Calibration:
    """Measured on `TRIALS` pulses at each of `VOLTAGES` heights between where a neuron hardly ever and nearly always spikes."""
    low, high = 0.5 * neuron.memristor.v_n, 1.5 * neuron.memristor.v_n
    for trials in (COARSE, TRIALS):
        volts = np.linspace(low, high, VOLTAGES)
        share = np.array([_spiked(neuron, v, width, trials, fork(seed, k)).mean() for k, v in enumerate(volts)])
        inside = np.flatnonzero((share > 0) & (share < 1))
        if inside.size == 0:
            raise ConfigError(f"a pulse of {width:g} s never leaves it to chance whether {neuron.card.name} spikes: give another --width")
        low, high = volts[max(inside[0] - 1, 0)], volts[min(inside[-1] + 1, VOLTAGES - 1)]
    return Calibration(volts, share)


def chain(machine: Machine, fired: NDArray[np.bool_], sweeps: int) -> Codes:
    """States after each sweep of Gibbs's updates, as numbers; fired (n, 2^n, sweeps): what unit i does, its neighbours in state k, the m-th time it is asked."""
    n = machine.biases.size
    asked, state, found = np.zeros((n, 1 << n), np.int64), 0, np.zeros(sweeps, np.int64)
    for sweep in range(sweeps):
        for unit in range(n):
            others = state & ~(1 << unit)
            on = fired[unit, others, asked[unit, others]]
            asked[unit, others] += 1
            state = others | (int(on) << unit)
        found[sweep] = state
    return found


def wanted(machine: Machine) -> Floats:
    """Probability that unit i is on, its neighbours in state k: (n, 2^n)."""
    return np.asarray(expit(machine.couplings @ states(machine.biases.size).T + machine.biases[:, None]))


def by_neurons(neuron: Neuron, machine: Machine, width: float, sweeps: int, seed: int, each: bool) -> Codes:
    """States sampled by neurons, one device a unit; calibrated `each`, or all by the card's own device."""
    n = machine.biases.size
    devices = [neuron.shifted(shift) for shift in neuron.shifts(n + 1, seed)[1:]]
    p, fired = wanted(machine), np.zeros((n, 1 << n, sweeps), np.bool_)
    common = None if each else calibrated(neuron, width, fork(seed, n))
    for unit, device in enumerate(devices):
        heights = (common or calibrated(device, width, fork(seed, unit))).height(p[unit])
        for state in range(1 << n):
            if not (state >> unit) & 1:
                fired[unit, state] = _spiked(device, heights[state], width, sweeps, fork(seed, 1000 + unit * (1 << n) + state))
    return chain(machine, fired, sweeps)


def by_numbers(machine: Machine, sweeps: int, seed: int) -> Codes:
    """The same updates with ideal random numbers: how far apart chance alone leaves samples and distribution."""
    p = wanted(machine)
    draws = uniforms(seed, Stream.PROBE, 2, p.size * sweeps).reshape(*p.shape, sweeps)
    return chain(machine, draws < p[..., None], sweeps)


def divergence(codes: Codes, p: Floats) -> float:
    """Kullback-Leibler divergence [nat] of the samples from the distribution p."""
    shares = np.bincount(codes, minlength=p.size) / codes.size
    seen = shares > 0
    return float((shares[seen] * np.log(shares[seen] / p[seen])).sum())


def sampling(neuron: Neuron, machine: Machine, width: float, sweeps: int, seed: int) -> xr.Dataset:
    """share (sampler, state) and divergence (sampler, after) [nat]; exact (state).

    Samplers: neurons calibrated one by one, neurons that share a calibration, ideal random numbers.
    """
    p = exact(machine)
    samplers = {
        "neurons, each calibrated": by_neurons(neuron, machine, width, sweeps, seed, True),
        "neurons, one calibration for all": by_neurons(neuron, machine, width, sweeps, seed, False),
        "ideal random numbers": by_numbers(machine, sweeps, seed),
    }
    after = np.unique(np.geomspace(min(100, sweeps), sweeps, 13).astype(int))
    shares = np.array([np.bincount(codes, minlength=p.size) / codes.size for codes in samplers.values()])
    gaps = np.array([[divergence(codes[:count], p) for count in after] for codes in samplers.values()])
    variables = {"share": (("sampler", "state"), shares, {"units": "1"}), "divergence": (("sampler", "after"), gaps, {"units": "nat"}), "exact": ("state", p, {"units": "1"})}
    return xr.Dataset(variables, {"sampler": list(samplers), "after": after}, {"card": neuron.card.name, "title": neuron.card.title, "width_s": width})


def _spiked(neuron: Neuron, volts: float, width: float, count: int, seed: int) -> NDArray[np.bool_]:
    return np.isfinite(neuron.first(step(float(volts), width), count=count, seed=seed))
