"""The array device by device: bits survive reading and writing, reversals are counted, a transfer obeys the cards."""

import numpy as np
import pytest

from ferrion.arrays.hybrid import TRANSFER, UPDATE, draw_cells, read_word, refresh, sensed, transfer_all, transfer_weight, write_word
from ferrion.arrays.words import UNITS

U = np.uint64


def drawn(chip, weights=64):
    return draw_cells(np.arange(weights) // 8, 0, chip.devices, chip.parts["memristor"], chip.parts["transfer"])


def test_what_is_written_is_read_and_reading_destroys(chip):
    cells = drawn(chip)
    for q in range(64):
        write_word(cells, q, (q * 37) % 1024, chip.devices)
    assert [read_word(U(0), U(1), cells, q, chip.devices) for q in range(64)] == [(q * 37) % 1024 for q in range(64)]
    assert (cells.word == 0).all()


def test_every_reversal_is_counted_on_its_own_capacitor(chip):
    cells = drawn(chip, 8)
    word = 0b11_0100_0001  # sign, top magnitude bit, one middle bit, the least
    write_word(cells, 3, word, chip.devices)
    units = sum(UNITS[bit] for bit in range(10) if word >> bit & 1)
    assert cells.reversals[3].sum() == units
    assert cells.reversals.sum() == units
    read_word(U(0), U(1), cells, 3, chip.devices)
    assert cells.reversals[3].max() == 2
    assert cells.reversals[3].sum() == 2 * units


def test_a_worn_out_capacitor_reads_wrong(chip):
    cells = drawn(chip, 1)
    write_word(cells, 0, 1, chip.devices)
    assert sensed(U(0), U(1), cells, 0, 0, UPDATE, chip.devices)
    cells.reversals[0, 0] = np.uint32(4e9)
    refresh(cells, 0, 0, chip.devices)
    assert not sensed(U(0), U(1), cells, 0, 0, UPDATE, chip.devices)


def test_a_transfer_keeps_the_hidden_word_and_wears_both_memristors(chip):
    cells = drawn(chip, 8)
    write_word(cells, 5, 0b10_1100_0000, chip.devices)
    transfer_weight(U(0), U(1), cells, 5, chip.devices)
    assert cells.word[5] == 0b10_1100_0000
    assert list(cells.cycles[5]) == [1, 1]
    assert cells.conductance[5, 1] > 5 * cells.conductance[5, 0]  # the sign chose G-


def test_the_ideal_level_follows_the_alpha_power_law(ideal):
    mean, spread = ideal.level_table()
    p = ideal.devices
    span, top = p.g_span, p.g_span + p.filament.g_off
    expected = [0.0] + [((level / 7) ** 1.3 * top - p.filament.g_off) / span for level in range(1, 8)]
    np.testing.assert_allclose(mean, expected, rtol=1e-6, atol=1e-7)
    assert (spread == 0).all()


def test_a_dead_memristor_stays_in_the_high_resistance_state(chip):
    cells = drawn(chip, 1000)
    cells.word[:] = 7 << 6
    cells.limit[:] = 0
    weights = transfer_all(U(0), U(1), cells, chip.devices)
    assert abs(weights).max() < 0.2
    assert np.mean(weights) == pytest.approx(0, abs=5 * weights.std() / np.sqrt(1000))


def test_reads_of_one_bit_at_one_step_are_independent_for_update_and_transfer(chip):
    """At a window that equals the threshold both reads are coin tosses: they differ half the time."""
    cells = drawn(chip, 4000)
    cells.word[:] = 1 << 9
    cells.offset[:] = chip.devices.operation.reference
    cells.window[:] = 0.0
    pairs = [[sensed(U(0), U(2**48), cells, q, 9, purpose, chip.devices) for purpose in (UPDATE, TRANSFER)] for q in range(4000)]
    unequal = np.mean([a != b for a, b in pairs])
    assert unequal == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(4000))


def test_the_sense_offset_is_that_of_the_line_in_the_geometry(chip):
    """A layer of ten columns takes two lines a row, its last two weights on the second."""
    numbers = chip.geometry.line_numbers(3, 10)
    assert numbers.tolist() == [[0] * 8 + [1] * 2, [2] * 8 + [3] * 2, [4] * 8 + [5] * 2]
    cells = draw_cells(numbers.ravel(), 0, chip.devices, chip.parts["memristor"], chip.parts["transfer"])
    assert cells.offset.size == 6
    assert list(cells.line[8:12]) == [1, 1, 2, 2]
