"""Targets, weights and masks must match the outputs; otherwise an error has both shapes."""

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.errors import UserError
from keras_gru.models.losses import StepLoss
from keras_gru.models.metrics import StepMean

B, T = 5, 4
# (outputs, targets): equal shapes, up to axes of size 1
FORECASTS = [
    ((B, 1), (B,)),
    ((B, 1, 1), (B,)),
    ((B, 1, 1), (B, 1)),
    ((B, 1), (B, 1, 1)),
    ((B, 3), (B, 3, 1)),
    ((B, 3, 1), (B, 3)),
    ((B, 1, 2), (B, 2)),
]
LABELS = [((B, 3), (B, 1)), ((B, T, 3), (B, T, 1)), ((B, 1, 3), (B,))]
WRONG = [
    ("mse", (B, 1), (B, B)),
    ("mse", (B, 3), (B,)),
    ("mse", (B, 3, 1), (B, 1, 3)),
    ("mae", (B, 3, 2), (B, 2)),
    ("huber", (B, 2), (1, 2)),
    ("crossentropy", (B, 3), (B, 3)),
    ("crossentropy", (B, T, 3), (B,)),
    ("accuracy", (B, T, 3), (B, T, 3)),
    ("accuracy", (B, T, 3), (T,)),
    ("nll", (B, T, 3), (B, T)),
    ("nll", (B, T, 3), (B, T, 1)),
    ("nll", (B, T, 3), (T, 3)),
]


def draw(shape, classes=None):
    random = np.random.default_rng(len(shape))
    return random.normal(size=shape) if classes is None else random.integers(0, classes, shape)


def values(measure, every_step, y_true, y_pred, weight=None):
    """Return the loss and the metric of a measure, as far as they exist."""
    metric = StepMean("accuracy" if measure == "crossentropy" else measure, every_step)
    metric.update_state(y_true, y_pred, weight)
    return [float(StepLoss(measure, every_step)(y_true, y_pred, weight)), float(metric.result())]


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("measure", ["mse", "mae", "huber"])
@pytest.mark.parametrize(("outputs", "shape"), FORECASTS)
def test_forecasts_without_axes_of_size_1(outputs, shape, measure, every_step):
    if every_step:
        outputs, shape = ((B, T, *sizes[1:]) for sizes in (outputs, shape))
    y_pred, y_true = draw(outputs), draw(shape)
    weight = np.arange(B * T).reshape(B, T) if every_step else np.arange(B)
    for w in (None, weight):
        expected = values(measure, every_step, y_true.reshape(outputs), y_pred, w)
        assert values(measure, every_step, y_true, y_pred, w) == expected
    if measure == "mse":
        error = (y_true.reshape(outputs) - y_pred).reshape(*weight.shape, -1) ** 2
        whole = np.average(error.mean(-1), weights=weight)
        last = error.mean(-1)[:, -1] if every_step else error.mean(-1)
        metric = np.average(last, weights=weight[:, -1] if every_step else weight)
        np.testing.assert_allclose(expected, [whole, metric], rtol=1e-5)


@pytest.mark.parametrize(("outputs", "shape"), LABELS)
def test_labels_with_an_axis_of_size_1(outputs, shape):
    y_pred, y_true = draw(outputs), draw(shape, classes=3)
    found = values("crossentropy", False, y_true, y_pred)
    assert found == values("crossentropy", False, y_true.reshape(outputs[:-1]), y_pred)
    np.testing.assert_allclose(found[1], (y_true.reshape(outputs[:-1]) == y_pred.argmax(-1)).mean())


@pytest.mark.parametrize(("measure", "outputs", "shape"), WRONG)
def test_other_targets_fail_with_both_shapes(measure, outputs, shape):
    kind = StepMean(measure).update_state if measure == "accuracy" else StepLoss(measure)
    with pytest.raises(UserError, match=r"^targets: ") as error:
        kind(np.zeros(shape), np.zeros(outputs))
    assert str(outputs) in str(error.value) and f"got {shape}" in str(error.value)


