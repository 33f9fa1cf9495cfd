"""`ferrion data`: where recordings are, and how to get them."""

from typing import Annotated

import typer

from ferrion.cli.console import errors, print_json, screen
from ferrion.core.errors import ConfigError


def data(
    action: Annotated[str, typer.Argument(help="list or fetch.")] = "list",
    name: Annotated[str | None, typer.Argument(help="What to fetch: mnist or fashion_mnist.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """List where recordings are looked for, or fetch a public set into the user's cache."""
    from ferrion.workloads.data import NAMES, places
    from ferrion.workloads.fetch import fetch

    if action == "list":
        where = [str(place) for place in places()]
        if json:
            print_json({"sets": NAMES, "places": where})
        else:
            screen.print(f"sets: {', '.join(NAMES)}\nlooked for in: {', '.join(where)}")
        return
    if action != "fetch" or name is None:
        raise ConfigError(f"ferrion data {action} {name or ''}: give list, or fetch and a name")
    errors.print(f"fetching {name}")
    folder = fetch(name)
    if json:
        print_json({"name": name, "folder": str(folder)})
    else:
        screen.print(str(folder), soft_wrap=True)
