"""Rules side by side: everybody is shown the same events, and pays for what he does."""

import numpy as np
import pytest

from ferrion.learning.spiking.rules import Balance, Stdp, Teacher, afterwards
from ferrion.workloads.event_sets import EventSet, Samples
from ferrion.workloads.rules_compared import CONTENDERS, TOLD, Contender, named, raced, table
from ferrion.workloads.spiking import Answer

ROWS, EACH, SECONDS = 40, 200, 0.1


def some(count, seed):
    """Recordings of two classes: events on the first half of the rows, or on the second."""
    draws, labels = np.random.default_rng(seed), np.arange(count) % 2
    times = np.sort(draws.uniform(0, SECONDS, (count, EACH)), axis=1)
    rows = draws.integers(0, ROWS // 2, (count, EACH)) + labels[:, None] * (ROWS // 2)
    return Samples(times.ravel(), rows.ravel(), np.arange(count + 1) * EACH, labels, np.full(count, -1))


EVENTS = EventSet("halves", ROWS, 2, SECONDS, some(30, 0), some(20, 1), "made up")


@pytest.mark.parametrize("rule", [Teacher(rate=2e-3, margin=1.0, above=1.05, below=0.6), afterwards(0.02, SECONDS, 0.1)])
def test_a_teacher_teaches_which_half_speaks(rule):
    found = raced(Contender(rule, 3, swing=(0.15,)), EVENTS, 0)
    assert set(found) == set(TOLD)
    assert found["accuracy"] > 0.9
    assert found["learned"] > 0.0
    assert 0.0 < found["updates"] < ROWS
    assert found["writes"] > found["pairs"] > 0.0


def test_hidden_cells_and_loops_are_taught_and_frozen_ones_are_not():
    own = CONTENDERS["e-prop, hidden cells and their loops"]._replace(passes=1, swing=(0.3, 0.4))
    learning, frozen = (raced(one, EVENTS, 0) for one in (own, own._replace(frozen=(0, 2))))
    assert learning["updates"] > 2.0 * frozen["updates"]


def test_who_is_told_nothing_pays_at_every_event():
    """Pairs read every trace of a column at an event of a row; nothing learned costs nothing."""
    crowd = raced(Contender(Stdp(a_plus=5e-3, a_minus=5e-3), 1, swing=(0.3,), balance=Balance(inhibition=0.5)), EVENTS, 0)
    assert crowd["traces"] > 40.0
    nobody = raced(Contender(Stdp(), 0, swing=(0.3,)), EVENTS, 0)
    assert nobody["learned"] is nobody["writes"] is None
    told = table([{"rows": {"pairs": crowd, "nobody": nobody}}] * 2)
    assert next(own for own in told if own["what"] == "pairs: traces read or rewritten, an event")["mean"] == crowd["traces"]
    assert next(own for own in told if own["what"] == "nobody: FeCAP writes an event")["mean"] is None
    assert next(own for own in told if own["what"] == "pairs: a learned recording [uJ]")["mean"] == pytest.approx(1e6 * crowd["learned"])


def test_a_cell_is_named_by_the_class_it_answers_most():
    votes = np.array([[3, 0, 1], [0, 2, 1]] * 15)
    shares = named([Answer(0, 0.0, 1, tuple(own)) for own in votes.tolist()], EVENTS)
    np.testing.assert_array_equal(shares, [[0.5, 0], [0, 1], [0.5, 0]])
