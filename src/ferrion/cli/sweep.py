"""`ferrion sweep`: many trials, on all cores or a cluster, into a store that grows."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ferrion.cli.console import alone_in, bar, print_json, screen, tell
from ferrion.core.errors import ConfigError


def sweep(
    file: Annotated[Path, typer.Argument(help="A TOML file: what is trained, what varies, on how many chips, what they must reach.")],
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, e.g. tcp://127.0.0.1:8786; without it, the cores of this machine.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Trials at once on this machine; 0: one a core.")] = 0,
    replay: Annotated[int | None, typer.Option(help="Run this finished trial again, alone, and compare it with the store bit for bit.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the store (sweep.zarr), result.json and the page; goes on with what it finds there. Default: runs/NAME OF THE FILE.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Train chips over parameters and seeds: distributions, yield, sensitivities. Stopped, it goes on where it was when called again."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.report.sweep import lines, sweep_page
    from ferrion.workloads.sweep.file import read_sweep
    from ferrion.workloads.sweep.found import summary
    from ferrion.workloads.sweep.places import here, on_cluster
    from ferrion.workloads.sweep.sweep import Sweep

    if scheduler is not None and workers:
        raise ConfigError(f"--scheduler {scheduler} --workers {workers}: a cluster has its own workers; give one of the two")
    the_sweep = Sweep.of(read_sweep(file))
    folder = out or Path("runs") / file.stem
    with alone_in(folder):
        store = the_sweep.store(folder / "sweep.zarr")
        if replay is not None:
            _replayed(the_sweep, store, replay, json)
            return
        place = partial(on_cluster, address=scheduler) if scheduler else partial(here, workers=workers or os.cpu_count() or 1)
        kept = int(store.done().sum())
        with bar(f"{len(the_sweep.trials)} trials: {len(the_sweep.points)} points x {the_sweep.file.sweep.chips} chips; {kept} are done") as progress:
            task = progress.add_task("trials", total=len(the_sweep.trials))
            wall = the_sweep.go(store, place, lambda done: progress.update(task, completed=done))
        found, told = store.read(), the_sweep.result(store)
        result = {"sweep": str(file), "trials": len(the_sweep.trials), "points": len(the_sweep.points), "kept": kept, "run": len(the_sweep.trials) - kept}
        result |= {"wall_s": wall, "outcomes": summary(found), **told, "store": str(store.path), "report": str(folder / "sweep.html")}
        write_text(folder / "sweep.html", sweep_page(the_sweep, found, result))
        write_text(folder / "result.json", writer.dumps(result, indent=1, allow_nan=False) + "\n")
    tell(result, json, lines(result), "the page and the store (xarray.open_zarr):", folder / "sweep.html", store.path)


def _replayed(the_sweep: Any, store: Any, number: int, json: bool) -> None:
    from ferrion.workloads.sweep.trial import OUTCOMES

    found, same = the_sweep.again(store, number)
    trial = the_sweep.trials[number]
    result = {"trial": number, "values": dict(trial.values), "seed": trial.seed, "same": same}
    result |= {"outcomes": {name: value for name, value in zip(OUTCOMES, found, strict=True) if value == value}}
    if json:
        print_json(result)
    else:
        screen.print(
            f"trial {number}, seed {trial.seed}, {dict(trial.values) or 'no factor'}: {'the same bits as in the store' if same else 'NOT what the store holds'}", soft_wrap=True
        )
    if not same:
        raise typer.Exit(1)
