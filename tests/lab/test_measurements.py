"""Protocols of the virtual lab: charge is conserved, distributions are those of the cards, a bake is a rest."""

import numpy as np
import pytest
from scipy.stats import chi2, kstest, norm

from ferrion.arrays.resting import rested
from ferrion.chip.chip import Chip
from ferrion.circuits.neuron import Neuron
from ferrion.core.errors import CardError, ConfigError
from ferrion.core.noise import Stream, normals
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.lab.bake import fecap_bake, neuron_heat
from ferrion.lab.current_voltage import fecap_loops, memristor_reads, neuron_ramps
from ferrion.lab.endurance import neuron_endurance
from ferrion.lab.fluctuation import chip_transfers, fecap_errors, memristor_noise, neuron_jitter
from ferrion.lab.forming import forming
from ferrion.lab.pulse import neuron_pulses
from ferrion.lab.pund import exposed, pund
from ferrion.lab.retention import chip_retention, fecap_retention
from ferrion.lab.verify import write_verify
from ferrion.params.card import load
from ferrion.physics.ferroelectric import switched_fraction
from ferrion.physics.filament import Filament, equivalent, spread_early
from ferrion.physics.forming import Forming

FECAP, MEMRISTOR = load("fecap-martemucci2025"), load("memristor-martemucci2025")


def test_exposure_under_a_constant_voltage_is_the_law_of_a_pulse():
    cap, time = FeCap(1, FECAP, 0), np.linspace(0.0, 1e-6, 2001)
    found = exposed(time, np.full(time.size, 2.0), cap)
    assert found[1:] == pytest.approx(np.asarray(switched_fraction(time[1:], 2.0, 0.0, cap.switching)), abs=2e-3)


def test_pund_gives_the_charge_that_reverses_and_nothing_is_lost():
    """P less U is 2 P_r times the share reversed; after P, U, N and D the film holds what it held after the preset."""
    found = pund(FECAP, 4000, np.array([0.0, 1000.0, 1e8]), 3.0, 1e-3, 0)
    charge = np.trapezoid(found["current"].to_numpy(), found["time"].to_numpy(), axis=1) / found.attrs["area_m2"]
    fraction = exposed(found["time"].to_numpy(), np.abs(found["voltage"].to_numpy()[1]), FeCap(1, FECAP, 0))[-1]
    assert charge[1] - charge[2] == pytest.approx(0.24 * fraction, rel=0.01)
    assert charge[1:].sum() == pytest.approx(0.0, abs=0.24 * 0.01)
    polarisation = found["polarisation"].to_numpy()
    assert polarisation[1:, 0] == pytest.approx(polarisation[:-1, -1], abs=1e-4 * 0.24)
    fresh, woken, tired = found["two_pr"].to_numpy().mean(axis=1)
    assert fresh / woken == pytest.approx(0.5, abs=0.01)
    assert tired / woken == pytest.approx(0.5, abs=0.01)
    spread = float(found["two_pr"].to_numpy()[1].std()) / woken
    assert abs(spread - 0.168) < 5 * 0.168 / np.sqrt(2 * 4000)


def test_loops_open_with_frequency_and_repeat():
    found = fecap_loops(FECAP, 3.0, np.array([10.0, 1e3, 1e5]))
    assert (np.diff(found["coercive"].to_numpy()) > 0.1).all()
    shapes = found["polarisation"].to_numpy()
    assert shapes[:, 0] == pytest.approx(shapes[:, -1], abs=1e-3)
    assert (found["voltage"].to_numpy().max(), found["voltage"].to_numpy().min()) == (3.0, -3.0)


def test_the_memristor_is_ohmic_and_noisy_as_its_card_says():
    p = MEMRISTOR.fill("filament", Filament)
    noise = memristor_noise(MEMRISTOR, 3000, 0)["conductance"].to_numpy()
    low, high = chi2.ppf((1e-4, 1 - 1e-4), 2999) / 2999
    for level in noise:
        assert low < level.var(ddof=1) / (p.read_noise * p.g_max) ** 2 < high
    reads = memristor_reads(MEMRISTOR, 500, np.array([-0.2, 0.1, 0.2]), 0)["current"].to_numpy()
    assert reads[:, 2].mean(axis=1) == pytest.approx(-reads[:, 0].mean(axis=1), rel=0.01)
    assert reads[:, 2].mean(axis=1) == pytest.approx(2 * reads[:, 1].mean(axis=1), rel=0.01)


