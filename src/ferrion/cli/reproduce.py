"""`ferrion reproduce`: published figures beside simulated ones."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID
from rich.table import Table

from ferrion.cli.console import alone_in, bar, errors, print_json, screen
from ferrion.core.errors import ConfigError
from ferrion.core.files import write_text


def reproduce(
    name: Annotated[str | None, typer.Argument(help="A paper, e.g. martemucci-2025.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the papers there are.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A few minutes' look: one seed, less data; not the published setting.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for the page with the pictures.")] = Path("runs/reproduce"),
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Simulate the figures of a paper and print them beside the published ones."""
    from ferrion.core.units import figure
    from ferrion.report.figures import figures_page
    from ferrion.reproduce.figure import papers
    from ferrion.reproduce.figure import reproduce as run

    if list_:
        if json:
            print_json({"papers": list(papers())})
        else:
            screen.print("\n".join(papers()))
        return
    if name is None:
        raise ConfigError(f"give a paper: ferrion reproduce {' | '.join(papers())}")
    with alone_in(out), bar(f"reproducing {name}") as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if not errors.is_terminal:
                errors.print(f"{what}: {done} of {total}")
                return
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        found = run(name, quick, tell)
    path = out / f"{name}.html"
    lead = "published beside simulated" + (" · a quick look, with fewer seeds and less data than published" if quick else "")
    write_text(path, figures_page(name, f"{lead} · ± is the standard deviation over seeds or cells · a row without a published figure informs only", found.rows, found.panels))
    if json:
        print_json({**found.to_json(), "report": str(path)})
        return
    table = Table(title=f"{name}: published beside simulated{' (quick: not the published setting)' if quick else ''}")
    table.add_column("quantity", overflow="fold", ratio=1)
    for column in ("published", "simulated", "±", "tolerance", ""):
        table.add_column(column, justify="right", no_wrap=True)
    verdict = {True: "[green]ok[/]", False: "[red]misses[/]", None: ""}
    for row in found.rows:
        published = "" if row.published is None else f"{figure(row.published)} {row.unit}"
        spread = "" if row.spread is None else f"{row.spread:.2f}"
        tolerance = "" if row.tolerance is None else f"{row.tolerance:g}"
        table.add_row(row.quantity, published, f"{figure(row.simulated)} {row.unit}", spread, tolerance, verdict[row.ok])
    screen.print(table)
    screen.print(f"page: {path}")
