"""The ion neuron: conservation, statistics, agreement of its levels and of step sizes, and what is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ferrion.circuits import drive
from ferrion.circuits.neuron import Level, Neuron
from ferrion.core.errors import CardError, ConfigError
from ferrion.params.card import load

NEURON = Neuron.from_card("zhao-2025")
TRAIN = drive.pulses(0.8, 1e-3, 2e-3, 0.3)


def spikes_of(found, cell=0):
    times = found["spike_time"].to_numpy()[cell]
    return times[np.isfinite(times)]


@pytest.mark.parametrize("megohm", [50, 250, 1000])
def test_energy_supplied_is_stored_or_dissipated(megohm):
    """Input = memristor + control resistor + C V^2 / 2, and the supply's share of the load is below the whole, to 1e-6."""
    found = NEURON.with_control(megohm * 1e6).run(TRAIN, 1e-3, count=4, seed=1)
    stored = 0.5 * NEURON.gate.c_gate * found["v_gate"][:, -1].to_numpy() ** 2
    source, spent = found["e_source"].to_numpy(), (found["e_memristor"] + found["e_control"]).to_numpy()
    np.testing.assert_allclose(spent + stored, source, rtol=1e-6)
    assert (found["e_load"] < found["e_supply"]).all()
    assert (source > 0).all()


def test_spike_times_do_not_depend_on_the_tolerance():
    """Without noise, three orders of tolerance agree to a hundred-thousandth of an interval."""
    runs = [spikes_of(NEURON.run(TRAIN, 1e-3, noise=False, rtol=rtol)) for rtol in (1e-6, 1e-7, 1e-9)]
    assert len(runs[0]) == len(runs[2]) > 30
    assert abs(runs[0] - runs[2]).max() < 1e-4 * np.diff(runs[2]).mean()
    assert abs(runs[1] - runs[2]).max() < 1e-5 * np.diff(runs[2]).mean()


def test_the_spread_of_delays_does_not_depend_on_the_step():
    """Tolerances a hundredfold apart: standard deviation of delay and of peak voltage within one percent."""
    loose, tight = (NEURON.run(drive.step(0.9, 30e-3), 100e-6, count=300, seed=2, alike=True, rtol=rtol) for rtol in (1e-5, 1e-7))
    delays = [np.nanstd(found["spike_time"].to_numpy()[:, 0]) for found in (loose, tight)]
    peaks = [found["v_gate"].max(dim="time").to_numpy().std() for found in (loose, tight)]
    assert delays[0] == pytest.approx(delays[1], rel=0.01)
    assert peaks[0] == pytest.approx(peaks[1], rel=0.01)


def test_a_cell_is_the_same_alone_and_among_others():
    among = NEURON.run(TRAIN, 1e-3, count=5, seed=3)
    alone = NEURON.run(TRAIN, 1e-3, count=1, seed=3)
    assert (spikes_of(among) == spikes_of(alone)).all()
    assert not np.array_equal(spikes_of(among, 1), spikes_of(among, 2))


def memoryless() -> Neuron:
    """The card's neuron without residue: its rate at a fixed voltage is constant."""
    still = NEURON.memristor._replace(chi=0.0)
    return dataclasses.replace(NEURON, memristor=still)


@pytest.mark.parametrize("level", list(Level))
def test_delays_at_a_fixed_voltage_are_exponential(level):
    """Rate 160 / (1 + exp((0.921 - 0.9) / 0.02585)) a second; Kolmogorov-Smirnov on 1,000 cells."""
    trains = memoryless().fire(drive.step(0.9, 0.5), count=1000, seed=4, alike=True, level=level)
    delays = np.array([train[0] for train in trains])
    rate = 160.0 / (1 + np.exp((0.921 - 0.9) / (8.617333e-5 * 300)))
    assert stats.kstest(delays, "expon", args=(0, 1 / rate)).pvalue > 1e-3
    assert delays.std() / delays.mean() == pytest.approx(1, abs=5 * np.sqrt(2 / 1000))


