"""Noise: what one read, one decision or one spike differs by from the next; on a chip, what one transferred weight differs by from another."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.arrays.words import TOP_LEVEL
from ferrion.chip.chip import Chip
from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.circuits.sense import bit_error_rate
from ferrion.core.errors import ConfigError
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.lab.retention import SHARES
from ferrion.params.card import Card

Floats = NDArray[np.float64]
READ_VOLTS = 0.2


def memristor_noise(card: Card, reads: int, seed: int) -> xr.Dataset:
    """conductance (level, read) [S]: one memristor a level, read again and again at 0.2 V."""
    if reads < 2:
        raise ConfigError(f"{reads} reads: give two or more")
    devices = Memristor(len(SHARES), card, seed)
    devices.set(np.array(SHARES) * devices.filament.g_max * devices.filament.v_set)
    values = np.array([devices.read(READ_VOLTS) / READ_VOLTS for _ in range(reads)]).T
    return _labelled({"conductance": (("level", "read"), values, {"units": "S"})}, {"level": ("level", np.array(SHARES), {"units": "1"})}, card)


def fecap_errors(card: Card, count: int, seed: int) -> xr.Dataset:
    """errors (reference): mean share of wrong bits when windows of woken capacitors meet a sense amplifier at that reference [V]; window (device) [V]."""
    caps = FeCap(count, card, seed)
    caps.cycle(caps.operation.wake_up)
    windows = caps.window(caps.fraction() * caps.up)
    median = float(np.median(windows))
    references = np.linspace(0.02, 0.98, 49) * median
    errors = np.array([bit_error_rate(median, caps.operation._replace(reference=float(own))) for own in references])
    variables = {"errors": ("reference", errors, {"units": "1"}), "window": ("device", windows, {"units": "V"})}
    return _labelled(variables, {"reference": ("reference", references, {"units": "V"})}, card).assign_attrs(reference_V=caps.operation.reference)


def neuron_jitter(neuron: Neuron, volts: Floats, duration: float, trials: int, seed: int) -> xr.Dataset:
    """delay (voltage, trial) [s] from the edge of a step to the first spike of the card's own device, NaN where none came.

    cv (voltage): standard deviation over mean of the intervals that follow. Raises ConfigError for voltages that are not finite.
    """
    if volts.size == 0 or not np.isfinite(volts).all() or trials < 2:
        raise ConfigError(f"volts {volts.tolist()}, {trials} trials: give finite voltages and two trials or more")
    delays = np.array([neuron.first(step(float(v), duration), count=trials, seed=seed) for v in volts])
    ratios = []
    for v in volts:
        intervals = np.concatenate([np.diff(train) for train in neuron.fire(step(float(v), duration), count=min(trials, 200), seed=seed, alike=True)])
        ratios.append(float(intervals.std() / intervals.mean()) if intervals.size > 1 else np.nan)
    variables = {"delay": (("voltage", "trial"), delays, {"units": "s"}), "cv": ("voltage", np.array(ratios), {"units": "1"})}
    return _labelled(variables, {"voltage": ("voltage", volts, {"units": "V"})}, neuron.card)


def chip_transfers(chip: Chip, seed: int) -> xr.Dataset:
    """weight (level, device): freshly drawn devices of an array after one transfer of every level, as shares of the full scale."""
    weights = np.array([chip.transferred(level, seed) for level in range(TOP_LEVEL + 1)])
    variables = {"weight": (("level", "device"), weights, {"units": "1"})}
    return _labelled(variables, {"level": np.arange(TOP_LEVEL + 1)}, chip.card).assign_attrs(read_noise=chip.read_noise)


def _labelled(variables: Mapping[str, object], coordinates: Mapping[str, object], card: Card) -> xr.Dataset:
    return xr.Dataset(variables, coordinates, {"card": card.name, "title": card.title})
