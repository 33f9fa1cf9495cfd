"""Noise as a resource: resonance has its best noise, samples follow the law, bits are even where they must be."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.cli.main import app
from ferrion.core.errors import ConfigError
from ferrion.lab.random_bits import delays, late, parity, unbiased
from ferrion.lab.resonance import resonance
from ferrion.lab.sampling import Machine, by_neurons, by_numbers, calibrated, divergence, drawn, exact, states


@pytest.fixture(scope="module")
def neuron() -> Neuron:
    return Neuron.from_card("zhao-2025")


def test_first_spikes_are_those_of_whole_trains(neuron):
    trains = neuron.fire(step(0.75, 0.1), count=300, seed=7, alike=True)
    whole = np.array([train[0] if train.size else np.nan for train in trains])
    assert 0 < np.isfinite(whole).sum() < 300
    assert np.array_equal(neuron.first(step(0.75, 0.1), count=300, seed=7), whole, equal_nan=True)


def test_a_weak_signal_needs_noise_but_not_too_much(neuron):
    """Without any noise nothing fires; at its best noise the correlation is far above that of ten times as much (each has 160 bins: 0.08 of standard error)."""
    found = resonance(neuron, 0.4, 0.05, 2.0, 8, np.array([0.0, 0.2, 2.0]), 16, 0)
    silent = found.sel(own=False)
    assert silent["rate"].to_numpy()[0] == silent["correlation"].to_numpy()[0] == 0.0
    none, best, loud = found["correlation"].sel(own=True).to_numpy()
    assert best > 0.7
    assert best > max(none, loud) + 0.3


def test_the_exact_distribution_is_boltzmanns():
    machine = Machine(np.array([[0.0, 1.5], [1.5, 0.0]]), np.array([-0.5, 0.25]))
    weights = np.exp([0.0, -0.5, 0.25, -0.5 + 0.25 + 1.5])
    assert exact(machine) == pytest.approx(weights / weights.sum())
    assert states(2).tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]


def test_a_calibrated_neuron_spikes_as_often_as_asked(neuron):
    """New pulses, a thousandth of chance each side: 4 standard errors of pulses and calibration together."""
    calibration = calibrated(neuron, 0.05, 3)
    for p in (0.05, 0.3, 0.5, 0.8, 0.95):
        volts = float(calibration.height(np.array([p]))[0])
        share = np.isfinite(neuron.first(step(volts, 0.05), count=4000, seed=91)).mean()
        assert abs(share - p) < 4 * np.sqrt(2 * p * (1 - p) / 4000) + 0.01


def test_neurons_sample_the_machine_and_spread_spoils_it(neuron):
    machine = drawn(3, 1.0, 1)
    p = exact(machine)
    ideal, own, common = by_numbers(machine, 4000, 0), by_neurons(neuron, machine, 0.05, 4000, 0, True), by_neurons(neuron, machine, 0.05, 4000, 0, False)
    chance = 7 / (2 * 4000)
    assert divergence(ideal, p) < 6 * chance
    assert divergence(own, p) < 12 * chance
    assert divergence(common, p) > 10 * divergence(own, p)


def test_pulses_that_leave_nothing_to_chance_are_refused(neuron):
    with pytest.raises(ConfigError, match="--width"):
        calibrated(neuron, 1e-9, 0)
    with pytest.raises(ConfigError, match="2 to 8"):
        drawn(30, 1.0, 0)
    with pytest.raises(ConfigError, match="below 25 Hz"):
        resonance(neuron, 0.4, 0.05, 400.0, 8, np.array([0.0]), 2, 0)
    with pytest.raises(ConfigError, match="--window"):
        delays(neuron, 0.3, 0.01, 100, 0)


def test_von_neumann_makes_independent_bits_even():
    bits = late(np.random.default_rng(0).random(200_000), 0.3)
    even = unbiased(bits)
    assert abs(even.mean() - 0.5) < 5 * 0.5 / np.sqrt(even.size)
    assert abs(even.size - 100_000 * 2 * 0.3 * 0.7) < 5 * np.sqrt(100_000 * 0.42 * 0.58)
    assert unbiased(np.array([0, 0, 0, 1, 1, 0, 1, 1], np.uint8)).tolist() == [0, 1]


def test_parity():
    assert parity(np.array([0.1, 1.1, 2.9, 3.5]), 1.0).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["resonance", "--noise", "0,0.2", "--cells", "4", "--periods", "3"],
        ["sampling", "--units", "2", "--sweeps", "200"],
        ["tolerance", "--noise", "0,1000", "--chips", "1", "--hidden", "8", "--epochs", "2"],
        pytest.param(["random", "--clocks", "0.1"], marks=pytest.mark.slow),
    ],
)
def test_commands_write_page_data_and_figures(arguments, tmp_path):
    import xarray as xr

    done = CliRunner().invoke(app, ["lab", *arguments, "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "result.json").read_text())
    assert result["figures"]
    assert "<img" in (tmp_path / f"{arguments[0]}.html").read_text()
    with xr.open_dataset(tmp_path / f"{arguments[0]}.nc", engine="scipy") as data:
        assert data.attrs["title"]
        if arguments[0] == "random":
            assert (data["passes"] | data["p"].isnull()).sel(way="parity, clock of 0.1 σ").all()
            assert not data["passes"].sel(way="the same, 10 K warmer", test="frequency")
        if arguments[0] == "tolerance":
            silent, loud = data["accuracy"].isel(way=0, chip=0).to_numpy()
            assert loud < 0.35 < silent
            assert data["accuracy"].isel(noise=0, way=1, chip=0) == silent
