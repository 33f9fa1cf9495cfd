"""The record of a run: result.json, the resolved cards, the report."""

import json
from collections.abc import Sequence
from pathlib import Path

from ferrion.core.files import write_text
from ferrion.learning.training import Training
from ferrion.report.page import page
from ferrion.workloads.data import DataSet
from ferrion.workloads.trial import Result


def write_record(out: Path, trials: Sequence[tuple[Result, Training]], data: DataSet) -> Path:
    """Write the files of finished trials to `out` (each chip's own to its folder); returns the path of the report."""
    for result, training in trials:
        folder = Path(result.out) if result.out else out
        write_text(folder / "result.json", json.dumps(result.to_json(), indent=1) + "\n")
        for card in training.plan.chip.cards:
            write_text(folder / "cards" / f"{card.name}.toml", card.text)
    if len(trials) > 1:
        write_text(out / "result.json", json.dumps({"chips": [result.to_json() for result, _ in trials]}, indent=1) + "\n")
    write_text(out / "report.html", page(trials, data))
    return out / "report.html"
