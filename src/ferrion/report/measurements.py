"""Further protocols of the virtual lab as rows and panels, in the form in which papers show them."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ferrion.report.protocols import CELSIUS, Shown, distribution, quantiles, row
from ferrion.reproduce.figure import Curve, Panel

Floats = NDArray[np.float64]
MICROCOULOMB = 100.0
"""µC/cm² in a C/m²."""


def fecap_loops(found: xr.Dataset) -> Shown:
    """Polarisation and current against voltage, and coercive voltage against frequency."""
    volts, frequencies, coercive = (found[name].to_numpy() for name in ("voltage", "frequency", "coercive"))
    names = [f"{own:.3g} Hz" for own in frequencies]
    loops = tuple(Curve(name, tuple(volts), tuple(MICROCOULOMB * line)) for name, line in zip(names, found["polarisation"].to_numpy(), strict=True))
    currents = tuple(Curve(name, tuple(volts), tuple(line / np.abs(line).max())) for name, line in zip(names, found["current"].to_numpy(), strict=True))
    rows = [row(f"coercive voltage at {name}", "V", float(own)) for name, own in zip(names, coercive, strict=True)]
    panels = [
        Panel("Polarisation loops", "voltage [V]", "polarisation [µC/cm²]", loops),
        Panel("Current, each over its largest", "voltage [V]", "current / largest", currents),
        Panel("Coercive voltage against frequency", "frequency [Hz]", "coercive voltage [V]", (Curve("simulated", tuple(frequencies), tuple(coercive)),), log_x=True),
    ]
    return Shown(tuple(rows), tuple(panels))


def memristor_reads(found: xr.Dataset) -> Shown:
    """Current against voltage, level by level, and the conductance that each level's line has."""
    volts, curves, rows = found["voltage"].to_numpy(), [], []
    for level in found["level"].to_numpy():
        currents = found["current"].sel(level=level).to_numpy()
        name = f"{100 * level:.0f} % of the range"
        curves.append(Curve(name, tuple(volts), tuple(currents.mean(axis=1)), tuple(currents.std(axis=1))))
        slopes = volts @ currents / float(volts @ volts)
        rows.append(row(f"{name}: conductance by the slope", "S", float(slopes.mean()), float(slopes.std())))
    return Shown(tuple(rows), (Panel("Current against voltage: mean ± standard deviation", "voltage [V]", "current [A]", tuple(curves)),))


def neuron_ramps(found: xr.Dataset) -> Shown:
    """Distribution of thresholds at every ramp, threshold against ramp, and one device's current."""
    rows, shapes, means = [], [], []
    rates = found.attrs["height_V"] / (found["duration"].to_numpy() / 2)
    for rate, thresholds in zip(rates, found["threshold"].to_numpy(), strict=True):
        known = thresholds[np.isfinite(thresholds)]
        rows.append(row(f"cells that switched at {rate:.3g} V/s", "%", 100 * known.size / thresholds.size))
        means.append(float(known.mean()) if known.size else float("nan"))
        if known.size:
            shapes.append(distribution(f"{rate:.3g} V/s", known))
            rows.append(row(f"threshold at {rate:.3g} V/s", "V", float(known.mean()), float(known.std())))
    panels = [Panel("Distribution of the threshold", "drive at the first spike [V]", "share of cells below", tuple(shapes))] if shapes else []
    current = np.maximum(np.abs(found["current"].to_numpy()), 1e-14)
    panels.append(
        Panel("One memristor under the slowest ramp", "voltage over it [V]", "current [A]", (Curve("simulated", tuple(found["over"].to_numpy()), tuple(current)),), log_y=True)
    )
    panels.append(Panel("Threshold against ramp", "ramp [V/s]", "mean threshold [V]", (Curve("simulated", tuple(rates), tuple(means)),), log_x=True))
    return Shown(tuple(rows), tuple(panels))


