"""Protocols of the virtual lab as rows and panels, in the form in which papers show them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.core.constants import BOLTZMANN_EV
from ferrion.lab.retention import activation, time_to
from ferrion.reproduce.figure import Curve, Panel, Row

Floats = NDArray[np.float64]
OUTER = (0.01, 0.5, 0.99)
LOSS = 0.9
"""Share of the window as written at which a retention time is taken."""
CELSIUS = 273.15


@dataclass(frozen=True)
class Shown:
    """What a page shows of a protocol."""

    rows: tuple[Row, ...]
    panels: tuple[Panel, ...]


def row(quantity: str, unit: str, value: float, spread: float | None = None) -> Row:
    """A figure that was simulated and has nothing beside it."""
    return Row(quantity=quantity, unit=unit, simulated=value, spread=spread, source="simulated")


def quantiles(name: str, x: Floats, values: Floats) -> list[Curve]:
    """Median and outer hundredths of values (x, device)."""
    found = np.quantile(values, OUTER, axis=1)
    return [Curve(f"{name}{label}", tuple(x), tuple(line)) for label, line in zip((", 1 %", ", median", ", 99 %"), found, strict=True)]


def distribution(name: str, values: Floats) -> Curve:
    """Cumulative distribution of values (device,)."""
    return Curve(name, tuple(np.sort(values)), tuple((np.arange(values.size) + 0.5) / values.size))


def fecap_endurance(found: xr.Dataset) -> Shown:
    """Window against cycles, and its distributions."""
    cycles, windows = found["cycles"].to_numpy(), found["window"].to_numpy()
    medians = np.median(windows, axis=1)
    best = int(medians.argmax())
    half = time_to(medians[best:], cycles[best:], 0.5 * medians[best])
    rows = [
        row("largest median window", "V", float(medians[best]), float(windows[best].std())),
        row("at so many cycles", "", float(cycles[best])),
        row("worst window there", "V", float(windows[best].min())),
    ]
    if half == half:
        rows.append(row("cycles at which the median window has halved", "", half))
    some = sorted({0, best, len(cycles) - 1})
    shapes = tuple(distribution(f"{cycles[k]:.0e} cycles", windows[k]) for k in some)
    return Shown(
        tuple(rows),
        (
            Panel("Memory window against cycles", "write cycles", "window [V]", tuple(quantiles("window", cycles, windows)), log_x=True),
            Panel("Distribution of the window", "window [V]", "share of capacitors below", shapes),
        ),
    )


def memristor_endurance(found: xr.Dataset) -> Shown:
    """Both states against cycles, and the lives on Weibull's paper."""
    cycles, on, off, life = (found[name].to_numpy() for name in ("cycles", "on", "off", "life"))
    lives = np.sort(life[life > 0])
    failed = (np.arange(lives.size) + 0.5) / lives.size
    weibull = Curve("lives", tuple(lives), tuple(np.log(-np.log(1.0 - failed))), points=True)
    slope = float(np.polyfit(np.log(lives), np.log(-np.log(1.0 - failed)), 1)[0]) if lives.size > 1 else float("nan")
    alive = [float((life > number).mean()) for number in cycles]
    rows = (
        row("median life", "cycles", float(np.median(life))),
        row("first hundredth dead after", "cycles", float(np.quantile(life, 0.01))),
        row("slope on Weibull's paper (lives of the card are log-normal: no straight line)", "", slope),
        row("median ratio of the states, first cycle measured", "", float(np.median(on[0]) / np.median(off[0]))),
        row("alive after the last cycle measured", "%", 100 * alive[-1]),
    )
    return Shown(
        rows,
        (
            Panel("Both states against cycles", "cycles", "conductance [S]", (*quantiles("on", cycles, on), *quantiles("off", cycles, off)), log_x=True, log_y=True),
            Panel("Lives on Weibull's paper", "cycles", "ln(-ln(1 - share failed))", (weibull,), log_x=True),
        ),
    )


