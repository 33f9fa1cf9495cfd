"""The picture of the controller."""

import io

import numpy as np
from matplotlib.image import imread

from ferrion.chip.controller import NEXT, Phase, Trigger
from ferrion.report.controller import drawing


def ink(taken):
    """Share of the picture that is dark."""
    return float((imread(io.BytesIO(drawing(taken)), format="png")[..., :3].max(axis=2) < 0.3).mean())


def test_an_arrow_that_was_taken_is_drawn_and_one_more_often_taken_is_wider():
    none, few, one = (np.zeros(NEXT.shape, np.int64) for _ in range(3))
    one[Phase.IDLE, Trigger.EVENT] = one[Phase.READ, Trigger.DONE] = 1000
    few[Phase.IDLE, Trigger.EVENT], few[Phase.READ, Trigger.DONE] = 1000, 2
    assert ink(none) < ink(few) < ink(one)
    assert ink(None) > ink(none)
