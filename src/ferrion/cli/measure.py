"""`ferrion lab iv|pund|noise|temperature|forming`: further protocols, on the devices of any card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferrion.cli.experiment import FECAP, MEMRISTOR, AnyCard, Count, Json, Kind, Out, Seed, keep, numbers, of_kind, positive, spaced

if TYPE_CHECKING:
    import xarray as xr

    from ferrion.report.protocols import Shown


def iv(
    card: AnyCard = FECAP,
    volts: Annotated[float | None, typer.Option(help="Height of the sweep [V]; default: 3 on FeCAPs, 0.2 on memristors, 1.5 on neurons.")] = None,
    frequencies: Annotated[str, typer.Option(help="Least and greatest frequency of loops on FeCAPs.")] = "10 Hz,10 kHz",
    durations: Annotated[str, typer.Option(help="Shortest and longest ramp on neurons.")] = "100 ms,10 s",
    count: Count = 200,
    seed: Seed = 0,
    out: Out = Path("runs/iv"),
    json: Json = False,
) -> None:
    """Current against voltage: loops (FeCAP), reads of every level (memristor), threshold switching under ramps (neuron)."""
    import numpy as np

    from ferrion.circuits.neuron import Neuron
    from ferrion.lab import current_voltage as protocol
    from ferrion.report import measurements as report

    the_card, kind = of_kind(card, Kind.FECAP, Kind.MEMRISTOR, Kind.NEURON)
    height = {Kind.FECAP: 3.0, Kind.MEMRISTOR: 0.2}.get(kind, 1.5) if volts is None else volts
    if kind is Kind.FECAP:
        found = protocol.fecap_loops(the_card, height, spaced("--frequencies", frequencies, "Hz", 2))
        shown = report.fecap_loops(found)
    elif kind is Kind.MEMRISTOR:
        found = protocol.memristor_reads(the_card, count, np.linspace(-height, height, 31), seed)
        shown = report.memristor_reads(found)
    else:
        found = protocol.neuron_ramps(Neuron.from_card(card), count, height, spaced("--durations", durations, "s", 2), seed)
        shown = report.neuron_ramps(found)
    _keep("iv", found, shown, out, json, card, count, seed)


def pund(
    card: AnyCard = FECAP,
    volts: Annotated[float, typer.Option(help="Height of the triangles [V].")] = 3.0,
    width: Annotated[str, typer.Option(help="Length of a triangle.")] = "1 ms",
    cycles: Annotated[str, typer.Option(help="Write cycles before the measurement, with commas.")] = "0,100,1000,1e5,1e7,1e8,1e9",
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/pund"),
    json: Json = False,
) -> None:
    """Preset, P, U, N, D on FeCAPs: currents, and 2 Pr against cycles."""
    from ferrion.lab.pund import pund as protocol
    from ferrion.report.measurements import pund as report

    the_card, _ = of_kind(card, Kind.FECAP)
    found = protocol(the_card, count, numbers("--cycles", cycles), volts, positive("--width", width, "s"), seed)
    _keep("pund", found, report(found), out, json, card, count, seed)


def noise(
    card: AnyCard = MEMRISTOR,
    volts: Annotated[str, typer.Option(help="Steps on neurons [V], with commas.")] = "0.7,0.8,0.9,1.0,1.2",
    count: Count = 2000,
    seed: Seed = 0,
    out: Out = Path("runs/noise"),
    json: Json = False,
) -> None:
    """What one read (memristor), one decision (FeCAP), one spike (neuron) or one transferred weight (chip) differs by from the next."""
    from ferrion.chip.chip import Chip
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab import fluctuation as protocol
    from ferrion.report import measurements as report

    the_card, kind = of_kind(card, *Kind)
    if kind is Kind.MEMRISTOR:
        found = protocol.memristor_noise(the_card, count, seed)
        shown = report.memristor_noise(found)
    elif kind is Kind.FECAP:
        found = protocol.fecap_errors(the_card, count, seed)
        shown = report.fecap_errors(found)
    elif kind is Kind.NEURON:
        found = protocol.neuron_jitter(Neuron.from_card(card), numbers("--volts", volts), 1.0, count, seed)
        shown = report.neuron_jitter(found)
    else:
        found = protocol.chip_transfers(Chip.from_card(card), seed)
        shown = report.chip_transfers(found)
    _keep("noise", found, shown, out, json, card, count, seed)


def temperature(
    card: AnyCard = FECAP,
    temperatures: Annotated[str, typer.Option(help="Temperatures [°C], with commas.")] = "25,55,85,105,125,150",
    time: Annotated[str, typer.Option(help="How long devices are baked at each.")] = "1 hour",
    volts: Annotated[float, typer.Option(help="Step on neurons [V], one second long.")] = 0.8,
    count: Count = 500,
    seed: Seed = 0,
    out: Out = Path("runs/temperature"),
    json: Json = False,
) -> None:
    """The same bake at every temperature (FeCAP, memristor), or the same step (neuron)."""
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab import bake as protocol
    from ferrion.report import measurements as report

    the_card, kind = of_kind(card, Kind.FECAP, Kind.MEMRISTOR, Kind.NEURON)
    kelvin, baked = numbers("--temperatures", temperatures) + 273.15, positive("--time", time, "s")
    if kind is Kind.FECAP:
        found = protocol.fecap_bake(the_card, count, baked, kelvin, seed)
        shown = report.fecap_bake(found, baked)
    elif kind is Kind.MEMRISTOR:
        found = protocol.memristor_bake(the_card, count, baked, kelvin, seed)
        shown = report.memristor_bake(found, baked)
    else:
        found = protocol.neuron_heat({float(t): Neuron.from_card(card, temperature=float(t)) for t in kelvin}, volts, 1.0, count, seed)
        shown = report.neuron_heat(found)
    _keep("temperature", found, shown, out, json, card, count, seed)


def forming(
    card: AnyCard = MEMRISTOR,
    ramps: Annotated[str, typer.Option(help="Ramps [V/s], with commas.")] = "0.1,1,10,1e6",
    compliance: Annotated[float, typer.Option(help="Compliance current [µA].")] = 67.0,
    count: Count = 2000,
    seed: Seed = 0,
    out: Out = Path("runs/forming"),
    json: Json = False,
) -> None:
    """The ramp that makes a stack a memristor: forming voltages on Weibull's paper, and the conductance after it."""
    from ferrion.lab.forming import forming as protocol
    from ferrion.report.measurements import forming as report

    the_card, _ = of_kind(card, Kind.MEMRISTOR)
    found = protocol(the_card, count, numbers("--ramps", ramps), 1e-6 * compliance, seed)
    _keep("forming", found, report(found), out, json, card, count, seed)


def _keep(name: str, found: "xr.Dataset", shown: "Shown", out: Path, json: bool, card: str, count: int, seed: int) -> None:
    drawn = {"device", "cell", "trial", "read"} & set(found.sizes)
    of = f" · {', '.join(f'{found.sizes[own]:,} {own}s' for own in sorted(drawn))}, seed {seed}" if drawn else ""
    keep(name, found, shown, f"{found.attrs['title']}{of}", out, json, {"card": card, "count": count, "seed": seed})
