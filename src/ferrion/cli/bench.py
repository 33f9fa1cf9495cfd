"""`ferrion bench`: how fast, beside whom."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ferrion.cli.console import errors, print_json, screen
from ferrion.core.units import figure


def bench(
    name: Annotated[str, typer.Argument(help="two-memory, neuron, crossbar, layers, spiking or sweep.")] = "two-memory",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Time the same work in ferrion and in its peers, in one run."""
    from ferrion.workloads.bench import bench as run

    found = run(name, errors.print)
    if json:
        print_json(found)
        return
    screen.print(table_of(found))


def table_of(found: dict[str, Any]) -> Table:
    """The rows of a benchmark as they are printed."""
    table = Table(title=f"{found['name']} on {found['machine']}")
    for column in ("work", "tool", "median", "min", "max", "", "ours / theirs", "note"):
        table.add_column(column, overflow="fold")
    for row in found["rows"]:
        ratio = "" if row["ours_over_theirs"] is None else f"{row['ours_over_theirs']:.1f} x"
        table.add_row(row["work"], f"{row['tool']} {row['version']}", *(figure(row[key]) for key in ("median", "min", "max")), row["unit"], ratio, row["note"])
    return table
