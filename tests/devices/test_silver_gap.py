"""Silver particles in a gap: Boltzmann's distribution, free diffusion, threshold above hold, residue, heat, and what is refused."""

import numpy as np
import pytest
from scipy import integrate, stats

from ferrion.core.errors import ConfigError
from ferrion.devices.silver import SilverGap
from ferrion.physics import silver

GAP = SilverGap.from_card()
ON = 1e8
"""A gap below this resistance [ohm] conducts, as much as the series resistor."""


def with_numbers(particles, **numbers):
    return SilverGap(GAP.silver._replace(**numbers), particles)


def test_without_a_voltage_particles_obey_boltzmann():
    """One particle, shallow wells, 1.5 diffusion times: Kolmogorov-Smirnov against exp(-U / kT) on 300 gaps."""
    gap = with_numbers(1, e_reservoir=0.04, e_interface=0.03, e_pin=0.04)
    ends = gap.run(np.zeros(1), 1.5e-3, count=300, seed=1)["position"].to_numpy()[:, -1, 0]
    x = np.linspace(0, gap.silver.length, 4001)
    mass = integrate.cumulative_trapezoid(np.exp(-silver.energy(x, gap.silver) / (8.617333e-5 * 300)), x, initial=0)
    assert stats.kstest(ends, lambda at: np.interp(at, x, mass / mass[-1])).pvalue > 1e-3


def test_a_free_particle_diffuses():
    """From the wall, x^2 grows as 2 D t, within five standard errors of 400 gaps."""
    gap = with_numbers(1, e_reservoir=0.0, e_interface=0.0, e_pin=0.0)
    ends = gap.run(np.zeros(1), 2e-5, count=400, seed=2)["position"].to_numpy()[:, -1, 0]
    assert (ends**2).mean() == pytest.approx(2 * gap.silver.diffusivity * 2e-5, rel=5 * np.sqrt(2 / 400))


@pytest.fixture(scope="module")
def ramped():
    volts = np.r_[np.linspace(0, 1.8, 100), np.linspace(1.8, 0, 100)]
    return volts, GAP.run(volts, 1e-4, count=16, seed=3)


def test_a_gap_closes_at_a_higher_voltage_than_it_opens(ramped):
    """Hysteresis, without which no neuron would spike: threshold and hold voltage of a ramp to 1.8 V, 10 ms each way."""
    volts, found = ramped
    closed = found["resistance"].to_numpy() < ON
    closed = closed[closed.any(axis=1)]
    assert len(closed) > 8
    assert volts[closed.argmax(axis=1)].mean() > 2 * volts[199 - closed[:, ::-1].argmax(axis=1)].mean()


def test_the_current_is_that_of_the_series_circuit(ramped):
    volts, found = ramped
    total, over = found["resistance"].to_numpy(), found["volts"].to_numpy()
    np.testing.assert_allclose(over, volts * total / (total + 1e8), rtol=1e-12)
    np.testing.assert_allclose(found["current"] * (total + 1e8), np.broadcast_to(volts, total.shape), rtol=1e-12, atol=1e-15)
    assert found["resistance"].max() > 1e5 * found["resistance"].min()
    assert ((found["position"] >= 0) & (found["position"] <= GAP.silver.length)).all()


def test_residue_brings_the_next_filament_forward():
    """The second of two pulses of 1.2 V, 1 ms after the first, closes the gap in less than three quarters of the time; afterwards the gap opens again."""
    on, rest = np.full(80, 1.2), np.zeros(10)
    found = GAP.run(np.r_[on, rest, on, np.zeros(80)], 1e-4, count=40, seed=4)
    closed = found["resistance"].to_numpy() < ON
    delays = [np.where(part.any(axis=1), part.argmax(axis=1), 80).mean() for part in (closed[:, :80], closed[:, 90:170])]
    assert delays[1] < 0.75 * delays[0]
    assert np.median(found["resistance"][:, -1]) > 1e10


def test_heat_settles_where_power_flows_out():
    """A bridge held shut by shallow energies: T - T0 = V^2 / (R kappa) within the fluctuation of R."""
    gap = with_numbers(5, r_tunnel=1e3, k_heat=1e-9, c_heat=1e-15)
    found = gap.run(np.full(300, 1.0), 1e-4, series=1e5, count=2, seed=5)
    power = (found["volts"] ** 2 / found["resistance"]).to_numpy()[:, 100:].mean()
    assert found["temperature"].to_numpy()[:, 100:].mean() - 300 == pytest.approx(power / 1e-9, rel=0.3)


def test_a_gap_is_the_same_alone_and_among_others():
    volts = np.full(3, 1.0)
    many, one = GAP.run(volts, 1e-5, count=3, seed=6), GAP.run(volts, 1e-5, seed=6)
    assert (many["position"][0] == one["position"][0]).all()
    assert (many["position"][0] != many["position"][1]).any()


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"volts": [np.nan]}, "finite voltages"), ({"dt": 0.0}, "above 0"), ({"series": -1.0}, "above 0"), ({"count": 0}, "one gap"), ({"count": 10**9}, "GB")],
)
def test_what_cannot_run_is_refused(settings, words):
    call = {"volts": [0.5], "dt": 1e-5, **settings}
    with pytest.raises(ConfigError, match=words):
        GAP.run(np.array(call.pop("volts")), call.pop("dt"), **call)


def test_a_gap_without_silver_is_refused():
    with pytest.raises(ConfigError, match="one or more"):
        SilverGap.from_card(particles=0)
