"""`ferrion lab fit` as a user meets it: a file with names and units of its own, what is written, and what is refused."""

import json

from tests.cli.test_cli import ferrion
from tests.lab.test_fit import cycled

from ferrion.params.card import load


def write(path, rows=400, **truth):
    table = cycled(0, rows, **truth)
    lines = [f"{n},{1e2 * p},{k % 40}" for k, (n, p) in enumerate(zip(table.columns["cycles"], table.columns["two_pr"], strict=True))]
    path.write_text("N,2Pr [uC/cm^2],die\n" + "\n".join(lines) + "\n", encoding="utf-8")


def test_a_card_and_a_page_from_a_file(tmp_path):
    write(tmp_path / "mine.csv")
    names = ("--column", "cycles=N", "--column", "two_pr=2Pr", "--group", "die")
    done = ferrion(
        "lab", "fit", tmp_path / "mine.csv", "--model", "fecap-cycling", *names, "--fix", "n_fatigue=1e8", "--fix", "fatigue_slope=1", "--out", tmp_path / "run", "--json"
    )
    found = json.loads(done.stdout)
    assert [own["name"] for own in found["parameters"]] == ["two_pr", "pinched", "n_wake", "spread"]
    assert found["rows"] == {"fitted": 200, "held": 200, "dropped": 0}
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == found
    assert (tmp_path / "run" / "fit.html").read_text().count("data:image/png") == 2
    assert load(tmp_path / "run" / "card.toml").sections["capacitor"]["two_pr"].value == found["parameters"][0]["value"]
    assert "mine.csv" in ferrion("cards", tmp_path / "run" / "card.toml").stdout


def test_what_cannot_be_fitted_leaves_no_card(tmp_path):
    write(tmp_path / "mine.csv")
    fit = ("lab", "fit", tmp_path / "mine.csv", "--out", tmp_path / "run")
    names = ("--column", "cycles=N", "--column", "two_pr=2Pr")
    assert "do not determine" in ferrion(*fit, "--model", "fecap-cycling", *names, code=2).stderr
    assert "did you mean '2Pr'" in ferrion(*fit, "--model", "fecap-cycling", "--column", "cycles=N", "--column", "two_pr=2pr", code=2).stderr
    assert "--model fecap: give one of memristor-relaxation" in ferrion(*fit, "--model", "fecap", code=2).stderr
    assert "write NAME=VALUE" in ferrion(*fit, "--model", "fecap-cycling", "--fix", "n_wake", code=2).stderr
    assert not (tmp_path / "run" / "card.toml").exists()


def test_a_recording_is_not_renamed(tmp_path):
    done = ferrion("lab", "fit", "fecap-cycling", "--model", "fecap-cycling", "--column", "cycles=N", "--out", tmp_path / "run", code=2)
    assert "leave out --column and --group" in done.stderr
