"""scikit-learn's checks of estimators."""

import doctest

import numpy as np
import pytest
import tensorflow
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks

from keras_gru import RecurrentClassifier, RecurrentForecaster, estimators

# Small enough for a second a check, and trained until scikit-learn's simple tasks are learnt.
SETTINGS = {"units": 4, "epochs": 8, "batch_size": 32, "learning_rate": 0.1}
# check -> why the estimators fail it
EXPECTED_FAILURES: dict[str, str] = {}


@pytest.fixture(autouse=True)
def eager():
    """Tracing a graph for each fit would take most of the time."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@estimator_checks.parametrize_with_checks(
    [RecurrentClassifier(**SETTINGS), RecurrentForecaster(**SETTINGS)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learns_check(estimator, check):
    check(estimator)


def test_the_examples_run():
    tensorflow.config.run_functions_eagerly(False)  # they train longer than the checks
    result = doctest.testmod(estimators)
    assert result.attempted > 8 and result.failed == 0


def test_one_seed_gives_one_network():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 5, 2)), random.integers(0, 3, 20)
    one, same, other = (
        RecurrentClassifier(units=4, epochs=2, batch_size=4, random_state=seed)
        .fit(x, y)
        .predict_proba(x)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert abs(one - other).max() > 1e-3 and one.shape == (20, 3)


def test_scikit_learns_tools_take_it():
    x = np.random.default_rng(0).normal(size=(40, 6))
    y = np.where(x[:, -1] > 0, "up", "down")
    scores = cross_val_score(RecurrentClassifier(units=4, epochs=15, random_state=0), x, y, cv=2)
    assert scores.mean() > 0.7