def pund(found: xr.Dataset) -> Shown:
    """The waveform's current, and 2 P_r against cycles with its distribution over capacitors."""
    time, width = found["time"].to_numpy(), float(found.attrs["width_s"])
    currents = found["current"].to_numpy()
    curves = tuple(Curve(str(name), tuple(k * width + time), tuple(line)) for k, (name, line) in enumerate(zip(found["pulse"].to_numpy(), currents, strict=True)))
    cycles, two_pr = found["cycles"].to_numpy(), MICROCOULOMB * found["two_pr"].to_numpy()
    charge = np.trapezoid(currents, time, axis=1) / found.attrs["area_m2"] * MICROCOULOMB
    rows = [row(f"2 Pr after {number:.3g} cycles", "µC/cm²", float(line.mean()), float(line.std())) for number, line in zip(cycles, two_pr, strict=True)]
    rows += [row("P less U, fully woken", "µC/cm²", float(charge[1] - charge[2])), row("D less N, fully woken", "µC/cm²", float(charge[4] - charge[3]))]
    panels = (
        Panel("Current of preset, P, U, N and D", "time [s]", "current [A]", curves),
        Panel("2 Pr against cycles", "cycles", "2 Pr [µC/cm²]", tuple(quantiles("2 Pr", np.maximum(cycles, 1.0), two_pr)), log_x=True),
        Panel("Distribution of 2 Pr", "2 Pr [µC/cm²]", "share of capacitors below", tuple(distribution(f"{n:.3g} cycles", own) for n, own in zip(cycles, two_pr, strict=True))),
    )
    return Shown(tuple(rows), panels)


def forming(found: xr.Dataset) -> Shown:
    """Distribution of forming voltages, on Weibull's paper, and the conductance after forming."""
    rows, curves = [], []
    for ramp, volts in zip(found["ramp"].to_numpy(), found["voltage"].to_numpy(), strict=True):
        rows.append(row(f"forming voltage at {ramp:.3g} V/s", "V", float(volts.mean()), float(volts.std())))
        rows.append(row(f"a hundredth of the devices formed at {ramp:.3g} V/s by", "V", float(np.quantile(volts, 0.01))))
        share = (np.arange(volts.size) + 0.5) / volts.size
        curves.append(Curve(f"{ramp:.3g} V/s", tuple(np.sort(volts)), tuple(np.log(-np.log(1 - share))), points=True))
    conductance = found["conductance"].to_numpy()
    rows.append(row("conductance after forming", "S", float(conductance.mean()), float(conductance.std())))
    return Shown(
        tuple(rows),
        (
            Panel("Forming voltages on Weibull's paper", "forming voltage [V]", "ln(-ln(1 - share formed))", tuple(curves)),
            Panel("After forming", "conductance [S]", "share of devices below", (distribution("formed", conductance),)),
        ),
    )


def memristor_noise(found: xr.Dataset) -> Shown:
    """Reads of every level: distribution about the mean, and its spread."""
    rows, curves = [], []
    for level, reads in zip(found["level"].to_numpy(), found["conductance"].to_numpy(), strict=True):
        name = f"{100 * level:.0f} % of the range"
        rows.append(row(f"{name}: mean of {reads.size:,} reads, and one read's spread", "S", float(reads.mean()), float(reads.std())))
        curves.append(distribution(name, 1e6 * (reads - reads.mean())))
    return Shown(tuple(rows), (Panel("One read about the mean", "deviation [µS]", "share of reads below", tuple(curves)),))


def fecap_errors(found: xr.Dataset) -> Shown:
    """Wrong bits against the reference of the sense amplifier, and the windows."""
    references, errors, windows = (found[name].to_numpy() for name in ("reference", "errors", "window"))
    best = int(errors.argmin())
    rows = (
        row("window of woken capacitors", "V", float(np.median(windows)), float(windows.std())),
        row("fewest wrong bits at a reference of", "V", float(references[best])),
        row("wrong bits at that reference", "", float(errors[best])),
        row("reference of the card", "V", float(found.attrs["reference_V"])),
        row("wrong bits at the card's reference", "", float(np.interp(found.attrs["reference_V"], references, errors))),
    )
    return Shown(
        rows,
        (
            Panel(
                "Wrong bits against the reference", "reference [V]", "share of wrong bits", (Curve("simulated", tuple(references), tuple(np.maximum(errors, 1e-18))),), log_y=True
            ),
            Panel("Distribution of the window", "window [V]", "share of capacitors below", (distribution("woken", windows),)),
        ),
    )


