"""`ferrion lab pulse|endurance|retention`: what laboratories measure, on the devices of any card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferrion.cli.experiment import Count, Json, Out, Seed, keep, numbers, spaced
from ferrion.core.errors import ConfigError

if TYPE_CHECKING:
    import xarray as xr

    from ferrion.params.card import Card
    from ferrion.report.protocols import Shown

DeviceCard = Annotated[str, typer.Option(help="A card of a FeCAP or a memristor: a shipped name or a TOML file.")]
FECAP = "fecap-martemucci2025"


def pulse(
    card: DeviceCard = FECAP,
    volts: Annotated[str, typer.Option(help="Heights of pulses on FeCAPs [V], with commas.")] = "2,2.5,3,3.5,4,4.8",
    widths: Annotated[str, typer.Option(help="Shortest and longest pulse on FeCAPs.")] = "1 ns,10 ms",
    compliance: Annotated[str, typer.Option(help="Compliance currents of memristors [µA], with commas.")] = "10,20,30,40,50,60,67",
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/pulse"),
    json: Json = False,
) -> None:
    """What one pulse does: reversed domains against height and width (FeCAP), conductance against compliance current (memristor)."""
    from ferrion.lab import pulse as protocol
    from ferrion.report import protocols

    the_card = _card(card)
    if _is_fecap(the_card):
        found = protocol.fecap_pulses(the_card, numbers("--volts", volts), spaced("--widths", widths, "s"))
        shown = protocols.fecap_pulses(found)
    else:
        found = protocol.memristor_pulses(the_card, count, 1e-6 * numbers("--compliance", compliance), seed)
        shown = protocols.memristor_pulses(found)
    _keep("pulse", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed})


def endurance(
    card: DeviceCard = FECAP,
    until: Annotated[float, typer.Option(min=10, help="Cycles of the last measurement; by law, not by looping.")] = 1e10,
    compliance: Annotated[float, typer.Option(help="Compliance current of memristors [µA].")] = 67.0,
    count: Count = 2000,
    seed: Seed = 0,
    out: Out = Path("runs/endurance"),
    json: Json = False,
) -> None:
    """Window or states against cycles, with distributions over devices and lives on Weibull's paper."""
    import numpy as np

    from ferrion.lab import endurance as protocol
    from ferrion.report import protocols

    the_card, cycles = _card(card), np.unique(np.rint(np.geomspace(1, until, 61)))
    if _is_fecap(the_card):
        found = protocol.fecap_endurance(the_card, count, cycles, seed)
        shown = protocols.fecap_endurance(found)
    else:
        found = protocol.memristor_endurance(the_card, count, cycles, 1e-6 * compliance, seed)
        shown = protocols.memristor_endurance(found)
    _keep("endurance", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed, "until": until})


def retention(
    card: DeviceCard = FECAP,
    until: Annotated[str, typer.Option(help="How long the devices rest.")] = "10 years",
    temperatures: Annotated[str, typer.Option(help="Temperatures [°C], with commas.")] = "25,85,125",
    count: Count = 1000,
    seed: Seed = 0,
    out: Out = Path("runs/retention"),
    json: Json = False,
) -> None:
    """Windows or levels against time at temperature, with the activation energy that the times give."""
    from ferrion.lab import retention as protocol
    from ferrion.physics.ageing import Ageing
    from ferrion.report import protocols

    the_card, times, kelvin = _card(card), spaced("--until", f"1 s,{until}", "s"), numbers("--temperatures", temperatures) + 273.15
    if _is_fecap(the_card):
        found = protocol.fecap_retention(the_card, count, times, kelvin, seed)
        shown = protocols.fecap_retention(found, the_card.fill("ageing", Ageing).e_retention)
    else:
        found = protocol.memristor_retention(the_card, count, times, kelvin, seed)
        shown = protocols.memristor_retention(found)
    _keep("retention", found, shown, out, json, {"card": the_card.name, "count": count, "seed": seed, "until_s": float(times[-1])})


def _card(name: str) -> "Card":
    from ferrion.params.card import load

    found = load(name)
    if not {"switching", "filament"} & set(found.sections):
        raise ConfigError(f"--card {name} has neither [switching] (a FeCAP) nor [filament] (a memristor): give the card of a device, e.g. {FECAP} or memristor-martemucci2025")
    return found


def _is_fecap(card: "Card") -> bool:
    return "switching" in card.sections


def _keep(name: str, found: "xr.Dataset", shown: "Shown", out: Path, json: bool, result: dict[str, object]) -> None:
    keep(name, found, shown, f"{found.attrs['title']} · {result['count']} devices, seed {result['seed']}", out, json, result)
