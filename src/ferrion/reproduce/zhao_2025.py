"""R. Zhao et al., Nature Electronics 8, 1211 (2025): the six behaviours of the 1M1T1R neuron, its energy a spike, and the published equations' latch.

Two figures contradict each other as one device: 44 pulses to the first spike at 0.8 V (Fig. 2e), but 215 at 0.9 V with the same duty (Fig. 3b). So two
devices are simulated, one set of laws: the low-threshold one of Figs. 2e, 3c-d and 4c-d, the high-threshold one of Figs. 3b and 4a-b.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ferrion.circuits.drive import Drive, pair, pulses, samples, step
from ferrion.circuits.neuron import Neuron
from ferrion.circuits.published import course
from ferrion.core.progress import Count
from ferrion.params.card import load
from ferrion.physics.diffusive import Diffusive
from ferrion.reproduce.figure import Curve, Panel, Reproduction, Row

NAME = "zhao-2025"
MS = 1e-3
GAPS = ((0.4, 140.0), (0.6, 160.0), (0.8, 180.0), (1.0, 215.0), (1.2, 260.0))
"""Fig. 3b: gap [ms], pulses of 0.9 V and 1 ms before the first spike."""
CHANCES = ((0.8, 5.0), (0.9, 76.0), (1.0, 95.0))
"""Fig. 3d: volts, share of 15 ms pulses that fire [%]."""
SHORTENINGS = ((3.0, 5.7), (30.0, 4.5), (80.0, 3.2), (200.0, 2.4), (1000.0, 0.2))
"""Fig. 4b: gap [ms], by how much the second integration is shorter [ms]."""
INTERVALS = ((50.0, 2.25), (100.0, 2.3), (250.0, 4.0), (500.0, 8.0), (1000.0, 23.8))
"""Fig. 4d: control resistor [megohm], mean interval between spikes [ms]."""
TRAIN = (0.8, 1 * MS, 2 * MS)
"""Fig. 2e: volts, width and period of the pulses."""
PLANE = 1.0
"""Supply [V] of the output stage in the model table of the supplement; a spike of 0.5 V could not drive the next neuron."""


Found = tuple[list[Row], list[Panel]]


class Devices(NamedTuple):
    """The two devices of the paper."""

    low: Neuron
    high: Neuron


def reproduce(quick: bool, tell: Count) -> Reproduction:
    """Every published figure beside ours. `quick`: a tenth of the cells."""
    cells = 200 if quick else 2000
    devices = Devices(Neuron.from_card("zhao-2025"), Neuron.from_card("zhao-2025-high"))
    parts = (firing, leaky, threshold_firing, plasticity, refractory, cascade, stochastic, energies, latch)
    rows: list[Row] = []
    panels: list[Panel] = []
    for number, part in enumerate(parts):
        found, pictures = part(devices, cells)
        rows += found
        panels += pictures
        tell(part.__name__.replace("_", " "), number + 1, len(parts))
    return Reproduction(NAME, tuple(rows), tuple(panels))


def _row(quantity: str, unit: str, values: NDArray[np.float64], published: float | None, source: str, how: str = "fitted") -> Row:
    """Mean of `values` over cells, with the spread from cell to cell; agrees within 20 %."""
    tolerance = None if published is None else 0.2 * published
    return Row(quantity=quantity, unit=unit, simulated=float(values.mean()), spread=float(values.std(ddof=1)), published=published, tolerance=tolerance, source=source, how=how)


def _told(quantity: str, unit: str, value: float, source: str, published: float | None = None, tolerance: float | None = None, how: str = "simulated") -> Row:
    return Row(quantity=quantity, unit=unit, simulated=value, published=published, tolerance=tolerance, source=source, how=how)


def _panel(title: str, x: str, y: str, points: Sequence[tuple[float, float]], rows: Sequence[Row]) -> Panel:
    places = tuple(place for place, _ in points)
    simulated = Curve("simulated", places, tuple(row.simulated for row in rows))
    return Panel(title, x, y, (simulated, Curve("published", places, tuple(value for _, value in points), measured=True)))


def first_spikes(neuron: Neuron, drive: Drive, cells: int) -> NDArray[np.float64]:
    """Times [s] of the first spikes of those cells that fired."""
    return np.array([spikes[0] for spikes in neuron.fire(drive, count=cells, alike=True) if len(spikes)])


def firing(devices: Devices, cells: int) -> Found:
    """Fig. 2e: a train of pulses, first spike and the spikes after it."""
    times = first_spikes(devices.low, pulses(*TRAIN, 1.0), cells)
    other = first_spikes(devices.high, pulses(*TRAIN, 4.0), cells // 10)
    trace = devices.low.run(pulses(*TRAIN, 0.15), 50e-6, seed=3, alike=True)
    t = tuple(1e3 * trace["time"].to_numpy())
    gate = Curve("gate", t, tuple(trace["v_gate"].to_numpy()[0]))
    current = Curve("output", t, tuple(1e6 * trace["i_out"].to_numpy()[0]))
    rows = [
        _row("first spike, 0.8 V, 2 ms period, low-threshold device", "ms", 1e3 * times, 88.0, "Zhao2025, Fig. 2e"),
        _row("the same on the high-threshold device", "ms", 1e3 * other, None, "Zhao2025, Figs. 2e and 3b", "simulated")
        if len(other) > 1
        else Row(quantity="high-threshold devices that fire within 4 s of the same train", unit="", simulated=float(len(other)), source="Zhao2025, Figs. 2e and 3b"),
    ]
    return rows, [
        Panel("Integrate and fire: pulses of 0.8 V, 1 ms, every 2 ms", "time [ms]", "gate voltage [V]", (gate,)),
        Panel("Its output", "time [ms]", "drain current [µA]", (current,)),
    ]


def leaky(devices: Devices, cells: int) -> Found:
    """Fig. 3b: the longer the gaps, the more pulses."""
    rows = []
    for gap, published in GAPS:
        period = (1.0 + gap) * MS
        counted = np.ceil(first_spikes(devices.high, pulses(0.9, 1 * MS, period, 2.0), cells // 4) / period)
        rows.append(_row(f"pulses to the first spike, 0.9 V, gaps of {gap} ms", "", counted, published, "Zhao2025, Fig. 3b"))
    return rows, [_panel("Leaky integration", "gap between pulses [ms]", "pulses to the first spike", GAPS, rows)]


def threshold_firing(devices: Devices, cells: int) -> Found:
    """Fig. 3c-d: the chance that a pulse of 15 ms fires."""
    rows = []
    for volts, published in CHANCES:
        rows.append(_told(f"P(fire in 15 ms), {volts} V", "%", chance(devices.low, volts, cells), "Zhao2025, Fig. 3d", published, 5.0, "fitted"))
    at = first_spikes(devices.low, step(0.9, 15 * MS), cells)
    rows.append(_row("turn-on of those that fire, 0.9 V (one trace is shown: about 5 ms)", "ms", 1e3 * at, None, "Zhao2025, Fig. 3c", "simulated"))
    sweep = [0.7 + 0.025 * number for number in range(17)]
    curve = Curve("simulated", tuple(sweep), tuple(chance(devices.low, volts, cells // 4) for volts in sweep))
    marks = Curve("published", tuple(v for v, _ in CHANCES), tuple(p for _, p in CHANCES), measured=True)
    return rows, [Panel("Threshold firing", "input [V]", "chance of a spike in 15 ms [%]", (curve, marks))]


def chance(neuron: Neuron, volts: float, cells: int) -> float:
    """Share [%] of the cells that fire in 15 ms."""
    return 100 * float(np.mean([len(spikes) > 0 for spikes in neuron.fire(step(volts, 15 * MS), count=cells, alike=True)]))


def plasticity(devices: Devices, cells: int) -> Found:
    """Fig. 4a-b: a second pulse finds the residue of the first."""
    rows, lead = [], np.empty(0)
    for gap, published in SHORTENINGS:
        second = 20 * MS + gap * MS
        trains = devices.high.fire(pair(2.0, 20 * MS, gap * MS), count=cells, alike=True)
        found = [(s[0], s[s > second][0] - second) for s in trains if len(s) and s[0] < 20 * MS and s[-1] > second]
        lead, lag = np.array(found).T
        rows.append(_row(f"second integration shorter by, gap {gap:g} ms", "ms", 1e3 * (lead - lag), published, "Zhao2025, Fig. 4b"))
    panel = _panel("Intrinsic plasticity", "gap between pulses [ms]", "second integration shorter by [ms]", SHORTENINGS, rows)
    return [_row("integration time, 2 V", "ms", 1e3 * lead, 13.0, "Zhao2025, Fig. 4a"), *rows], [replace(panel, log_x=True)]


def refractory(devices: Devices, cells: int) -> Found:
    """Fig. 4c-d: the control resistor sets the rest."""
    rows = []
    for megohm, published in INTERVALS:
        trains = devices.low.with_control(megohm * 1e6).fire(pulses(*TRAIN, 4.0), count=max(cells // 50, 8), alike=True)
        mean = np.array([1e3 * np.diff(spikes[len(spikes) // 3 :]).mean() for spikes in trains])
        rows.append(_row(f"mean interval, R_c = {megohm:g} Mohm", "ms", mean, published, "Zhao2025, Fig. 4d"))
    panel = _panel("Refractory period", "control resistor [Mohm]", "mean interval between spikes [ms]", INTERVALS, rows)
    return rows, [replace(panel, log_x=True, log_y=True)]


def cascade(devices: Devices, _cells: int) -> Found:
    """A neuron's output stage drives the next neuron."""
    staged = replace(devices.low, stage=devices.low.stage._replace(v_dd=PLANE))
    dt = 50e-6
    first = staged.run(pulses(*TRAIN, 0.3), dt, alike=True)
    load_voltage = first["i_out"].to_numpy()[0] * staged.stage.r_load
    second = staged.run(samples(load_voltage, dt), dt, seed=1, alike=True)
    before, after = (int(np.isfinite(found["spike_time"].to_numpy()).sum()) for found in (first, second))
    t = tuple(1e3 * first["time"].to_numpy())
    curves = (Curve("first neuron's output", t, tuple(load_voltage)), Curve("second neuron's gate", t, tuple(second["v_gate"].to_numpy()[0][: len(t)])))
    row = _told("spikes of a second neuron a spike of the first (shown, numbers not published)", "", after / max(before, 1), "Zhao2025, cascade")
    return [row], [Panel("Cascade: the voltage over the first load drives the second neuron", "time [ms]", "voltage [V]", curves)]


