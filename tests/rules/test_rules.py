"""Rules of the house that run: sizes, public names, figures quoted in the README."""

import ast
import json
import re
from pathlib import Path

import pytest

import ferrion as fe

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONG_FUNCTIONS = {"learn", "train", "neuron"}
"""The loop that is read top to bottom, and the commands with an option a line."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_files_and_functions_stay_readable(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef) and n is not node]
            own = node.end_lineno - node.lineno - sum(n.end_lineno - n.lineno + 1 for n in inner)
            assert own < 60 or node.name in LONG_FUNCTIONS, node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_everything_public_has_a_docstring(path):
    tree = ast.parse(path.read_text())
    if path.name != "__init__.py":
        assert ast.get_docstring(tree), path
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_the_public_names_are_these():
    assert fe.__all__ == ["Chip", "IonCell", "Neuron", "SilverGap", "Stack", "TwoMemoryClassifier", "nn", "optim"]
    for name in fe.__all__:
        assert getattr(fe, name).__name__.removeprefix("ferrion.") == name
    with pytest.raises(AttributeError, match="it has Chip"):
        _ = fe.Chipp


def test_the_readme_quotes_the_last_results():
    readme = (ROOT / "README.md").read_text()
    rows = json.loads((ROOT / "docs/results/martemucci-2025.json").read_text())["rows"]
    simulated = {row["quantity"]: row for row in rows}
    quoted = re.findall(r"^\| (.+?) \| .*? \| ([\d.]+)(?: ± ([\d.]+))? .*\|$", readme, re.MULTILINE)
    quoted = [(quantity, value, spread) for quantity, value, spread in quoted if quantity in simulated]
    assert len(quoted) >= 8
    for quantity, value, spread in quoted:
        digits = len(value.partition(".")[2])
        assert round(simulated[quantity]["simulated"], digits) == float(value), quantity
        if spread:
            assert round(simulated[quantity]["spread"], len(spread.partition(".")[2])) == float(spread), quantity


@pytest.mark.parametrize("page", ["crossbar", "layers", "spiking"])
def test_the_code_of_the_pages_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shared: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", (ROOT / f"docs/{page}.md").read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, page, "exec"), shared)
