"""A frozen extractor: bits of weights and features, and a classifier trained on chip on what it makes."""

import json

import numpy as np
import pytest
import torch
from tests.cli.test_cli import ferrion
from torch import nn

from ferrion.core.errors import ConfigError, DataError
from ferrion.workloads.data import load
from ferrion.workloads.features import features, quantised, without_classifier, write_features
from ferrion.workloads.models import conv_net


def test_weights_and_features_have_their_bits():
    torch.manual_seed(0)
    digits = load("digits")
    extractor = without_classifier(conv_net(digits))
    rounded = quantised(extractor, 4)
    for before, after in zip(extractor.parameters(), rounded.parameters(), strict=True):
        if before.dim() > 1:
            assert len(after.unique()) <= 15
            assert (after - before).abs().max() <= before.abs().max() / 7 / 2 * 1.0001
        else:
            assert torch.equal(after, before)
    found = features(extractor, digits, 4)
    assert found.inputs.shape == (len(digits.labels), 16 * 2 * 2)
    assert np.unique(found.inputs).size <= 16
    assert found.inputs.max() == 1.0
    assert (found.labels == digits.labels).all()


def test_a_classifier_learns_on_chip_on_frozen_features(tmp_path):
    """Features of a net trained on nothing but half of the digits' classes carry over to all ten."""
    digits = load("digits")
    part = digits.labels < 5
    np.savez(tmp_path / "half.npz", x=digits.inputs[part], y=digits.labels[part])
    made = json.loads(ferrion("lab", "features", "--source", tmp_path / "half.npz", "--data", "digits", "--epochs", 30, "--out", tmp_path / "f.npz", "--json").stdout)
    assert (made["features"], made["bits"]) == (64, 4)
    result = json.loads(ferrion("train", "--data", tmp_path / "f.npz", "--hidden", "", "--epochs", 20, "--out", tmp_path / "run", "--json").stdout)
    assert result["accuracy"] > 0.75
    assert result["accuracy"] > result["float_accuracy"] - 0.05


def test_what_is_no_extractor_is_refused(tmp_path):
    digits = load("digits")
    with pytest.raises(DataError, match="one row a sample"):
        features(nn.Unflatten(0, (1, -1)), digits, 4)
    with pytest.raises(ConfigError, match="give 2 to 16"):
        quantised(nn.Linear(3, 2), 1)
    assert "ends in .npz" in ferrion("lab", "features", "--out", tmp_path / "features.csv", code=2).stderr
    assert "--bits" in ferrion("lab", "features", "--bits", 1, code=2).stderr
    write_features(digits, tmp_path / "digits.npz")
    np.savez(tmp_path / "other.npz", x=digits.inputs[:, :49], y=digits.labels)
    assert "sets of one size" in " ".join(ferrion("lab", "features", "--source", tmp_path / "other.npz", "--data", tmp_path / "digits.npz", code=2).stderr.split())
