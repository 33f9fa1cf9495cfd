"""`ferrion spiking`: one task of events on the spiking chip, learned in three ways."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import alone_in, errors, tell


def spiking(
    task: Annotated[str, typer.Argument(help="nmnist, braille, fsdd or ecg.")] = "nmnist",
    seeds: Annotated[int, typer.Option(help="Chips, seeds 0, 1, …; each is kept when it is done.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer epochs, cells and samples: a first look in a minute or two.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for result.json and one file a seed; goes on with what it finds there. Default: runs/spiking-TASK.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Train a net of ion neurons off the chip and deploy it, tune it on the chip, let another chip learn all by itself: accuracy, energy, latency, beside a float twin."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.core.units import figure
    from ferrion.workloads.spiking_tasks import run_task

    folder = out or Path("runs") / f"spiking-{task}{'-quick' if quick else ''}"
    with alone_in(folder):
        result = run_task(task, seeds, quick, folder, lambda line: errors.print(line))
        write_text(folder / "result.json", writer.dumps(result, indent=1) + "\n")
    lines = [f"{row['what']}: {figure(row['mean'])}" + ("" if row["deviation"] is None else f" ± {figure(row['deviation'])}") for row in result["table"]]
    tell(result, json, [result["note"], *lines], "all runs:", folder / "result.json")
