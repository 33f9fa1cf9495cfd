"""`ferrion lab fit`: a model's parameters from measurements, a new card, and a page."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import alone_in, bar, tell
from ferrion.core.errors import ConfigError

MODELS = "memristor-relaxation, memristor-set, memristor-read, memristor-pulses, fecap-cycling, fecap-loop, fecap-pulse, fecap-leakage, diffusive-delay, switch-recovery, life"
RECORDINGS = "rram-relaxation, rram-retention, rram-set, rram-reads, fecap-cycling, fecap-lives, fecap-pulses, fecap-loops, fecap-leakage, reram-pulses, vo2-recovery"
Pairs = Annotated[list[str] | None, typer.Option("--column", help="NAME=COLUMN or NAME=COLUMN:UNIT, where the file calls a column otherwise.")]
Fixed = Annotated[list[str] | None, typer.Option("--fix", help="PARAMETER=VALUE: a number in place of the card's ('t_first=10 ms').")]


def fit(
    data: Annotated[str, typer.Argument(help=f"A .csv, .xlsx or .npz file, or a recording: {RECORDINGS}.")],
    model: Annotated[str, typer.Option(help=f"{MODELS}; a file that lacks a column is told which the model takes.")],
    column: Pairs = None,
    group: Annotated[str | None, typer.Option(help="Column that tells devices apart: they are halved and redrawn whole.")] = None,
    card: Annotated[str | None, typer.Option(help="Card to begin from: a shipped name or a TOML file; default: the model's own.")] = None,
    free: Annotated[str | None, typer.Option(help="Parameters to fit, with commas; default: all the model can.")] = None,
    fix: Fixed = None,
    robust: Annotated[bool, typer.Option("--robust", help="Student's density of 4 degrees of freedom instead of Gauss's: single outliers pull little.")] = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Refits to redrawn groups, for the intervals; 40 or more; 0: from the curvature of the likelihood.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Draws the half that is held out.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for result.json, card.toml and fit.html.")] = Path("runs/fit"),
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Fit a model to measurements: one half is fitted, the other held out to check it. Writes a card with provenance, for --card and --chip."""
    import json as writer

    from ferrion.core.files import write_text
    from ferrion.lab import fit as fitting
    from ferrion.lab.fitted_card import fitted_card
    from ferrion.lab.laws import law_of
    from ferrion.params.card import load
    from ferrion.report.fit import figures, fit_page, lines
    from ferrion.workloads.measurements import measured

    law = law_of(model)
    begun = load(card or law.card)
    fixed = fitting.quantities(law, _pairs(fix, "--fix", "t_first=10 ms"))
    chosen = tuple(name.strip() for name in free.split(",")) if free else tuple(name for name in law.free if name not in fixed)
    fitter = fitting.Fitter(law, begun, chosen, fixed, fitting.student if robust else fitting.gaussian)
    table = measured(data, law.columns, _pairs(column, "--column", "time=t_read:ms"), group, law.together)
    with alone_in(out), bar(f"{model} to {len(table):,} rows of {table.source}") as progress:
        for name in ("card.toml", "fit.html", "result.json"):
            (out / name).unlink(missing_ok=True)
        task = progress.add_task("fitting", total=None)
        found = fitting.fit(fitter, table, seed, bootstrap)
        progress.remove_task(task)
        result = {"model": model, "data": table.source, "card": begun.name, "rows": {"fitted": found.fitted, "held": found.held, "dropped": table.dropped}, "seed": seed}
        result |= {**figures(found), "out": str(out)}
        written = writer.dumps(result, indent=1, allow_nan=False) + "\n"
        write_text(out / "fit.html", fit_page(found, law.axes, result))
        write_text(out / "result.json", written)
        write_text(out / "card.toml", fitted_card(fitter, found, table, f"{begun.title}; {', '.join(fitter.free)} fitted to {table.source}").text)
        load(out / "card.toml")
    tell(result, json, lines(found), "the card and the page:", out / "card.toml", out / "fit.html")


def _pairs(given: list[str] | None, option: str, example: str) -> dict[str, str]:
    parts = [pair.partition("=") for pair in given or []]
    for name, equals, value in parts:
        if not (name and equals and value):
            raise ConfigError(f"{option} {name}{equals}{value}: write NAME=VALUE, e.g. {option} '{example}'")
    return {name.strip(): value.strip() for name, _, value in parts}
