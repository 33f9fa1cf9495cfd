"""The command line. Commands import what they need when they run, so that `ferrion --help` is quick."""

from typing import Annotated

import typer

from ferrion.cli.bench import bench
from ferrion.cli.cards import cards, cite
from ferrion.cli.console import BAD_ARGUMENTS, fail
from ferrion.cli.data import data
from ferrion.cli.infer import infer
from ferrion.cli.lab import lab
from ferrion.cli.neuron import neuron
from ferrion.cli.pilot import pilot
from ferrion.cli.reproduce import reproduce
from ferrion.cli.spiking import spiking
from ferrion.cli.stream import stream
from ferrion.cli.sweep import sweep
from ferrion.cli.train import train
from ferrion.core.errors import FerrionError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"ferrion {version('ferrion')}")
        raise typer.Exit


@app.callback()
def ferrion(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Simulate hybrid neuromorphic chips: what they learn, and what it costs in joules, seconds and wear."""


for command in (train, infer, sweep, neuron, spiking, stream, pilot, reproduce, bench, cards, cite, data):
    app.command()(command)
app.add_typer(lab, name="lab")


def main() -> None:
    """Run the command line; exit 0 when the work was done, 2 on bad arguments, 1 when the machine failed, 130 when stopped."""
    try:
        app()
    except FerrionError as problem:
        fail(problem, BAD_ARGUMENTS)
    except OSError as problem:
        fail(problem, 1)
