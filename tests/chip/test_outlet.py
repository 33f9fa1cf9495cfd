"""What leaves a chip is what was counted, byte by byte."""

import numpy as np
import pytest

from ferrion.chip.outlet import NONE, Outlet
from ferrion.core.errors import ConfigError


def test_a_decision_is_a_byte_and_arrives_as_it_was():
    outlet, classes = Outlet(), np.array([3, -1, 0, NONE - 1])
    np.testing.assert_array_equal(outlet.tell(classes), classes)
    assert outlet.tell(True).tolist() == [1]
    assert (outlet.told, outlet.lent, outlet.decisions) == (5, 0, 5)
    assert outlet.leaving(7) == {"sent_learned": 0.0, "sent_decided": 1.0}


def test_examples_leave_with_every_byte_they_have():
    outlet = Outlet()
    outlet.lend(np.zeros((10, 16), np.int8))
    outlet.lend(np.zeros(10, np.uint32))
    assert outlet.leaving(10) == {"sent_learned": 20.0}


@pytest.mark.parametrize("wrong", [-2, NONE])
def test_a_class_that_no_byte_says_is_refused(wrong):
    outlet = Outlet()
    with pytest.raises(ConfigError, match="a decision leaves the chip as a byte"):
        outlet.tell(wrong)
    assert outlet.told == 0
