"""The layers for torch: the same chip as the fused loop, exact where nothing stands in between, right on average where something does."""

import copy
import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, conv2d, cross_entropy, linear

from ferrion.arrays.faults import Faults
from ferrion.arrays.nodal import Wires
from ferrion.arrays.pairs import conductances
from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.circuits.encoding import Amplitude, BitSerial, PulseWidth
from ferrion.core.errors import ConfigError, DataError
from ferrion.core.noise import permutation
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryConv1d, TwoMemoryConv2d, TwoMemoryLinear
from ferrion.learning.recurrent import TwoMemoryLSTMCell, TwoMemoryRNNCell
from ferrion.learning.rules import REFINED
from ferrion.learning.training import Plan, Training

IDEAL = Readout()
CHIP = Chip.from_card()
WIRES = Wires(row=2.0, column=2.0, driver=100.0, sense=20.0, access=0.0)


def parts(layer):
    """Weights (outputs, inputs) and bias as torch has them."""
    held = layer.memories.held()
    return held[: layer.memories.inputs].T, held[layer.memories.inputs]


def test_batches_of_one_are_the_fused_loop():
    """Two layers, 60 samples, the draws of the same seed: all hidden integers agree but those a rounding of float32 decides."""
    sizes, samples = (13, 9, 6), 60
    quiet = Chip.from_card(read_spread=0.0)
    training = Training(Plan(sizes=sizes, chip=quiet, epochs=1, transfer_every=1000, seed=5))
    layers = [TwoMemoryLinear(n, m, quiet, readout=IDEAL) for n, m in pairwise(sizes)]
    for index, layer in enumerate(layers):
        part = slice(training.net.weights[index], training.net.weights[index + 1])
        for name in ("hidden", "analogue", "stale", "lsb_writes"):
            tensor = getattr(layer.memories, name).detach()
            tensor.numpy().reshape(-1)[:] = getattr(training.memory, name)[part]
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    rng = np.random.default_rng(0)
    inputs, labels = rng.random((samples, sizes[0]), np.float32), rng.integers(0, sizes[-1], samples)
    before = training.memory.hidden.copy()
    training.advance(inputs, labels, samples)
    order = permutation(5, 0, samples)
    descent = TwoMemorySGD(model, lr=REFINED.rate(0, 1), transfer_every=1000, seed=5)
    for sample in order:
        descent.zero_grad()
        cross_entropy(model(torch.from_numpy(inputs[sample : sample + 1])), torch.from_numpy(labels[sample : sample + 1])).backward()
        descent.step()
    for index, layer in enumerate(layers):
        part = slice(training.net.weights[index], training.net.weights[index + 1])
        for name in ("hidden", "lsb_writes"):
            found, expected = getattr(layer.memories, name).numpy().reshape(-1), getattr(training.memory, name)[part]
            assert (found != expected).sum() <= 1
        assert (layer.memories.hidden.numpy().reshape(-1) != before[part]).mean() > 0.2
        assert layer.memories.tally.updates == pytest.approx(training.counts.updates[index], abs=2)


