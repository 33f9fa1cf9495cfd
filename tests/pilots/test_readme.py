"""The README tells of the pilots what their records do."""

import json
import re
from pathlib import Path
from statistics import fmean

import pytest

LINES = [line for line in Path("README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
HEAD = next(k for k, line in enumerate(LINES) if "best digital" in line)
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in LINES[HEAD + 2 : HEAD + 8]]
WHO = {
    "objects": ("event-vision", "accuracy", "int8, linear", "arrays on counts"),
    "what happens": ("event-order", "accuracy", "int8, linear", "arrays on counts"),
    "Braille": ("tactile", "accuracy", "int8", "arrays on counts"),
    "heart beats": ("ecg", "accuracy", "classical", "arrays on counts"),
    "the same": ("ecg", "later", "int8, personal", "arrays, personal"),
    "pulses": ("trigger", "right, drifted", "int8, heights varied", "chip"),
}
"""By how a row begins: pilot, score, digital column, column of the chip."""


def numbers(cell):
    """Each as it stands there, and half of its last digit."""
    for found in re.findall(r"\d[\d,]*\.?\d*", cell):
        text = found.rstrip(",").replace(",", "")
        yield float(text), 0.5 * 10.0 ** -len(text.partition(".")[2])


def mean(name, column, key):
    """Over seeds; a chip that has learned a patient decides for what it took before."""
    runs = json.loads(Path(f"docs/results/pilot-{name}.json").read_text(encoding="utf-8"))["runs"]
    return fmean({**run["columns"].get(column.removesuffix(", personal"), {}), **run["columns"][column]}[key] for run in runs)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_that_of_the_record(row):
    name, score, digital, chip = next(who for start, who in WHO.items() if row[0].startswith(start))
    spent = mean(name, digital, "joules") + (mean(name, digital, "converted") if name == "trigger" else 0.0)
    said = [next(numbers(cell)) for cell in row[1:5]] + list(numbers(row[5]))
    known = [100 * mean(name, digital, score), 1e9 * spent, 100 * mean(name, chip, score), 1e9 * mean(name, chip, "joules")]
    known += [1e6 * mean(name, who, "learned") for who in (chip, digital)]
    assert len(said) == len(known) == 6
    for (told, half), true in zip(said, known, strict=True):
        assert told == pytest.approx(true, abs=1.001 * half)


def test_every_row_is_looked_at():
    assert sorted(start for start in WHO for row in ROWS if row[0].startswith(start)) == sorted(WHO)
