"""Runs that stop and go on, checkpoints that lie, books that add up, the float twin against torch."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from ferrion.arrays.words import UNITS
from ferrion.core.errors import CheckpointError, ConfigError
from ferrion.core.ledger import Action
from ferrion.learning.checkpoint import fingerprint, restore, save
from ferrion.learning.costs import ledger_of
from ferrion.learning.float_twin import FloatTwin
from ferrion.learning.rules import PUBLISHED, REFINED
from ferrion.learning.training import Fidelity, Plan, Training

SIZES = (64, 16, 10)


def plan(chip, **settings) -> Plan:
    return Plan(**{"sizes": SIZES, "chip": chip, "epochs": 2, **settings})


def finish(training, data, chunk):
    while not training.finished:
        training.advance(data.inputs, data.labels, chunk)
    return training


def same(a: Training, b: Training) -> bool:
    pairs = [*zip(a.memory, b.memory, strict=True), *zip(a.counts, b.counts, strict=True)]
    return a.losses == b.losses and all((x == y).all() for x, y in pairs)


@pytest.mark.parametrize("fidelity", list(Fidelity))
def test_a_run_cut_anywhere_and_resumed_is_the_uncut_run(chip, few_digits, tmp_path, fidelity):
    whole = finish(Training(plan(chip, fidelity=fidelity)), few_digits, 1000)
    run = fingerprint(plan(chip, fidelity=fidelity), few_digits.inputs, few_digits.labels)
    first = Training(plan(chip, fidelity=fidelity))
    for chunk in (1, 7, 150, 260):
        first.advance(few_digits.inputs, few_digits.labels, chunk)
    save(first, tmp_path / "c", run)
    second = Training(plan(chip, fidelity=fidelity))
    restore(second, tmp_path / "c", run)
    assert second.step == first.step
    assert same(finish(second, few_digits, 33), whole)


@pytest.mark.parametrize("spoil", ["truncate", "flip", "text", "pickle", "foreign", "other run"])
def test_a_checkpoint_out_of_order_is_refused(chip, tmp_path, spoil):
    path, training = tmp_path / "c", Training(plan(chip))
    save(training, path, "run")
    raw = bytearray(path.read_bytes())
    if spoil == "truncate":
        path.write_bytes(raw[: len(raw) // 2])
    elif spoil == "flip":
        raw[-5] ^= 1
        path.write_bytes(raw)
    elif spoil == "text":
        path.write_text("not a checkpoint")
    elif spoil == "pickle":
        with path.open("wb") as file:
            np.save(file, np.array([{}]), allow_pickle=True)
    elif spoil == "foreign":
        save_file({"a": np.zeros(3)}, path, metadata={"format": "other"})
    with pytest.raises(CheckpointError):
        restore(training, path, "another" if spoil == "other run" else "run")


def test_the_ledger_adds_up(chip, few_digits):
    training = finish(Training(plan(chip, rule=PUBLISHED)), few_digits, 1000)
    ledger = ledger_of(training.net, training.counts, chip.geometry, False)
    transfers = 1 + 600 // 100
    weights = int(training.net.weights[-1])
    assert ledger.count(Action.MEMRISTOR_PROGRAM) == 2 * weights * transfers
    assert (training.memory.programmed == transfers).all()
    assert ledger.count(Action.FECAP_WRITE) == training.counts.fecap_writes.sum()
    assert ledger.count(Action.ADC_SAMPLE) == 600 * (16 * 1 + 10 * 1 + 16 * 2)
    bills = chip.prices.bills(ledger)
    assert chip.prices.joules(ledger) == pytest.approx(sum(bill.joules for bill in bills))
    assert sum(chip.prices.provenance(ledger).values()) == pytest.approx(chip.prices.joules(ledger))
    assert training.memory.lsb_writes.sum() <= training.counts.updates.sum() + weights


def test_the_first_write_is_charged(chip):
    """Every one of the initial words is written over a capacitor that holds 0."""
    training = Training(plan(chip, rule=REFINED))
    words = np.abs(training.memory.hidden.astype(int)) + REFINED.offset + 512 * (training.memory.hidden < 0)
    ones = sum((words >> bit & 1) * units for bit, units in enumerate(UNITS))
    assert training.counts.fecap_writes.sum() == ones.sum()
    assert (training.memory.lsb_writes == words & 1).all()


def test_unchanged_levels_are_left_alone_and_flags_are_charged(chip, few_digits):
    training = finish(Training(plan(chip, rule=REFINED)), few_digits, 1000)
    ledger = ledger_of(training.net, training.counts, chip.geometry, True)
    assert ledger.count(Action.MEMRISTOR_PROGRAM) == 2 * training.memory.programmed.sum()
    assert training.memory.programmed.mean() < 7
    assert ledger.count(Action.FECAP_WRITE) == training.counts.fecap_writes.sum() + 2 * training.memory.programmed.sum()


def test_the_float_twin_is_torch_sgd(chip, few_digits):
    twin = FloatTwin(plan(chip, epochs=1, rule=PUBLISHED))
    weights = [twin.memory.analogue[a:b].reshape(-1, m) for a, b, m in zip(twin.net.weights[:-1], twin.net.weights[1:], SIZES[1:], strict=True)]
    tensors = [torch.tensor(w.astype(np.float64), requires_grad=True) for w in weights]
    twin.epoch(few_digits.inputs, few_digits.labels)
    from ferrion.core.noise import permutation

    for s in permutation(0, 0, len(few_digits.labels)):
        x = torch.tensor(few_digits.inputs[s].astype(np.float64))
        x = torch.relu(x @ tensors[0][:-1] + tensors[0][-1])
        loss = torch.nn.functional.cross_entropy((x @ tensors[1][:-1] + tensors[1][-1])[None], torch.tensor([few_digits.labels[s]]))
        for tensor, slope in zip(tensors, torch.autograd.grad(loss, tensors), strict=True):
            tensor.data -= PUBLISHED.step * slope
    for mine, theirs in zip(weights, tensors, strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), atol=2e-5)


@pytest.mark.parametrize(
    ("settings", "message"), [({"epochs": 0}, "epochs = 0"), ({"transfer_every": 0}, "transfer_every"), ({"seed": -1}, "seed"), ({"sizes": (4,)}, "give inputs")]
)
def test_a_plan_out_of_range_is_refused(chip, settings, message):
    with pytest.raises(ConfigError, match=message):
        Training(plan(chip, **settings))
