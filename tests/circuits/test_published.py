"""The published equations, run by others before: first turn-ons, and the latch."""

import pytest

from ferrion.circuits.drive import pulses, step
from ferrion.circuits.published import course
from ferrion.params.card import load
from ferrion.physics.diffusive import Diffusive

P = load("diffusive-zhao2025-table1").fill("diffusive", Diffusive)


@pytest.mark.parametrize(("volts", "milliseconds"), [(0.6, 77.62), (0.8, 34.92), (1.0, 15.43)])
def test_first_turn_on_is_that_of_an_independent_implementation(volts, milliseconds):
    assert 1e3 * course(step(volts, 0.1), P, 10e-12, 250e6).turned_on[0] == pytest.approx(milliseconds, abs=0.03)


def test_they_latch_from_250_megohm_on():
    """A measured neuron fires 250, 125 and 42 times a second there; these equations stay on and turn on 6 to 18 times."""
    for megohm in (250, 500, 1000):
        found = course(pulses(0.8, 1e-3, 2e-3, 1.0), P, 10e-12, megohm * 1e6)
        assert 6 <= len(found.turned_on) <= 18
        assert found.high > 0.7
    assert len(course(pulses(0.8, 1e-3, 2e-3, 1.0), P, 10e-12, 50e6).turned_on) > 300
