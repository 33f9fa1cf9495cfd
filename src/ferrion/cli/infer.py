"""`ferrion infer`: ask a trained chip."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import print_json, screen
from ferrion.core.errors import ConfigError


def infer(
    folder: Annotated[Path, typer.Argument(help="The --out folder of ferrion train.")],
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or the path of an .npz file; its test part is asked.")] = "digits",
    after: Annotated[str, typer.Option(help="Time since the training, e.g. '30 days': memristors relax and drift.")] = "0 s",
    temperature: Annotated[float, typer.Option(help="Temperature over that time [°C].")] = 25.0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Infer with a trained chip, on its analogue weights, read noise and all."""
    from ferrion.core.units import from_text, pretty
    from ferrion.workloads.asking import ask
    from ferrion.workloads.data import load

    seconds = from_text(after, "s")
    if seconds < 0 or not -273.15 < temperature < 400:
        raise ConfigError(f"--after {after} --temperature {temperature}: give a time of 0 or more and a temperature up to 400 °C")
    answer = ask(folder, load(data), seconds, temperature + 273.15)
    if json:
        print_json(answer)
        return
    screen.print(f"{100 * answer['accuracy']:.2f} % of {answer['samples']} samples right, {pretty(answer['energy_per_inference_J'], 'J')} an inference")
