"""What is not forgotten when a live stimulator is started anew."""

import json
import time

import pytest

from ferrion.core.errors import DataError
from ferrion.pilots.ecg_diary import FILE, Diary


def test_stimuli_of_the_last_hour_are_remembered_and_older_ones_dropped(tmp_path):
    (tmp_path / FILE).write_text(json.dumps([time.time() - 4000.0, time.time() - 10.0]))
    diary = Diary(tmp_path)
    assert diary.ages == [pytest.approx(10.0, abs=5.0)]
    diary.note()
    again = Diary(tmp_path)
    assert again.ages == [pytest.approx(10.0, abs=5.0), pytest.approx(0.0, abs=5.0)]
    assert len(json.loads((tmp_path / FILE).read_text())) == 2


def test_a_clock_that_was_set_back_does_not_shorten_a_rest(tmp_path):
    (tmp_path / FILE).write_text(json.dumps([time.time() + 500.0]))
    assert Diary(tmp_path).ages == [0.0]


@pytest.mark.parametrize("text", ["{", "[null]", '["soon"]', "7", "{}", '""', '{"1": 2}', "[true]", "[NaN]"])
def test_a_file_that_is_no_diary_is_refused(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DataError, match="once an hour has passed since the last of them, delete it"):
        Diary(tmp_path)