def test_slower_ramps_switch_at_lower_voltages():
    found = neuron_ramps(Neuron.from_card(), 100, 1.5, np.array([0.1, 1.0, 10.0]), 0)
    means = np.nanmean(found["threshold"].to_numpy(), axis=1)
    assert (np.diff(means) < -0.05).all()


def test_sense_errors_have_their_least_inside():
    found = fecap_errors(FECAP, 2000, 0)
    errors = found["errors"].to_numpy()
    assert 0 < int(errors.argmin()) < errors.size - 1
    assert errors.min() < 1e-5 < errors[-1]


def test_jitter_is_that_of_the_neuron():
    neuron = Neuron.from_card()
    found = neuron_jitter(neuron, np.array([0.3, 0.8]), 0.3, 200, 0)
    never, often = np.isfinite(found["delay"].to_numpy()).mean(axis=1)
    assert never == 0
    assert often > 0.95
    assert np.isnan(found["cv"].to_numpy()[0])
    assert 0.2 < found["cv"].to_numpy()[1] < 0.5


def test_transfers_are_what_the_chip_is_calibrated_by():
    chip = Chip.from_card()
    weights = chip_transfers(chip, 0)["weight"].to_numpy()
    mean, spread = chip.levels
    assert weights.mean(axis=1) == pytest.approx(mean, abs=1e-6)
    assert weights.std(axis=1) == pytest.approx(spread, rel=1e-4)


def test_forming_voltages_follow_the_law():
    """Kolmogorov and Smirnov against the Weibull law of times under a ramp; a ramp e^9 times steeper forms 1 V higher."""
    p = MEMRISTOR.fill("forming", Forming)
    found = forming(MEMRISTOR, 2000, np.array([1.0, np.exp(p.acceleration)]), 67e-6, 0)["voltage"].to_numpy()

    def law(volts):
        return 1 - np.exp(-np.exp(p.weibull * p.acceleration * (volts - p.v_form)))

    assert kstest(found[0], law).pvalue > 1e-3
    assert found[1] - found[0] == pytest.approx(np.ones(2000))
    assert 2.4 < np.quantile(found[0], 0.005) < np.quantile(found[0], 0.995) < 3.6


def test_a_bake_is_a_rest_at_temperature():
    kelvin = np.array([298.15, 398.15])
    baked, rested = fecap_bake(FECAP, 50, 3600.0, kelvin, 0), fecap_retention(FECAP, 50, np.array([10.0, 3600.0]), kelvin, 0)
    assert baked["window"].to_numpy() == pytest.approx(rested["window"].to_numpy()[:, 1])
    cold, hot = baked["window"].to_numpy().mean(axis=1)
    assert hot < cold


def test_the_same_cells_are_heated():
    cells = {t: Neuron.from_card(temperature=t) for t in (300.0, 400.0)}
    found = neuron_heat(cells, 0.8, 0.2, 50, 0)
    assert found["rate"].to_numpy()[0].mean() == pytest.approx(np.mean([own.size for own in _trains(cells[300.0])]) / 0.2)
    assert np.nanmean(found["delay"].to_numpy()[1]) < np.nanmean(found["delay"].to_numpy()[0])


def _trains(neuron: Neuron) -> list[np.ndarray]:
    from ferrion.circuits.drive import step

    return neuron.fire(step(0.8, 0.2), count=50, seed=0)


def test_only_chosen_memristors_are_set_anew():
    devices = Memristor(4, MEMRISTOR, 0)
    devices.set(67e-6)
    before, cycles = devices.conductance.copy(), devices.cycles.copy()
    devices.set(30e-6, np.array([True, False, True, False]))
    assert (devices.conductance[[1, 3]] == before[[1, 3]]).all()
    assert (devices.conductance[[0, 2]] < 0.7 * before[[0, 2]]).all()
    assert (devices.cycles - cycles).tolist() == [1, 0, 1, 0]


