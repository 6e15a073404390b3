"""Losses and metrics compared with NumPy, over batches of unequal length."""

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.errors import UserError
from keras_gru.models import measures

from .helpers import compiled, inputs, make, predict, seen_steps, targets


def batches(kind, model):
    """Yield three batches of different sizes and paddings, with logits and unpadded steps."""
    x = inputs(kind)
    y, _ = targets(kind, x)
    for rows, steps in [(slice(0, 3), 7), (slice(3, 4), 1), (slice(4, 6), 6)]:
        x_part = {name: array[rows, :steps] for name, array in x.items()}
        y_part = y[rows, :steps]
        weight = seen_steps(kind, x_part)
        yield (
            x_part,
            y_part,
            weight.astype("float32"),
            predict(model, x_part)[weight],
            y_part[weight],
        )


def evaluate(model, batches):
    data = [(x, y, weight) for x, y, weight, _, _ in batches]

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return len(data)

        def __getitem__(self, index):
            return data[index]

    return model.evaluate(Data(), verbose=0, return_dict=True)


def test_nll_is_the_mean_over_all_steps_of_a_dataset():
    model = compiled("polyphony", make("polyphony"))
    parts = list(batches("polyphony", model))
    logits = np.concatenate([part[3] for part in parts]).astype("float64")
    notes = np.concatenate([part[4] for part in parts])
    p = 1 / (1 + np.exp(-logits))
    per_step = -(notes * np.log(p) + (1 - notes) * np.log(1 - p)).sum(-1)
    assert len(per_step) == 7 + 3 + 5 + 1 + 6 + 4
    np.testing.assert_allclose(evaluate(model, parts)["nll"], per_step.mean(), rtol=1e-5)
    means = [np.mean(part) for part in np.split(per_step, [15, 16])]
    assert abs(np.mean(means) - per_step.mean()) > 1e-3, "a mean over batches would pass as well"


def test_nll_of_certain_notes_is_finite():
    nll = measures.notes_nll(np.array([[[1.0, 0.0]]]), np.array([[[-200.0, 300.0]]]))
    np.testing.assert_allclose(nll, [[500.0]])


@pytest.mark.parametrize("kind", ["tagger", "language_model"])
def test_accuracy_is_the_mean_over_all_steps_of_a_dataset(kind):
    model = compiled(kind, make(kind))
    parts = list(batches(kind, model))
    right = np.concatenate([part[3].argmax(-1) == part[4] for part in parts])
    np.testing.assert_allclose(evaluate(model, parts)["accuracy"], right.mean(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["tagger", "polyphony", "language_model"])
def test_the_loss_of_a_batch_is_the_mean_over_its_unpadded_steps(kind):
    model = compiled(kind, make(kind))
    x, y, weight, logits, seen = next(batches(kind, model))
    logits = logits.astype("float64")
    if kind == "polyphony":
        per_step = (np.logaddexp(0, logits) - seen * logits).sum(-1)
    else:
        normaliser = np.log(np.exp(logits).sum(-1))
        per_step = normaliser - np.take_along_axis(logits, seen[:, None], -1)[:, 0]
    loss = model.test_on_batch(x, y, sample_weight=weight)[0]
    np.testing.assert_allclose(loss, per_step.mean(), rtol=1e-5)


@pytest.mark.parametrize("name", ["mse", "mae", "huber"])
@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 5, 3, 2)])
def test_losses_and_errors_of_forecasts(name, shape):
    random = np.random.default_rng(0)
    y, forecast = random.normal(size=(2, *shape)) * 2
    weight = random.integers(0, 3, shape[:-2]).astype("float32")
    error = np.abs(y - forecast)
    errors = {
        "mse": error**2,
        "mae": error,
        "huber": np.where(error <= 1, error**2 / 2, error - 0.5),
    }
    spec = TaskSpec(task="forecasting", outputs=2, horizon=3, every_step=len(shape) == 4)
    options = models.compile_options(spec, name)
    for w in (None, weight):
        loss = options["loss"](y, forecast, sample_weight=w)
        expected = np.average(errors[name].mean((-1, -2)), weights=w)
        np.testing.assert_allclose(float(loss), expected, rtol=1e-5)
    for metric in options["weighted_metrics"]:
        for w in (None, weight):
            metric.reset_state()
            metric.update_state(y, forecast, sample_weight=w)
            counts = w
            if spec.every_step:  # only the forecast after the last weighted step
                w = np.ones(shape[:2]) if w is None else w
                last = [np.flatnonzero(row)[-1:] for row in w]
                counts = [
                    w[n] * (np.arange(len(w[n])) == position) for n, position in enumerate(last)
                ]
            expected = np.average(errors[metric.name].mean((-1, -2)), weights=counts)
            np.testing.assert_allclose(float(metric.result()), expected, rtol=1e-5)
    assert {metric.name for metric in options["weighted_metrics"]} == {"mae", "mse"}


@pytest.mark.parametrize("shape", [(4, 6), (4, 5, 6)])
def test_label_smoothing_equals_keras(shape):
    random = np.random.default_rng(0)
    logits = random.normal(size=shape) * 3
    y = random.integers(0, 6, shape[:-1])
    weight = random.integers(0, 3, shape[:-1]).astype("float32")
    spec = TaskSpec(task="tagging", outputs=6, vocabulary=9)
    loss = models.compile_options(spec, label_smoothing=0.3)["loss"]
    keras_loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.3, reduction="none"
    )
    expected = keras_loss(np.eye(6)[y], logits)
    found = loss(y, logits, sample_weight=weight)
    np.testing.assert_allclose(float(found), np.average(expected, weights=weight), rtol=1e-5)
    nearly_none = models.compile_options(spec, label_smoothing=1e-9)["loss"]
    none = models.compile_options(spec)["loss"]
    for w in (None, weight):
        values = [float(each(y, logits, sample_weight=w)) for each in (nearly_none, none)]
        np.testing.assert_allclose(*values, rtol=1e-6)


def test_an_unknown_loss_is_rejected():
    spec = TaskSpec(task="forecasting", outputs=1, features=1)
    with pytest.raises(UserError, match=r"no loss 'mes' of forecasts\. Did you mean 'mse'"):
        models.compile_options(spec, "mes")


def test_each_call_returns_new_metrics():
    spec = TaskSpec(task="polyphony", outputs=88, features=88)
    one, two = (models.compile_options(spec)["weighted_metrics"][0] for _ in range(2))
    assert one is not two


@pytest.mark.parametrize("smoothing", [-0.1, 2])
def test_label_smoothing_out_of_range_is_rejected(smoothing):
    spec = TaskSpec(task="tagging", outputs=6, vocabulary=9)
    with pytest.raises(UserError, match="label smoothing: expected a fraction from 0 to 1"):
        models.compile_options(spec, label_smoothing=smoothing)


def test_an_unknown_task_is_rejected():
    with pytest.raises(UserError, match=r"no task 'forecaster'\. Did you mean 'forecasting'"):
        TaskSpec(task="forecaster", outputs=1)


@pytest.mark.parametrize(
    ("horizons", "task", "sentence"),
    [
        ((3, 3), "forecaster", "no task 'forecaster'"),
        ((3, 2), "forecasting", "expected outputs of one shape"),
        ((), "forecasting", "got no network"),
    ],
)
def test_an_ensemble_of_other_networks_is_rejected(horizons, task, sentence):
    networks = [models.forecaster(units=2, features=1, length=5, horizon=h) for h in horizons]
    with pytest.raises(UserError, match=sentence):
        models.ensemble(networks, task)
