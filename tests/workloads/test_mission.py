"""Missions: equivalent time is exact over any number of rounds, wear-out is the law of the weakest, policies differ as they must."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest, norm
from typer.testing import CliRunner

from ferrion.chip.changed import changed
from ferrion.cli.main import app
from ferrion.core.errors import ConfigError, MissingDataError
from ferrion.physics.ageing import Ageing
from ferrion.physics.heat import arrhenius
from ferrion.workloads.mission import Climate, live, times
from ferrion.workloads.mission_file import Mission, Phase, Policy, read_mission
from ferrion.workloads.trained import trained

DAY, YEAR = 86400.0, 365.25 * 86400.0
HOT = Phase(lasts="8 hours", celsius=85)
COOL = Phase(lasts="16 hours", celsius=25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("chip")
    assert CliRunner().invoke(app, ["train", "--hidden", "32", "--epochs", "5", "--out", str(place), "--json"]).exit_code == 0
    return place


def test_equivalent_time_is_that_of_a_loop():
    climate = Climate(np.array([16 * 3600.0, 8 * 3600.0]), np.array([1.0, 500.0]))
    loop = sum(3600.0 * (1.0 if hour % 24 < 16 else 500.0) for hour in range(1000))
    assert climate.age(0.0, 3.6e6) == pytest.approx(loop)
    assert climate.age(5e4, 8e4) + climate.age(8e4, 9e8) == pytest.approx(climate.age(5e4, 9e8))
    assert climate.age(0.0, 3650 * DAY) == pytest.approx(3650 * climate.age(0.0, DAY), rel=1e-12)


def test_the_first_death_is_that_of_the_weakest_of_all(folder, digits, chip):
    """All pairs are programmed at one pace, so the first of n log-normal lives ends by 1 - (1 - F)^n (Kolmogorov and Smirnov, p > 0.001)."""
    mission = Mission(lasts="1 year", checks=3, phase=(COOL,), policy={"daily": Policy(every="1 day")})
    found = trained(folder, digits)
    life = live(found, digits, mission, "daily", 200, lambda _: None)
    endurance = chip.parts["memristor"].section("endurance")
    count, pace = 2 * found.tensors["memory.hidden"].size, 365.0
    spent = found.tensors["memory.programmed"].astype(float) + 1

    def first(years):
        lives = (np.asarray(years)[:, None] * pace + np.tile(spent, 2)[None]) / endurance["limit"].value
        return 1 - np.prod(1 - norm.cdf(np.log(lives) / endurance["spread"].value), axis=1)

    assert spent.size * 2 == count
    assert kstest(life.wear_out["first"], first).pvalue > 1e-3
    assert life.refreshes == 365


def test_left_alone_nothing_wears(folder, digits):
    mission = Mission(lasts="10 years", checks=4, inferences_per_s=2.0, phase=(COOL,))
    life = live(trained(folder, digits), digits, mission, "left alone", 3, lambda _: None)
    assert np.isinf(life.wear_out["first"]).all()
    assert np.isinf(life.fecap_years)
    assert all(check.dead == check.moved == 0 for check in life.checks)
    assert life.checks[-1].joules / life.checks[-2].joules == pytest.approx(life.checks[-1].time / life.checks[-2].time, rel=0.05)


def test_a_phase_that_is_hotter_is_a_longer_time(folder, digits, chip):
    """A mission at 85 °C gives the accuracy of a longer one at the reference temperature."""
    p = chip.devices.filament
    factor = float(arrhenius(p.e_drift, 358.15, p.t_reference))
    hot = Mission(lasts="30 days", checks=3, phase=(HOT,))
    cool = Mission(lasts=f"{30 * factor} days", checks=3, phase=(Phase(lasts="1 day", celsius=p.t_reference - 273.15),))
    ends = [live(trained(folder, digits), digits, own, "left alone", 2, lambda _: None).checks[-1].accuracy for own in (hot, cool)]
    assert ends[0] == ends[1]


def test_waiting_too_long_in_the_heat_loses_the_hidden_weights(folder, digits, chip):
    policies = {"daily": Policy(every="1 day"), "monthly": Policy(every="30 days")}
    mission = Mission(lasts="1 year", checks=8, phase=(COOL, HOT), policy=policies)
    daily, monthly = (live(trained(folder, digits), digits, mission, name, 2, lambda _: None).checks[-1] for name in policies)
    assert daily.moved < 0.05 < 0.3 < monthly.moved
    assert daily.accuracy > monthly.accuracy + 0.2
    ageing = chip.parts["fecap"].fill("ageing", Ageing)
    assert ageing.e_retention > 0.5


def test_seasons_cost_what_they_cost_however_often_is_asked(folder, digits):
    """Eleven cool months and a hot one: the month that destroys the hidden weights is found whether three checks are made or sixty."""
    seasons = (Phase(lasts="334 days", celsius=25), Phase(lasts="31 days", celsius=85))
    ends = []
    for checks in (3, 60):
        mission = Mission(lasts="3613 days", checks=checks, phase=seasons, policy={"monthly": Policy(every="30 days")})
        ends.append(live(trained(folder, digits), digits, mission, "monthly", 2, lambda _: None))
    assert min(life.checks[-1].moved for life in ends) > 0.3
    assert ends[0].checks[-1].moved == pytest.approx(ends[1].checks[-1].moved, abs=0.1)
    assert ends[0].fecap_years == pytest.approx(ends[1].fecap_years, rel=0.25)


def test_rated_cycles_do_not_depend_on_how_long_is_simulated(folder, digits):
    years = []
    for lasts in ("1 year", "4 years"):
        mission = Mission(lasts=lasts, checks=3, phase=(COOL,), policy={"hourly": Policy(every="1 hour")})
        life = live(trained(folder, digits), digits, mission, "hourly", 2, lambda _: None)
        years.append(life.fecap_years)
        joules = [check.joules for check in life.checks]
        assert joules == sorted(joules)
    assert years[0] == pytest.approx(years[1], rel=0.05)


def test_what_is_dead_as_delivered_is_dead_from_the_beginning(folder, digits):
    found = trained(folder, digits)
    weak = replace(found, plan=replace(found.plan, chip=changed(found.plan.chip, {"memristor.endurance.stuck": 0.05}, "test")))
    life = live(weak, digits, Mission(lasts="1 year", checks=3, phase=(COOL,), policy={"daily": Policy(every="1 day")}), "daily", 3, lambda _: None)
    assert life.checks[0].dead == pytest.approx(0.05, abs=0.01)
    assert (life.wear_out["first"] == 0).all()
    assert (life.wear_out["hundredth"] == 0).all()


def test_checks_span_the_mission():
    found = times(Mission(lasts="10 years", checks=10, phase=(COOL,)))
    assert (found[0], found[1]) == (0.0, DAY)
    assert found[-1] == pytest.approx(10 * YEAR)
    assert len(found) == 10


def test_the_command_writes_page_and_figures(folder, tmp_path):
    (tmp_path / "m.toml").write_text(
        'lasts = "2 years"\nchecks = 5\nleast_accuracy = 0.99\n[[phase]]\nlasts = "1 day"\ncelsius = 40\n[policy.alone]\n[policy.learns]\nevery = "1 year"\nsamples = 200\n'
    )
    done = CliRunner().invoke(app, ["lab", "mission", str(folder), str(tmp_path / "m.toml"), "--chips", "5", "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    alone, learns = result["policies"]
    assert alone["years_to_dead_memristors"]["first"] is None
    assert learns["refreshes"] == 2
    assert alone["years_to_least_accuracy"] == 0.0
    page = (tmp_path / "out" / "mission.html").read_text()
    assert "Accuracy in service" in page
    assert json.loads((tmp_path / "out" / "result.json").read_text()) == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[phase]]\nlasts = '1 day'\n", "phase.0.celsius"),
        ("[[phase]]\nlasts = '1 mV'\ncelsius = 5\n", "phase.0.lasts"),
        ("[[phase]]\nlasts = '-1 s'\ncelsius = 5\n", "above 0"),
        ("[[phase]]\nlasts = '1 s'\ncelsius = -300\n", "phase.0.celsius"),
        ("last = '1 day'\n[[phase]]\nlasts = '1 s'\ncelsius = 5\n", "did you mean lasts"),
        ("[[phase]]\nlasts = '1 s'\ncelsius = 5\n[policy.x]\nsamples = 5\n", "needs every"),
        ("lasts = '1 day'\n", "phase"),
        ("checks = 2\n[[phase]]\nlasts = '1 s'\ncelsius = 5\n", "checks"),
        ("lasts = '10 years'\n[[phase]]\nlasts = '1 s'\ncelsius = 5\n[policy.x]\nevery = '1 ms'\n", "more than 1e.07 refreshes"),
    ],
)
def test_bad_files_are_refused(text, message, tmp_path):
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_mission(tmp_path / "m.toml")


def test_a_folder_without_a_chip_is_refused(digits, tmp_path):
    with pytest.raises(MissingDataError, match="train first"):
        trained(tmp_path, digits)