def fecap_retention(found: xr.Dataset, known: float) -> Shown:
    """Window against time at every temperature, Arrhenius's plot of the time to a tenth lost, and the activation energy beside the card's (`known` [eV])."""
    times, temperatures = found["time"].to_numpy(), found["temperature"].to_numpy()
    medians = found["window"].median("device").to_numpy()
    fresh = float(np.median(found["fresh"].to_numpy()))
    to_loss = np.array([time_to(line, times, LOSS * fresh) for line in medians])
    energy = activation(to_loss, temperatures)
    rows = [row(f"window after {times[-1]:.3g} s at {t - CELSIUS:g} °C", "V", float(line[-1])) for t, line in zip(temperatures, medians, strict=True)]
    rows += [row(f"a tenth of the window lost at {t - CELSIUS:g} °C", "s", float(own)) for t, own in zip(temperatures, to_loss, strict=True) if own == own]
    panels = [Panel("Window against time", "time [s]", "median window [V]", _lines(times, medians, temperatures), log_x=True)]
    if energy == energy:
        rows.append(row(f"activation energy of these times (the card's: {known:g} eV)", "eV", energy))
        inverse = 1.0 / (BOLTZMANN_EV * temperatures)
        panels.append(Panel("Time to a tenth lost (Arrhenius)", "1 / kT [1/eV]", "time [s]", (Curve("simulated", tuple(inverse), tuple(to_loss)),), log_y=True))
    return Shown(tuple(rows), tuple(panels))


def levels_retention(found: xr.Dataset, name: str, label: str, unit: str) -> Shown:
    """Mean and spread of every level against time, at every temperature."""
    times, temperatures, values = found["time"].to_numpy(), found["temperature"].to_numpy(), found[name]
    means, spreads = values.mean("device"), values.std("device")
    rows, panels = [], []
    for t, kelvin in enumerate(temperatures):
        where = f"{kelvin - CELSIUS:g} °C"
        curves = tuple(
            Curve(f"{100 * float(own):.0f} % of the range", tuple(times), tuple(means[t, :, k].to_numpy()), tuple(spreads[t, :, k].to_numpy()))
            for k, own in enumerate(found["level"])
        )
        panels.append(Panel(f"Levels at {where}: mean ± standard deviation", "time [s]", label, tuple(curves), log_x=True))
        for k, own in enumerate(found["level"].to_numpy()):
            rows.append(row(f"{100 * own:.0f} % of the range after {times[-1]:.3g} s at {where}", unit, float(means[t, -1, k]), float(spreads[t, -1, k])))
    return Shown(tuple(rows), tuple(panels))


def write_verify(found: xr.Dataset) -> Shown:
    """Errors as written once, as verified and a day later, and how many tries devices took."""
    errors, tries, later = (found[name].to_numpy() for name in ("error", "tries", "later"))
    failed, shares = found["failed"].to_numpy(), found["level"].to_numpy()
    rows, curves = [], []
    for k, share in enumerate(shares):
        name = f"{100 * share:.0f} % of the range"
        for what, own in (("written once", errors[0, k]), ("verified", errors[-1, k]), ("a day later", later[k])):
            rows.append(row(f"{name}, {what}: error", "S", float(own.mean()), float(own.std())))
        rows += [row(f"{name}: tries", "", float(tries[k].mean()), float(tries[k].std())), row(f"{name}: not within the tolerance in the end", "%", 100 * float(failed[k].mean()))]
        curves.append(distribution(name, tries[k]))
    shapes = tuple(distribution(what, 1e6 * own.ravel()) for what, own in (("written once", errors[0]), ("verified", errors[-1]), ("a day later", later)))
    return Shown(
        tuple(rows),
        (
            Panel("Error of the conductance, all levels", "error [µS]", "share of devices below", shapes),
            Panel("How many tries it takes", "tries", "share of devices below", tuple(curves)),
        ),
    )


