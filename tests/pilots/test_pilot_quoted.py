"""Numbers that prose quotes are those of the records."""

import pytest

from ferrion.core.errors import ConfigError
from ferrion.report.pilot_quoted import quoted, told

RESULTS = {
    "tactile": {
        "runs": [
            {"columns": {"int8, linear": {"accuracy": 0.575, "median": None, "joules": 3.0e-8}}},
            {"columns": {"int8, linear": {"accuracy": 0.585, "median": None, "joules": 3.04e-8}}},
        ]
    }
}


def test_a_number_is_told_in_the_units_of_the_table():
    """Mean 58 %, deviation 0.007 / sqrt(2) = 0.71 points; 30.2 nJ to two digits."""
    text = "reads {tactile: int8, linear: accuracy} for {tactile: int8, linear: joules}"
    assert quoted(text, RESULTS) == "reads 58.0 ± 0.7 % for 30 nJ"


@pytest.mark.parametrize(
    "wrong", ["{none: int8, linear: accuracy}", "{tactile: int9: accuracy}", "{tactile: int8, linear: wisdom}", "{tactile: int8, linear: once}", "{tactile: int8, linear: median}"]
)
def test_a_number_that_no_record_has_is_an_error(wrong):
    with pytest.raises(ConfigError, match="in no record"):
        quoted(wrong, RESULTS)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([73.0, 75.0], "74.0 ± 1.4"),
        ([94.0, 94.0], "94"),
        ([73.0, 77.0], "75 ± 3"),
        ([1000.0, 1200.0], "1,100 ± 141"),
        ([50.0, 50.02], "50.010 ± 0.014"),
        ([99.9, 99.9], "99.9"),
        ([99.9, 99.9000001], "99.9"),
        ([48.0, 72.0], "60 ± 17"),
    ],
)
def test_a_mean_has_the_digits_of_its_spread(values, said):
    assert told(values) == said
