"""`ferrion infer`: ask a trained chip."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import print_json, screen


def infer(
    folder: Annotated[Path, typer.Argument(help="The --out folder of ferrion train.")],
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or the path of an .npz file; its test part is asked.")] = "digits",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Infer with a trained chip, on its analogue weights, read noise and all."""
    from ferrion.core.units import pretty
    from ferrion.workloads.asking import ask
    from ferrion.workloads.data import load

    answer = ask(folder, load(data))
    if json:
        print_json(answer)
        return
    screen.print(f"{100 * answer['accuracy']:.2f} % of {answer['samples']} samples right, {pretty(answer['energy_per_inference_J'], 'J')} an inference")
