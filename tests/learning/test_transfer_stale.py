"""Two ways through a transfer give the same bits."""

import numpy as np
import pytest

from ferrion.chip.chip import Chip
from ferrion.learning.transfer import LevelTable, transfer_layer, transfer_stale, transfer_words

TABLE = LevelTable(*Chip.from_card().levels)


@pytest.mark.parametrize("cells", [1, 7, 8, 63, 64, 1000, 4099])
@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_pairs_marked_stale_become_the_same_either_way(cells, share):
    drawn = np.random.default_rng(cells)
    hidden, marks = drawn.integers(-448, 448, cells).astype(np.int16), (drawn.random(cells) < share).astype(np.uint8)
    found = []
    for way in (transfer_layer, transfer_stale):
        stale, analogue, programmed = marks.copy(), np.zeros(cells, np.float32), np.zeros(cells, np.uint32)
        more = (True, transfer_words(cells)) if way is transfer_layer else ()
        count = way(np.uint64(5), np.uint64(16), np.uint64(9), hidden, stale, analogue, programmed, np.float32(1), TABLE, np.int16(32), *more)
        assert not stale.any()
        found.append((count, analogue, programmed))
    assert found[0][0] == found[1][0] == marks.sum()
    np.testing.assert_array_equal(found[0][1], found[1][1])
    np.testing.assert_array_equal(found[0][2], found[1][2])
    assert marks.sum() == 0 or (found[0][1] != 0).any()
