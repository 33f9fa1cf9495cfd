"""Registers and gates of a chip, by hand."""

import numpy as np
import pytest

from ferrion.chip.cmos import Cmos, arbiter, bits, controller, link, traces
from ferrion.chip.spiking import SpikingChip
from ferrion.learning.spiking.budget import cmos
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Teacher


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (2, 1), (3, 2), (64, 6), (65, 7), (2312, 12)])
def test_bits_tell_so_many_things_apart(count: int, wanted: int) -> None:
    assert bits(count) == wanted


def test_a_link_counted_by_hand() -> None:
    """64 places of 12 bits, two pointers of 6 bits and a count of 0..64; 63 multiplexers a bit."""
    assert link(2312, 64) == Cmos(flip_flops=64 * 12 + 2 * 6 + 7, multiplexers=63 * 12)


def test_area_and_leakage_are_sums_of_cells() -> None:
    """A kilobyte of OpenRAM's macro is its own floor, 479.78 by 397.5 um."""
    assert Cmos(sram_bits=8192).area == pytest.approx(479.78e-6 * 397.5e-6, rel=1e-3)
    assert Cmos(flip_flops=2, nands=3).area == pytest.approx((2 * 20.02 + 3 * 3.75) * 1e-12)
    assert Cmos(flip_flops=2, multiplexers=1).leakage == pytest.approx((2 * 8.44 + 4.03) * 1e-12)


def test_a_network_adds_up_its_tiles_and_populations() -> None:
    wiring = Wiring(inputs=20, cells=(8, 4), swing=(0.3, 0.3), recurrent=(0.05, 0.0))
    chip = SpikingChip.from_card()
    depth = int(chip.router.depth)
    fixed = SpikingNetwork(chip, wiring, transfer_every=10)
    wanted = Cmos()
    for rows in (20, 8, 8):
        wanted = wanted.plus(link(rows, depth)).plus(controller(10))
    wanted = wanted.plus(arbiter(8)).plus(arbiter(4))
    assert cmos(fixed) == wanted
    learns = SpikingNetwork(chip, wiring, rule=Teacher(rate=1e-3), frozen=(2,))
    assert cmos(learns) == wanted.plus(traces(20 + 8)).plus(traces(8 + 4))
    assert np.isfinite(cmos(learns).leakage)