def test_write_verify_holds_its_tolerance_and_a_day_undoes_it():
    """Tries are geometric where every try is as good as any other: mean 1 / p and p the share that one SET and read leave within the tolerance."""
    found = write_verify(MEMRISTOR, 3000, 3e-6, 60, 0)
    p = MEMRISTOR.fill("filament", Filament)
    assert not found["failed"].to_numpy().any()
    for level, errors, tries, later in zip(found["level"].to_numpy(), found["error"].to_numpy()[-1], found["tries"].to_numpy(), found["later"].to_numpy(), strict=True):
        noise = p.read_noise * p.g_max
        assert np.abs(errors).max() < 3e-6 + 6 * noise
        spread = float(np.hypot(spread_early(level, p) * p.g_max, noise))
        chance = 2 * norm.cdf(3e-6 / spread) - 1
        assert abs(tries.mean() - 1 / chance) < 5 * np.sqrt(1 - chance) / chance / np.sqrt(3000)
        assert later.std() > 2 * errors.std()


def test_a_neuron_pulsed_longer_fires_more_often():
    fires = neuron_pulses(Neuron.from_card(), np.array([0.7, 0.9]), np.array([0.01, 0.1, 1.0]), 500, 0)["fires"].to_numpy()
    assert (np.diff(fires, axis=1) >= 0).all()
    assert (np.diff(fires, axis=0) >= 0).all()
    assert fires[0, 0] < 0.5 < fires[0, 2]


def test_a_worn_neuron_loses_its_hysteresis():
    """Lives by Weibull's law of the card; at the end of its life a device's threshold is its hold voltage."""
    neuron = Neuron.from_card()
    found = neuron_endurance(neuron, 1000, np.array([1.0, 1e7, 1e12]), 0)
    assert found["threshold"].to_numpy()[-1] == pytest.approx(neuron.memristor.v_hold)
    assert neuron.endurance is not None
    life = found["life"].to_numpy()[1:]
    assert kstest(life, lambda n: 1 - np.exp(-((n / neuron.endurance.n_stuck) ** neuron.endurance.weibull))).pvalue > 1e-3


def test_weights_of_an_array_rest_as_those_of_a_trained_chip():
    chip = Chip.from_card()
    found = chip_retention(chip, np.array([0.5, 3.15e8]), np.array([298.15]), 0)["weight"].to_numpy()[0]
    fresh = np.array([chip.transferred(level, 0) for level in range(8)])
    assert found[0] == pytest.approx(fresh)
    xi = normals(0, Stream.REST, 1, fresh.size).reshape(fresh.shape)
    assert found[1] == pytest.approx(rested(fresh, xi, 3.15e8 * float(equivalent(1.0, 298.15, chip.devices.filament)), chip.devices))
    assert found[1, 7].mean() < found[0, 7].mean()
    assert found[1, 7].std() > found[0, 7].std()


def test_settings_out_of_range_are_refused():
    for wrong in (
        lambda: pund(FECAP, 2, np.array([0.0]), -1.0, 1e-3, 0),
        lambda: pund(FECAP, 2, np.array([10.0, 5.0]), 3.0, 1e-3, 0),
        lambda: fecap_loops(FECAP, 3.0, np.array([0.0])),
        lambda: memristor_reads(MEMRISTOR, 2, np.array([np.nan]), 0),
        lambda: memristor_noise(MEMRISTOR, 1, 0),
        lambda: forming(MEMRISTOR, 2, np.array([-1.0]), 67e-6, 0),
        lambda: neuron_jitter(Neuron.from_card(), np.array([np.inf]), 1.0, 5, 0),
        lambda: neuron_heat({}, 0.8, 1.0, 5, 0),
    ):
        with pytest.raises(ConfigError, match="give"):
            wrong()
    with pytest.raises(CardError, match="forming"):
        forming(FECAP, 2, np.array([1.0]), 67e-6, 0)
