"""Switching: closed form against domain Monte Carlo, and the laws both obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferrion.devices.fecap import domain_monte_carlo
from ferrion.params.card import load
from ferrion.physics import ferroelectric

CARD = load("fecap-martemucci2025")
P = CARD.fill("switching", ferroelectric.Switching)
CLOSED_FORM_ERROR = 0.02
"""The closed form takes each domain's switching for a step; this is what that costs, largest where the slope is."""


@pytest.mark.parametrize(("t", "v"), [(4e-9, 4.0), (1e-7, 2.5), (1e-6, 2.5), (1e-7, 3.0), (1e-7, 4.8), (1e-8, 2.0)])
def test_closed_form_and_domains_agree(t, v):
    domains = 100_000
    closed = float(ferroelectric.switched_fraction(t, v, 0.0, P))
    sampling = 4 * np.sqrt(0.25 / domains)
    assert abs(domain_monte_carlo(t, v, domains, CARD, 1) - closed) < CLOSED_FORM_ERROR + sampling


@given(st.floats(1e-10, 1.0), st.floats(0.5, 6.0), st.floats(1.01, 2.0))
def test_longer_and_stronger_pulses_switch_more(t, v, factor):
    here = ferroelectric.switched_fraction(t, v, 0.0, P)
    assert 0 <= here <= 1
    assert ferroelectric.switched_fraction(t * factor, v, 0.0, P) > here
    assert ferroelectric.switched_fraction(t, v * factor, 0.0, P) > here


@given(st.floats(0, 1))
def test_charge_on_line_and_film_is_the_charge_released(fraction):
    p = CARD.fill("capacitor", ferroelectric.Capacitor)
    charge = ferroelectric.released_charge(fraction, p)
    v = ferroelectric.line_voltage(charge, p)
    assert v * p.c_line + v * ferroelectric.film_capacitance(p) == pytest.approx(charge, rel=1e-12, abs=1e-30)


def test_most_domains_follow_four_nanoseconds_at_four_volts():
    """Francois 2022: programming down to 4 ns at 4 V."""
    assert ferroelectric.switched_fraction(4e-9, 4.0, 0.0, P) > 0.8