def neuron_jitter(found: xr.Dataset) -> Shown:
    """Delay of the first spike at every voltage, and how irregular the following intervals are."""
    rows, shapes = [], []
    for volts, delays, cv in zip(found["voltage"].to_numpy(), found["delay"].to_numpy(), found["cv"].to_numpy(), strict=True):
        known = delays[np.isfinite(delays)]
        rows.append(row(f"trials that fired at {volts:g} V", "%", 100 * known.size / delays.size))
        if known.size > 1:
            rows.append(row(f"delay at {volts:g} V", "s", float(known.mean()), float(known.std())))
            shapes.append(distribution(f"{volts:g} V", known))
        if cv == cv:
            rows.append(row(f"coefficient of variation of the intervals at {volts:g} V", "", float(cv)))
    return Shown(tuple(rows), (Panel("Delay of the first spike", "delay [s]", "share of trials below", tuple(shapes), log_x=True),))


def chip_transfers(found: xr.Dataset) -> Shown:
    """What the eight levels become on an array, and what one read adds."""
    levels = list(zip(found["level"].to_numpy(), found["weight"].to_numpy(), strict=True))
    rows = [row(f"level {level}: weight over the full scale", "", float(own.mean()), float(own.std())) for level, own in levels]
    rows.append(row("read noise of one weight over the full scale", "", float(found.attrs["read_noise"])))
    curves = tuple(distribution(f"level {level}", own) for level, own in levels)
    return Shown(tuple(rows), (Panel("Weights after a transfer, level by level", "weight / full scale", "share of weights below", curves),))


def fecap_bake(found: xr.Dataset, time: float) -> Shown:
    """Windows after the bake against its temperature."""
    celsius, windows = found["temperature"].to_numpy() - CELSIUS, found["window"].to_numpy()
    fresh = float(np.median(found["fresh"].to_numpy()))
    rows = [row(f"window after {time:.3g} s at {t:g} °C", "V", float(np.median(own)), float(own.std())) for t, own in zip(celsius, windows, strict=True)]
    rows += [row(f"of the window as written, at {t:g} °C", "%", 100 * float(np.median(own)) / fresh) for t, own in zip(celsius, windows, strict=True)]
    shapes = tuple(distribution(f"{t:g} °C", own) for t, own in zip(celsius, windows, strict=True))
    return Shown(tuple(rows), (_against(celsius, windows, "window [V]"), Panel("Distribution after the bake", "window [V]", "share of capacitors below", shapes)))


def memristor_bake(found: xr.Dataset, time: float) -> Shown:
    """Levels after the bake against its temperature."""
    celsius, rows, curves = found["temperature"].to_numpy() - CELSIUS, [], []
    for level in found["level"].to_numpy():
        own = found["conductance"].sel(level=level).to_numpy()
        name = f"{100 * level:.0f} % of the range"
        curves.append(Curve(name, tuple(celsius), tuple(own.mean(axis=1)), tuple(own.std(axis=1))))
        rows += [row(f"{name} after {time:.3g} s at {t:g} °C", "S", float(line.mean()), float(line.std())) for t, line in zip(celsius, own, strict=True)]
    return Shown(tuple(rows), (Panel("Levels after the bake: mean ± standard deviation", "temperature [°C]", "conductance [S]", tuple(curves)),))


def neuron_heat(found: xr.Dataset) -> Shown:
    """Rates and delays against temperature."""
    celsius, rate, delay = found["temperature"].to_numpy() - CELSIUS, found["rate"].to_numpy(), found["delay"].to_numpy()
    rows = [row(f"spikes a second at {t:g} °C", "1/s", float(own.mean()), float(own.std())) for t, own in zip(celsius, rate, strict=True)]
    known = [own[np.isfinite(own)] for own in delay]
    rows += [row(f"delay of the first spike at {t:g} °C", "s", float(own.mean()), float(own.std())) for t, own in zip(celsius, known, strict=True) if own.size > 1]
    return Shown(tuple(rows), (_against(celsius, rate, "spikes a second"),))


def _against(celsius: Floats, values: Floats, label: str) -> Panel:
    return Panel(f"{label.split(' [')[0].capitalize()} against temperature", "temperature [°C]", label, tuple(quantiles("", celsius, values)))