@pytest.mark.parametrize("megohm", [50, 250, 1000])
def test_the_event_level_agrees_with_the_device_level(megohm):
    """Same draws: first spikes within a hundred-thousandth, mean rates within 2 %."""
    neuron = NEURON.with_control(megohm * 1e6)
    device, event = (neuron.fire(drive.pulses(0.8, 1e-3, 2e-3, 0.6), count=20, seed=5, level=level) for level in (Level.DEVICE, Level.EVENT))
    firsts = np.array([(a[0], b[0]) for a, b in zip(device, event, strict=True)])
    assert abs(firsts[:, 1] / firsts[:, 0] - 1).max() < 1e-5
    assert sum(map(len, event)) == pytest.approx(sum(map(len, device)), rel=0.02)


@pytest.mark.parametrize("pieces", [7, 150])
def test_a_drive_in_pieces_is_the_same_drive(pieces):
    """Pieces shorter than a filament stands: at the event level it once dissolved at the end of each, and cells fired four times as often."""
    whole = drive.pulses(1.0, 1e-3, 2e-3, 0.2)
    shares = np.arange(pieces) / pieces
    edges = (whole.edges[:-1, None] + np.diff(whole.edges)[:, None] * shares).ravel()
    cut = drive.Drive(np.append(edges, whole.edges[-1]), np.repeat(whole.start, pieces) + 0.0, np.repeat(whole.slope, pieces))
    cell = Neuron.from_card()
    for one, other in zip(cell.fire(whole, count=5, seed=3), cell.fire(cut, count=5, seed=3), strict=True):
        assert one.size > 10
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_heat_softens_the_threshold():
    """At 400 K the rate a tenth of a volt below V_n is exp(-4.65 * (300/400 - 1)) times that at 300 K, about threefold."""
    shares = []
    for temperature in (300.0, 400.0):
        neuron = dataclasses.replace(memoryless(), temperature=temperature)
        shares.append(np.mean([len(train) > 0 for train in neuron.fire(drive.step(0.8, 15e-3), count=2000, seed=6, alike=True)]))
    rates = -np.log(1 - np.array(shares))
    kt = 8.617333e-5
    expected = (1 + np.exp(0.121 / (kt * 300))) / (1 + np.exp(0.121 / (kt * 400)))
    assert rates[1] / rates[0] == pytest.approx(expected, rel=0.4)


@settings(max_examples=40)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), st.floats(1e-7, 1e-2))
def test_no_finite_drive_gives_a_value_that_is_none(volts, dt):
    found = NEURON.run(drive.samples(volts, dt), dt, seed=7, rtol=1e-4)
    assert all(np.isfinite(found[name]).all() for name in ("v_gate", "residue", "filament", "i_out", "e_source", "e_memristor"))


def test_an_absurd_voltage_ends_in_time():
    """A gigavolt: the rate is saturated, and the stretches do not shrink with it."""
    trains = NEURON.fire(drive.step(1e9, 10e-3), count=2, seed=8)
    assert all(np.isfinite(train).all() and 0 < len(train) < 1e5 for train in trains)


def test_units_and_shapes():
    found = NEURON.run(np.full(50, 0.9), 1e-4, count=3)
    assert found.sizes["time"] == 51
    assert {name: found[name].attrs["units"] for name in ("v_in", "v_gate", "i_out", "spike_time", "e_source")} == {
        "v_in": "V",
        "v_gate": "V",
        "i_out": "A",
        "spike_time": "s",
        "e_source": "J",
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NEURON.run(TRAIN, 1e-9, count=100), "GB"),
        (lambda: NEURON.run(TRAIN, 0.0), "dt = 0.0"),
        (lambda: NEURON.run(TRAIN, count=0), "count = 0"),
        (lambda: NEURON.run(TRAIN, seed=-1), "seed = -1"),
        (lambda: NEURON.run(TRAIN, rtol=1.0), "rtol = 1.0"),
        (lambda: NEURON.with_control(0.0), "r_control"),
        (lambda: Neuron.from_card("zhao-2025", temperature=-1.0), "temperature"),
    ],
)
def test_settings_out_of_range_are_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_a_switch_without_hysteresis_is_refused(tmp_path):
    memristor = load("diffusive-zhao2025-low").text.replace('v_hold = {value = 22, unit = "mV"', 'v_hold = {value = 921, unit = "mV"')
    (tmp_path / "diffusive-zhao2025-low.toml").write_text(memristor)
    (tmp_path / "mine.toml").write_text(load("zhao-2025").text)
    with pytest.raises(CardError, match="cannot spike"):
        Neuron.from_card(tmp_path / "mine.toml")
