"""Who wins a pilot's task: by scores of the same seeds, and energies of who decides."""

import pytest

from ferrion.report import pilot_winners
from ferrion.report.pilot_winners import Contest, differs, who_wins


def row(monkeypatch, columns, adapted="", joules="joules"):
    """Cells of one contest; `columns` by name, lists by seed."""
    seeds = range(len(next(iter(columns.values()))["score"]))
    runs = [{"columns": {name: {key: own[seed] if isinstance(own, list) else own for key, own in column.items()} for name, column in columns.items()}} for seed in seeds]
    monkeypatch.setattr(pilot_winners, "CONTESTS", (Contest("task", "made up", "score", adapted, joules),))
    return [cell.strip() for cell in who_wins({"made up": {"runs": runs}}).splitlines()[2].split("|")[1:-1]]


def test_the_best_of_each_side_meet_and_what_is_no_worse_for_less_is_named(monkeypatch):
    """Means 0.80 and 0.90, a lead of 0.10 ± 0.014; trees take 12 times the chip, int8 of 0.795 three times with its conversion, and is within a point."""
    columns = {
        "chip": {"score": [0.78, 0.82], "joules": 1e-9, "joules with leakage": 2e-9},
        "chip, device level": {"score": [1.0, 1.0]},
        "float32": {"score": [1.0, 1.0]},
        "classical": {"score": [0.89, 0.91], "joules": 12e-9},
        "int8": {"score": [0.79, 0.80], "joules": 1e-9, "converted": 2e-9, "joules with leakage": 6e-9},
        "int8, linear": {"score": [0.7, 0.7], "joules": 1e-10},
    }
    assert row(monkeypatch, columns) == ["task", "chip 80.0 ± 2.8", "classical 90.0 ± 1.4", "10.0 ± 1.4", "12", "–", "int8", "3", "4"]


def test_of_two_that_are_printed_alike_the_one_stands_there_that_takes_less(monkeypatch):
    columns = {"chip": {"score": [0.5], "joules": 1.0}, "classical": {"score": [0.6002], "joules": 9.0}, "int8": {"score": [0.6], "joules": 3.0}, "squares": {"score": [0.6]}}
    assert row(monkeypatch, columns)[2:5] == ["int8 60.0", "10.0", "3"]


def test_a_chip_that_is_no_worse_for_less_stands_for_the_chip(monkeypatch):
    columns = {
        "chip": {"score": [0.805], "joules": 4.0},
        "arrays": {"score": [0.8], "joules": 1.0},
        "bio-voltage": {"score": [0.7], "joules": 0.1},
        "int8": {"score": [0.8], "joules": 2.0},
    }
    assert row(monkeypatch, columns)[1:5] == ["arrays 80.0", "int8 80.0", "0.0", "2"]


def test_who_learned_a_patient_decides_for_what_it_took_before(monkeypatch):
    columns = {
        "arrays": {"score": [0.9, 0.9], "joules": 2e-9},
        "arrays, personal": {"score": [0.8, 0.8]},
        "int8, personal": {"score": [0.8, 0.8], "joules": 1e-9},
        "int8 on samples": {"score": [1.0, 1.0], "joules": 1e-12},
    }
    assert row(monkeypatch, columns, ", personal")[1:] == ["arrays, personal 80.0", "int8, personal 80.0", "0.0", "0.5", "–", "int8, personal", "0.5", "–"]


def test_a_digital_part_whose_energy_nobody_knows_or_that_is_worse_is_no_bargain(monkeypatch):
    columns = {"chip": {"score": [0.8], "joules": 1.0}, "classical": {"score": [0.9]}, "int8": {"score": [0.7], "joules": 0.1}}
    assert row(monkeypatch, columns)[2:] == ["classical 90.0", "10.0", "–", "–", "none", "–", "–"]


def test_of_a_pilot_with_more_than_one_task_each_has_its_own_energy(monkeypatch):
    columns = {
        "chip": {"score": [0.8], "joules": 1.0, "joules, lights": 2.0, "joules with leakage": 3.0},
        "int8": {"score": [0.9], "joules": 2.0, "joules, lights": 3.0, "joules with leakage": 3.0},
        "int8, linear": {"score": [0.9], "joules": 0.1},
    }
    assert row(monkeypatch, columns, joules="joules, lights")[1:] == ["chip 80.0", "int8 90.0", "10.0", "1.5", "–", "int8", "1.5", "–"]


def test_where_nobody_s_energy_is_known_nobody_takes_least(monkeypatch):
    assert row(monkeypatch, {"chip": {"score": [0.8]}, "int8": {"score": [0.9]}})[1:] == ["chip 80.0", "int8 90.0", "10.0", "–", "–", "–", "–", "–"]


def test_a_lead_is_in_bold_where_seeds_agree(monkeypatch):
    columns = {"chip": {"score": [0.5, 0.51, 0.52]}, "int8": {"score": [0.6, 0.62, 0.62]}}
    assert row(monkeypatch, columns)[3] == "**10.3 ± 0.6**"


@pytest.mark.parametrize(
    ("ahead", "told"),
    [([0.1, 0.1, 0.1], True), ([0.0, 0.0], False), ([-0.1, -0.12, -0.11], True), ([0.1, -0.1, 0.12], False), ([0.1], False), ([0.09, 0.11], False), ([0.095, 0.105], True)],
)
def test_student_decides_whether_a_lead_is_one(ahead, told):
    """Two leads of 0.09 and 0.11: their mean is 0.1, its error 0.01, and at one degree of freedom 97.5 % lie below 12.7 errors; of 0.095 and 0.105 the error is half."""
    assert differs(ahead) is told
