"""`ferrion lab mission`: years of service of a trained chip, policy beside policy."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from ferrion.cli.console import alone_in, bar, tell


def mission(
    folder: Annotated[Path, typer.Argument(help="The --out folder of ferrion train.")],
    file: Annotated[Path, typer.Argument(help="A TOML file: how long, phases of temperature, policies.")],
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or the path of an .npz file; its test part is asked, its training part learned.")] = "digits",
    chips: Annotated[int, typer.Option(min=2, help="Chips with devices of their own, for the distribution of years to wear-out.")] = 200,
    out: Annotated[Path, typer.Option(help="Folder for result.json and the page.")] = Path("runs/mission"),
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Accuracy, energy and failures of a trained chip over years of temperature and use, left alone, refreshed or learning on."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.report.mission import lines, mission_page, outcome
    from ferrion.workloads.data import load
    from ferrion.workloads.mission import live
    from ferrion.workloads.mission_file import read_mission
    from ferrion.workloads.trained import trained

    the_mission, the_set = read_mission(file), load(data)
    chip = trained(folder, the_set)
    lives = []
    with alone_in(out), bar(f"{the_mission.lasts} of {folder} on {the_set.name}, {len(the_mission.policy)} policies") as progress:
        for name in the_mission.policy:
            task = progress.add_task(name, total=the_mission.checks)
            lives.append(live(chip, the_set, the_mission, name, chips, partial(_tell, progress, task)))
        phases = ", ".join(f"{own.lasts} at {own.celsius:g} °C" for own in the_mission.phase)
        lead = f"{the_mission.lasts} of {folder}: {phases}, again and again · {the_mission.inferences_per_s:g} inferences a second · {the_set.name}"
        found = [outcome(life) for life in lives]
        result = {"mission": str(file), "chip": str(folder), "data": the_set.name, "policies": found, "report": str(out / "mission.html")}
        write_text(out / "mission.html", mission_page(lives, lead, the_mission.least_accuracy))
        write_text(out / "result.json", writer.dumps(result, indent=1, allow_nan=False) + "\n")
    tell(result, json, lines(found), "the page:", out / "mission.html")


def _tell(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)
