"""The fused loop against the plain one, bit for bit; the dither against the statistics it promises."""

import dataclasses

import numpy as np
import pytest

from ferrion.core.noise import Stream, words
from ferrion.learning.epoch import learn
from ferrion.learning.hidden import ONE, sort_columns, update_dense, update_scratch, update_sparse
from ferrion.learning.rules import PUBLISHED, REFINED
from ferrion.learning.training import Plan, Training
from tests.learning import plain

F4, U8 = np.float32, np.uint64
SIZES = (13, 9, 6, 4)


@pytest.mark.parametrize("rule", [PUBLISHED, REFINED], ids=lambda rule: rule.name)
@pytest.mark.parametrize("step", [0.005, 0.2], ids=["small steps", "large steps"])
def test_the_fused_loop_is_the_plain_loop_bit_for_bit(chip, rule, step):
    rule = dataclasses.replace(rule, step=step)
    training = Training(Plan(sizes=SIZES, chip=chip, rule=rule, epochs=1, seed=5))
    net, memory = training.net, training.memory
    rng = np.random.default_rng(0)
    inputs = (rng.random((40, SIZES[0])) * (rng.random((40, SIZES[0])) < 0.6)).astype(F4)
    labels, order = rng.integers(0, SIZES[-1], 40), rng.permutation(40)
    layers = range(len(SIZES) - 1)
    shape = [(SIZES[layer] + 1, SIZES[layer + 1]) for layer in layers]

    def parts(flat):
        return [flat[net.weights[layer] : net.weights[layer + 1]].reshape(shape[layer]).copy() for layer in layers]

    hidden, weights = parts(memory.hidden.astype(int)), parts(memory.analogue)
    writes_before, lsb_before = training.counts.fecap_writes.copy(), memory.lsb_writes.copy()
    programmed_before = memory.programmed.copy()
    expected = plain.learn(SIZES, net.full, hidden, weights, training.table, training.sigma, step, rule.offset, rule.only_changed, 7, 5, inputs, labels, order)
    loss = learn(0.0, 5, 0, net, memory, training.table, training.sigma, F4(step), rule.offset, rule.only_changed, 7, inputs, labels, order, training._work, training.counts)
    assert loss == expected[0]
    assert list(training.counts.fecap_writes - writes_before) == expected[1]
    assert list(training.counts.updates) == expected[2]
    for layer in layers:
        assert (parts(memory.hidden)[layer] == hidden[layer]).all()
        assert (parts(memory.analogue)[layer].view(np.uint32) == weights[layer].view(np.uint32)).all()
        assert (parts(memory.lsb_writes - lsb_before)[layer] == expected[3][layer]).all()
        assert (parts(memory.stale)[layer] == expected[4][layer]).all()
        assert (parts(memory.programmed - programmed_before)[layer] == expected[5][layer]).all()
    assert sum(map(np.sum, expected[2])) > 100  # something was learned


@pytest.mark.parametrize("scale", [0.9, 0.1, 1e-3, 1e-5])
def test_both_orders_of_work_give_the_same_bits(scale):
    """Rows by column and rows by candidate: same weights, same wear, same counts, at any size of step."""
    rng = np.random.default_rng(3)
    rows, columns = 40, 37
    errors = rng.normal(size=columns).astype(F4)
    rates = (scale * ONE / np.abs(errors).max() * rng.random(rows)).astype(F4)
    start = rng.integers(-479, 480, rows * columns).astype(np.int16)
    for step in range(50):
        row_words, column_words = words(1, Stream.ROW_DITHER, step, rows), words(1, Stream.COLUMN_DITHER, step, columns)
        found, work = [], update_scratch(max(rows, columns))
        for sparse in (False, True):
            hidden, recent, stale = start.copy(), np.zeros(start.size, np.uint8), np.zeros(start.size, np.uint8)
            common = (hidden, recent, stale, np.int16(32), columns, np.arange(rows, dtype=U8), rates, rows, row_words, errors)
            if sparse:
                sort_columns(column_words, work)
                counted = update_sparse(*common, F4(np.abs(errors).max()), column_words, work)
            else:
                counted = update_dense(*common, column_words, work)
            found.append((hidden, recent, stale, counted))
        (h0, r0, s0, c0), (h1, r1, s1, c1) = found
        assert (h0 == h1).all()
        assert (r0 == r1).all()
        assert (s0 == s1).all()
        assert c0 == c1
        start = h0


def test_the_update_is_right_on_average_and_independent_in_pairs():
    """Mean p, Bernoulli variance, and no correlation between any two weights, also of one row or one column."""
    rng, trials, rows, columns = np.random.default_rng(0), 40_000, 3, 4
    errors, rates = rng.random(columns).astype(F4), (rng.random(rows) * ONE).astype(F4)
    found = np.zeros((trials, rows * columns))
    work = update_scratch(columns)
    for step in range(trials):
        hidden = np.zeros(rows * columns, np.int16)
        wear, stale = np.zeros(hidden.size, np.uint8), np.zeros(hidden.size, np.uint8)
        draws = [words(2, stream, step, 4) for stream in (Stream.ROW_DITHER, Stream.COLUMN_DITHER)]
        update_dense(hidden, wear, stale, np.int16(0), columns, np.arange(rows, dtype=U8), rates, rows, draws[0], errors, draws[1], work)
        found[step] = -hidden
    p = np.outer(rates / ONE, errors).ravel()
    assert (np.abs(found.mean(axis=0) - p) < 5 * np.sqrt(p * (1 - p) / trials)).all()
    assert set(np.unique(found)) <= {0.0, 1.0}
    correlation = np.corrcoef(found.T) - np.eye(p.size)
    assert np.abs(correlation).max() < 5 / np.sqrt(trials)


def test_a_transfer_has_the_spread_of_its_level(chip):
    training = Training(Plan(sizes=(200, 200), chip=chip, rule=PUBLISHED, epochs=1))
    for level in (1, 4, 7):
        training.memory.hidden[:] = level * 64
        training._transfer(np.uint64(level))
        share = training.memory.analogue / training.net.full[0]
        mean, sigma = float(training.table.mean[level]), float(training.table.spread[level])
        assert abs(share.mean() - mean) < 5 * sigma / np.sqrt(share.size)
        assert abs(share.std() / sigma - 1) < 5 / np.sqrt(2 * share.size)
