"""The recipe with a GRU in NumPy: it equals the layer, forward and backward, and it learns."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_gru
from tests.layers.helpers import gradients

RECIPE = Path(__file__).parents[2] / "recipes" / "from_scratch.py"


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("from_scratch", RECIPE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_outputs_and_gradients_equal_the_layer(recipe):
    rng = np.random.default_rng(0)
    x, d_last = rng.normal(size=(4, 7, 3)), rng.normal(size=(4, 5))
    layer = keras_gru.GRU(5, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([rng.normal(0, 0.5, weight.shape) for weight in layer.weights])
    W, R, b = layer.get_weights()
    h, saved = recipe.forward(x, W, R, b)
    expected = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(h[-1], expected, rtol=0, atol=1e-6)
    found = recipe.backward(x, W, R, h, saved, d_last)
    of_layer = gradients(lambda: keras.ops.sum(layer(x, training=True) * d_last), layer.weights)
    for one, other in zip(found, of_layer, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(other).max())


def test_training_solves_the_adding_problem(recipe):
    assert recipe.train(updates=600, units=16, length=10) < 0.01  # predicting the mean gives 0.167


def test_the_recipe_is_short(recipe):
    assert len(RECIPE.read_text(encoding="utf-8").splitlines()) <= 120