@pytest.mark.parametrize("encoding", [None, Amplitude(16), PulseWidth(16), BitSerial(16)], ids=["exact", "amplitude", "pulse width", "bit serial"])
def test_without_imperfections_layers_are_those_of_torch(encoding):
    """Linear, Conv1d, Conv2d, RNNCell and LSTMCell with the weights they hold, and their gradients."""
    torch.manual_seed(0)
    fine = Readout(encoding=encoding)
    x = torch.rand(6, 200, requires_grad=True)
    layer = TwoMemoryLinear(200, 20, CHIP, readout=fine)
    weight, bias = parts(layer)
    check(layer, x, lambda x: linear(x, weight, bias))
    x = torch.rand(2, 3, 11, 9, requires_grad=True)
    layer = TwoMemoryConv2d(3, 7, (3, 2), CHIP, stride=(2, 1), padding=(1, 0), dilation=(1, 2), readout=fine)
    weight, bias = parts(layer)
    check(layer, x, lambda x: conv2d(x, weight.reshape(7, 3, 3, 2), bias, (2, 1), (1, 0), (1, 2)))
    x = torch.rand(2, 3, 15, requires_grad=True)
    layer = TwoMemoryConv1d(3, 5, 4, CHIP, stride=2, padding=1, readout=fine)
    weight, bias = parts(layer)
    check(layer, x, lambda x: conv1d(x, weight.reshape(5, 3, 4), bias, 2, 1))
    x = torch.rand(4, 6, requires_grad=True)
    cell = TwoMemoryRNNCell(6, 5, CHIP, readout=fine)
    weight, bias = parts(cell)
    check(cell, x, lambda x: torch.tanh(linear(torch.cat([x, torch.zeros(4, 5)], 1), weight, bias)))
    lstm, twin = TwoMemoryLSTMCell(6, 5, CHIP, readout=fine), torch.nn.LSTMCell(6, 5)
    weight, bias = parts(lstm)
    twin.load_state_dict({"weight_ih": weight[:, :6], "weight_hh": weight[:, 6:], "bias_ih": bias, "bias_hh": torch.zeros_like(bias)})
    state = torch.rand(4, 5), torch.rand(4, 5)
    check(lambda x: torch.cat(lstm(x, state), 1), x, lambda x: torch.cat(twin(x, state), 1))


def check(layer, x, expected):
    """Outputs and gradients of a layer against plain torch, to the 16 bits of the drivers, and of the errors on their way back."""
    out, plain = layer(x), expected(x)
    torch.testing.assert_close(out, plain, rtol=0, atol=1e-4)
    slopes = torch.randn_like(out)
    (found,) = torch.autograd.grad(out, x, slopes, retain_graph=True)
    torch.testing.assert_close(found, torch.autograd.grad(plain, x, slopes)[0], rtol=0, atol=3e-4 * float(found.abs().max()))


def test_converters_round_every_tile():
    """300 inputs on arrays of 128 lines: three conversions an output, each off by half a step at most."""
    torch.manual_seed(0)
    layer = TwoMemoryLinear(300, 20, CHIP, readout=Readout(adc=CHIP.readout.adc._replace(noise=0.0, offset=0.0, gain=0.0, mismatch=0.0)))
    x = torch.rand(50, 300)
    layer(x)
    layer.eval()
    out, (weight, bias) = layer(x).detach(), parts(layer)
    step = float(layer.memories.ranges[0, 1]) / 128
    assert (out - linear(x, weight, bias)).abs().max() <= 3 * 0.5 * step + 1e-5
    assert (out - linear(x, weight, bias)).std() == pytest.approx(step * np.sqrt(3 / 12), rel=0.1)
    assert layer.memories.tally.conversions == 2 * 3 * 50 * 20


def test_bit_serial_numbers_are_converted_bit_by_bit_before_they_are_added():
    """Small numbers use the converters' whole range; a converter's noise is added up with the weights of the bits: sqrt(sum of 4^k) / 255."""
    quiet = CHIP.readout.adc._replace(noise=0.0, offset=0.0, gain=0.0, mismatch=0.0)
    layer = TwoMemoryLinear(100, 20, CHIP, bias=0, readout=Readout(encoding=BitSerial(8), adc=quiet), seed=1).eval()
    layer(torch.ones(1, 100))
    few = torch.zeros(1, 100)
    few[0, :10] = 1 / 255
    step = float(layer.memories.ranges[0, 1]) / 128
    assert (layer(few) - few @ layer.memories.held()).abs().max() <= 0.51 * step / 255
    noisy = TwoMemoryLinear(100, 20, CHIP, bias=0, readout=Readout(encoding=BitSerial(8), adc=quiet._replace(noise=3.0)), seed=1).eval()
    noisy.memories.ranges.copy_(layer.memories.ranges)
    x = torch.rand(500, 100)
    spread = (noisy(x) - layer(x)).std().item()
    assert spread == pytest.approx(3.0 * step * np.sqrt(sum(4**k for k in range(8))) / 255, rel=0.05)


