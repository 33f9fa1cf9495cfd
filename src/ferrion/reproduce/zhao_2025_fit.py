"""How the parameters of both diffusive-memristor cards were found: a fit to the figures of Zhao et al. 2025, and how well they are known.

`python -m ferrion.reproduce.zhao_2025_fit` repeats it from the cards on (some minutes) and prints parameters, uncertainties and residuals.
Draws are common to all trials, so the figure of merit is smooth enough for a simplex. The last shortening, 0.2 ms after a second, is a
sixth of the spread from cell to cell and enters with a small weight.
"""

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ferrion.circuits.drive import pair, pulses
from ferrion.circuits.neuron import Neuron
from ferrion.reproduce.zhao_2025 import CHANCES, GAPS, INTERVALS, MS, SHORTENINGS, TRAIN, Devices, chance, first_spikes

Floats = NDArray[np.float64]
OWN = ("v_n", "kappa", "chi")
"""Parameters each device has for itself; the low-threshold device's come first."""
SHARED = ("gamma", "supply", "supply_residue", "remnant", "gamma_m")
NAMES = (*(f"{name} ({device})" for device in Devices._fields for name in OWN), *SHARED)
PUBLISHED = np.array([88.0, *(p for _, p in CHANCES), *(n for _, n in GAPS), 13.0, *(s for _, s in SHORTENINGS), *(i for _, i in INTERVALS)])
WEIGHTS = np.where(np.arange(PUBLISHED.size) == PUBLISHED.size - 1 - len(INTERVALS), 0.15, 1.0)
KNOWN = np.where((np.arange(PUBLISHED.size) >= 1) & (np.arange(PUBLISHED.size) <= len(CHANCES)), 5.0, 0.1 * PUBLISHED)
"""Standard error with which each figure is taken to be known: 5 points of a probability, a tenth of anything else (none is published)."""


def from_cards() -> Floats:
    """The parameters of the shipped cards."""
    devices = Devices(Neuron.from_card("zhao-2025"), Neuron.from_card("zhao-2025-high"))
    own = [getattr(device.memristor, name) for device in devices for name in OWN]
    return np.array([*own, *(getattr(devices.low.memristor, name) for name in SHARED)])


def devices_of(values: Floats) -> Devices:
    """Both neurons with these parameters."""
    shared = dict(zip(SHARED, map(float, values[2 * len(OWN) :]), strict=True))
    found = []
    for number, card in enumerate(("zhao-2025", "zhao-2025-high")):
        neuron = Neuron.from_card(card)
        own = dict(zip(OWN, map(float, values[number * len(OWN) : (number + 1) * len(OWN)]), strict=True))
        found.append(replace(neuron, memristor=neuron.memristor._replace(**own, **shared)))
    return Devices(*found)


def predicted(values: Floats, cells: int) -> Floats:
    """Every figure in the order of PUBLISHED, from `cells` cells each; one that cannot be had counts as 0."""
    devices = devices_of(values)
    figures = [1e3 * _mean(first_spikes(devices.low, pulses(*TRAIN, 0.5), cells))]
    figures += [chance(devices.low, volts, 4 * cells) for volts, _ in CHANCES]
    for gap, _ in GAPS:
        period = (1.0 + gap) * MS
        figures.append(_mean(np.ceil(first_spikes(devices.high, pulses(0.9, MS, period, 1.5), max(cells // 4, 4)) / period)))
    delays, shorter = np.empty(0), []
    for gap, _ in SHORTENINGS:
        second = 20 * MS + gap * MS
        trains = devices.high.fire(pair(2.0, 20 * MS, gap * MS), count=cells, alike=True)
        both = np.array([(s[0], s[s > second][0] - second) for s in trains if len(s) and s[0] < 20 * MS and s[-1] > second]).reshape(-1, 2)
        delays = both[:, 0]
        shorter.append(1e3 * _mean(both[:, 0] - both[:, 1]))
    figures += [1e3 * _mean(delays), *shorter]
    for megohm, _ in INTERVALS:
        trains = devices.low.with_control(megohm * 1e6).fire(pulses(*TRAIN, 2.0), count=max(cells // 20, 4), alike=True)
        figures.append(1e3 * _mean(np.concatenate([np.diff(s[len(s) // 3 :]) for s in trains])))
    return np.array(figures)


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0


def misfit(logs: Floats, cells: int) -> float:
    """Weighted sum of squared errors in units of KNOWN."""
    return float(np.sum((WEIGHTS * (predicted(np.exp(logs), cells) - PUBLISHED) / KNOWN) ** 2))


def fit(start: Floats, cells: int = 100, rounds: int = 2, trials: int = 400) -> Floats:
    """Parameters of least misfit: Nelder and Mead's simplex in the logarithms, begun anew every round."""
    logs = np.log(start)
    for size in np.geomspace(0.1, 0.05, rounds):
        simplex = logs + np.vstack([np.zeros(logs.size), size * np.eye(logs.size)])
        logs = minimize(misfit, logs, args=(cells,), method="Nelder-Mead", options={"maxfev": trials, "initial_simplex": simplex}).x
    return np.exp(logs)


def uncertainty(values: Floats, cells: int = 400, share: float = 0.03) -> tuple[Floats, Floats]:
    """Relative standard errors of the parameters and their correlations (Laplace): the inverse of J^T J, J by central differences."""
    slopes = []
    for number in range(values.size):
        up, down = values.copy(), values.copy()
        up[number] *= 1 + share
        down[number] *= 1 - share
        slopes.append((predicted(up, cells) - predicted(down, cells)) / (2 * share))
    j = (WEIGHTS / KNOWN)[:, None] * np.array(slopes).T
    covariance = np.linalg.pinv(j.T @ j)
    errors = np.sqrt(np.diag(covariance))
    return errors, covariance / np.outer(errors, errors)


def main() -> None:
    """Fit from the cards on and print what came out."""
    values = fit(from_cards())
    errors, correlations = uncertainty(values)
    for name, value, error in zip(NAMES, values, errors, strict=True):
        sys.stdout.write(f"{name:20} {value:10.5g}  ± {100 * error:.0f} %\n")
    first, second = np.unravel_index(np.argmax(abs(correlations - np.eye(values.size))), correlations.shape)
    sys.stdout.write(f"strongest correlation: {NAMES[first]} with {NAMES[second]}, {correlations[first, second]:.2f}\n")
    for published, simulated in zip(PUBLISHED, predicted(values, 400), strict=True):
        sys.stdout.write(f"published {published:8.4g}  simulated {simulated:8.4g}\n")


if __name__ == "__main__":
    main()
