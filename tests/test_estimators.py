"""The estimators pass scikit-learn's checks."""

import doctest

import numpy as np
import pytest
import tensorflow
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks

from keras_gru import RecurrentClassifier, RecurrentForecaster, estimators

# These checks require a minimum score, so they use default settings instead of tiny networks.
SCORED = {
    RecurrentClassifier: estimator_checks.check_classifiers_train,
    RecurrentForecaster: estimator_checks.check_regressors_train,
}

# Keras' `tf.data` functions are traced even with eager execution.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the .tf.config:UserWarning")


@pytest.fixture(autouse=True)
def eager():
    """Run eagerly, as tracing a graph for each fit would take most of the time."""
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@estimator_checks.parametrize_with_checks(
    [kind(units=2, epochs=1, batch_size=256, random_state=0) for kind in SCORED]
)
def test_an_estimator_passes_the_check(estimator, check):
    if check.func is SCORED[type(estimator)]:
        pytest.skip("requires a score; tested below with the default settings")
    check(estimator)


@pytest.mark.parametrize("kind", SCORED)
def test_an_estimator_passes_the_check_of_its_score(kind):
    tensorflow.config.run_functions_eagerly(False)  # it trains longer than the other checks
    SCORED[kind](kind.__name__, kind(random_state=0))


def test_the_examples_in_docstrings_run():
    tensorflow.config.run_functions_eagerly(False)
    result = doctest.testmod(estimators)
    assert result.attempted > 8 and result.failed == 0


def test_a_seed_reproduces_the_network():
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


def test_other_channels_are_rejected():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 5, 2)), random.integers(0, 3, 20)
    model = RecurrentClassifier(units=4, epochs=1).fit(x, y)
    for other in (x[:, :, 0], x[:, :, :1]):
        with pytest.raises(ValueError, match="expected 2 channels, got 1"):
            model.predict(other)


def test_estimators_work_in_pipelines_and_grid_search():
    x = np.random.default_rng(0).normal(size=(40, 6))
    y = np.where(x[:, -1] > 0, "up", "down")
    scores = cross_val_score(RecurrentClassifier(units=4, epochs=15, random_state=0), x, y, cv=2)
    assert scores.mean() > 0.7


@pytest.mark.parametrize("kind", SCORED)
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "epochs: expected a positive integer, got 0"),
        ({"batch_size": 0}, "batch_size: expected"),
        ({"units": 2.5}, "units: expected"),
        ({"dropout": 20}, "'dropout': expected a rate"),
        ({"learning_rate": 3e38}, "The training diverged"),
    ],
)
def test_wrong_settings_and_a_diverged_training_are_rejected(kind, settings, sentence):
    x, y = np.random.default_rng(0).normal(size=(20, 5)), np.arange(20) % 2
    with pytest.raises(ValueError, match=sentence):
        kind(**{"units": 2, "epochs": 3, "random_state": 0, **settings}).fit(x, y)


@pytest.mark.parametrize("shape", [(20, 5, 2, 2), (20, 0, 2), (20, 5, 0)])
def test_windows_of_other_shapes_are_rejected(shape):
    with pytest.raises(ValueError, match="expected the shape"):
        RecurrentForecaster(units=2, epochs=1).fit(np.zeros(shape), np.arange(20))
