"""What arrays are charged besides themselves: digital values between them."""

import numpy as np
import pytest
import torch

from ferrion.chip.chip import Chip
from ferrion.core.ledger import Action
from ferrion.learning.model_costs import clear, cost
from ferrion.pilots.array_costs import HELD, activations, by_action, costs, with_digital, with_samples
from ferrion.pilots.learners import Shape, on_chip

SHAPE = Shape(5, 4, 3, 0.05, 10, 1)
PRICES = Chip.from_card("leti-2025").prices
BYTE = PRICES.energy[Action.TRACE_UPDATE][0] / 4


def decided(inputs):
    own = on_chip(SHAPE, 0, 0.0)
    clear(own.model)
    hidden = int((torch.relu(own.model[0](torch.from_numpy(inputs))) > 0).sum())
    clear(own.model)
    own.decide(inputs)
    return own.model, hidden


def test_a_byte_is_read_for_a_line_and_written_for_a_conversion():
    """Of two samples with 3 and 2 inputs that are not 0: these and a bias line each, 4 hidden cells, those of them that are not 0 and a bias line, 3 votes."""
    inputs = np.array([[0.5, 0.0, 1.0, 0.25, 0.0], [0.0, 1.0, 0.0, 0.0, 0.5]], np.float32)
    model, hidden = decided(inputs)
    lines, conversions = (3 + 1) + (2 + 1) + hidden + 2, 2 * (4 + 3)
    more = costs(model).joules - cost(model).joules
    assert more == pytest.approx((lines + conversions) * BYTE)
    assert by_action(costs(model), 2)[HELD] == pytest.approx(more / 2)


def test_what_an_analogue_memory_holds_is_not_read():
    inputs = np.ones((1, 5), np.float32)
    model, _ = decided(inputs)
    assert costs(model).joules - costs(model, digital_inputs=False).joules == pytest.approx((5 + 1) * BYTE)


def test_learning_reads_errors_too():
    own = on_chip(SHAPE, 0, 0.0)
    clear(own.model)
    with torch.no_grad():
        own.model[0].memories.analogue.abs_()
    own.learn_one(np.ones((1, 5), np.float32), 0)
    forward, backward = (5 + 1 + 4) + (4 + 1 + 3), 3 + 4
    assert own.spent[HELD] == pytest.approx((forward + backward) * BYTE), "three errors of votes drive, those of four hidden cells are converted"
    assert own.joules == pytest.approx(sum(own.spent.values()))


def test_the_two_largest_neighbours_are_held():
    model, _ = decided(np.ones((1, 5), np.float32))
    assert activations(model) == 5 + 4
    assert activations(model, digital_inputs=False) == 4 + 3


def test_digital_work_beside_arrays_is_billed_at_the_card_s_prices():
    model, _ = decided(np.ones((1, 5), np.float32))
    found = with_digital(cost(model), "front end", 8, 16, PRICES)
    assert found.joules - cost(model).joules == pytest.approx(8 * PRICES.energy[Action.DIGITAL_MAC][0] + 16 * BYTE)
    samples = with_samples(cost(model), "electrode", 41, PRICES)
    assert samples.joules - cost(model).joules == pytest.approx(41 * (PRICES.energy[Action.ADC_SAMPLE][0] + BYTE))
    assert {bill.place for bill in found.bills} - {bill.place for bill in cost(model).bills} == {"front end"}
