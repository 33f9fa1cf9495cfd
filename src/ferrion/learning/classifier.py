"""The chip behind scikit-learn's estimator interface."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.learning.inference import infer
from ferrion.learning.rules import REFINED, Rule
from ferrion.learning.training import Fidelity, Plan, Training


class TwoMemoryClassifier(ClassifierMixin, BaseEstimator):
    """A classifier trained on a simulated two-memory chip, sample by sample (Martemucci et al. 2025).

    Parameters: `hidden` sizes of the hidden layers; `chip` a `Chip` (None: the card "leti-2025"); `transfer_every` samples
    between transfers; `epochs`; `rule` a learning `Rule` (None: the refined one); `fidelity`; `random_state` the chip's seed.

    Inputs of shape (samples, features) are divided by the largest magnitude seen in `fit`, the range of the drivers.
    After `fit`: `training_` holds the chip's memories and counts, `classes_`, `n_features_in_`, `loss_curve_`.
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (256, 128),
        chip: Chip | None = None,
        transfer_every: int = 100,
        epochs: int = 10,
        rule: Rule | None = None,
        fidelity: str = "behavioural",
        random_state: int = 0,
    ) -> None:
        self.hidden = hidden
        self.chip = chip
        self.transfer_every = transfer_every
        self.epochs = epochs
        self.rule = rule
        self.fidelity = fidelity
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a fresh chip; raises ValueError on NaN, on wrong shapes and on fewer than two classes."""
        inputs, targets = validate_data(self, X, y)
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ConfigError(f"labels hold one class only ({self.classes_[0]!r}); give two or more")
        self.scale_ = float(np.abs(inputs).max()) or 1.0
        plan = Plan(
            sizes=(inputs.shape[1], *self.hidden, len(self.classes_)),
            chip=self.chip or Chip.from_card(),
            rule=self.rule or REFINED,
            epochs=self.epochs,
            transfer_every=self.transfer_every,
            fidelity=Fidelity(self.fidelity),
            seed=int(self.random_state or 0),
        )
        self.training_ = Training(plan)
        while not self.training_.finished:
            self.training_.advance(self._driven(inputs), labels.astype(np.int64), len(labels))
        self.loss_curve_ = list(self.training_.losses)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Softmax of the chip's outputs, (samples, classes)."""
        check_is_fitted(self)
        inputs = self._driven(validate_data(self, X, reset=False))
        training = self.training_
        outputs = infer(training.net, training.memory.analogue, inputs, np.float32(0), training.plan.seed, 0).outputs.astype(np.float64)
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each sample, without read noise, so that a sample's answer does not hang on its neighbours."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def _driven(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        return np.ascontiguousarray(inputs / self.scale_, dtype=np.float32)
