"""`ferrion pilot`: an application on real recordings, end to end, beside the best small digital solution."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ferrion.cli.console import alone_in, errors, tell

SILENCE = 10.0


def pilot(
    name: Annotated[str, typer.Argument(help="event-vision, event-order, event-gestures, tactile, ecg, ecg-loop, machine, trigger or continual.")] = "event-vision",
    seeds: Annotated[int, typer.Option(help="Chips, seeds 0, 1, …; each is kept when it is done.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="The short form: fewer epochs, cells and samples, in under two minutes.")] = False,
    live: Annotated[
        str | None,
        typer.Option(help="Decide on a live stream: a file, - for standard input, or tcp://host:port. Events need a chip that a pilot left in --out; others are learned first."),
    ] = None,
    silence: Annotated[float, typer.Option(help="Seconds without a byte after which a peer of a live stream counts as dead.")] = SILENCE,
    out: Annotated[Path | None, typer.Option(help="Folder for result.json, the page, the chips and one file a seed; goes on from them. Default: runs/pilot-NAME.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Learn and decide real recordings on the chip: accuracy, energy, latency, wear, bytes that leave, beside int8, classical and float; then streams with faults."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.pilots.study import study
    from ferrion.report.pilot import lines, page

    folder = out or Path("runs") / f"pilot-{name}{'-quick' if quick else ''}"
    with alone_in(folder):
        if live is not None:
            _live(name, live, quick, folder, silence, json)
            return
        result = study(name, seeds, quick, folder, lambda line: errors.print(line))
        write_text(folder / "result.json", writer.dumps(result, indent=1) + "\n")
        write_text(folder / "pilot.html", page(result))
    tell(result, json, [result["note"], *lines(result)], "the page and all runs:", folder / "pilot.html", folder / "result.json")


def _live(name: str, source: str, quick: bool, folder: Path, silence: float, json: bool) -> None:
    """Decisions as they are made; the sums, and every decision, at the end, and on standard error where the stream breaks or is interrupted."""
    from ferrion.core.errors import FerrionError
    from ferrion.pilots.study import PILOTS, known
    from ferrion.workloads.streams.source import there

    known(name)
    there(source, silence)
    found: dict[str, Any] = {}
    try:
        for said, so_far in PILOTS[name].live(source, silence, quick, folder):
            errors.print(said, markup=False)
            found = so_far
    except (FerrionError, KeyboardInterrupt):
        errors.print(*(f"{key}: {value}" for key, value in found.items()), sep="\n", markup=False)
        raise
    tell(found, json, [f"{key}: {value}" for key, value in found.items()], "decided in:", folder)
