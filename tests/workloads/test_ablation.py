"""The ablation: settings are what their names say, and the command on a user's own model, with its errors."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.cli.test_cli import ferrion

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.interop.nir_graph import write_nir
from ferrion.workloads import ablation
from ferrion.workloads.ablation import REMOVERS, Deployed, OnChip, Setting, ablate, only
from ferrion.workloads.data import DataSet, load
from ferrion.workloads.models import accuracy, conv_net, fit_digital, trained, tried
from ferrion.workloads.user_model import code_of, model_from

CHIP = Chip.from_card()
WHOLE = Setting(CHIP, CHIP.readout)
MODEL = """
import torch
def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
def number():
    return 3
def wrong():
    return torch.nn.Linear(63, 10)
def short():
    return torch.nn.Linear(64, 9)
def broken():
    return torch.nn.Linear(64)
"""


def small():
    data = load("digits")
    return DataSet("some digits", data.inputs[:300], data.labels[:300], data.test_inputs[:100], data.test_labels[:100], 10)


def present(setting):
    """The imperfections a setting has."""
    readout = setting.readout
    found = {"drivers": readout.encoding, "wires": readout.wires, "converters": readout.adc, "read noise": readout.noise, "transfer spread": setting.chip.transfer_spread}
    return {name for name, there in found.items() if there}


def test_settings_have_what_their_names_say():
    assert present(WHOLE) == set(REMOVERS)
    assert present(only(WHOLE, None)) == set()
    for part, remove in REMOVERS.items():
        assert present(only(WHOLE, part)) == {part}
        assert present(remove(WHOLE)) == set(REMOVERS) - {part}


@pytest.mark.parametrize("way", [Deployed(), Deployed(slices=2), OnChip(epochs=12, batch=10, transfer_every=10)], ids=["deployed", "in two slices", "trained on chip"])
def test_a_model_is_measured_in_every_setting(way, tmp_path):
    torch.manual_seed(0)
    data, told = small(), []
    model = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
    fit_digital(model, data, 150, 0)
    found = ablate(model, "", data, CHIP, 1, way, tmp_path, lambda *news: told.append(news))
    assert found.digital == accuracy(model, data) > 0.75
    assert [loss.part for loss in found.parts] == list(REMOVERS)
    assert len(told) == 2 + 2 * len(REMOVERS)
    everything = [*found.levels, *found.everything, *(value for loss in found.parts for value in (*loss.alone, *loss.without))]
    assert np.mean(everything) > 0.5
    assert json.loads(json.dumps(found.to_json()))["parts"][0].keys() == asdict(found.parts[0]).keys()


def test_the_command_takes_a_users_model_with_its_weights(tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    model = model_from(f"{tmp_path / 'mine.py'}:net", None)
    fit_digital(model, load("digits"), 3, 0)
    save_file(model.state_dict(), tmp_path / "mine.safetensors")
    done = ferrion("lab", "ablate", f"{tmp_path / 'mine.py'}:net", "--weights", tmp_path / "mine.safetensors", "--chips", 1, "--out", tmp_path / "run", "--json")
    found = json.loads(done.stdout)
    assert found["float_accuracy"] == pytest.approx(accuracy(model, load("digits")))
    assert "data:image/png" in (tmp_path / "run" / "ablation.html").read_text()
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == found


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere.py:net", "FILE.py:FUNCTION"),
        ("mine.py", "FILE.py:FUNCTION"),
        ("mine.py:nett", "no function"),
        ("mine.py:number", "returned int"),
        ("mine.py:broken", r"does not run: TypeError.*\(line 13\)"),
        ("bad.py:net", r"does not run: SyntaxError.*\(line 1\)"),
    ],
)
def test_models_that_are_none_are_refused(tmp_path, monkeypatch, place, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MODEL)
    (tmp_path / "bad.py").write_text("def net(:")
    with pytest.raises(ConfigError, match=words):
        model_from(place, None)


@pytest.mark.parametrize(("function", "words"), [("wrong", r"cannot take samples of some digits, \(samples, 64\)"), ("short", r"with \(2, 9\); it must answer \(2, 10\)")])
def test_a_model_for_other_data_is_refused_before_it_is_trained(tmp_path, function, words):
    (tmp_path / "mine.py").write_text(MODEL)
    with pytest.raises(ConfigError, match=words):
        tried(model_from(f"{tmp_path / 'mine.py'}:{function}", None), small())


def test_what_was_measured_is_not_measured_again_unless_something_changed(tmp_path, monkeypatch):
    data, measured = small(), []
    model = torch.nn.Sequential(torch.nn.Linear(64, 10))

    def stopped(_model, _data, setting, seed, _way):
        if len(measured) == 7:
            raise KeyboardInterrupt
        measured.append((present(setting), seed))
        return seed / 10

    def run(**changes):
        return ablate(**{"model": model, "source": "", "data": data, "chip": CHIP, "chips": 2, "way": Deployed(), "store": tmp_path, "tell": lambda *_: None} | changes)

    monkeypatch.setattr(ablation, "_measured", stopped)
    with pytest.raises(KeyboardInterrupt):
        run()
    measured.append("again")
    found = run()
    assert len(measured) == 1 + 2 * (2 + 2 * len(REMOVERS))
    assert found.everything == (0.0, 0.1)
    for changes in ({"source": "other"}, {"way": OnChip(1)}, {"chip": Chip.from_card(read_spread=0.5)}, {"model": torch.nn.Linear(64, 10)}):
        before = len(measured)
        run(**changes)
        assert len(measured) > before


def test_graphs_of_other_tools_are_read(tmp_path):
    plain, data = torch.nn.Sequential(torch.nn.Linear(64, 12), torch.nn.Linear(12, 10)), small()
    write_nir(plain, torch.rand(1, 64), tmp_path / "mine.nir")
    assert accuracy(model_from(str(tmp_path / "mine.nir"), None), data) == accuracy(plain, data)
    assert code_of(str(tmp_path / "mine.nir")) == ""


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "ferrion.interop.onnx_graph", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'ferrion\[onnx\]'"):
        model_from("mine.onnx", None)


def test_float_weights_are_trained_once(tmp_path):
    torch.manual_seed(0)
    first, second = torch.nn.Linear(64, 10), torch.nn.Linear(64, 10)
    second.load_state_dict(first.state_dict())
    trained(first, "", small(), 2, tmp_path)
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    trained(second, "", small(), 2, tmp_path)
    assert kept.stat().st_mtime_ns == written
    assert torch.equal(first.weight, second.weight)


def test_weights_of_another_model_are_refused(tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    save_file(torch.nn.Linear(3, 2).state_dict(), tmp_path / "other.safetensors")
    for weights in (tmp_path / "other.safetensors", tmp_path / "mine.py", tmp_path / "none.safetensors"):
        with pytest.raises(ConfigError, match="weights"):
            model_from(f"{tmp_path / 'mine.py'}:net", weights)


def test_other_inputs_than_pictures_need_a_model():
    data = small()
    with pytest.raises(ConfigError, match="no square picture"):
        conv_net(DataSet("beats", data.inputs[:, :50], data.labels, data.test_inputs[:, :50], data.test_labels, 10))


def test_impossible_numbers_are_refused():
    assert "--chips" in ferrion("lab", "ablate", "--chips", 0, code=2).stderr