@pytest.mark.parametrize("measure", ["crossentropy", "nll", "mse"])
@pytest.mark.parametrize("shape", [(B,), (B, 1), (B, T, 1), (1, T), ()], ids=str)
def test_weights_of_sequences_and_of_steps(shape, measure):
    y_pred = draw((B, T, 3))
    y_true = draw((B, T), classes=3) if measure == "crossentropy" else (y_pred > 0) * 1.0
    weight = np.arange(1, np.prod(shape) + 1).reshape(shape)
    per_step = weight[..., None] if shape == (B,) else weight[..., 0] if len(shape) == 3 else weight
    per_step = np.broadcast_to(per_step, (B, T))
    found = values(measure, True, y_true, y_pred, weight)
    np.testing.assert_allclose(found, values(measure, True, y_true, y_pred, per_step), rtol=1e-6)


@pytest.mark.parametrize("measure", ["crossentropy", "nll", "mse"])
@pytest.mark.parametrize("shape", [(T,), (B, T - 1), (B, T, 2)], ids=str)
def test_other_weights_fail_with_both_shapes(shape, measure):
    y_pred = draw((B, T, 3))
    y_true = draw((B, T), classes=3) if measure == "crossentropy" else y_pred
    for kind in (StepLoss(measure, True), StepMean(measure, True).update_state):
        with pytest.raises(UserError, match=r"^sample_weight: ") as error:
            kind(y_true, y_pred, np.ones(shape))
        assert str((B, T)) in str(error.value) and str(shape) in str(error.value)


@pytest.mark.parametrize("measure", ["crossentropy", "nll", "mse"])
def test_a_mask_of_keras_counts_as_weights(measure):
    x = draw((B, T, 2)).astype("float32")
    seen = np.arange(T) < np.array([4, 1, 2, 3, 4])[:, None]
    x[~seen] = 0
    labels = measure == "crossentropy"
    y_true = draw((B, T), classes=3) if labels else (draw((B, T, 3)) > 0) * 1.0
    inputs = keras.Input((T, 2))
    outputs = keras.layers.Dense(3)(keras.layers.Masking()(inputs))
    model = keras.Model(inputs, outputs)
    metric = StepMean("accuracy" if labels else measure, True)
    model.compile(loss=StepLoss(measure, True), weighted_metrics=[metric])
    for weight in (None, np.arange(1, B + 1)):
        found = model.test_on_batch(x, y_true, sample_weight=weight)
        y_pred = keras.ops.convert_to_numpy(model(x))
        per_step = seen if weight is None else seen * weight[:, None]
        np.testing.assert_allclose(found, values(measure, True, y_true, y_pred, per_step), 1e-5)


@pytest.mark.parametrize("loss", [None, "mse"])
def test_a_forecaster_learns_from_timeseries_dataset_from_array(loss):
    series = np.sin(np.arange(80) / 4)
    model = models.forecaster(units=8, features=1, length=8, seed=0)
    model.compile(keras.optimizers.Adam(0.02), loss or model.loss, jit_compile=False)
    x = np.lib.stride_tricks.sliding_window_view(series[:-1], 8)[..., None]
    options = {"batch_size": len(x), "epochs": 60, "verbose": 0}
    history = model.fit({"features": x}, series[8:], **options).history["loss"]
    assert history[-1] < 0.1, "the best constant has a loss of 0.5"


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        ({}, (1,)),
        ({"horizon": 3}, (3,)),
        ({"variables": 2}, (2,)),
        ({"horizon": 1, "variables": 1}, (1, 1)),
        ({"horizon": 3, "variables": 2}, (3, 2)),
    ],
)
def test_a_forecast_has_the_configured_axes(sizes, shape, every_step):
    model = models.forecaster(units=2, features=2, masked=False, every_step=every_step, **sizes)
    steps = (T,) if every_step else ()
    assert model({"features": np.zeros((B, T, 2), "float32")}).shape == (B, *steps, *shape)
