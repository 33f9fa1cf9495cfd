"""`ferrion bench`: how fast, beside whom."""

from typing import Annotated

import typer
from rich.table import Table

from ferrion.cli.console import errors, print_json, screen


def bench(
    name: Annotated[str, typer.Argument(help="two-memory or neuron.")] = "two-memory",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Time the same work in ferrion and in its peers, in one run, on one thread."""
    from ferrion.workloads.bench import bench as run

    found = run(name, errors.print)
    if json:
        print_json(found)
        return
    rows = found["rows"]
    table = Table(title=f"{name} on {found['machine']}")
    for column in ("work", "tool", rows[0]["unit"], "min", "max", "ours / theirs", "note"):
        table.add_column(column, overflow="fold")
    for row in rows:
        ratio = "" if row["ours_over_theirs"] is None else f"{row['ours_over_theirs']:.1f} x"
        table.add_row(row["work"], f"{row['tool']} {row['version']}", *(f"{row[key]:,.0f}" for key in ("median", "min", "max")), ratio, row["note"])
    screen.print(table)
