"""`ferrion neuron`: an ion neuron under a drive."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferrion.cli.console import alone_in, errors, print_json, screen
from ferrion.core.errors import ConfigError

if TYPE_CHECKING:
    from ferrion.circuits.drive import Drive

SPICE_STEP = 5e-7
"""Longest step [s] of the netlist: with it ngspice agrees on spike times to 0.5 % of an interval."""
PROTOCOLS = "train, step, pair, ramp, or the path of a .csv file of volts"


def neuron(
    protocol: Annotated[str, typer.Argument(help=f"{PROTOCOLS}.")] = "train",
    card: Annotated[str, typer.Option(help="A neuron card: a shipped name (see ferrion cards) or a TOML file.")] = "zhao-2025",
    volts: Annotated[float, typer.Option(help="Height of pulses, step or ramp [V].")] = 0.8,
    width: Annotated[str, typer.Option(help="Width of a pulse (train, pair).")] = "1 ms",
    period: Annotated[str, typer.Option(help="Period of a train, gap of a pair, spacing of the samples of a file.")] = "2 ms",
    duration: Annotated[str, typer.Option(help="How long a train, step or ramp lasts.")] = "300 ms",
    control: Annotated[str | None, typer.Option(help="Control resistor, e.g. '500 Mohm'; default: the card's.")] = None,
    temperature: Annotated[float, typer.Option(help="Temperature [°C].")] = 26.85,
    cells: Annotated[int, typer.Option(help="How many neurons, each a device of its own.")] = 20,
    seed: Annotated[int, typer.Option(help="One seed is one set of neurons.")] = 0,
    switchings: Annotated[float, typer.Option(help="How often every device has switched before: wear by law, not by looping.")] = 0.0,
    noise: Annotated[bool, typer.Option("--noise/--no-noise", help="Without noise every nucleation comes at its mean.")] = True,
    silver: Annotated[bool, typer.Option("--silver", help="Show silver particles in a gap under the first 30 ms of the drive as well.")] = False,
    dt: Annotated[str, typer.Option(help="Spacing of the recorded samples; the steps of the simulation adapt on their own.")] = "50 us",
    out: Annotated[Path, typer.Option(help="Folder for page, traces (netCDF) and result.json.")] = Path("runs/neuron"),
    spice: Annotated[Path | None, typer.Option(help="Write a netlist for ngspice here as well.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Drive ion neurons and show traces, raster, rate against voltage, and who pays for a spike."""
    import json as writer

    from ferrion.circuits.neuron import Neuron
    from ferrion.core.files import write_atomically, write_text
    from ferrion.core.units import from_text
    from ferrion.interop.spice import neuron_netlist
    from ferrion.report import neuron as pictures
    from ferrion.report.figures import figures_page

    device = Neuron.from_card(card, temperature=temperature + 273.15)
    if control is not None:
        device = device.with_control(from_text(control, "ohm"))
    driven = drive_of(protocol, volts, from_text(width, "s"), from_text(period, "s"), from_text(duration, "s"))
    with alone_in(out):
        found = device.run(driven, from_text(dt, "s"), count=cells, seed=seed, noise=noise, switchings=switchings)
        rows = pictures.figures(found, device)
        sweep = [volts * share / 10 for share in range(5, 16)]
        panels = (*pictures.traces(found), pictures.rate_curve(device, sweep, min(driven.duration, 1.0), cells, seed))
        panels += pictures.silver(driven, seed) if silver else ()
        if spice is not None:
            write_text(spice, neuron_netlist(device, driven, from_text(dt, "s"), SPICE_STEP, str(spice.with_suffix(".dat"))))
        page = out / "neuron.html"
        lead = f"{device.card.title} · {protocol}, {cells} cells, seed {seed}, {temperature:g} °C" + (f", {switchings:g} switchings old" if switchings else "")
        write_text(page, figures_page(f"Ion neurons of {device.card.name}", lead, rows, panels))
        write_atomically(out / "traces.nc", lambda path: found.to_netcdf(path, engine="scipy"))
        spikes = [[float(t) for t in row if t == t] for row in found["spike_time"].to_numpy()]
        result = {
            "card": device.card.name,
            "protocol": protocol,
            "cells": cells,
            "seed": seed,
            "spikes_s": spikes,
            "figures": [{"quantity": row.quantity, "unit": row.unit, "value": row.simulated, "spread": row.spread} for row in rows],
            "report": str(page),
            "traces": str(out / "traces.nc"),
        }
        write_text(out / "result.json", writer.dumps(result, indent=1) + "\n")
    if json:
        print_json(result)
        return
    for row in rows:
        spread = "" if row.spread is None else f" ± {row.spread:.3g}"
        screen.print(f"{row.quantity}: {row.simulated:.4g}{spread} {row.unit}")
    errors.print("traces, raster and rate curve:")
    screen.print(str(page), soft_wrap=True)


def drive_of(protocol: str, volts: float, width: float, period: float, duration: float) -> "Drive":
    """The drive a protocol names."""
    from ferrion.circuits import drive

    if protocol == "train":
        return drive.pulses(volts, width, period, duration)
    if protocol == "step":
        return drive.step(volts, duration)
    if protocol == "pair":
        return drive.pair(volts, width, period)
    if protocol == "ramp":
        return drive.ramp(volts, duration)
    if Path(protocol).is_file():
        return drive.from_csv(Path(protocol), period)
    raise ConfigError(f"no protocol and no file {protocol!r}; give {PROTOCOLS}")
