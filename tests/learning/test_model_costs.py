"""The bill of a model: counts that can be reckoned by hand, times prices; the same as the fused loop's ledger for the same work."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from ferrion.chip.chip import Chip
from ferrion.circuits.encoding import BitSerial, PulseWidth
from ferrion.core.errors import ConfigError
from ferrion.core.ledger import Action
from ferrion.learning.descent import TwoMemorySGD
from ferrion.learning.layers import TwoMemoryConv2d, TwoMemoryLinear
from ferrion.learning.model_costs import clear, cost
from ferrion.learning.rules import PUBLISHED, REFINED

CHIP = Chip.from_card()
READOUT = replace(CHIP.readout, wires=None)


def counts(found, place):
    return {bill.action: bill.count for bill in found.bills if bill.place == place}


def test_an_inference_costs_what_its_counts_say():
    """300 inputs on arrays of 128 lines and 8 weights: 3 arrays down, 3 across for 20 outputs."""
    layer = TwoMemoryLinear(300, 20, CHIP, readout=READOUT).eval()
    clear(layer)
    layer(torch.cat([torch.ones(5, 200), torch.zeros(5, 100)], dim=1))
    found = cost(layer)
    assert counts(found, "layer") == {
        Action.MEMRISTOR_READ: 5 * 201 * 20 * 2,
        Action.LINE_DRIVE: 5 * 201 * 3,
        Action.ADC_SAMPLE: 5 * 3 * 20,
    }
    joules = {bill.action: bill.joules for bill in found.bills}
    assert joules[Action.ADC_SAMPLE] == pytest.approx(300 * 283e-15 * 256)
    assert found.joules == pytest.approx(300 * 283e-15 * 256 + 40200 * 0.2e-12 + 3015 * 0.14e-12)
    assert found.seconds == pytest.approx(5 * (100e-9 + 8 / 1e7))
    assert found.arrays == 9
    assert found.area == pytest.approx(9 * (128 * 144 * 0.68e-12 + 17e-8))  # a converter for eight columns, sixteen for the rows


def test_bit_serial_inputs_pay_a_conversion_a_bit():
    layer = TwoMemoryLinear(100, 8, CHIP, readout=replace(READOUT, encoding=BitSerial(4))).eval()
    clear(layer)
    layer(torch.full((2, 100), 5 / 15))
    found = counts(cost(layer), "layer")
    assert found[Action.ADC_SAMPLE] == 2 * 4 * 8
    assert found[Action.MEMRISTOR_READ] == 2 * 2 * 8 * (100 * 2 + 4)  # 5 = 0101: two planes; the bias at full scale: four


def test_pulse_widths_pay_for_their_time():
    layer = TwoMemoryLinear(100, 8, CHIP, readout=replace(READOUT, encoding=PulseWidth(4))).eval()
    clear(layer)
    layer(torch.full((2, 100), 5 / 15))
    assert counts(cost(layer), "layer")[Action.MEMRISTOR_READ] == 2 * 2 * 8 * (100 * 5 + 15)
    assert counts(cost(layer), "layer")[Action.LINE_DRIVE] == 2 * 101


def test_learning_is_charged_update_by_update():
    torch.manual_seed(0)
    model = torch.nn.Sequential(TwoMemoryConv2d(1, 4, 3, CHIP, readout=READOUT), torch.nn.Flatten(), TwoMemoryLinear(144, 3, CHIP, readout=READOUT))
    clear(model)
    descent = TwoMemorySGD(model, lr=0.05, transfer_every=8)
    for _ in range(2):
        descent.zero_grad()
        cross_entropy(model(0.1 + 0.9 * torch.rand(4, 1, 8, 8)), torch.randint(3, (4,))).backward()
        descent.step()
    found, tally = cost(model), model[2].memories.tally
    head, front = counts(found, "2"), counts(found, "0")
    assert head[Action.DIGITAL_MAC] == 8 * 145 * 3
    assert front[Action.DIGITAL_MAC] == 8 * 36 * 10 * 4
    assert head[Action.FECAP_READ] == 14 * tally.updates + 8 * tally.programmed + 145 * 3
    assert head[Action.FECAP_WRITE] == tally.fecap_writes + 2 * tally.programmed
    assert head[Action.ADC_SAMPLE] == 8 * (2 * 3 + 144)
    assert front[Action.ADC_SAMPLE] == 8 * 36 * 4
    assert found.seconds > 8 * 36 * 100e-9
    assert 0 <= found.rails < 0.05


def test_a_gradient_multiplies_only_lines_that_are_driven():
    """As the fused loop has it: of 30 inputs 10 are 0, and the bias is driven."""
    layer = TwoMemoryLinear(30, 4, CHIP, readout=READOUT)
    clear(layer)
    layer(torch.cat([torch.ones(2, 20), torch.zeros(2, 10)], dim=1)).sum().backward()
    assert counts(cost(layer), "layer")[Action.DIGITAL_MAC] == 2 * 21 * 4


@pytest.mark.parametrize("rule", [PUBLISHED, REFINED])
def test_learning_takes_the_time_of_its_words_transfers_and_flags(rule):
    """One array, one weight a line at most: every step takes a word of ten bits, every transfer four bits and a SET, flags as many reads as a line has weights."""
    layer = TwoMemoryLinear(20, 1, CHIP, readout=READOUT, rule=rule).eval()
    clear(layer)
    descent = TwoMemorySGD(layer, lr=0.05, transfer_every=3)
    for _ in range(7):
        layer.memories.count(samples=1)
        layer.memories.analogue.grad = torch.ones(21, 1)
        descent.step()
    seconds, flag = CHIP.prices.seconds, 8 * CHIP.prices.seconds[Action.FECAP_READ] if rule.only_changed else 0.0
    bit = seconds[Action.FECAP_READ] + seconds[Action.FECAP_WRITE]
    transfers = 2 if layer.memories.tally.programmed else 0
    assert cost(layer).seconds == pytest.approx(7 * 10 * bit + transfers * (4 * bit + seconds[Action.MEMRISTOR_PROGRAM]) + 2 * flag)


def test_a_model_without_arrays_has_no_bill():
    with pytest.raises(ConfigError, match="no two-memory layers"):
        cost(torch.nn.Linear(3, 2))
