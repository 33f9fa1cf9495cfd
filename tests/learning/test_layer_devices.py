"""Layers whose weights stand on devices of their own: the behavioural layer where devices are alike, and the laws of devices where they are not."""

import copy

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from ferrion.core.errors import ConfigError
from ferrion.interop.convert import convert
from ferrion.learning import memories
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryLinear, on_devices
from ferrion.learning.memories import memories_of
from ferrion.learning.model_costs import clear
from ferrion.learning.wear import busiest

ONES = (1, 1, 1, 1, 1, 1, 1, 2, 4, 1)


def model_of(chip, devices, seed=3):
    own = torch.nn.Sequential(TwoMemoryLinear(12, 9, chip, seed=seed), torch.nn.ReLU(), TwoMemoryLinear(9, 4, chip, seed=seed + 1))
    if devices:
        on_devices(own)
    return own


def learn(model, steps=120, metaplasticity=0.0, descent=None):
    descent = descent or TwoMemorySGD(model, lr=0.05, transfer_every=10, seed=5, metaplasticity=metaplasticity)
    draws = np.random.default_rng(1)
    model.train()
    for _ in range(steps):
        x, y = torch.from_numpy(draws.normal(size=(1, 12)).astype(np.float32)), torch.from_numpy(draws.integers(0, 4, 1))
        descent.zero_grad()
        cross_entropy(model(x), y).backward()
        descent.step()
    return descent


@pytest.mark.parametrize("metaplasticity", [0.0, 1.0])
def test_where_devices_are_alike_a_layer_on_devices_is_the_behavioural_layer(ideal, metaplasticity):
    plain, devices = model_of(ideal, False), model_of(ideal, True)
    for own in (plain, devices):
        learn(own, metaplasticity=metaplasticity)
    for one, other in zip(memories_of(plain), memories_of(devices), strict=True):
        assert one.tally.updates > 100
        for name in ("hidden", "stale", "analogue", "lsb_writes"):
            assert torch.equal(getattr(one, name), getattr(other, name)), name
        assert (other.programmed.numpy() == one.programmed.numpy() + 1).all(), "one more transfer, onto the devices"
        for name in ("samples", "updates", "fecap_writes", "steps"):
            assert getattr(one.tally, name) == getattr(other.tally, name), name