@pytest.mark.parametrize("converters", [False, True])
def test_read_noise_is_that_of_independent_devices(converters):
    """sigma full sqrt(sum of squares of inputs and bias), as if every device were drawn at every read; new at every read, the same for one seed."""
    noise, adc = 0.05, CHIP.readout.adc._replace(bits=14.0, noise=0.0, offset=0.0, gain=0.0, mismatch=0.0)
    layer = TwoMemoryLinear(200, 10, CHIP, readout=Readout(noise=noise, adc=adc if converters else None), seed=3).eval()
    x = torch.rand(1, 200)
    out = layer(x.expand(4000, -1))
    weight, bias = parts(layer)
    expected = noise * float(layer.memories.full) * float(torch.sqrt((x**2).sum() + 1.0))
    found = (out - linear(x, weight, bias)).detach()
    assert found.std() == pytest.approx(expected, rel=5 / np.sqrt(2 * found.numel()))
    assert found.mean().abs() < 5 * expected / np.sqrt(found.numel())
    twin = TwoMemoryLinear(200, 10, CHIP, readout=Readout(noise=noise, adc=adc if converters else None), seed=3).eval()
    assert torch.equal(twin(x.expand(4000, -1)), out)
    assert not torch.equal(twin(x.expand(4000, -1)), out)


def test_wires_are_those_of_the_solver_and_their_gradient_is_exact():
    layer = TwoMemoryLinear(40, 8, CHIP, readout=Readout(wires=WIRES), seed=1)
    memories = layer.memories
    assert (memories.held() - memories.analogue).abs().max() > 0.01 * memories.full
    shares = (memories.analogue.detach() / memories.full).double().numpy()
    torch.testing.assert_close(memories.held(), torch.from_numpy(memories._wired.shares(conductances(shares, CHIP.devices))).float() * memories.full)
    memories.rehearsing, sure = True, CHIP.levels[1] * 0
    memories.table = memories.table._replace(spread=sure)
    slopes = torch.randn(41, 8)
    before = memories.rehearsed()
    (gradient,) = torch.autograd.grad((before * slopes).sum(), memories.analogue)
    level = np.abs(np.abs(shares)[..., None] - memories.table.mean).argmin(-1)
    ideal = np.where(shares < 0, -1.0, 1.0) * memories.table.mean[level]

    def total(shift):
        moved = ideal.copy()
        moved[5, 3] += shift
        return float((memories._wired.shares(conductances(moved, CHIP.devices)) * slopes.numpy()).sum())

    assert gradient[5, 3] == pytest.approx((total(1e-4) - total(-1e-4)) / 2e-4, rel=1e-3)


def test_a_state_dict_is_the_whole_chip():
    """Weights, wear, ranges, seed and count of reads: the loaded twin answers with the same noise and learns the same bits."""

    def model():
        return torch.nn.Sequential(TwoMemoryLinear(30, 20, CHIP), torch.nn.ReLU(), TwoMemoryLinear(20, 4, CHIP))

    def learn(model, descent, steps):
        generator = torch.Generator().manual_seed(steps)
        for _ in range(steps):
            descent.zero_grad()
            cross_entropy(model(torch.rand(8, 30, generator=generator)), torch.randint(4, (8,), generator=generator)).backward()
            descent.step()

    torch.manual_seed(0)
    first = model()
    descent = TwoMemorySGD(first, lr=0.05, transfer_every=20)
    learn(first, descent, 30)
    file = io.BytesIO()
    torch.save((first.state_dict(), descent.state_dict()), file)
    file.seek(0)
    second = model()
    resumed = TwoMemorySGD(second, lr=0.05, transfer_every=20)
    for part, state in zip((second, resumed), torch.load(file, weights_only=True), strict=True):
        part.load_state_dict(state)
    for one, its in ((first, descent), (second, resumed)):
        learn(one, its, 17)
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(tensor, second.state_dict()[name], rtol=0, atol=0, equal_nan=True)
    twin = copy.deepcopy(first)
    x = torch.rand(5, 30)
    assert torch.equal(first.eval()(x), twin.eval()(x))


