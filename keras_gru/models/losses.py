"""What each task is trained on and judged by, weighted step by step."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

import keras
from keras import ops

from keras_gru.datasets.sequence_dataset import SequenceSpec
from keras_gru.errors import UserError, did_you_mean

# Steps of padding have the weight 0. Dividing by the sum of the weights, and not by the number of
# steps, makes a loss independent of the padding.
_BY_WEIGHT = "mean_with_sample_weight"


@keras.saving.register_keras_serializable(package="keras_gru")
def notes_nll(y_true, y_pred):
    """Negative log-likelihood of independent notes, in nats per step.

    Args:
        y_true: `(B, T, N)`, 1 where a note sounds.
        y_pred: logits `(B, T, N)`.

    Returns:
        `(B, T)`, summed over the notes.
    """
    y_true = ops.cast(y_true, y_pred.dtype)
    return ops.sum(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


@keras.saving.register_keras_serializable(package="keras_gru")
class NotesLoss(keras.losses.Loss):
    """`notes_nll`, averaged over the weighted steps of a batch."""

    def __init__(self, name="notes_loss", reduction=_BY_WEIGHT, **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)

    def call(self, y_true, y_pred):
        return notes_nll(y_true, y_pred)


_ERRORS = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
}


@keras.saving.register_keras_serializable(package="keras_gru")
class ForecastLoss(keras.losses.Loss):
    """The mean error of a forecast `(…, H, V)`, one number per sequence or step to be weighted.

    Keras' own losses leave the steps ahead in, which cannot be multiplied by such weights.

    Args:
        error: `"mse"`, `"mae"` or `"huber"`.
    """

    def __init__(self, error="mse", name="forecast_loss", reduction=_BY_WEIGHT, **kwargs):
        super().__init__(name=name, reduction=reduction, **kwargs)
        if error not in _ERRORS:
            raise UserError(
                f"There is no error '{error}' of forecasts.{did_you_mean(error, _ERRORS)}"
            )
        self.error = error

    def call(self, y_true, y_pred):
        return ops.mean(_ERRORS[self.error](y_true, y_pred), axis=-1)

    def get_config(self):
        return {**super().get_config(), "error": self.error}


def compile_options(spec: SequenceSpec, loss_name: str = "mse") -> dict:
    """What `keras.Model.compile` needs to know of a task: `loss` and `weighted_metrics`.

    Classes, tags, tokens and words have a cross-entropy and `accuracy`; notes `nll`, which is the
    loss taken exactly over a whole dataset (each step counts the same, in whatever batch);
    forecasts `mae` and `mse`.

    Args:
        spec: what the data are.
        loss_name: of forecasts, `"mse"`, `"mae"` or `"huber"`; other tasks have one loss.

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
        metric = keras.metrics.MeanMetricWrapper(notes_nll, name="nll")
        return {"loss": NotesLoss(), "weighted_metrics": [metric]}
    if spec.task == "forecasting":
        metrics = [
            keras.metrics.MeanAbsoluteError(name="mae"),
            keras.metrics.MeanSquaredError(name="mse"),
        ]
        return {"loss": ForecastLoss(loss_name), "weighted_metrics": metrics}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=_BY_WEIGHT)
    metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    return {"loss": loss, "weighted_metrics": [metric]}
