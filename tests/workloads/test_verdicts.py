"""Curves of detection: who votes loudly in general is not better than who votes softly."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ferrion.workloads.verdicts import leads, roc

LABELS = np.repeat(np.arange(3), 200)


def votes(spread, seed=0):
    """Normal votes, a little more for the right class; all votes of a sample rise together by `spread`."""
    draws = np.random.default_rng(seed)
    own = draws.normal(size=(len(LABELS), 3)) + 1.5 * (LABELS[:, None] == np.arange(3))
    return own + spread * draws.normal(size=(len(LABELS), 1))


def test_a_lead_is_over_the_best_other_class():
    np.testing.assert_allclose(leads(np.array([[3.0, 1.0, 2.5], [1, 4, 4]])), [[0.5, -2.0, -0.5], [-3, 0, 0]])


def test_what_all_votes_of_a_sample_share_does_not_matter():
    """It decides nothing, so it detects nothing."""
    assert roc(votes(100.0), LABELS)["area"] == pytest.approx(roc(votes(0.0), LABELS)["area"])


def test_the_area_is_that_of_the_posterior():
    """Of two classes the lead rises with the posterior, whatever all votes of a sample share."""
    draws = np.random.default_rng(1)
    there = draws.random(500) < 0.4
    score, loud = draws.normal(size=500) + there, 10.0 * draws.normal(size=500)
    found = roc(np.stack([loud - 3.0 * score, loud + 3.0 * score], axis=1), there.astype(np.int64))
    assert found["area"] == pytest.approx(roc_auc_score(there, score))
