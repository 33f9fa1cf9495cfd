"""`ferrion train`: a chip learns, and a report says what it cost."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import alone_in, bar, errors, print_json, screen
from ferrion.core.errors import ConfigError

HIDDEN = "256,128"


def train(
    data: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, ecg, or the path of an .npz file with x and y.")] = "digits",
    chip: Annotated[str, typer.Option(help="A chip card: a shipped name (see ferrion cards) or a TOML file.")] = "leti-2025",
    epochs: Annotated[int, typer.Option(help="Passes over the training set.")] = 10,
    transfer_every: Annotated[int, typer.Option(help="Samples between two transfers to the memristors (k).")] = 100,
    fidelity: Annotated[str, typer.Option(help="behavioural (levels and statistics) or device (every FeCAP and memristor).")] = "behavioural",
    chips: Annotated[int, typer.Option(help="Train this many different chips at once, seeds S, S+1, …")] = 1,
    seed: Annotated[int, typer.Option(help="One seed is one chip.")] = 0,
    device: Annotated[str, typer.Option(help="cpu.")] = "cpu",
    out: Annotated[Path | None, typer.Option(help="Folder for result.json, report.html, checkpoint and cards; resumes what it finds there.")] = None,
    hidden: Annotated[str, typer.Option(help="Sizes of the hidden layers.")] = HIDDEN,
    rule: Annotated[str, typer.Option(help="published (Martemucci et al.) or refined (same hardware, better programme).")] = "refined",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Train a simulated two-memory chip sample by sample, and its float twin beside it."""
    from ferrion.chip.chip import Chip
    from ferrion.learning.rules import rule_of
    from ferrion.learning.training import Fidelity, Plan
    from ferrion.report.record import write_record
    from ferrion.workloads.data import load
    from ferrion.workloads.fleet import run_chips

    if device != "cpu":
        raise ConfigError(f"--device {device}: learning sample by sample is one long chain and runs on cpu; give --device cpu")
    if fidelity not in list(Fidelity):
        raise ConfigError(f"--fidelity {fidelity}: give {' or '.join(Fidelity)}")
    if chips < 1:
        raise ConfigError(f"--chips {chips}: give 1 or more")
    sizes = hidden_sizes(hidden)
    the_chip, the_rule, the_set = Chip.from_card(chip), rule_of(rule), load(data)
    plans = [
        Plan(
            sizes=(the_set.inputs.shape[1], *sizes, the_set.classes),
            chip=the_chip,
            rule=the_rule,
            epochs=epochs,
            transfer_every=transfer_every,
            fidelity=Fidelity(fidelity),
            seed=seed + number,
        )
        for number in range(chips)
    ]
    folder = out or Path("runs") / f"{Path(data).stem}-{the_chip.name}-{rule}-{fidelity}-{'-'.join(map(str, sizes))}-k{transfer_every}-{epochs}-epochs-seed{seed}"
    with alone_in(folder), bar(f"training {chips} chip{'s' * (chips > 1)} of {the_chip.name} on {the_set.name}") as progress:
        tasks = [progress.add_task(f"chip {plan.seed}", total=epochs * len(the_set.labels)) for plan in plans]
        trials = run_chips(plans, the_set, folder, lambda number, done: progress.update(tasks[number], completed=done))
        report = write_record(folder, trials, the_set)
    results = [result.to_json() for result, _ in trials]
    if json:
        print_json(results[0] if chips == 1 else {"chips": results})
        return
    for result, _ in trials:
        screen.print(
            f"chip {result.seed}: {100 * result.accuracy:.2f} % of {result.test_samples} test samples (float {100 * result.float_accuracy:.2f} %), "
            f"{result.arrays} arrays, {1e3 * result.energy_J:.3g} mJ, {result.latency_s:.3g} s on chip, {result.samples_per_s:,.0f} samples/s simulated"
        )
    errors.print("the report explains every figure:")
    screen.print(str(report), soft_wrap=True)


def hidden_sizes(text: str) -> tuple[int, ...]:
    """The sizes in "256,128"; raises ConfigError unless each is a positive integer."""
    try:
        sizes = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as problem:
        raise ConfigError(f"--hidden {text}: give integers and commas, e.g. {HIDDEN}") from problem
    if any(size < 1 for size in sizes):
        raise ConfigError(f"--hidden {text}: every layer needs one unit at least")
    return sizes
