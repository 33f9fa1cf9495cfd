"""The bio-voltage neuron: published numbers, and the published shapes of its responses."""

import numpy as np

from ferrion.reproduce import fu_2025


def test_published_figures_and_shapes():
    found = fu_2025.reproduce(False, lambda *_: None)
    assert found.ok
    by_rate, by_capacitance, by_control = (np.array(panel.curves[0].y) for panel in found.panels)
    gain = by_rate / np.array(fu_2025.INPUT_RATES)
    assert (np.diff(by_rate) > -1).all()
    assert gain[-1] < 0.7 * gain[1]  # it saturates
    assert by_capacitance[0] > by_capacitance[-1]
    assert (np.diff(by_control) < 0).all()
    resting, stimulated = (row.simulated for row in found.rows[-2:])
    assert stimulated > 1.2 * resting