def test_training_on_chip_learns_with_everything_on_and_counts_it():
    """A linear rule in 20 dimensions, learned through drivers, wires, noise and converters."""
    torch.manual_seed(0)
    rule, x = torch.randn(20), torch.rand(1200, 20)
    y = ((x - 0.5) @ rule > 0).long()
    model = torch.nn.Sequential(TwoMemoryLinear(20, 16, CHIP), torch.nn.ReLU(), TwoMemoryLinear(16, 2, CHIP))
    descent = TwoMemorySGD(model, lr=0.1, transfer_every=16)
    for _ in range(8):
        for some in torch.randperm(1000).split(16):
            descent.zero_grad()
            cross_entropy(model(x[some]), y[some]).backward()
            descent.step()
    model.eval()
    assert (model(x[1000:]).argmax(1) == y[1000:]).float().mean() > 0.9
    tally = model[0].memories.tally
    assert tally.samples == 8 * 1000
    assert tally.transfers == 1 + 8 * 1000 // 16
    assert tally.forward_rows >= 8000 * 21 * 0.9
    assert tally.updates > tally.programmed > 0
    assert int(model[0].memories.lsb_writes.numpy().sum()) > 0


def test_hardware_aware_training_gains_on_the_chip():
    """A model trained while it rehearses levels and spread loses less when it is written, over five chips, than one trained as if weights were exact."""
    torch.manual_seed(0)
    x, rule = torch.rand(2000, 16) - 0.5, torch.randn(16, 5)
    y = (x @ rule).argmax(1)

    def trained(rehearsing):
        torch.manual_seed(1)
        model = torch.nn.Sequential(TwoMemoryLinear(16, 24, CHIP, readout=IDEAL), torch.nn.ReLU(), TwoMemoryLinear(24, 5, CHIP, readout=IDEAL))
        for layer in (model[0], model[2]):
            layer.memories.rehearsing = rehearsing
        adam = torch.optim.Adam(model.parameters(), 5e-3)
        for _ in range(12):
            for some in torch.randperm(1500).split(32):
                adam.zero_grad()
                cross_entropy(model(x[some]), y[some]).backward()
                adam.step()
        found = []
        for seed in range(5):
            chip = copy.deepcopy(model).eval()
            for layer in (chip[0], chip[2]):
                layer.memories.seed.fill_(seed)
                layer.memories.write(layer.memories.analogue.detach().numpy().copy(), float(layer.memories.full))
            found.append((chip(x[1500:]).argmax(1) == y[1500:]).float().mean().item())
        return np.mean(found)

    assert trained(True) > trained(False) + 0.02


def test_write_verify_reaches_its_tolerance_at_a_price():
    layer = TwoMemoryLinear(60, 40, CHIP, readout=IDEAL, seed=2)
    memories = layer.memories
    wanted = np.random.default_rng(0).uniform(-1, 1, (61, 40)) * float(memories.full)
    memories.write(wanted, float(memories.full))

    def off():
        return np.abs(memories.analogue.detach().numpy() - wanted) / float(memories.full)

    before, programmed = off().std(), memories.tally.programmed
    left = memories.verify(wanted, 0.05, 20)
    assert (off() > 0.05).mean() == left < 0.05
    assert off().std() < 0.5 * before
    assert memories.tally.programmed - programmed > 0.3 * wanted.size


def test_verifying_sees_faults_and_leaves_pending_transfers():
    layer = TwoMemoryLinear(20, 6, CHIP, readout=IDEAL, seed=3)
    memories = layer.memories
    wanted = np.full((21, 6), float(memories.full))
    memories.write(wanted, float(memories.full))
    memories.hidden.fill_(0)
    memories.stale.fill_(1)
    held = memories.analogue.detach().clone()
    memories.verify(held.numpy().astype(float), 0.05, 3)
    assert torch.equal(memories.analogue, held)
    memories.transfer()
    assert memories.analogue.abs().max() < 0.1 * memories.full
    memories.fail(Faults(stuck_low=1.0))
    assert memories.verify(wanted, 0.05, 1) == 1.0


def test_rests_add_up():
    one, two = (TwoMemoryLinear(20, 6, CHIP, readout=IDEAL, seed=3).memories for _ in range(2))
    one.rest(2e7, 398.0)
    two.rest(1e7, 398.0)
    two.rest(1e7, 398.0)
    torch.testing.assert_close(one.analogue, two.analogue)
    one.transfer(only_changed=False)
    assert one.age == 0.0


