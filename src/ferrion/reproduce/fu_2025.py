"""S. Fu et al., Nature Communications 16, 8599 (2025): neurons of protein-nanowire memristors at the voltages of living cells.

Published are the switching voltage and current, amplitude and energy of a spike, and the shapes of the responses to input rate, capacitance and ion or
dopamine concentration; resistances, capacitances and time constants are not. So the responses are shown over ranges, not compared.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ferrion.circuits.drive import pulses, ramp, step
from ferrion.circuits.neuron import Neuron
from ferrion.core.progress import Count
from ferrion.reproduce.figure import Curve, Panel, Reproduction, Row

NAME = "fu-2025"
PULSE, WIDTH = 0.12, 5e-3
"""Input pulses of Fig. 2: volts, seconds."""
RATE = 100.0
"""Pulses a second."""
CAPACITANCES = (14e-12, 30e-12, 60e-12, 120e-12, 300e-12)
LARGEST = 2.6e-9
"""Capacitance [F] that the largest published energy asks for."""
INPUT_RATES = (5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 150.0)
CONTROLS = (0.1e9, 0.2e9, 0.5e9, 1e9, 2e9, 5e9)
"""Discharge resistances [ohm]: what a chemiresistor sets through its transistor."""
BEATS = ((1.0, "resting, 1 beat a second"), (5.0, "stimulated, 5 beats a second"))
SOURCE = "Fu2025"


def reproduce(quick: bool, tell: Count) -> Reproduction:
    """Published figures beside ours. `quick`: fewer cells."""
    cells, neuron = (20 if quick else 100), Neuron.from_card("fu-2025")
    rows = [*switching(neuron, cells), *spikes(neuron)]
    tell("switching and spikes", 1, 3)
    panels = responses(neuron, cells)
    tell("responses", 2, 3)
    rows += beats(neuron, cells)
    tell("beats", 3, 3)
    return Reproduction(NAME, tuple(rows), panels)


def switching(neuron: Neuron, cells: int) -> list[Row]:
    """Voltage at which slow ramps switch the memristor, and the current that then flows."""
    sweep = ramp(PULSE, 2.0)
    volts = np.array([float(sweep.at(train[0])) for train in neuron.fire(sweep, count=cells) if len(train)])
    current = 1e9 * neuron.memristor.g_on * 0.06
    spread = float(1e3 * volts.std(ddof=1))
    mean = float(1e3 * volts.mean())
    return [
        Row(
            quantity="switching voltage, ramps of 120 mV a second", unit="mV", simulated=mean, spread=spread, published=60, tolerance=12, source="abstract, press", how="calibrated"
        ),
        Row(quantity="current at switching", unit="nA", simulated=current, published=1.7, tolerance=0.34, source="abstract, press", how="calibrated"),
    ]


def spikes(neuron: Neuron) -> list[Row]:
    """Amplitude and energy of one spike."""
    rows = []
    for capacitance, published in ((CAPACITANCES[0], 0.2), (LARGEST, 37.0)):
        found = with_capacitor(neuron, capacitance).run(step(PULSE, 1.0), 1e-3, noise=False)
        one = int(np.searchsorted(found["time"], float(found["spike_time"][0, 0]))) if found.sizes["spike"] else 0
        peak = float(found["v_gate"][0].max())
        energy = 1e12 * capacitance * PULSE * peak
        rows.append(
            Row(
                quantity=f"energy of a spike, {1e12 * capacitance:g} pF (capacitance chosen for it)",
                unit="pJ",
                simulated=energy if one else 0.0,
                published=published,
                tolerance=0.2 * published,
                source="press",
                how="derived",
            )
        )
        if capacitance == CAPACITANCES[0]:
            rows.append(Row(quantity="amplitude of a spike (published: up to)", unit="mV", simulated=1e3 * peak, published=120, tolerance=24, source="press"))
    return rows


def with_capacitor(neuron: Neuron, capacitance: float) -> Neuron:
    """The neuron with another capacitor [F]."""
    return replace(neuron, gate=neuron.gate._replace(c_gate=capacitance))


def rate(neuron: Neuron, per_second: float, cells: int, duration: float = 2.0) -> tuple[float, float]:
    """Spikes a second under pulses at this rate: mean and standard deviation over cells."""
    counts = np.array([len(train) for train in neuron.fire(pulses(PULSE, WIDTH, 1 / per_second, duration), count=cells)]) / duration
    return float(counts.mean()), float(counts.std(ddof=1))


def responses(neuron: Neuron, cells: int) -> tuple[Panel, ...]:
    """Fig. 2e-f and 3d-i: output rate against input rate, capacitance and discharge resistance."""

    def curve(x: Sequence[float], found: Sequence[tuple[float, float]]) -> tuple[Curve]:
        return (Curve("simulated, typical parameters", tuple(x), tuple(m for m, _ in found), tuple(s for _, s in found)),)

    by_rate = [rate(neuron, per_second, cells) for per_second in INPUT_RATES]
    by_capacitance = [rate(with_capacitor(neuron, c), RATE, cells) for c in CAPACITANCES]
    by_control = [rate(neuron.with_control(r), RATE, cells) for r in CONTROLS]
    y = "output rate [1/s]"
    return (
        Panel("Output against input rate", "input pulses a second, 120 mV, 5 ms", y, curve(INPUT_RATES, by_rate)),
        Panel("Output against capacitance", "capacitance [pF]", y, curve([1e12 * c for c in CAPACITANCES], by_capacitance)),
        Panel("Sodium and dopamine act on the discharge", "discharge resistance [Mohm]", y, curve([1e-6 * r for r in CONTROLS], by_control), log_x=True),
    )


def beats(neuron: Neuron, cells: int) -> list[Row]:
    """Cardiomyocyte-like input, beats of 65 mV and 5 ms: the residue of answered beats makes the neuron answer faster ones more often."""
    rows = []
    for per_second, what in BEATS:
        trains = neuron.fire(pulses(0.065, WIDTH, 1 / per_second, 10.0), count=cells)
        answered = np.mean([len(np.unique(np.floor(train * per_second))) for train in trains]) / (10.0 * per_second)
        rows.append(Row(quantity=f"share of beats answered, {what}", unit="%", simulated=100 * float(answered), source="rates with cells are not published"))
    return rows
