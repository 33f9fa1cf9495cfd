"""The digital baseline: integers compute what was trained, and cost what their zeros leave."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from torch import nn

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.core.ledger import Action
from ferrion.workloads.digital.costs import BIAS_BYTES, CHANNEL_BYTES, PARTS, Part, joules, radio_joules, size, synaptic_joules
from ferrion.workloads.digital.int8 import FRACTION, OUTPUT, Integers, Rounded, integers
from ferrion.workloads.digital.network import Recipe, chosen, fit, held_out, of
from ferrion.workloads.digital.trees import Grown, grown, tree_joules

X, Y = load_digits(return_X_y=True)
X = X.astype(np.float32)
TRAIN, TEST = slice(0, 1200), slice(1200, None)
DENSE = Recipe(hidden=(32,), epochs=15, dropout=0.0)


@pytest.fixture(scope="module")
def net():
    """Trained on digits."""
    return fit(X[TRAIN], Y[TRAIN], 10, DENSE, 0)


def test_integers_are_the_trained_network_in_whole_numbers(net):
    """Every hidden integer is the rounded output of the trained layer but where a multiplier of 31 bits falls on the other side of a half; the votes then agree
    within what those can move them."""
    own, x = of(net), torch.from_numpy(X[TEST])
    states = own.states(X[TEST])
    hidden = net.rounded()[0](torch.from_numpy((states[0] * own.scale).numpy().astype(np.float32))) / (net.rounded()[0].top / OUTPUT)
    off = (states[2] - hidden.detach().double().round()).abs()
    assert off.max() <= 1
    assert (off > 0).double().mean() < 1e-3
    assert all(float(state.abs().max()) < 2**31 for state in states)
    agree = (own.decide(X[TEST]) == net(x).argmax(1).numpy()).mean()
    assert agree > 0.99


def test_rounding_in_the_loop_costs_no_more_than_the_error_of_the_test(net):
    """Beside the same network in floating point (scikit-learn): a difference of three standard errors at most."""
    own = (of(net).decide(X[TEST]) == Y[TEST]).mean()
    floats = MLPClassifier((32,), max_iter=60, random_state=0, early_stopping=True).fit(X[TRAIN] / 16, Y[TRAIN]).score(X[TEST] / 16, Y[TEST])
    assert own > floats - 3 * np.sqrt(floats * (1 - floats) / len(Y[TEST]))


@given(st.integers(-(2**30), 2**30), st.floats(1e-6, 0.9))
def test_a_multiplier_of_31_bits_and_a_shift_rescale(accumulated, factor):
    mantissa, exponent = np.frexp(factor)
    one = np.array([round(mantissa * 2**FRACTION)], np.int64), np.array([FRACTION - exponent], np.int64)
    layer = Integers(nn.Linear(1, 1).double(), torch.tensor([[float(accumulated)]]).double(), torch.zeros(1).double(), *one)
    exact = min(max(accumulated * factor, 0.0), OUTPUT)
    assert abs(float(layer(torch.ones(1, 1).double())) - exact) <= 0.5 + 1e-6


def test_pruning_takes_the_smallest_weights_and_their_products():
    own = of(fit(X[TRAIN], Y[TRAIN], 10, Recipe(hidden=(32,), epochs=10, sparsity=0.75, dropout=0.0), 0))
    for layer in own.weighted:
        assert float((layer.weight == 0).double().mean()) == pytest.approx(0.75, abs=0.02)
    found = size(own, X[TEST])
    assert found.products == 64 * 32 + 32 * 10
    assert found.used < 0.27 * found.products
    assert found.weights == sum(int((layer.weight != 0).sum()) for layer in own.weighted)


def test_counts_of_a_network_by_hand():
    """Two inputs, one of them 0; weights 127 and 0."""
    layer = Rounded(nn.Linear(2, 1), last=True)
    with torch.no_grad():
        layer.layer.weight.copy_(torch.tensor([[1.0, 0.0]]))
        layer.layer.bias.zero_()
    own, scale = integers(layer, 0.5, nn.Linear(2, 1).double())
    assert scale == pytest.approx(0.5 / 127)
    x = torch.tensor([[3.0, 0.0], [3.0, 5.0], [0.0, 5.0], [0.0, 0.0]]).double()
    assert own.used(x) == 0.5
    assert own.products(x) == 2
    assert own(x).flatten().tolist() == [381.0, 381.0, 0.0, 0.0]


def test_convolutions_are_counted_without_the_border():
    x = np.ones((20, 1, 8, 8), np.float32)
    own = of(fit(x, np.arange(20) % 2, 2, Recipe(hidden=(), channels=(4,), epochs=1), 0))
    assert size(own, x).products == 4 * (3 * 4 - 1) ** 2 + 4 * 16 * 2


def test_inputs_that_are_laid_out_flat_are_kept_once():
    """A linear network on pictures of 64 pixels: weights and channels, the picture and the votes."""
    x = np.random.default_rng(0).random((20, 1, 8, 8)).astype(np.float32)
    found = size(of(fit(x, np.arange(20) % 2, 2, Recipe(hidden=(), epochs=1), 0)), x)
    assert found.weights == 2 * 64
    assert found.memory == 2 * 64 + 2 * BIAS_BYTES + 64 + 2
    assert found.traffic == pytest.approx(2 * 64 + 2 * BIAS_BYTES + 64 + 2, abs=2), "nearly all inputs and weights are not 0"


def test_channels_and_the_places_of_weights_are_read_too():
    """With all inputs there every byte that is held is read, but for activations, which are read once and written once."""
    x = np.random.default_rng(0).uniform(0.5, 1.0, (60, 40)).astype(np.float32)
    own = of(fit(x, np.arange(60) % 3, 3, Recipe(hidden=(16,), epochs=3, sparsity=0.75, dropout=0.0), 0))
    found, hidden = size(own, x), own.inputs_of(own.states(x))[1]
    coded = sum(int((layer.weight != 0).sum()) + layer.weight.numel() // 8 for layer in own.weighted)
    channels = 16 * CHANNEL_BYTES + 3 * BIAS_BYTES
    assert found.memory == coded + channels + 40 + 16
    read = coded - float((own.weighted[1].weight != 0).sum()) - 3 * 16 / 8
    there = own.weighted[1].used(hidden) / int((own.weighted[1].weight != 0).sum())
    last = (float((own.weighted[1].weight != 0).sum()) + 3 * 16 / 8) * there
    assert found.traffic == pytest.approx(read + last + channels + 40 + 16 + float((hidden != 0).sum()) / 60 + 3)


def test_joules_are_products_and_bytes_at_the_price_of_the_card(net):
    prices = Chip.from_card("leti-2025").prices
    found = size(of(net), X[TEST])
    assert joules(found, prices) == pytest.approx(found.used * prices.energy[Action.DIGITAL_MAC][0] + found.traffic * prices.energy[Action.TRACE_UPDATE][0] / 4)
    assert joules(found._replace(used=0.0, traffic=0.0), prices) == 0.0


def test_parts_take_what_was_measured_on_their_own_networks():
    micro, accelerator = (Part.from_card(name) for name in PARTS)
    assert 264_192 * micro.joules == pytest.approx(31.83e-6)
    assert 2_656_768 * accelerator.joules == pytest.approx(31.5e-6)
    assert accelerator.idle is None
    assert micro.idle == pytest.approx(14.9e-6)
    assert radio_joules() == pytest.approx(0.11e-6)
    assert synaptic_joules()["seneca"] == pytest.approx(2.8e-12)


def test_recipes_are_judged_on_samples_they_do_not_see():
    """On labels that are drawn at random nothing can be right more often than by chance: 0.1 within four standard errors of 240 samples."""
    nobody = np.full(1200, -1)
    poor, good = (held_out(X[TRAIN], Y[TRAIN], nobody, 10, recipe, 0) for recipe in (Recipe(hidden=(1,), epochs=1), DENSE))
    assert good > 0.9 > poor
    assert chosen(X[TRAIN], Y[TRAIN], nobody, 10, (Recipe(hidden=(1,), epochs=1), DENSE, DENSE), 0) is DENSE
    chance = held_out(X[TRAIN], np.random.default_rng(0).integers(0, 10, 1200), nobody, 10, DENSE, 0)
    assert chance < 0.1 + 4 * np.sqrt(0.09 / 240)


def test_nobody_is_on_both_sides_of_a_judgement():
    """Each of six people has labels of their own and writes them on their forehead: who was seen is known, who was not cannot be."""
    plain = Recipe(hidden=(), epochs=30, rate=0.05, dropout=0.0)
    people = np.repeat(np.arange(6), 50)
    x = np.eye(6, dtype=np.float32)[people] + np.float32(0.01)
    assert held_out(x, people, np.full(300, -1), 6, plain, 0) == 1.0
    assert held_out(x, people, people, 6, plain, 0) == 0.0


def test_the_same_seed_is_the_same_network(net):
    again = fit(X[TRAIN], Y[TRAIN], 10, DENSE, 0)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


def test_a_bound_is_kept_by_every_weight():
    held = fit(X[TRAIN], Y[TRAIN], 10, replace(DENSE, epochs=2, bound=0.05), 0)
    assert all(parameter.abs().max() <= np.float32(0.05) for parameter in held.parameters())
    assert any(parameter.abs().max() == np.float32(0.05) for parameter in held.parameters())


def test_convolutions_need_planes():
    with pytest.raises(ConfigError, match=r"need \(planes, height, width\)"):
        fit(X[TRAIN], Y[TRAIN], 10, Recipe(channels=(4,)), 0)


def test_trees_take_what_their_paths_take():
    """Nodes passed, counted one sample at a time by walking every tree; bytes by hand; a stump of two leaves by the formula."""
    x, y = X[TRAIN], Y[TRAIN]
    model = HistGradientBoostingClassifier(max_iter=4, random_state=0).fit(x, y)
    trees = [tree.nodes for made in model._predictors for tree in made]
    found = grown(model)
    assert found.trees == len(trees) == 40
    assert found.compared == pytest.approx(np.mean([sum(passed(nodes, sample) for nodes in trees) for sample in x[:400]]), rel=0.03)
    leaves = sum(int(nodes["is_leaf"].sum()) for nodes in trees)
    assert found.memory == 5 * (leaves - 40) + 2 * leaves
    prices = Chip.from_card("leti-2025").prices
    assert tree_joules(Grown(1.0, 1, 9), prices) == pytest.approx(2 * prices.energy[Action.DIGITAL_MAC][0] + 8 / 4 * prices.energy[Action.TRACE_UPDATE][0])


def passed(nodes, sample):
    """Comparisons on the way to a leaf."""
    place, count = 0, 0
    while not nodes[place]["is_leaf"]:
        own = nodes[place]
        place, count = own["left"] if sample[own["feature_idx"]] <= own["num_threshold"] else own["right"], count + 1
    return count


def test_a_penalty_shrinks_what_samples_do_not_ask_for():
    """Digits of few samples beside pixels of noise: weights of noise are smaller, and the rest is told better."""
    draws = np.random.default_rng(0)
    x = np.hstack([X, draws.integers(0, 17, (len(X), 400)).astype(np.float32)])
    loose, firm = (fit(x[:300], Y[:300], 10, Recipe(hidden=(), epochs=100, dropout=0.0, decay=decay), 0) for decay in (0.0, 1.0))
    weights = [net.rounded()[0].layer.weight.detach().abs().mean(0)[64:].mean() for net in (loose, firm)]
    assert weights[1] < 0.5 * weights[0]
    right = [(of(net).decide(x[TEST]) == Y[TEST]).mean() for net in (loose, firm)]
    assert right[1] > right[0]