def test_ranges_are_set_by_numbers_and_not_by_nothing():
    """A batch of zeros, or one that is refused, leaves no range behind; evaluation under inference mode leaves nothing that training trips over."""
    torch.manual_seed(0)
    layer, twin = (TwoMemoryLinear(20, 6, CHIP, seed=3).eval() for _ in range(2))
    with torch.inference_mode():
        layer(torch.zeros(1, 20))
    with pytest.raises(DataError, match="NaN or infinite"):
        layer(torch.full((1, 20), torch.inf))
    assert layer.memories.ranges.isnan().all()
    x = torch.rand(5, 20)
    layer(x), twin(x)
    torch.testing.assert_close(layer.memories.ranges, twin.memories.ranges, equal_nan=True, rtol=0.01, atol=0)
    layer.train()(x).sum().backward()


def test_faults_show_and_remapping_and_rest_act_on_the_weights():
    layer = TwoMemoryLinear(128, 8, CHIP, readout=IDEAL, seed=4)
    memories = layer.memories
    sound = memories.held().clone()
    memories.fail(Faults(stuck_high=0.02))
    hurt = (memories.held() - sound).square().sum()
    assert hurt > 0
    memories.remap()
    assert (memories.held() - sound).square().sum() < hurt
    high = sound.abs() > 0.6 * memories.full
    memories.rest(3e8, 398.0)
    assert memories.analogue[high].abs().mean() < 0.97 * sound[high].abs().mean()


@pytest.mark.parametrize("readout", [IDEAL, Readout(wires=WIRES)], ids=["exact", "wires"])
def test_every_change_of_the_devices_shows_at_the_next_read(readout):
    """Caches of the held weights follow optimisers, transfers, faults, rest, writes and loaded states."""
    layer, other = (TwoMemoryLinear(30, 6, CHIP, readout=readout, seed=seed).eval() for seed in (7, 8))
    x, memories = torch.rand(3, 30), layer.memories
    adam = torch.optim.Adam(layer.parameters(), 1e-2)
    layer(x).sum().backward()
    changes = (
        lambda: None,
        adam.step,
        lambda: memories.fail(Faults(stuck_high=0.1)),
        lambda: memories.rest(1e6, 398.0),
        lambda: memories.write(np.zeros((31, 6)), 1.0),
        lambda: layer.load_state_dict(other.state_dict()),
        lambda: torch.nn.utils.vector_to_parameters(torch.zeros(31 * 6), layer.parameters()),
        lambda: layer.load_state_dict(other.state_dict(), assign=True),
    )
    seen = []
    for change in changes:
        change()
        seen.append(layer(x).detach())
    assert all((a != b).any() for a, b in pairwise(seen))
    torch.testing.assert_close(seen[-1], other(x), rtol=0, atol=1e-6)


def test_writing_is_charged_by_the_bits_that_change():
    layer = TwoMemoryLinear(6, 3, CHIP, readout=IDEAL)
    memories = layer.memories
    memories.write(np.full((7, 3), 1.0), 1.0)
    before = memories.tally.fecap_writes
    memories.write(np.full((7, 3), -1.0), 1.0)
    assert memories.tally.fecap_writes - before == 7 * 3  # the sign alone
    assert memories.tally.programmed == 3 * 7 * 3


def test_single_samples_and_empty_batches_are_as_in_torch():
    layer = TwoMemoryLinear(5, 3, CHIP, readout=IDEAL)
    one = torch.rand(5)
    torch.testing.assert_close(layer(one), layer(one[None])[0])
    assert layer.memories.tally.samples == 2
    empty = layer(torch.rand(0, 5))
    assert empty.shape == (0, 3)
    empty.sum().backward()
    with pytest.raises(DataError, match=r"call \.float"):
        layer.double()(one.double())


@pytest.mark.parametrize("wrong", [(np.zeros((3, 3)), 1.0), (np.full((6, 3), np.nan), 1.0), (np.zeros((6, 3)), 0.0)])
def test_weights_that_cannot_be_written_are_refused(wrong):
    with pytest.raises(DataError, match="full scale"):
        TwoMemoryLinear(5, 3, CHIP).memories.write(*wrong)


