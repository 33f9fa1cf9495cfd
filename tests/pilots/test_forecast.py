"""Forecasts of a machine: nothing is known before it comes, means of a time of day are means, a surprise is told once, a chip learns to foresee and drifts; and the columns."""

import json

import numpy as np
import pytest

from ferrion.chip.chip import Chip
from ferrion.pilots import machine_nab
from ferrion.pilots.forecast import DAY, INPUTS, LAGS, NEWEST, SHORT, in_float, known, on_chip, seasonal, surprise
from ferrion.pilots.machine_nab import KELVIN, columns
from ferrion.pilots.table import table
from ferrion.workloads.nab import Series, nab_score

STEP = 1800.0


def machine(rows=1600, odd=1200, seed=0):
    """A day's rhythm with noise; from `odd` on, for a while, another."""
    draws, times = np.random.default_rng(seed), STEP * np.arange(rows)
    values = 50.0 + 10.0 * np.sin(2 * np.pi * times / DAY) + 4.0 * np.sin(6 * np.pi * times / DAY) + 0.3 * draws.normal(size=rows)
    values[odd : odd + 20] += 15.0 * (-1.0) ** np.arange(len(values[odd : odd + 20]))
    return Series("machine", times, values, ((odd - 5, odd + 60),))


def test_nothing_is_known_before_it_comes():
    """Another value at a row changes what is known of later ones alone."""
    one = machine()
    values = one.values.copy()
    values[1000] += 5.0
    own, other = known(one), known(Series(one.name, one.seconds, values, one.windows))
    np.testing.assert_array_equal(own.inputs[:1001], other.inputs[:1001])
    assert (own.inputs[1001 : 1001 + LAGS] != other.inputs[1001 : 1001 + LAGS]).any(axis=1).all()
    assert own.inputs.shape == (1600, INPUTS)
    np.testing.assert_allclose((own.inputs[:, 0] + own.changes)[:-1], own.inputs[1:, 0], atol=1e-5)


def test_the_mean_of_a_time_of_day_is_one_of_its_values():
    """Of a rhythm without noise it is the rhythm, from the second day on; of another value it keeps as much as the newest weighs."""
    one = machine()
    rhythm = np.tile(np.arange(48.0), 5)
    times = Series("rhythm", STEP * np.arange(240), rhythm, ())
    np.testing.assert_array_equal(seasonal(times, rhythm, DAY)[48:], rhythm[48:])
    changed = rhythm.copy()
    changed[100] += 10.0
    assert seasonal(times, changed, DAY)[148] - rhythm[148] == pytest.approx(10.0 * NEWEST)
    assert len(seasonal(one, one.values, DAY)) == 1600


def test_a_surprise_is_told_once():
    """Errors as usual are none; one that is greater is, a lesser one within its rest is not, a greater one is."""
    errors = np.random.default_rng(0).normal(size=4000)
    base = surprise(errors)
    errors[2000], errors[2300] = 60.0, 40.0
    errors[2500] = 400.0
    level = surprise(errors)
    np.testing.assert_array_equal(level[:2000], base[:2000])
    assert level[2000] > 20.0
    assert not level[2000 + SHORT : 2500].any(), "not again"
    assert level[2500] > 20.0
    assert surprise(np.full(3000, 0.7))[SHORT:].max() < 1e-6, "but for rounding"


def test_a_chip_learns_to_foresee_and_is_its_seed():
    """Less wrong than to expect no change, near float32; the same seed is the same chip, and one that drifts at 125 C is another."""
    own, chip = known(machine(odd=1600)), Chip.from_card("leti-2025")
    told = on_chip(chip, 1, own.step)(own.inputs, own.changes)
    later = slice(1000, 1590)
    idle, exact = np.abs(own.changes[later]).mean(), np.abs(in_float(1)(own.inputs, own.changes)[later]).mean()
    assert np.abs(told[later]).mean() < 0.7 * idle
    assert np.abs(told[later]).mean() < 2.0 * exact
    np.testing.assert_array_equal(told, on_chip(chip, 1, own.step)(own.inputs, own.changes))
    drifted = on_chip(chip, 1, own.step, KELVIN)(own.inputs, own.changes)
    day = round(DAY / own.step)
    np.testing.assert_array_equal(drifted[:day], told[:day])
    assert np.abs(drifted[day:] - told[day:]).max() > 0.0


def test_an_odd_stretch_is_found_by_everybody_and_tabled(monkeypatch):
    """Three machines that go astray once each."""
    series = [machine(seed=k) for k in range(3)]
    monkeypatch.setattr(machine_nab, "nab", lambda _: series)
    found, drawn = columns(0, False, lambda _: None)
    for name in ("chip, following", "float, following", "int8", "seasonal"):
        assert found[name]["nab, found"] == 1.0, name
        assert found[name]["nab"] > 0.9, name
    assert 0.0 < found["chip, following"]["forecast"] < 1e-7
    assert found["chip, following"]["forecast, memristor"] > 0.0
    assert len(drawn["alarms"]) >= 1
    json.dumps([found, drawn], allow_nan=False)
    rows = {row["what"]: row["columns"] for row in table([{"columns": found}])}
    assert rows["NAB score, standard profile (silence 0, perfect 100)"]["seasonal"]["mean"] == pytest.approx(100 * found["seasonal"]["nab"])
    assert nab_score([np.zeros(1600)] * 3, series).score == 0.0
