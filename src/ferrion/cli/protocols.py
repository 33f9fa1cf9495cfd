"""`ferrion lab pulse|endurance|retention|verify`: what laboratories measure, on the devices of any card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferrion.cli.experiment import FECAP, MEMRISTOR, AnyCard, Count, Json, Kind, Out, Seed, keep, numbers, of_kind, spaced

if TYPE_CHECKING:
    import xarray as xr

    from ferrion.report.protocols import Shown


def pulse(
    card: AnyCard = FECAP,
    volts: Annotated[str | None, typer.Option(help="Heights of pulses on FeCAPs and neurons [V], with commas; default: 2 to 4.8 and 0.6 to 1.2.")] = None,
    widths: Annotated[str | None, typer.Option(help="Shortest and longest pulse on FeCAPs and neurons; default: 1 ns,10 ms and 100 us,1 s.")] = None,
    compliance: Annotated[str, typer.Option(help="Compliance currents of memristors [µA], with commas.")] = "10,20,30,40,50,60,67",
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/pulse"),
    json: Json = False,
) -> None:
    """What one pulse does: reversed domains against height and width (FeCAP), conductance against compliance current (memristor), chance of a spike (neuron)."""
    from ferrion.circuits.neuron import Neuron
    from ferrion.lab import pulse as protocol
    from ferrion.report import protocols

    the_card, kind = of_kind(card, Kind.FECAP, Kind.MEMRISTOR, Kind.NEURON)
    heights, lengths = volts or ("2,2.5,3,3.5,4,4.8" if kind is Kind.FECAP else "0.6,0.7,0.8,0.9,1,1.2"), widths or ("1 ns,10 ms" if kind is Kind.FECAP else "100 us,1 s")
    if kind is Kind.FECAP:
        found = protocol.fecap_pulses(the_card, numbers("--volts", heights), spaced("--widths", lengths, "s"))
        shown = protocols.fecap_pulses(found)
    elif kind is Kind.NEURON:
        found = protocol.neuron_pulses(Neuron.from_card(card), numbers("--volts", heights), spaced("--widths", lengths, "s"), count, seed)
        shown = protocols.neuron_pulses(found)
    else:
        found = protocol.memristor_pulses(the_card, count, 1e-6 * numbers("--compliance", compliance), seed)
        shown = protocols.memristor_pulses(found)
    _keep("pulse", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed})


def endurance(
    card: AnyCard = FECAP,
    until: Annotated[float, typer.Option(min=10, help="Cycles of the last measurement; by law, not by looping.")] = 1e10,
    compliance: Annotated[float, typer.Option(help="Compliance current of memristors [µA].")] = 67.0,
    count: Count = 2000,
    seed: Seed = 0,
    out: Out = Path("runs/endurance"),
    json: Json = False,
) -> None:
    """Window, states or threshold against cycles, with distributions over devices and lives on Weibull's paper."""
    import numpy as np

    from ferrion.circuits.neuron import Neuron
    from ferrion.lab import endurance as protocol
    from ferrion.report import protocols

    (the_card, kind), cycles = of_kind(card, Kind.FECAP, Kind.MEMRISTOR, Kind.NEURON), np.unique(np.rint(np.geomspace(1, until, 61)))
    if kind is Kind.FECAP:
        found = protocol.fecap_endurance(the_card, count, cycles, seed)
        shown = protocols.fecap_endurance(found)
    elif kind is Kind.NEURON:
        found = protocol.neuron_endurance(Neuron.from_card(card), count, cycles, seed)
        shown = protocols.neuron_endurance(found)
    else:
        found = protocol.memristor_endurance(the_card, count, cycles, 1e-6 * compliance, seed)
        shown = protocols.memristor_endurance(found)
    _keep("endurance", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed, "until": until})


def retention(
    card: AnyCard = FECAP,
    until: Annotated[str, typer.Option(help="How long the devices rest.")] = "10 years",
    temperatures: Annotated[str, typer.Option(help="Temperatures [°C], with commas.")] = "25,85,125",
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/retention"),
    json: Json = False,
) -> None:
    """Windows, levels or weights of an array against time at temperature, with the activation energy that the times give."""
    from ferrion.chip.chip import Chip
    from ferrion.lab import retention as protocol
    from ferrion.physics.ageing import Ageing
    from ferrion.report import protocols

    the_card, kind = of_kind(card, Kind.FECAP, Kind.MEMRISTOR, Kind.CHIP)
    times, kelvin = spaced("--until", f"1 s,{until}", "s"), numbers("--temperatures", temperatures) + 273.15
    if kind is Kind.FECAP:
        found = protocol.fecap_retention(the_card, count, times, kelvin, seed)
        shown = protocols.fecap_retention(found, the_card.fill("ageing", Ageing).e_retention)
    elif kind is Kind.CHIP:
        found = protocol.chip_retention(Chip.from_card(card), spaced("--until", f"1 s,{until}", "s", 2), kelvin, seed)
        shown = protocols.levels_retention(found, "weight", "share of the full scale", "")
    else:
        found = protocol.memristor_retention(the_card, count, times, kelvin, seed)
        shown = protocols.levels_retention(found, "conductance", "conductance [S]", "S")
    _keep("retention", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed, "until_s": float(times[-1])})


def verify(
    card: AnyCard = MEMRISTOR,
    tolerance: Annotated[float, typer.Option(help="How near to its target a read must find a device [µS].")] = 3.0,
    attempts: Annotated[int, typer.Option(help="Most SETs of a device.")] = 20,
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/verify"),
    json: Json = False,
) -> None:
    """Write-verify on memristors: errors round by round, how many tries it takes, and what is left of it a day later."""
    from ferrion.lab.verify import write_verify
    from ferrion.report.protocols import write_verify as report

    the_card, _ = of_kind(card, Kind.MEMRISTOR)
    found = write_verify(the_card, count, 1e-6 * tolerance, attempts, seed)
    _keep("verify", found, report(found), out, json, {"card": the_card.name, "count": count, "seed": seed})


def _keep(name: str, found: "xr.Dataset", shown: "Shown", out: Path, json: bool, result: dict[str, object]) -> None:
    keep(name, found, shown, f"{found.attrs['title']} · {result['count']} devices, seed {result['seed']}", out, json, result)