def test_a_loss_that_is_no_number_stops_at_the_layer():
    layer = TwoMemoryLinear(5, 3, CHIP)
    with pytest.raises(DataError, match="lower the learning rate"):
        (layer(torch.rand(2, 5)).sum() * torch.nan).backward()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: TwoMemoryLinear(0, 4, CHIP), "1 or more"),
        (lambda: TwoMemoryLinear(4, 4, CHIP, bias=-1), "bias lines"),
        (lambda: replace(CHIP.readout, weights_per_adc=0), "weights_per_adc"),
        (lambda: TwoMemoryLinear(128, 8, CHIP, readout=Readout(tiling=False)), "129 lines of 8 weights do not fit one array of leti-2025, 128 lines of 8"),
        (lambda: TwoMemoryConv2d(3, 4, 0, CHIP), "kernel_size"),
        (lambda: TwoMemoryConv2d(3, 4, 3, CHIP, padding=-1), "padding"),
        (lambda: TwoMemorySGD(torch.nn.Linear(3, 2)), "no two-memory layers"),
        (lambda: TwoMemorySGD(TwoMemoryLinear(3, 2, CHIP), lr=0.0), "rate above 0"),
    ],
)
def test_impossible_layers_are_refused(build, words):
    with pytest.raises(ConfigError, match=words):
        build()


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.rand(5, 7), r"\(…, 8\)"),
        (torch.ones(5, 8, dtype=torch.int64), "floating-point"),
        (torch.full((5, 8), torch.nan), "NaN"),
        (torch.rand(5, 8, device="meta"), "CPU"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x, words):
    with pytest.raises(DataError, match=words):
        TwoMemoryLinear(8, 3, CHIP)(x)


def test_a_layer_that_fits_needs_no_tiling():
    assert TwoMemoryLinear(127, 8, CHIP, readout=Readout(tiling=False))(torch.rand(2, 127)).shape == (2, 8)


def test_pictures_smaller_than_the_kernel_are_refused():
    with pytest.raises(DataError, match="smaller than the kernel"):
        TwoMemoryConv2d(1, 2, 5, CHIP)(torch.rand(1, 1, 3, 9))
    with pytest.raises(DataError, match="batch, 1"):
        TwoMemoryConv2d(1, 2, 5, CHIP)(torch.rand(1, 2, 9, 9))


def test_tiles_are_views_so_that_a_transfer_reaches_both_directions():
    """Weights change in place when pairs are programmed; the tiles cut from them must not be copies."""
    layer = TwoMemoryLinear(300, 20, CHIP, readout=replace(CHIP.readout, wires=None))
    x = torch.rand(2, 300, requires_grad=True)
    layer(x).sum().backward()
    met = layer.memories.held()
    for side in (0, 1):
        assert all(np.shares_memory(block.cells, met.numpy()) for block in layer.readings[0]._blocks_of(side, met))


def test_a_copied_layer_learns_as_its_original():
    """Also one that went through a file: its working memory is its own (copies used to move no hidden weight)."""
    layer = TwoMemoryLinear(6, 4, CHIP, seed=0)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    moved = []
    for own in (layer, copy.deepcopy(layer), torch.load(file, weights_only=False)):
        before = own.memories.hidden.clone()
        descent = TwoMemorySGD(own, lr=0.5, seed=1)
        cross_entropy(own(torch.ones(1, 6)), torch.tensor([2])).backward()
        descent.step()
        moved.append(own.memories.hidden.int() - before.int())
    assert moved[0].any()
    assert torch.equal(moved[0], moved[1])
    assert torch.equal(moved[0], moved[2])


def test_a_copied_training_goes_on_as_its_original():
    training = Training(Plan(sizes=(13, 9, 6), chip=CHIP, epochs=2, seed=5))
    rng = np.random.default_rng(0)
    inputs, labels = rng.random((60, 13), np.float32), rng.integers(0, 6, 60)
    training.advance(inputs, labels, 30)
    twin = copy.deepcopy(training)
    for own in (training, twin):
        own.advance(inputs, labels, 30)
    np.testing.assert_array_equal(training.memory.hidden, twin.memory.hidden)
