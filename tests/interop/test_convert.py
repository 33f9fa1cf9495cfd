"""Existing models on a chip: what is replaced, what stays, what is refused; and weights where the levels are."""

import copy
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, DataError
from ferrion.interop.convert import compiled, convert
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLinear
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import cost
from ferrion.learning.recurrent import TwoMemoryLSTMCell, TwoMemoryRNNCell
from ferrion.learning.transfer import best_scale

SURE = Chip.from_card(transfer_spread=0.0)


class Net(nn.Module):
    """Every layer that converts, normalisation in between, one layer inside a block."""

    def __init__(self):
        super().__init__()
        self.front = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, stride=2), nn.BatchNorm2d(4), nn.ReLU())
        self.along = nn.Conv1d(4, 6, 3, bias=False)
        self.cell = nn.RNNCell(6, 5)
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        h = None
        for step in self.along(self.front(x).mean(3)).unbind(2):
            h = self.cell(step, h)
        return self.head(h)


def test_every_supported_layer_is_replaced_and_the_model_left_alone():
    torch.manual_seed(0)
    model = Net().eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    on_chip = convert(model, SURE, readout=Readout(), digital=["head"])
    kinds = [type(on_chip.get_submodule(name)) for name in ("front.0", "along", "cell", "head", "front.1")]
    assert kinds == [TwoMemoryConv2d, TwoMemoryConv1d, TwoMemoryRNNCell, nn.Linear, nn.BatchNorm2d]
    assert len(memories_of(on_chip)) == 3
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    x = torch.rand(4, 1, 12, 12)
    assert on_chip(x).shape == (4, 3)
    assert not on_chip.front[0].training
    seeds = {int(memories.seed) for memories in memories_of(on_chip)}
    assert len(seeds) == 3


def test_an_lstm_cell_on_arrays_without_imperfections_is_that_of_torch_but_for_the_levels():
    """Three slices leave almost nothing of the rounding."""
    torch.manual_seed(0)
    cell, x = nn.LSTMCell(7, 5), torch.rand(3, 7)
    on_chip = convert(cell, SURE, readout=Readout(), slices=3).eval()
    assert type(on_chip) is TwoMemoryLSTMCell
    for found, expected in zip(on_chip(x, on_chip(x)), cell(x, cell(x)), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-3)


def test_weights_stand_at_the_nearest_level():
    """15 levels with means that are not evenly spaced: no other level is nearer, and the scale found leaves the least error of those tried."""
    torch.manual_seed(0)
    layer = nn.Linear(200, 50)
    twin = convert(layer, SURE, readout=Readout())
    held, full = twin.memories.held()[:200].T / twin.memories.full, float(twin.memories.full)
    levels = np.concatenate([-SURE.levels[0], SURE.levels[0]])
    nearest = np.abs(layer.weight.detach().numpy()[..., None] / full - levels).min(-1)
    np.testing.assert_allclose(np.abs(layer.weight.detach().numpy() / full - held.numpy()), nearest, atol=2.1 * SURE.levels[0][0])  # level 0 has one sign
    weights = layer.weight.detach().double().numpy().T

    def error(scale):
        return np.square(weights - scale * levels[np.abs(weights[..., None] / scale - levels).argmin(-1)]).sum()

    assert error(full) <= min(error(share * np.abs(weights).max()) for share in (0.4, 0.6, 0.8, 1.0)) + 1e-9
    assert full == best_scale(weights, SURE.levels[0])


def test_a_bias_beyond_the_full_scale_takes_several_lines():
    layer = nn.Linear(40, 6)
    with torch.no_grad():
        layer.weight.mul_(0.1)
        layer.bias.copy_(torch.tensor([1.0, -0.7, 0.3, 0.0, 0.1, -1.0]))
    twin = convert(layer, SURE, readout=Readout())
    lines = twin.memories.analogue.shape[0] - 40
    assert lines >= int(1.0 / float(twin.memories.full))
    assert (twin(torch.zeros(1, 40))[0] - layer.bias).abs().max() < 0.1


def test_a_layer_used_twice_stays_one_and_tied_weights_are_refused():
    shared = nn.Linear(4, 4)
    twice = nn.ModuleDict({"a": shared, "b": shared})
    on_chip = convert(twice, SURE)
    assert on_chip["a"] is on_chip["b"]
    assert isinstance(on_chip["a"], TwoMemoryLinear)
    tied = nn.ModuleDict({"a": nn.Linear(4, 4), "b": nn.Linear(4, 4)})
    tied["b"].weight = tied["a"].weight
    with pytest.raises(ConfigError, match="b: shares a parameter with a"):
        convert(tied, SURE)


def test_deployment_is_billed_once():
    memories = convert(nn.Linear(20, 6), SURE).memories
    assert memories.tally.transfers == 1
    assert memories.tally.programmed == memories.analogue.numel()
    assert (memories.programmed.numpy() == 1).all()


