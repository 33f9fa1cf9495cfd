"""Registers and gates of a chip, by hand."""

import numpy as np
import pytest

from ferrion.chip.cmos import Cmos, arbiter, bits, controller, link, memory, traces
from ferrion.chip.spiking import SpikingChip
from ferrion.learning.spiking.budget import cmos, deciding, remembered
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (2, 1), (3, 2), (64, 6), (65, 7), (2312, 12)])
def test_bits_tell_so_many_things_apart(count: int, wanted: int) -> None:
    assert bits(count) == wanted


def test_a_link_counted_by_hand() -> None:
    """64 places of 12 bits, two pointers of 6 bits and a count of 0..64; 63 multiplexers a bit."""
    assert link(2312, 64) == Cmos(flip_flop=64 * 12 + 2 * 6 + 7, multiplexer=63 * 12)


def test_area_and_leakage_are_sums_of_cells() -> None:
    """Two kilobytes of OpenRAM's macro are its own floor, 683.1 by 416.54 um."""
    assert Cmos(sram_bit=16384).area == pytest.approx(683.1e-6 * 416.54e-6, rel=1e-3)
    assert Cmos(flip_flop=2, nand=3).area == pytest.approx((2 * 20.02 + 3 * 3.75) * 1e-12)
    assert Cmos(flip_flop=2, multiplexer=1).leakage == pytest.approx((2 * 8.44 + 4.03) * 1e-12)
    assert memory(2048).leakage == pytest.approx(16384 * 8.44e-12), "no bit leaks more than a flip-flop"


def test_a_network_adds_up_its_tiles_and_populations() -> None:
    wiring = Wiring(inputs=20, cells=(8, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0))
    chip = SpikingChip.from_card()
    depth = int(chip.router.depth)
    fixed = SpikingNetwork(chip, wiring, transfer_every=10)
    wanted = Cmos()
    for rows in (20, 8, 8):
        wanted = wanted.plus(link(rows, depth)).plus(controller(10))
    wanted = wanted.plus(arbiter(8)).plus(arbiter(4)).plus(traces(4))
    assert cmos(fixed) == wanted
    assert np.isfinite(cmos(fixed).leakage)
    assert deciding(fixed) == cmos(fixed), "nothing is remembered where nothing is learned"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Teacher(rate=1e-3), 20 + 8),
        (Stdp(a_plus=0.1, a_minus=0.1), (20 + 8) + (8 + 4)),
        (Stdp(a_plus=0.1, a_plus3=0.1), 2 * ((20 + 8) + (8 + 4))),
        (Stdp(a_plus=0.1, tau_e=1.0), (20 + 8) + (8 + 4) + 20 * 8 + 8 * 4),
    ],
    ids=["teacher", "pairs", "triplets", "reward"],
)
def test_a_rule_remembers_what_the_table_of_rules_says(rule, wanted):
    """Rows 20 and 8, cells 8 and 4; the recurrent tile does not learn."""
    wiring = Wiring(inputs=20, cells=(8, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0))
    network = SpikingNetwork(SpikingChip.from_card(), wiring, rule=rule, frozen=(2,))
    assert remembered(network) == wanted
    assert deciding(network).sram_bit == 16 * 4, "votes"
    assert cmos(network).sram_bit == 16 * (wanted + 4)
    moving = SpikingNetwork(SpikingChip.from_card(), wiring, rule=rule, frozen=(2,), balance=Balance(homeostasis=1e-3))
    assert remembered(moving) == wanted + 12, "a threshold a cell"
