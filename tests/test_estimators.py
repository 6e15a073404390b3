"""scikit-learn's checks of estimators; all of them take minutes, these are the quick ones."""

import doctest

import numpy as np
import pytest
import tensorflow
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks

from keras_gru import RecurrentClassifier, RecurrentForecaster, estimators

CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_estimators_dtypes",
    "check_estimators_pickle",
    "check_estimators_unfitted",
    "check_fit2d_1feature",
    "check_get_params_invariance",
    "check_n_features_in_after_fitting",
    "check_parameters_default_constructible",
    "check_set_params",
]


# Keras' own `tf.data` functions are traced all the same.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the .tf.config:UserWarning")


@pytest.fixture(autouse=True)
def eager():
    """Tracing a graph for each fit would take most of the time."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.mark.parametrize("kind", [RecurrentClassifier, RecurrentForecaster])
@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learns_check(name, kind):
    estimator = kind(units=4, epochs=1, random_state=0)
    getattr(estimator_checks, name)(kind.__name__, estimator)


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
