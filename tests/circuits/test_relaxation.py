"""The relaxation neuron: an independent solver, every tolerance, company, hysteresis."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ferrion.circuits.relaxation import RelaxationNeuron
from ferrion.core.errors import CardError, ConfigError
from ferrion.params.card import load

NEURON = RelaxationNeuron.from_card()


def slope(t, y):
    """The equations once more, by hand."""
    v, x = y
    g = 1e-8 * np.exp(np.log(1e4) * x)
    across = v / (1 + g * 1e3)
    share = 1 / (1 + np.exp((0.3 - 0.2 * x - abs(across)) / 0.01))
    return [((0.6 * min(t / 1e-7, 1.0) - v) / 5e5 - across * g) / 1e-10, 1e7 * share * (1 - x) - x / 1e-5]


def test_spike_times_are_those_of_lsoda():
    """0.2 ms, eight spikes, within 2 ns at rtol 1e-6."""

    def falls(_t, y):
        return y[0] - 0.15

    falls.direction = -1
    exact = solve_ivp(slope, (0, 2e-4), [0.0, 0.0], "LSODA", rtol=1e-10, atol=1e-13, events=falls, max_step=1e-6).t_events[0]
    mine = NEURON.fire([0.6], 2e-4, rtol=1e-6)[0]
    assert len(mine) == len(exact) >= 7
    assert abs(mine - exact).max() < 2e-9


def test_every_tolerance_gives_all_spikes_and_errors_that_shrink():
    """43 spikes in a millisecond at every tolerance that is allowed; 30 ns at 3e-5 and better below."""
    exact = NEURON.fire([0.6], 1e-3, rtol=1e-11)[0]
    assert len(exact) == 43
    for rtol, bound in ((1e-3, 1e-6), (1e-4, 2e-7), (3e-5, 3e-8), (1e-6, 1e-9), (1e-8, 3e-11)):
        found = NEURON.fire([0.6], 1e-3, rtol=rtol)[0]
        assert len(found) == 43
        assert abs(found - exact).max() < bound


def test_a_cell_does_not_depend_on_its_company_or_on_threads():
    volts = np.linspace(0.5, 0.7, 37)
    together, threaded = NEURON.fire(volts, 2e-4, threads=1), NEURON.fire(volts, 2e-4, threads=4)
    for number, v in enumerate(volts):
        alone = NEURON.fire([v], 2e-4)[0]
        assert (together[number] == alone).all()
        assert (threaded[number] == alone).all()


def test_without_hysteresis_it_is_refused(tmp_path):
    (tmp_path / "flat.toml").write_text(load("relaxation-reference").text.replace("v_hold = {value = 0.1", "v_hold = {value = 0.3"))
    with pytest.raises(CardError, match="cannot spike"):
        RelaxationNeuron.from_card(tmp_path / "flat.toml")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NEURON.fire([np.nan], 1e-3), "finite voltages"),
        (lambda: NEURON.fire([0.6], 0.0), "duration = 0.0"),
        (lambda: NEURON.fire([0.6], 1e-3, rtol=0.5), "rtol = 0.5"),
    ],
)
def test_settings_out_of_range_are_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
