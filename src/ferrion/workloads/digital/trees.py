"""What gradient-boosted trees take: comparisons, bytes, and joules in the chip's own technology."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from ferrion.chip.prices import Prices
from ferrion.workloads.digital.costs import digital_joules, held, known

NODE, LEAF, FEATURE = 5, 2, 1
"""Bytes of a node (which feature, 16 bits; its threshold, 8; where to go on, 16), of what a leaf says, and of the feature compared, in 8 bits as trees were grown: our choice."""

Growth = dict[str, Any]
GROWTHS: tuple[Growth, ...] = ({}, {"l2_regularization": 1.0}, {"max_leaf_nodes": 15, "learning_rate": 0.05, "max_iter": 200})
"""Ways to grow them, of which the best on held-out samples is taken: scikit-learn's own, with a penalty on leaves, and more and smaller trees."""


class Grown(NamedTuple):
    """Of all trees, a decision."""

    compared: float
    """Nodes passed, mean over the samples they were grown on."""
    trees: int
    memory: int
    """Bytes of nodes and leaves."""


def grown(model: HistGradientBoostingClassifier) -> Grown:
    """Of a fitted classifier."""
    nodes = [tree.nodes for round_ in model._predictors for tree in round_]
    leaves = [own[own["is_leaf"].astype(bool)] for own in nodes]
    compared = sum(float(np.average(own["depth"], weights=own["count"])) for own in leaves)
    ends = sum(map(len, leaves))
    return Grown(compared, len(nodes), NODE * (sum(map(len, nodes)) - ends) + LEAF * ends)


def tree_joules(found: Grown, prices: Prices) -> float:
    """A comparison taken for a product, and an addition a leaf for another: an upper bound of what is computed; every byte is read once."""
    traffic = found.compared * (NODE + FEATURE) + found.trees * LEAF
    return digital_joules(found.compared + found.trees, traffic, prices)


def tree_numbers(models: Sequence[HistGradientBoostingClassifier], prices: Prices) -> dict[str, float]:
    """Of one of these classifiers, on average: joules a decision, bytes, and what a memory for them covers and leaks."""
    found = [grown(model) for model in models]
    spent = float(np.mean([tree_joules(own, prices) for own in found]))
    return {"joules": spent, **known(prices), "operations": float(np.mean([own.compared for own in found])), **held(float(np.mean([own.memory for own in found])))}
