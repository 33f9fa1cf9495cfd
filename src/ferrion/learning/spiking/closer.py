"""One neuron of a spiking chip at the device level: the same cell, with its draws, under the node voltage it had on the chip."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.circuits.drive import Drive
from ferrion.core.errors import ConfigError
from ferrion.learning.spiking.network import SpikingNetwork

if TYPE_CHECKING:
    import xarray


def closer(network: SpikingNetwork, times: ArrayLike, addresses: ArrayLike, until: float, population: int, cell: int, dt: float = 1e-5) -> "xarray.Dataset":
    """Run `network`, which must be new, as `SpikingNetwork.run` does, and one of its cells once more with all equations of its device.

    dt: step [s] in which the node's voltage is handed on, rounded so that `until` is a whole number of steps. The rest of the chip stays at the network's own
    level: what the cell sends is what it sent there. Returns what `Neuron.run` does, v_in being the node's voltage, and `event_spike` [s], the spikes of the
    cell on the chip. Raises ConfigError for a network that has run or moves thresholds (homeostasis), a cell there is none of, or a dt that is no time;
    DataError on events that `SpikingNetwork.run` refuses.
    """
    sizes = network.wiring.cells
    if not 0 <= population < len(sizes) or not 0 <= cell < sizes[population]:
        raise ConfigError(f"cell {cell} of population {population}: the populations have {sizes} cells; count from 0")
    if network.now > 0.0:
        raise ConfigError(f"the network has run for {network.now:g} s: its cells have a past that the device level does not know; give a new network")
    if network.homeostasis:
        raise ConfigError("homeostasis moves the thresholds on the chip and the device level does not know it: give a network with Balance(homeostasis=0)")
    if not 0.0 < dt <= until < np.inf:
        raise ConfigError(f"dt = {dt:g} s, until = {until:g} s: give a step above 0 and a time not below it")
    t, rows = network.accepted(times, addresses, until)
    number, edges = int(network.net.cells[population]) + cell, np.linspace(0.0, until, max(round(until / dt), 1) + 1)
    volts, spikes = _watched(network, t, rows, edges, population, cell)
    device = network.chip.neuron.shifted(float(network.state.somata.shift[number]))
    found = device.run(Drive.pieces(edges, volts), float(edges[1]), first=number, seed=network.seed, noise=network.noise, alike=True)
    return found.assign(event_spike=("event_spikes", spikes, {"units": "s"}))


def _watched(
    network: SpikingNetwork, times: NDArray[np.float64], rows: NDArray[np.int64], edges: NDArray[np.float64], population: int, cell: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The node's voltage in the middle of every step, and the cell's spikes up to the end of the last."""
    number, somata, tau = int(network.net.cells[population]) + cell, network.state.somata, network.chip.soma.tau
    moments = np.append((edges[:-1] + edges[1:]) / 2, edges[-1])
    marks = np.append(np.searchsorted(times, moments[:-1], side="right"), times.size)
    volts, found, done = np.zeros(moments.size), [], 0
    for k, (moment, mark) in enumerate(zip(moments, marks, strict=True)):
        fired = network.run(times[done:mark], rows[done:mark], moment)
        found.append(fired.time[(fired.population == population) & (fired.cell == cell)])
        volts[k], done = somata.node[number] * np.exp(-(moment - somata.time[number]) / tau), mark
    return volts[:-1], np.concatenate(found)
