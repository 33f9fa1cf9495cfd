import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferrion.core.ledger import Action, Ledger

rows = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(Action)), st.integers(0, 10**9)))


def fill(entries) -> Ledger:
    ledger = Ledger()
    for place, action, count in entries:
        ledger.add(place, action, count)
    return ledger


@given(rows, rows)
def test_ledgers_add_up(first, second):
    total = fill(first + second)
    for action in Action:
        assert total.count(action) == sum(n for _, what, n in first + second if what == action)
        assert total.count(action) == total.count(action, "a") + total.count(action, "b")


@given(rows)
def test_a_ledger_survives_its_file(entries):
    assert Ledger.from_rows(fill(entries).rows()) == fill(entries)


def test_an_action_cannot_be_undone():
    with pytest.raises(ValueError, match="count = -1"):
        Ledger().add("a", Action.ADC_SAMPLE, -1)