def neuron_pulses(found: xr.Dataset) -> Shown:
    """Chance of a spike against the width of a pulse, voltage by voltage."""
    volts, widths, fires = (found[name].to_numpy() for name in ("voltage", "width", "fires"))
    curves = tuple(Curve(f"{v:g} V", tuple(widths), tuple(line)) for v, line in zip(volts, fires, strict=True))
    halves = [(v, time_to(1 - line, widths, 0.5)) for v, line in zip(volts, fires, strict=True)]
    rows = [row(f"half of the pulses of {v:g} V make a spike from a width of", "s", width) for v, width in halves if width == width]
    return Shown(tuple(rows), (Panel("Chance of a spike within one pulse", "pulse width [s]", "share of trials", curves, log_x=True),))


def neuron_endurance(found: xr.Dataset) -> Shown:
    """Threshold against switchings beside the hold voltage, and lives on Weibull's paper."""
    cycles, thresholds, hold = found["cycles"].to_numpy(), found["threshold"].to_numpy(), float(found.attrs["hold_V"])
    lives = np.sort(found["life"].to_numpy())
    share = (np.arange(lives.size) + 0.5) / lives.size
    scale = np.log(-np.log(1.0 - share))
    rows = (
        row("threshold of fresh devices", "V", float(thresholds[0].mean()), float(thresholds[0].std())),
        row("half of the devices stuck on after", "switchings", float(np.median(lives))),
        row("first hundredth stuck on after", "switchings", float(np.quantile(lives, 0.01))),
        row("slope on Weibull's paper", "", float(np.polyfit(np.log(lives), scale, 1)[0])),
        row("stuck on after the last measurement", "%", 100 * float((lives <= cycles[-1]).mean())),
    )
    level = Curve("hold voltage: no hysteresis, no spikes", (float(cycles[0]), float(cycles[-1])), (hold, hold))
    return Shown(
        rows,
        (
            Panel("Threshold against switchings", "switchings", "threshold [V]", (*quantiles("threshold", cycles, thresholds), level), log_x=True),
            Panel("Lives on Weibull's paper", "switchings", "ln(-ln(1 - share stuck on))", (Curve("lives", tuple(lives), tuple(scale), points=True),), log_x=True),
        ),
    )


def fecap_pulses(found: xr.Dataset) -> Shown:
    """Switched share against width, voltage by voltage."""
    volts, widths, switched = (found[name].to_numpy() for name in ("voltage", "width", "switched"))
    curves = tuple(Curve(f"{v:g} V", tuple(widths), tuple(line)) for v, line in zip(volts, switched, strict=True))
    rows = []
    for v, line in zip(volts, switched, strict=True):
        if line[0] < 0.5 <= line[-1]:
            rows.append(row(f"half of the domains reversed at {v:g} V after", "s", float(np.exp(np.interp(0.5, line, np.log(widths))))))
    return Shown(tuple(rows), (Panel("Switching kinetics", "pulse width [s]", "share of domains reversed", curves, log_x=True),))


def memristor_pulses(found: xr.Dataset) -> Shown:
    """Conductance against compliance current."""
    compliance, values = found["compliance"].to_numpy(), found["conductance"].to_numpy()
    rows = tuple(row(f"SET at {1e6 * i:g} µA", "S", float(np.mean(line)), float(np.std(line))) for i, line in zip(compliance, values, strict=True))
    return Shown(rows, (Panel("Conductance after SET", "compliance current [A]", "conductance [S]", tuple(quantiles("conductance", compliance, values))),))


def _lines(times: Floats, medians: Floats, temperatures: Floats) -> tuple[Curve, ...]:
    return tuple(Curve(f"{t - CELSIUS:g} °C", tuple(times), tuple(line)) for t, line in zip(temperatures, medians, strict=True))
