"""What each task is trained on and judged by, weighted step by step."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

from typing import TYPE_CHECKING

import keras
from keras import ops

from keras_gru.errors import UserError, did_you_mean

if TYPE_CHECKING:  # importing keras_gru imports this file, which is to cost next to nothing
    from keras_gru.datasets.sequence_dataset import SequenceSpec

# Steps of padding have the weight 0. Dividing by the sum of the weights, and not by the number of
# steps, makes a loss independent of the padding.
_BY_WEIGHT = "mean_with_sample_weight"


def notes_nll(y_true, y_pred):
    """Negative log-likelihood of independent notes, in nats per step.

    Args:
        y_true: `(B, T, N)`, 1 where a note sounds.
        y_pred: logits `(B, T, N)`.

    Returns:
        `(B, T)`, summed over the notes.
    """
    return ops.sum(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


def _right(y_true, y_pred):
    return ops.equal(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=-1), "int32"))


def _of_forecasts(error):
    """Of `(…, H, V)` one number per sequence or step, which a weight can be given to."""
    return lambda y_true, y_pred: ops.mean(error(y_true, y_pred), axis=-1)


# Each gives one number per step, or per sequence where there is one output for it.
_MEASURES = {
    "nll": notes_nll,
    "accuracy": _right,
    "mse": _of_forecasts(keras.losses.mean_squared_error),
    "mae": _of_forecasts(keras.losses.mean_absolute_error),
    "huber": _of_forecasts(keras.losses.huber),
}
_FORECAST_LOSSES = ("mse", "mae", "huber")


@keras.saving.register_keras_serializable(package="keras_gru")
class StepLoss(keras.losses.Loss):
    """The mean of a measure over the weighted steps of a batch.

    Args:
        measure: `"nll"` of notes, or `"mse"`, `"mae"` or `"huber"` of forecasts.
    """

    def __init__(self, measure, name="step_loss", reduction=_BY_WEIGHT, **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.measure = measure

    def call(self, y_true, y_pred):
        return _MEASURES[self.measure](y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "measure": self.measure}


@keras.saving.register_keras_serializable(package="keras_gru")
class SmoothedCrossentropy(keras.losses.Loss):
    """The cross-entropy with labels of which a share is spread evenly over all classes.

    `(1 − s) · (−log p_y) + s · mean over classes c of (−log p_c)`, from labels that are integers:
    no vector as wide as the vocabulary is made for a label.

    Args:
        smoothing: the share s, from 0 to 1.

    Reference: Szegedy et al. 2016, Rethinking the Inception Architecture, section 7.
    """

    def __init__(self, smoothing, name="smoothed_crossentropy", reduction=_BY_WEIGHT, **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        right = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        even = ops.logsumexp(y_pred, axis=-1) - ops.mean(y_pred, axis=-1)
        return (1 - self.smoothing) * right + self.smoothing * even

    def get_config(self):
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="keras_gru")
class StepMean(keras.metrics.Mean):
    """The mean of a measure over all weighted steps of a dataset.

    Keras' own metrics take the mean of each sequence's weights over its padded length first, so
    that a step counts for less in a batch with more padding.

    Args:
        measure: `"nll"` of notes, `"accuracy"`, or `"mse"`, `"mae"` or `"huber"` of forecasts.
        name: the measure's if `None`.
    """

    def __init__(self, measure, name=None, **kwargs):
        super().__init__(name=name or measure, **kwargs)
        self.measure = measure

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.cast(y_pred, self.dtype)
        values = _MEASURES[self.measure](ops.cast(y_true, self.dtype), y_pred)
        if sample_weight is not None:
            sample_weight = ops.reshape(ops.broadcast_to(sample_weight, ops.shape(values)), (-1,))
        super().update_state(ops.reshape(values, (-1,)), sample_weight)

    def get_config(self):
        return {**super().get_config(), "measure": self.measure}


def compile_options(
    spec: "SequenceSpec", loss_name: str = "mse", label_smoothing: float = 0.0
) -> dict:
    """What `keras.Model.compile` needs to know of a task: `loss` and `weighted_metrics`.

    Classes, tags, tokens and words have a cross-entropy and `accuracy`; notes `nll`, as loss and
    as metric; forecasts `mae` and `mse`. The metrics are exact over a dataset: each step counts the
    same, in whatever batch.

    Args:
        spec: what the data are.
        loss_name: of forecasts, `"mse"`, `"mae"` or `"huber"`; other tasks have one loss.
        label_smoothing: of classes, tags, tokens and words: the share of the loss in which every
            class is as right as any other. It is in the loss alone, not in the accuracy.

    Returns:
        Keyword arguments, each time new objects.

    Raises:
        UserError: there is no such loss.

    Example:

    >>> from keras_gru import models
    >>> from keras_gru.datasets.sequence_dataset import SequenceSpec
    >>> spec = SequenceSpec(task="forecasting", outputs=1, features=1, length=56)
    >>> model = models.forecaster(units=8, features=1, length=56)
    >>> model.compile("adam", **models.compile_options(spec, "huber"))
    """
    if spec.task == "polyphony":
        return {"loss": StepLoss("nll"), "weighted_metrics": [StepMean("nll")]}
    if spec.task == "forecasting":
        if loss_name not in _FORECAST_LOSSES:
            raise UserError(
                f"There is no loss '{loss_name}' of forecasts."
                f"{did_you_mean(loss_name, _FORECAST_LOSSES)}"
            )
        return {
            "loss": StepLoss(loss_name),
            "weighted_metrics": [StepMean("mae"), StepMean("mse")],
        }
    if label_smoothing:
        loss = SmoothedCrossentropy(label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=_BY_WEIGHT)
    return {"loss": loss, "weighted_metrics": [StepMean("accuracy")]}
