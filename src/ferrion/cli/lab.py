"""`ferrion lab`: measurements on the simulated chip."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from ferrion.cli.console import alone_in, bar, errors, print_json, screen, tell
from ferrion.cli.fit import fit
from ferrion.cli.measure import forming, iv, noise, pund, temperature
from ferrion.cli.mission import mission
from ferrion.cli.noise import random, resonance, sampling, tolerance
from ferrion.cli.protocols import endurance, pulse, retention, verify
from ferrion.core.errors import ConfigError

Weights = Annotated[Path | None, typer.Option(help="Trained weights of the model (.safetensors); it is then not trained here.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

lab = typer.Typer(no_args_is_help=True, help="Measure devices, chips and models as a laboratory would.", rich_markup_mode=None)


for command in (fit, iv, pulse, verify, pund, endurance, retention, temperature, noise, forming, mission, resonance, sampling, random, tolerance):
    lab.command()(command)


@lab.callback()
def _group() -> None:
    """Measure devices, chips and models as a laboratory would."""


@lab.command()
def ablate(
    model: Annotated[
        str | None, typer.Argument(help="FILE.py:FUNCTION returning a torch.nn.Module of (samples, features), FILE.onnx or FILE.nir; default: a small conv net.")
    ] = None,
    weights: Weights = None,
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or an .npz file.")] = "digits",
    chip: Annotated[str, typer.Option(help="A chip card: a shipped name or a TOML file.")] = "leti-2025",
    epochs: Annotated[int, typer.Option(min=0, help="Epochs of the float training.")] = 10,
    on_chip: Annotated[int, typer.Option(min=0, help="Train on chip for so many epochs in every setting, instead of deploying the float weights (0).")] = 0,
    slices: Annotated[int, typer.Option(min=1, help="Arrays a layer is deployed on, each holding what those before it lack.")] = 1,
    chips: Annotated[int, typer.Option(min=1, help="Chips a setting, each with devices of its own.")] = 3,
    out: Annotated[Path, typer.Option(help="Folder for result.json and the page.")] = Path("runs/ablation"),
    json: Json = False,
) -> None:
    """What each imperfection of the chip costs a model in accuracy, one by one. Stopped, it goes on where it was when called again."""
    import json as writer

    import torch

    from ferrion.chip.chip import Chip
    from ferrion.core.files import write_text
    from ferrion.report.ablation import ablation_page, lines
    from ferrion.workloads.ablation import Deployed, OnChip, ablate
    from ferrion.workloads.data import load
    from ferrion.workloads.models import conv_net, trained, tried
    from ferrion.workloads.user_model import code_of, model_from

    if on_chip and slices > 1:
        raise ConfigError(f"--on-chip {on_chip} --slices {slices}: arrays that learn hold their weights in one slice; give one of the two")
    the_chip, the_set = Chip.from_card(chip), load(data)
    torch.manual_seed(0)
    network: torch.nn.Module = conv_net(the_set) if model is None else model_from(model, weights)
    source = "" if model is None else code_of(model)
    tried(network, the_set)
    with alone_in(out), bar(f"{model or 'small convolutional net'} on {the_set.name}") as progress:
        if weights is None:
            task = progress.add_task("float training", total=None)
            trained(network, source, the_set, epochs, out / "finished")
            progress.remove_task(task)
        settings = progress.add_task("settings", total=None)
        way = OnChip(on_chip) if on_chip else Deployed(slices)
        found = ablate(network, source, the_set, the_chip, chips, way, out / "finished", partial(_tell, progress, settings))
        result = {"model": model or "conv_net", "data": the_set.name, "chip": the_chip.name, "chips": chips, "slices": slices, "on_chip_epochs": on_chip}
        result |= {**found.to_json(), "report": str(out / "ablation.html")}
        write_text(out / "ablation.html", ablation_page(found, result))
        write_text(out / "result.json", writer.dumps(result, indent=1) + "\n")
    tell(result, json, lines(found), "the page:", out / "ablation.html")


def _tell(progress: Progress, task: TaskID, what: str, done: int, total: int) -> None:
    progress.update(task, description=what, completed=done, total=total)


@lab.command()
def features(
    model: Annotated[
        str | None, typer.Argument(help="The extractor: FILE.py:FUNCTION returning a torch.nn.Module, FILE.onnx or FILE.nir; default: a small conv net trained here.")
    ] = None,
    weights: Weights = None,
    source: Annotated[str, typer.Option(help="What the default extractor is trained on.")] = "mnist",
    data: Annotated[str, typer.Option(help="What features are extracted from: digits, mnist, fashion-mnist, ecg, or an .npz file.")] = "fashion-mnist",
    bits: Annotated[int, typer.Option(min=2, max=16, help="Of the extractor's weights and of the features.")] = 4,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the default extractor's training.")] = 5,
    out: Annotated[Path, typer.Option(help="The .npz file to write; then: ferrion train --data FILE --hidden ''")] = Path("runs/features.npz"),
    json: Json = False,
) -> None:
    """Features of a frozen, quantised extractor, to train a classifier on chip with (transfer learning)."""
    import torch

    from ferrion.workloads import features as frozen
    from ferrion.workloads.data import load
    from ferrion.workloads.models import conv_net, fit_digital
    from ferrion.workloads.user_model import model_from

    if out.suffix != ".npz":
        raise ConfigError(f"--out {out}: give a path that ends in .npz")
    the_set = load(data)
    if model is None:
        errors.print(f"training the extractor on {source}")
        learned = load(source)
        if learned.inputs.shape[1] != the_set.inputs.shape[1]:
            raise ConfigError(
                f"--source {source} has {learned.inputs.shape[1]} features and --data {data} {the_set.inputs.shape[1]}: give sets of one size, or an extractor of your own"
            )
        torch.manual_seed(0)
        whole = conv_net(learned)
        fit_digital(whole, learned, epochs, 0)
    extractor = frozen.without_classifier(whole) if model is None else model_from(model, weights)
    found = frozen.features(extractor, the_set, bits)
    frozen.write_features(found, out)
    result = {
        "extractor": model or f"conv_net on {source}",
        "data": data,
        "bits": bits,
        "features": found.inputs.shape[1],
        "train": len(found.labels),
        "test": len(found.test_labels),
        "out": str(out),
    }
    if json:
        print_json(result)
        return
    screen.print(f"{result['features']} features of {result['train']} training and {result['test']} test samples; now: ferrion train --data {out} --hidden ''", soft_wrap=True)
