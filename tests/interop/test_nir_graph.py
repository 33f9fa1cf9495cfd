"""NIR: what goes out comes back and computes the same, other tools' nodes are understood, and what NIR cannot carry is said."""

import nir
import numpy as np
import pytest
import torch
from torch import nn

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, DataError
from ferrion.interop.convert import convert
from ferrion.interop.nir_graph import read_nir, to_nir, write_nir
from ferrion.learning.layers import TwoMemoryLinear

SURE = Chip.from_card(transfer_spread=0.0)
PICTURES = nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.AvgPool2d(2), nn.Conv2d(4, 6, 2, bias=False), nn.Flatten(), nn.Linear(6, 5), nn.Linear(5, 3, bias=False))
SIGNALS = nn.Sequential(nn.Conv1d(2, 4, 5, stride=2, dilation=2, padding=3), nn.Flatten(), nn.Linear(4 * 7, 3))
CASES = [(PICTURES, torch.rand(4, 2, 8, 8)), (SIGNALS, torch.rand(4, 2, 16))]


@pytest.mark.parametrize(("model", "x"), CASES, ids=["pictures", "signals"])
@pytest.mark.parametrize("slices", [None, 1, 2], ids=["digital", "array", "slices"])
def test_a_network_comes_back_the_same(tmp_path, model, x, slices):
    there = model if slices is None else convert(model, SURE, readout=Readout(), slices=slices)
    write_nir(there, x, tmp_path / "net.nir")
    back = read_nir(tmp_path / "net.nir")
    torch.testing.assert_close(back(x), there(x), rtol=1e-4, atol=1e-5)
    labelled = [node for node in nir.read(tmp_path / "net.nir").nodes.values() if "ferrion" in node.metadata]
    assert len(labelled) == (0 if slices is None else sum(isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d) for layer in model))


def test_what_was_read_goes_on_a_chip(tmp_path):
    model, x = CASES[0]
    write_nir(model, x, tmp_path / "net.nir")
    on_chip = convert(read_nir(tmp_path / "net.nir"), SURE, readout=Readout(), slices=3)
    torch.testing.assert_close(on_chip(x), model(x), rtol=0.01, atol=0.01)


def test_a_file_of_another_tool_is_understood(tmp_path):
    """Written with nir alone: a convolution with one number for both directions, and flattening from the first axis after the batch."""
    rng = np.random.default_rng(0)
    weights, bias, last = rng.normal(size=(3, 1, 3, 3)).astype("f"), rng.normal(size=3).astype("f"), rng.normal(size=(2, 48)).astype("f")
    nodes = (
        nir.Input({"input": np.array([1, 4, 4])}),
        nir.Conv2d((4, 4), weights, 1, 1, 1, 1, bias),
        nir.Flatten({"input": np.array([3, 4, 4])}, 0, -1),
        nir.Linear(last),
        nir.Output({"output": np.array([2])}),
    )
    nir.write(tmp_path / "net.nir", nir.NIRGraph.from_list(*nodes))
    x = torch.rand(5, 1, 4, 4)
    wanted = torch.nn.functional.conv2d(x, torch.from_numpy(weights), torch.from_numpy(bias), padding=1).flatten(1) @ torch.from_numpy(last).T
    torch.testing.assert_close(read_nir(tmp_path / "net.nir")(x), wanted, rtol=1e-5, atol=1e-5)


def test_what_nir_has_no_node_for_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no node for ReLU; it takes"):
        to_nir(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), torch.rand(1, 3))
    one = np.ones(2, "f")
    nir.write(tmp_path / "spiking.nir", nir.NIRGraph.from_list(nir.Affine(np.eye(2, dtype="f"), one), nir.LIF(one, one, one, one)))
    with pytest.raises(ConfigError, match=r"spiking.nir has nodes that are no layers of weights: LIF"):
        read_nir(tmp_path / "spiking.nir")


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "text.nir").write_text("no graph")
    for name in ("text.nir", "none.nir"):
        with pytest.raises(DataError, match=f"{name} cannot be read as a NIR graph"):
            read_nir(tmp_path / name)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    (tmp_path / "net.nir").write_text("old")
    with pytest.raises(ConfigError):
        write_nir(nn.Sequential(TwoMemoryLinear(3, 2, SURE), nn.ReLU()), torch.rand(1, 3), tmp_path / "net.nir")
    assert (tmp_path / "net.nir").read_text() == "old"
