"""Protocols of the virtual lab against the laws their devices obey, and against statistics."""

import numpy as np
import pytest
from tests.conftest import within

from ferrion.core.errors import ConfigError
from ferrion.devices.memristor import Endurance
from ferrion.lab.endurance import fecap_endurance, memristor_endurance
from ferrion.lab.pulse import fecap_pulses, memristor_pulses
from ferrion.lab.retention import activation, fecap_retention, memristor_retention, time_to
from ferrion.params.card import load
from ferrion.physics import filament
from ferrion.physics.ageing import Ageing
from ferrion.physics.ferroelectric import Switching
from ferrion.report import protocols

FECAP, MEMRISTOR = load("fecap-martemucci2025"), load("memristor-martemucci2025")
TIMES, KELVIN = np.geomspace(1.0, 1e8, 65), np.array([298.0, 358.0, 398.0])


def test_times_to_one_loss_give_the_activation_energy_of_the_card():
    found = fecap_retention(FECAP, 50, TIMES, KELVIN, 0)
    medians, fresh = found["window"].median("device").to_numpy(), float(found["fresh"].median())
    known = FECAP.fill("ageing", Ageing).e_retention
    assert activation(np.array([time_to(line, TIMES, 0.95 * fresh) for line in medians]), KELVIN) == pytest.approx(known, rel=5e-3)
    assert protocols.fecap_retention(found, known).rows[-1].simulated == pytest.approx(known, rel=5e-3)


def test_hotter_and_longer_is_worse_for_every_capacitor():
    window = fecap_retention(FECAP, 50, TIMES, KELVIN, 0)["window"].to_numpy()
    assert (np.diff(window, axis=1) <= 0).all()
    assert (np.diff(window, axis=0) <= 0).all()


def test_the_window_halves_where_the_card_says():
    """Far beyond wake-up, at n_fatigue."""
    cycles = np.geomspace(1e5, 1e10, 201)
    median = np.median(fecap_endurance(FECAP, 200, cycles, 0)["window"].to_numpy(), axis=1)
    assert time_to(median, cycles, 0.5 * median[0]) == pytest.approx(FECAP.fill("ageing", Ageing).n_fatigue, rel=0.02)


def test_half_of_the_memristors_are_dead_at_the_median_life_and_the_dead_stay_off():
    limit = MEMRISTOR.fill("endurance", Endurance).limit
    found = memristor_endurance(MEMRISTOR, 4000, np.array([10.0, limit]), 67e-6, 1)
    dead = found["life"].to_numpy() < limit
    assert abs(dead.mean() - 0.5) < 5 * 0.5 / np.sqrt(4000)
    on, off = found["on"].to_numpy()[1], found["off"].to_numpy()[1]
    assert np.median(on[dead]) == pytest.approx(np.median(off[dead]), rel=0.1)
    assert np.median(on[~dead]) > 20 * np.median(off)


def test_half_of_the_domains_reverse_in_the_median_switching_time():
    p, volts = FECAP.fill("switching", Switching), np.array([2.5, 3.0, 3.5])
    shown = protocols.fecap_pulses(fecap_pulses(FECAP, volts, np.geomspace(1e-10, 1e-4, 241)))
    for v, row in zip(volts, shown.rows, strict=True):
        assert row.simulated == pytest.approx(p.t_inf * np.exp((p.v_a / v) ** 2), rel=0.01)


def test_conductances_after_set_have_the_mean_and_the_spread_of_the_card():
    p, currents = MEMRISTOR.fill("filament", filament.Filament), np.array([30e-6, 60e-6])
    for current, found in zip(currents, memristor_pulses(MEMRISTOR, 4000, currents, 0)["conductance"].to_numpy(), strict=True):
        aimed = current / p.v_set
        assert within(found, aimed)
        assert found.std() == pytest.approx(p.g_max * filament.spread_early(aimed / p.g_max, p), rel=5 / np.sqrt(8000))


def test_levels_drift_down_and_spread_more_with_time_and_heat():
    values = memristor_retention(MEMRISTOR, 2000, np.geomspace(10, 1e8, 9), KELVIN, 0)["conductance"]
    spread = values.std("device").to_numpy()[:, :, 1:]
    assert (np.diff(spread, axis=1) > 0).all()
    assert (np.diff(spread[:, -1], axis=0) > 0).all()
    assert (np.diff(values.mean("device").to_numpy()[:, :, 1:], axis=1) < 0).all()


def test_time_to_a_level_is_found_between_measurements():
    times = np.geomspace(1, 1e4, 5)
    assert time_to(np.array([1.0, 0.8, 0.6, 0.4, 0.2]), times, 0.7) == pytest.approx(10**1.5)
    assert np.isnan(time_to(np.array([1.0, 0.9]), times[:2], 0.5))
    assert np.isnan(activation(np.array([1.0, np.nan]), KELVIN[:2]))


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lambda: fecap_endurance(FECAP, 2, np.array([10.0, 5.0]), 0), "each larger than the one before"),
        (lambda: memristor_endurance(MEMRISTOR, 2, np.array([0.0]), 1e-5, 0), "numbers of 1 or more"),
        (lambda: memristor_endurance(MEMRISTOR, 2, np.array([1.0]), -5e-6, 0), "a current above 0"),
        (lambda: fecap_retention(FECAP, 2, np.array([0.0, 1.0]), KELVIN, 0), "times above 0"),
        (lambda: memristor_retention(MEMRISTOR, 2, TIMES, np.array([-1.0]), 0), "temperatures above 0 K"),
        (lambda: fecap_pulses(FECAP, np.array([-1.0]), TIMES), "voltages and widths above 0"),
        (lambda: memristor_pulses(MEMRISTOR, 2, np.array([np.nan]), 0), "currents above 0"),
    ],
)
def test_protocols_that_no_lab_could_run_are_refused(run, words):
    with pytest.raises(ConfigError, match=words):
        run()
