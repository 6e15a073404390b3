"""Forecasts as differences from the last value, and embedded categories."""

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.errors import UserError
from keras_gru.models.config import Forecaster

from .helpers import predict

SIZES = {"features": 4, "variables": 2, "horizon": 3, "length": 7}
HISTORY = (3, 1)


def differences(**options):
    sizes = {**SIZES, "subtract_last": True, "history": HISTORY, **options}
    return models.forecaster(units=6, seed=0, **sizes)


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(0).normal(size=(5, 7, 4)).astype("float32")


def test_a_forecaster_with_subtract_last_equals_one_on_differences(windows):
    plain, model = models.forecaster(units=6, seed=0, **SIZES), differences()
    assert [w.shape for w in plain.get_weights()] == [w.shape for w in model.get_weights()]
    model.set_weights(plain.get_weights())
    seen = windows.copy()
    for column in HISTORY:
        seen[:, :, column] -= windows[:, -1:, column]
    expected = predict(plain, {"features": seen}) + windows[:, -1:, HISTORY]
    np.testing.assert_allclose(predict(model, {"features": windows}), expected, atol=1e-6)


def test_the_level_of_a_series_shifts_only_its_own_forecasts(windows):
    model = differences()
    before = predict(model, {"features": windows})
    higher = windows.copy()
    higher[:, :, HISTORY[0]] += 10
    change = predict(model, {"features": higher}) - before
    np.testing.assert_allclose(change[..., 0], 10, atol=1e-4)
    np.testing.assert_allclose(change[..., 1], 0, atol=1e-4)
    # Other columns are not shifted.
    other = windows.copy()
    other[:, :, 0] += 10
    assert np.abs(predict(model, {"features": other}) - before).max() > 0.01


def test_a_saved_model_gives_the_same_forecasts(windows, tmp_path):
    model = differences(cell="lstm", layers=2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found = [predict(each, {"features": windows}) for each in (model, loaded)]
    np.testing.assert_array_equal(*found)


def test_half_precision_models_forecast_in_float32(windows):
    outside = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = differences()
    finally:
        keras.config.set_dtype_policy(outside)
    higher = windows.copy()
    higher[:, :, HISTORY] += 1000  # in this range, bfloat16 has a spacing of 4
    forecast = predict(model, {"features": higher})
    assert forecast.dtype == "float32"
    np.testing.assert_allclose(forecast, predict(model, {"features": windows}) + 1000, atol=0.05)


@pytest.mark.parametrize("size", [{"units": 4}, {"parameters": 300}])
def test_a_forecaster_is_built_from_a_configuration(size, windows):
    spec = TaskSpec(task="forecasting", outputs=2, features=4, length=7, horizon=3, history=HISTORY)
    config = Forecaster(kind="forecaster", subtract_last=True, size=size)
    model = models.build(config, spec, "gru", 0)
    assert model.output_shape == (None, 3, 2)
    moved = predict(model, {"features": windows + np.float32(10)})
    before = predict(model, {"features": windows})
    assert np.abs(moved - before - 10).max() < np.abs(moved - before).max() / 2


@pytest.mark.parametrize(
    "options", [{"history": None}, {"length": None}, {"every_step": True}], ids=str
)
def test_options_without_a_last_value_are_rejected(options):
    with pytest.raises(UserError, match=r"^subtract_last: expected "):
        differences(**options)


@pytest.mark.parametrize(
    "options", [{"history": (3, -1)}, {"history": (3, 4)}, {"head": "non"}], ids=str
)
def test_unknown_columns_and_heads_are_rejected(options):
    with pytest.raises(UserError, match=r"'(history|head)': expected "):
        differences(**options)


def test_the_order_of_categories_does_not_matter(windows):
    sizes = {**SIZES, "units": 6, "embed_categories": 3, "seed": 0}
    found = [
        predict(models.forecaster(categories=given, **sizes), {"features": windows})
        for given in (((0, 1), (1, 2)), ((1, 2), (0, 1)))
    ]
    np.testing.assert_array_equal(*found)


def test_embedded_categories_are_loaded_from_h5(windows, tmp_path):
    sizes = {**SIZES, "units": 6, "embed_categories": 3, "categories": ((1, 2),)}
    model = models.forecaster(**sizes)
    model.save(tmp_path / "model.h5")
    found = models.load_h5(tmp_path / "model.h5")
    x = {"features": windows}
    np.testing.assert_array_equal(predict(found, x), predict(model, x))


def test_each_value_of_a_category_has_an_embedding(windows):
    """Values with equal embeddings give equal outputs; other columns are not embedded."""
    x = windows.copy()
    x[..., 1:3] = np.eye(2)[np.random.default_rng(0).integers(0, 2, (5, 7))]
    model = models.forecaster(units=6, seed=0, categories=((1, 2),), embed_categories=3, **SIZES)
    layer = model.get_layer("category_1")
    assert (
        layer.kernel.shape == (2, 3)
        and model.get_layer("recurrent_1").get_weights()[0].shape[0] == 5
    )
    other = x.copy()
    other[..., 1:3] = 1 - x[..., 1:3]
    before, after = (predict(model, {"features": features}) for features in (x, other))
    assert np.abs(after - before).max() > 1e-4
    layer.kernel.assign(np.tile(layer.get_weights()[0][:1], (2, 1)))
    before, after = (predict(model, {"features": features}) for features in (x, other))
    np.testing.assert_allclose(after, before, atol=1e-6)
    other[..., 3] += 1
    assert np.abs(predict(model, {"features": other}) - before).max() > 1e-4