def test_large_biases_raise_the_scale_and_nan_weights_are_refused():
    layer = nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.mul_(1e-5)
    assert convert(layer, SURE).memories.analogue.shape[0] <= 4 + 16
    with torch.no_grad():
        layer.bias[0] = torch.nan
    with pytest.raises(ConfigError, match="first: its weights hold NaN"):
        convert(nn.Sequential(OrderedDict(first=layer)), SURE)


def test_fresh_arrays_are_left_to_be_trained():
    layer = nn.Linear(40, 6)
    fresh, again = (convert(layer, SURE, fresh=True, seed=seed) for seed in (1, 1))
    assert torch.equal(fresh.memories.hidden, again.memories.hidden)
    assert float(fresh.memories.full) == pytest.approx(fresh.memories.rule.full_scale * np.sqrt(2 / 40))
    assert not torch.equal(fresh.memories.hidden, convert(layer, SURE, fresh=True, seed=2).memories.hidden)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.ConvTranspose2d(1, 1, 3)), "1: ConvTranspose2d has weights"),
        (nn.Sequential(nn.Conv2d(4, 4, 3, groups=2)), "groups = 2"),
        (nn.Sequential(nn.Conv2d(4, 4, 3, padding="same")), "padding = 'same'"),
        (nn.Sequential(nn.RNNCell(3, 3, nonlinearity="relu")), "tanh"),
        (nn.Sequential(nn.Embedding(5, 3), nn.LSTM(3, 3)), r"digital=\['0', '1'\]"),
    ],
)
def test_what_no_array_holds_is_named_with_what_to_do(model, words):
    with pytest.raises(ConfigError, match=words):
        convert(model, SURE)


def test_unknown_names_of_digital_layers_are_refused():
    with pytest.raises(ConfigError, match="it has along, cell, front"):
        convert(Net(), SURE, digital=["haed"])


def test_another_chips_state_is_refused_by_torch():
    with pytest.raises(RuntimeError, match="size mismatch"):
        convert(nn.Linear(4, 3), SURE).load_state_dict(convert(nn.Linear(4, 2), SURE).state_dict())


def test_a_state_with_other_inputs_but_as_many_rows_is_refused():
    with pytest.raises(RuntimeError, match="biases"):
        TwoMemoryLinear(4, 3, SURE, bias=2).load_state_dict(TwoMemoryLinear(5, 3, SURE, bias=1).state_dict())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_models_with_array_layers_compile_around_them():
    torch.manual_seed(0)
    model = convert(nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)), SURE, readout=Readout()).eval()
    x = torch.rand(5, 12)
    before = model(x)
    traced = compiled(model, backend="eager")
    torch.testing.assert_close(traced(x), before)
    traced(x).sum().backward()
    assert model[0].memories.analogue.grad.abs().sum() > 0


@pytest.mark.parametrize("chip", [SURE, Chip.from_card()], ids=["levels only", "with spread"])
def test_every_slice_leaves_less_of_the_weights(chip):
    """Each holds what the ones before were read to lack, so levels and spread of the last alone remain."""
    torch.manual_seed(0)
    plain, x = nn.Linear(60, 20), torch.rand(200, 60)
    errors = []
    for slices in (1, 2, 3):
        layer = convert(plain, chip, readout=Readout(), slices=slices)
        errors.append(float((layer(x) - plain(x)).detach().square().mean()))
        assert len(memories_of(layer)) == slices
        assert cost(layer).arrays == slices * 3
    assert errors[1] < 0.2 * errors[0]
    assert errors[2] < 0.2 * errors[1]


def test_slices_survive_copies_and_state_dicts_and_carry_gradients():
    torch.manual_seed(0)
    plain, x = nn.Sequential(nn.Conv1d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(18, 4)), torch.rand(5, 2, 8, requires_grad=True)
    model = convert(plain, SURE, readout=Readout(), slices=2)
    other = convert(plain, SURE, readout=Readout(), slices=2, seed=7)
    other.load_state_dict(model.state_dict())
    assert torch.equal(model(x), other(x))
    assert torch.equal(model(x), copy.deepcopy(model)(x))
    (model(x).sum() - plain(x).sum()).backward()
    assert x.grad.abs().max() < 0.05


def test_slices_are_not_trained_on_chip():
    with pytest.raises(ConfigError, match="slices = 2: give 1"):
        convert(nn.Linear(3, 2), SURE, slices=2, fresh=True)
    with pytest.raises(ConfigError, match="slices = 0: give 1"):
        convert(nn.Linear(3, 2), SURE, slices=0)
    with pytest.raises(ConfigError, match="cut into slices"):
        TwoMemorySGD(convert(nn.Linear(3, 2), SURE, slices=2))
    with pytest.raises(DataError, match="bias lines last"):
        convert(nn.Linear(3, 2), SURE).refine(np.zeros((3, 2)))
