"""`ferrion lab pulse|endurance|retention` on both kinds of device, and on what is none."""

import json

import pytest
import xarray as xr
from tests.cli.test_cli import ferrion


@pytest.mark.parametrize("card", ["fecap-martemucci2025", "memristor-martemucci2025"])
@pytest.mark.parametrize("protocol", ["pulse", "endurance", "retention"])
def test_every_protocol_on_every_device(protocol, card, tmp_path):
    found = json.loads(ferrion("lab", protocol, "--card", card, "--count", 50, "--out", tmp_path, "--json").stdout)
    assert found["figures"]
    assert found == json.loads((tmp_path / "result.json").read_text())
    assert "data:image/png" in (tmp_path / f"{protocol}.html").read_text()
    with xr.open_dataset(tmp_path / f"{protocol}.nc", engine="scipy") as held:
        assert held.attrs["card"] == card


def test_what_is_no_device_or_no_number_is_refused(tmp_path):
    assert "this protocol takes a fecap" in ferrion("lab", "pulse", "--card", "leti-2025", "--out", tmp_path, code=2).stderr
    assert "give numbers with commas" in ferrion("lab", "retention", "--temperatures", "25;85", "--out", tmp_path, code=2).stderr
    assert "cannot be read as a quantity in s" in ferrion("lab", "retention", "--until", "10 volts", "--out", tmp_path, code=2).stderr
    assert "the shorter and the longer" in ferrion("lab", "pulse", "--widths", "1 ms,1 us", "--out", tmp_path, code=2).stderr


@pytest.mark.parametrize(
    ("protocol", "card"),
    [
        ("pulse", "zhao-2025"),
        ("endurance", "zhao-2025"),
        ("retention", "leti-2025"),
        ("verify", "memristor-martemucci2025"),
        ("iv", "fecap-martemucci2025"),
        ("iv", "memristor-martemucci2025"),
        ("iv", "zhao-2025"),
        ("pund", "fecap-martemucci2025"),
        ("noise", "memristor-martemucci2025"),
        ("noise", "fecap-martemucci2025"),
        ("noise", "zhao-2025"),
        ("noise", "leti-2025"),
        ("temperature", "fecap-martemucci2025"),
        ("temperature", "memristor-martemucci2025"),
        ("temperature", "zhao-2025"),
        ("forming", "memristor-martemucci2025"),
    ],
)
def test_further_protocols_on_what_they_take(protocol, card, tmp_path):
    from typer.testing import CliRunner

    from ferrion.cli.main import app

    done = CliRunner().invoke(app, ["lab", protocol, "--card", card, "--count", "20", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads((tmp_path / "result.json").read_text())
    assert "data:image/png" in (tmp_path / f"{protocol}.html").read_text()
    with xr.open_dataset(tmp_path / f"{protocol}.nc", engine="scipy") as held:
        assert held.attrs["card"] == card


@pytest.mark.parametrize(("protocol", "card"), [("pund", "memristor-martemucci2025"), ("forming", "zhao-2025"), ("iv", "leti-2025"), ("noise", "silver-wang2017")])
def test_a_protocol_says_what_it_takes(protocol, card, tmp_path):
    assert "this protocol takes a" in ferrion("lab", protocol, "--card", card, "--out", tmp_path, code=2).stderr
