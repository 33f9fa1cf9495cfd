"""What experiments of the virtual lab share: numbers as users write them, and a folder with data, page and result."""

import math
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ferrion.cli.console import alone_in, tell
from ferrion.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from ferrion.params.card import Card
    from ferrion.report.protocols import Shown

Count = Annotated[int, typer.Option(min=2, help="How many devices.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="One seed is one set of devices.")]
Out = Annotated[Path, typer.Option(help="Folder for the page, data (netCDF) and result.json.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
AnyCard = Annotated[str, typer.Option(help="A card: a shipped name (see ferrion cards) or a TOML file.")]
FECAP, MEMRISTOR, NEURON, CHIP = "fecap-martemucci2025", "memristor-martemucci2025", "zhao-2025", "leti-2025"
NeuronCard = Annotated[str, typer.Option(help="A card of an ion neuron: a shipped name or a TOML file.")]
TITLES = {"iv": "Current against voltage", "pund": "PUND", "random": "Random bits", "tolerance": "Noise tolerance"}
POINTS, SHORTEST, LONGEST = 8, 1e-15, 1e12


class Kind(Enum):
    """What a card is of, told by a section or a part it has."""

    FECAP = auto()
    MEMRISTOR = auto()
    NEURON = auto()
    CHIP = auto()


EXAMPLES = {Kind.FECAP: FECAP, Kind.MEMRISTOR: MEMRISTOR, Kind.NEURON: NEURON, Kind.CHIP: CHIP}


def of_kind(name: str, *allowed: Kind) -> "tuple[Card, Kind]":
    """The card, and what it is of; raises ConfigError unless that is one of `allowed`."""
    from ferrion.params.card import load

    found = load(name)
    told = {"switching": Kind.FECAP, "filament": Kind.MEMRISTOR, "stage": Kind.NEURON, "geometry": Kind.CHIP}
    kind = next((own for section, own in told.items() if section in found.sections), None)
    if kind is None or kind not in allowed:
        raise ConfigError(f"--card {name}: this protocol takes {', '.join(f'a {own.name.lower()} ({EXAMPLES[own]})' for own in allowed)}")
    return found, kind


def numbers(option: str, text: str) -> "NDArray[np.float64]":
    """Numbers with commas between them; raises ConfigError for anything else."""
    import numpy as np

    try:
        return np.array([float(part) for part in text.split(",")])
    except ValueError as problem:
        raise ConfigError(f"{option} {text}: give numbers with commas between them") from problem


def spaced(option: str, text: str, unit: str, points: int = POINTS) -> "NDArray[np.float64]":
    """So many points a factor of ten, from the first quantity to the second."""
    import numpy as np

    from ferrion.core.units import from_text

    ends = [from_text(part, unit) for part in text.split(",")]
    if len(ends) != 2 or not SHORTEST <= ends[0] < ends[1] <= LONGEST:
        raise ConfigError(f"{option} {text}: give the shorter and the longer, from {SHORTEST:g} to {LONGEST:g} {unit}")
    shortest, longest = ends
    return np.geomspace(shortest, longest, 1 + max(1, round(points * math.log10(longest / shortest))))


def positive(option: str, text: str, unit: str) -> float:
    """A quantity above 0 in the SI unit `unit`; raises ConfigError for anything else."""
    from ferrion.core.units import from_text

    value = from_text(text, unit)
    if value <= 0:
        raise ConfigError(f"{option} {text}: give a quantity above 0")
    return value


def keep(name: str, found: "xr.Dataset", shown: "Shown", lead: str, out: Path, json: bool, result: dict[str, object]) -> None:
    """Data, page and result in `out`, and the figures on the screen."""
    import json as writer

    from ferrion.core.files import write_atomically, write_text
    from ferrion.report.figures import figures_page

    page = out / f"{name}.html"
    figures = [{"quantity": row.quantity, "unit": row.unit, "value": _finite(row.simulated), "spread": _finite(row.spread)} for row in shown.rows]
    whole: dict[str, object] = {"protocol": name, **result, "figures": figures}
    whole |= {"report": str(page), "data": str(out / f"{name}.nc")}
    with alone_in(out):
        write_atomically(out / f"{name}.nc", lambda path: found.to_netcdf(path, engine="scipy"))
        write_text(page, figures_page(TITLES.get(name, name.capitalize()), lead, shown.rows, shown.panels))
        write_text(out / "result.json", writer.dumps(whole, indent=1, allow_nan=False) + "\n")
    lines = [f"{row.quantity}: {row.simulated:.4g}{'' if row.spread is None else f' ± {row.spread:.3g}'} {row.unit}" for row in shown.rows]
    tell(whole, json, lines, "the page:", page)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