def test_every_device_obeys_its_count(chip):
    """Capacitors end at 0 or 1, so their reversals are even or odd accordingly, but for what wore them before; both memristors of a pair are programmed together."""
    model = model_of(chip, True)
    learn(model)
    for own in memories_of(model):
        cells = own.cells
        assert (cells.cycles == own.programmed.numpy().reshape(-1, 1)).all()
        for bit in range(7):
            assert ((cells.reversals[:, bit] & 1) == (cells.word >> bit & 1)).all(), bit
        ones = sum((cells.word >> bit & 1).sum() * units for bit, units in enumerate(ONES))
        assert (int(cells.reversals.sum(dtype=np.int64)) - ones) % 2 == 0
        assert cells.reversals[:, 14:].sum() == 0
    assert busiest(model)["fecap"] == max(int(own.cells.reversals.max()) // 2 for own in memories_of(model))


def test_what_was_learned_before_has_worn_the_devices(chip):
    model = model_of(chip, False)
    learn(model)
    before = [(own.lsb_writes.numpy().copy(), own.programmed.numpy().copy(), own.hidden.clone()) for own in memories_of(model)]
    on_devices(model)
    for own, (written, programmed, hidden) in zip(memories_of(model), before, strict=True):
        assert (own.cells.reversals[:, 0] >= 2 * written.ravel()).all()
        assert (own.cells.cycles[:, 0] == programmed.ravel() + 1).all()
        assert torch.equal(own.hidden, hidden)
    transfers = memories_of(model)[0].tally.transfers
    on_devices(model)
    assert memories_of(model)[0].tally.transfers == transfers, "a second time nothing happens"


def test_a_memristor_beyond_its_end_is_no_longer_set(chip):
    model = model_of(chip, True)
    own = memories_of(model)[0]
    own.cells.limit[:, 0] = 0.0
    own.transfer(only_changed=False)
    positive = own.hidden.numpy().ravel() > 0
    assert positive.sum() > 20
    assert (np.abs(own.analogue.detach().numpy().ravel()[positive]) < 0.2 * float(own.full)).all(), "G+ stays where a RESET leaves it"
    assert np.abs(own.analogue.detach().numpy().ravel()[~positive]).max() > 0.5 * float(own.full)


def test_a_device_keeps_what_the_table_draws_anew(chip):
    """All weights at one level, each programmed twenty times: the means of weights differ by more than the draws of one do, on devices, and by no more in the table."""
    found = {}
    for devices in (False, True):
        own = TwoMemoryLinear(40, 30, chip, seed=11).memories
        if devices:
            own.on_devices()
        own.write(np.full((41, 30), 0.6), 0.6)
        drawn = []
        for _ in range(20):
            own.transfer(only_changed=False)
            drawn.append(own.analogue.detach().numpy().ravel() / float(own.full))
        found[devices] = np.mean(drawn, axis=0).std() / (np.std(drawn, axis=0, ddof=1).mean() / np.sqrt(20))
    assert found[False] == pytest.approx(1.0, abs=0.1)
    assert found[True] > 2.0


def test_copies_and_states_go_on_bit_by_bit(chip):
    model = model_of(chip, True)
    descent = learn(model, 40)
    other, again = copy.deepcopy((model, descent))
    fresh = model_of(chip, True, seed=8)
    fresh.load_state_dict(model.state_dict())
    assert all((a == b).all() for one, two in zip(memories_of(model), memories_of(fresh), strict=True) for a, b in zip(one.cells, two.cells, strict=True))
    loaded = TwoMemorySGD(fresh, lr=0.05, transfer_every=10, seed=5)
    loaded.load_state_dict(descent.state_dict())
    for own, going_on in ((model, descent), (other, again), (fresh, loaded)):
        learn(own, 40, descent=going_on)
    for one, *others in zip(memories_of(model), memories_of(other), memories_of(fresh), strict=True):
        for two in others:
            assert torch.equal(one.analogue, two.analogue)
            assert all((a == b).all() for a, b in zip(one.cells, two.cells, strict=True))
    for strict in (True, False):
        with pytest.raises(RuntimeError, match=r"call ferrion\.nn\.on_devices\(model\) before loading"):
            model_of(chip, False).load_state_dict(model.state_dict(), strict=strict)
        with pytest.raises(RuntimeError, match="load into a model that on_devices was not called for"):
            model.load_state_dict(model_of(chip, False).state_dict(), strict=strict)


def test_a_second_slice_stands_on_devices_too(chip):
    layer = TwoMemoryLinear(12, 9, chip, seed=3)
    on_devices(layer)
    weights = np.random.default_rng(0).normal(0.0, 0.2, (13, 9))
    layer.memories.write(weights, float(np.abs(weights).max()))
    layer.refine(weights)
    assert all(own.cells for own in layer.slices)
    left = [np.abs(weights - sum(own.analogue.detach().numpy() for own in layer.slices[: k + 1])).mean() for k in range(2)]
    assert left[1] < 0.5 * left[0]


def test_slices_that_make_up_for_other_devices_are_refused(chip):
    sliced = convert(torch.nn.Linear(20, 10), chip, slices=2)
    before = [own.analogue.clone() for own in memories_of(sliced)]
    with pytest.raises(ConfigError, match="slices = 1"):
        on_devices(sliced)
    assert all(torch.equal(own.analogue, held) for own, held in zip(memories_of(sliced), before, strict=True))


def test_clearing_the_bill_repeats_no_draws(monkeypatch, chip):
    """Reads are numbered by samples learned, which go on; a number of the bill would begin anew."""
    model = model_of(chip, True)
    learn(model, 20)
    numbered, own, plain = [], memories_of(model)[0], memories.update_matrix_devices
    monkeypatch.setattr(memories, "update_matrix_devices", lambda seed, step, *rest: numbered.append(int(step)) or plain(seed, step, *rest))
    learn(model, 3)
    clear(model)
    learn(model, 3)
    assert sorted(set(numbered)) == [21, 22, 23, 24, 25, 26]
    assert own.tally.samples == 26


def test_blank_is_as_it_came_from_the_factory(chip):
    model = model_of(chip, True)
    learn(model)
    own = memories_of(model)[0]
    own.blank()
    assert not own.analogue.any()
    assert own.stale.all()
    assert not own.cells.cycles.any()
    assert own.cells.reversals.max() == 1, "half a level, which a hidden weight of 0 is stored as"


def test_a_model_without_arrays_is_told():
    with pytest.raises(ConfigError, match="no two-memory layers"):
        on_devices(torch.nn.Linear(3, 2))
