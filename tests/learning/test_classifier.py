"""scikit-learn's own checks, and digits."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import ferrion as fe


@parametrize_with_checks([fe.TwoMemoryClassifier(hidden=(32,), epochs=30)])
def test_scikit_learn_accepts_the_estimator(estimator, check):
    check(estimator)


def test_digits_are_learned(digits):
    model = fe.TwoMemoryClassifier(hidden=(64,), epochs=15).fit(digits.inputs, digits.labels)
    assert model.score(digits.test_inputs, digits.test_labels) > 0.93


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="one class only"):
        fe.TwoMemoryClassifier().fit([[0.0], [1.0]], [3, 3])
