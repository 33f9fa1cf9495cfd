import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferrion.arrays import words
from ferrion.arrays.geometry import Geometry, Lines
from ferrion.core.errors import CardError

word_of = numba.njit(lambda v, o: words.word_of(v, o))
value_of = numba.njit(lambda w, o: words.value_of(w, o))
level_of = numba.njit(lambda w: words.level_of(w))


@given(st.integers(-479, 479), st.sampled_from([0, 32]))
def test_a_word_gives_its_value_back(value, offset):
    word = word_of(np.int16(value), np.int16(offset))
    assert value_of(word, offset) == value
    assert 0 <= word < 1024


@given(st.integers(-479, 479))
def test_the_offset_turns_truncation_into_rounding(value):
    assert level_of(word_of(np.int16(value), np.int16(0))) == abs(value) // 64
    assert level_of(word_of(np.int16(value), np.int16(32))) == (abs(value) + 32) // 64


def test_a_weight_takes_fourteen_of_its_sixteen_capacitors():
    assert words.USED_FECAPS == 14
    assert list(words.UNITS[6:9]) == [1, 2, 4]


def test_the_published_array():
    geometry = Geometry.of(Lines(128, 128, 16, 16))
    assert (geometry.devices, geometry.weights, geometry.tiles(128, 8), geometry.tiles(129, 9)) == (18432, 1024, (1, 1), (2, 2))


def test_lines_that_do_not_match_are_refused():
    with pytest.raises(CardError, match="do not serve the same weights"):
        Geometry.of(Lines(128, 100, 16, 16))