def stochastic(devices: Devices, cells: int) -> Found:
    """Delays at a fixed voltage are exponential."""
    delays = 1e3 * first_spikes(devices.low, step(1.0, 20 * MS), cells)
    cv = float(delays.std(ddof=1) / delays.mean())
    distance = float(stats.kstest(delays, "expon", args=(0, delays.mean())).statistic)
    ordered = np.sort(delays)
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    every = slice(None, None, max(len(ordered) // 200, 1))
    law = Curve("exponential of the same mean", tuple(ordered[every]), tuple(1 - np.exp(-ordered[every] / delays.mean())))
    source = "Wang2024 (another device of the laboratory): mean 3.6 ms, sd 3.5 ms of 13 delays"
    rows = [
        _told("delay at 1 V, 20 ms pulses: standard deviation over mean", "", cv, source, 0.97, 0.2),
        _told("the same: largest distance from an exponential (Kolmogorov)", "", distance, "this package"),
    ]
    return rows, [Panel("Stochastic delay at 1 V", "delay [ms]", "share of the cells that have fired", (Curve("simulated", tuple(ordered[every]), tuple(share[every])), law))]


def energies(devices: Devices, _cells: int) -> Found:
    """What a spike costs, and who pays."""
    weak = replace(devices.low, memristor=devices.low.memristor._replace(v_n=0.42))
    at_045 = weak.run(step(0.45, 20 * MS), 10e-6, noise=False)
    gate = 1e12 * 0.5 * devices.low.gate.c_gate * float(at_045["v_gate"].max()) ** 2
    train = devices.low.run(pulses(*TRAIN, 2.0), 1e-3, alike=True)
    fired = int(np.isfinite(train["spike_time"].to_numpy()).sum())
    p = load("diffusive-zhao2025-table7").fill("diffusive", Diffusive)
    table7 = course(pulses(0.45, 1 * MS, 2 * MS, 1.0), p, 10e-12, 1e9)
    rows = [
        _told("energy on the gate a spike, a device that fires at 0.45 V", "pJ", gate, "Zhao2025, main text", 1.0, 0.2, "derived"),
        _told(
            "input energy of the first spike, published equations, 65 nm set; its drive is not published: 0.45 V, pulses of Fig. 2e",
            "pJ",
            1e12 * table7.energy,
            "Zhao2025, SI Table 7",
            1.39,
            0.28,
        ),
    ]
    payers = (("source", "from the input"), ("memristor", "in the memristor"), ("control", "in the control resistor"), ("supply", "from the supply of the output stage"))
    rows += [_told(f"energy a spike {what}, 0.8 V train, 250 Mohm", "pJ", 1e12 * float(train[f"e_{name}"][0]) / fired, "this package") for name, what in payers]
    return [*rows, _told("energy a spike of a 28 nm CMOS neuron, for comparison", "pJ", 0.0016, "order of published 28 nm neurons, no one source checked", how="typical")], []


def latch(_devices: Devices, _cells: int) -> Found:
    """What the published equations do instead."""
    p = load("diffusive-zhao2025-table1").fill("diffusive", Diffusive)
    rows = []
    for volts, published in ((0.6, 77.62), (0.8, 34.92), (1.0, 15.43)):
        turned_on = 1e3 * float(course(step(volts, 0.1), p, 10e-12, 250e6).turned_on[0])
        rows.append(_told(f"published equations: first turn-on at {volts} V", "ms", turned_on, "SI Note 4, as transcribed and run by others", published, 0.05))
    for megohm, published in INTERVALS[2:]:
        count = len(course(pulses(*TRAIN, 1.0), p, 10e-12, megohm * 1e6).turned_on)
        rows.append(_told(f"published equations latch: turn-ons in 1 s, {megohm:g} Mohm (measured: {1e3 / published:.0f})", "", float(count), "Zhao2025, Fig. 4d"))
    return rows, []
