"""`ferrion spiking`: what the spiking chip does with events."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import alone_in, errors, tell


def spiking(
    name: Annotated[
        str,
        typer.Argument(help="nmnist, nmnist-order, gestures, braille, fsdd, ecg; from few examples: new-class, new-user; load: bursts, hot-pixel; rules; neurobench."),
    ] = "nmnist",
    seeds: Annotated[int, typer.Option(help="Chips, seeds 0, 1, …; each is kept when it is done.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer epochs, cells and samples: a first look in a minute or two.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for result.json and one file a seed; goes on with what it finds there. Default: runs/spiking-NAME.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """The spiking chip on recordings: trained off it and deployed, tuned on it, learning by itself; from few examples; under load. Accuracy, energy, latency."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.core.units import figure
    from ferrion.workloads.spiking_studies import study

    folder = out or Path("runs") / f"spiking-{name}{'-quick' if quick else ''}"
    with alone_in(folder):
        result = study(name, seeds, quick, folder, lambda line: errors.print(line))
        write_text(folder / "result.json", writer.dumps(result, indent=1) + "\n")
    shown = [("none" if row["mean"] is None else figure(row["mean"]), "" if row["deviation"] is None else f" ± {figure(row['deviation'])}") for row in result["table"]]
    lines = [f"{row['what']}: {mean}{spread}" for row, (mean, spread) in zip(result["table"], shown, strict=True)]
    tell(result, json, [result["note"], *lines], "all runs:", folder / "result.json")
