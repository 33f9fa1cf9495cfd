"""Pictures and figures of ion neurons under a drive: traces, raster, spikes against voltage, energies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ferrion.circuits.drive import Drive, step
from ferrion.circuits.neuron import Neuron
from ferrion.devices.silver import SilverGap
from ferrion.reproduce.figure import Curve, Panel, Row

if TYPE_CHECKING:
    import xarray

MOST_POINTS = 4000
"""Points of a drawn trace; more cannot be seen."""
WINDOW = 20e-3
"""Seconds shown about the first spike."""
SHOWN = 30e-3
"""Seconds of the drive that silver particles are shown under."""
SERIES = 1e8
"""Resistor [ohm] in series with them."""
SOURCE = "simulated"
ENERGIES = {
    "e_source": "energy from the input",
    "e_memristor": "of it in the memristor",
    "e_control": "of it in the control resistor",
    "e_supply": "energy from the supply of the output stage",
    "e_load": "of it in the load resistor",
}


def traces(found: "xarray.Dataset") -> tuple[Panel, ...]:
    """Input and gate, output and residue of the first cell, and a raster of all."""
    every = slice(None, None, max(found.sizes["time"] // MOST_POINTS, 1))

    def curve(name: str, values: "xarray.DataArray") -> Curve:
        return Curve(name, tuple(1e3 * values["time"].to_numpy()[every]), tuple(values.to_numpy()[every]))

    first = found.isel(cell=0)
    time = found["time"].to_numpy()
    fired = float(first["spike_time"][0]) if first.sizes["spike"] and np.isfinite(first["spike_time"][0]) else 0.0
    near = first.isel(time=(time >= fired - WINDOW / 4) & (time <= fired + WINDOW))
    spikes = found["spike_time"].to_numpy()
    cells, _ = np.nonzero(np.isfinite(spikes))
    raster = Curve("spikes", tuple(1e3 * spikes[np.isfinite(spikes)]), tuple(map(float, cells)), points=True)
    return (
        Panel("Cell 0 about its first spike", "time [ms]", "voltage [V]", (curve("input", near["v_in"]), curve("gate", near["v_gate"]))),
        Panel("Gate of cell 0", "time [ms]", "voltage [V]", (curve("gate", first["v_gate"]),)),
        Panel("Output of cell 0", "time [ms]", "drain current [µA]", (curve("output", 1e6 * first["i_out"]),)),
        Panel("Residue of cell 0", "time [ms]", "residue [1: what a filament leaves]", (curve("residue", first["residue"]),)),
        Panel("Spikes of every cell", "time [ms]", "cell", (raster,)),
    )


def silver(drive: Drive, seed: int) -> tuple[Panel, ...]:
    """Silver particles in a gap of its own under the beginning of the same drive, and the resistance they make."""
    dt = min(SHOWN, drive.duration) / 600
    found = SilverGap.from_card().run(drive.at((np.arange(600) + 0.5) * dt), dt, series=SERIES, seed=seed).isel(cell=0)
    time = tuple(1e3 * found["time"].to_numpy())
    paths = tuple(Curve(f"particle {i + 1}", time, tuple(1e9 * found["position"].to_numpy()[:, i])) for i in range(found.sizes["particle"]))
    decades = Curve("gap", time, tuple(np.log10(found["resistance"].to_numpy())))
    return (
        Panel("Silver in a gap of its own, same input, 100 MΩ in series (numbers typical)", "time [ms]", "distance from the anode [nm]", paths),
        Panel("Resistance of that gap", "time [ms]", "log10 of resistance [Ω]", (decades,)),
    )


def rate_curve(neuron: Neuron, volts: Sequence[float], duration: float, cells: int, seed: int) -> Panel:
    """Spikes a second against a constant input, mean and spread over cells."""
    counts = [np.array([len(spikes) for spikes in neuron.fire(step(v, duration), count=cells, seed=seed)]) / duration for v in volts]
    spread = tuple(float(n.std(ddof=1)) for n in counts) if cells > 1 else None
    curve = Curve("event level", tuple(volts), tuple(float(n.mean()) for n in counts), spread)
    return Panel("Spikes a second at a constant input", "input [V]", "rate [1/s]", (curve,))


def figures(found: "xarray.Dataset", neuron: Neuron) -> tuple[Row, ...]:
    """Counts, times and energies over all cells, and how long the devices last at that rate."""
    spikes = found["spike_time"].to_numpy()
    fired = np.isfinite(spikes).sum(axis=1)
    rows = [Row(quantity="spikes a cell", unit="", simulated=float(fired.mean()), spread=_spread(fired), source=SOURCE)]
    firsts = 1e3 * spikes[fired > 0, 0] if spikes.size else np.empty(0)
    if firsts.size:
        rows.append(Row(quantity="first spike, of the cells that fired", unit="ms", simulated=float(firsts.mean()), spread=_spread(firsts), source=SOURCE))
    gaps = 1e3 * np.diff(spikes, axis=1)
    gaps = gaps[np.isfinite(gaps)]
    if gaps.size:
        rows.append(Row(quantity="interval between spikes", unit="ms", simulated=float(gaps.mean()), spread=_spread(gaps), source=SOURCE))
    spent = max(int(fired.sum()), 1)
    for name, what in ENERGIES.items():
        joules = found[name].to_numpy()
        rows.append(Row(quantity=f"{what}, a spike" if fired.sum() else f"{what}, no spike fell", unit="pJ", simulated=1e12 * float(joules.sum()) / spent, source=SOURCE))
    if neuron.endurance is not None and fired.any():
        hours = neuron.endurance.n_stuck / (fired.mean() / found["time"].to_numpy()[-1]) / 3600
        rows.append(Row(quantity="63 % of devices stuck on, at this rate, after (typical)", unit="h", simulated=float(hours), source=SOURCE))
    return tuple(rows)


def _spread(values: NDArray[np.float64]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
