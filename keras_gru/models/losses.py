"""The loss of each task, weighted by step, and compile options."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

from typing import TYPE_CHECKING, Any

import keras

from keras_gru.errors import UserError, did_you_mean
from keras_gru.layers.types import Tensor
from keras_gru.models.measures import LOSSES, fit_weights, measured
from keras_gru.models.metrics import StepMean

if TYPE_CHECKING:  # importing keras_gru imports this file, which must be fast
    from keras_gru.datasets.sequence_dataset import TaskSpec

# Steps of padding have the weight 0. Dividing by the sum of the weights, and not by the number of
# steps, makes a loss independent of the padding.
_BY_WEIGHT = "mean_with_sample_weight"


@keras.saving.register_keras_serializable(package="keras_gru")
class StepLoss(keras.losses.Loss):
    """The mean of a measure over the weighted steps of a batch, or over its weighted sequences.

    Targets have the shape of what they are compared with, or lack axes of size 1: `(B,)` fits
    forecasts `(B, 1)` and `(B, 1, 1)`. Weights are `(B, T)` or `(B,)`.

    Args:
        measure: `"crossentropy"` of labels, `"nll"` of notes, or `"mse"`, `"mae"` or `"huber"` of
            forecasts.
        every_step: whether forecasts are `(B, T, ...)`, one after every step, and not `(B, ...)`.
        smoothing: the fraction s, from 0 to 1, of the cross-entropy in which all C classes are
            right: `(1 − s) · (−log p_y) + s · mean over classes c of (−log p_c)`, from labels that
            are integers (Szegedy et al. 2016, section 7).

    Raises:
        UserError: the targets or the weights have another shape, or `smoothing` is out of range.
    """

    def __init__(
        self,
        measure: str,
        every_step: bool = False,
        smoothing: float = 0.0,
        name: str = "step_loss",
        reduction: str = _BY_WEIGHT,
        **kwargs: Any,
    ) -> None:
        if not 0 <= smoothing <= 1:
            raise UserError(f"label smoothing: expected a fraction from 0 to 1, got {smoothing}.")
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.measure, self.every_step, self.smoothing = measure, every_step, smoothing

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        sample_weight = fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        options: dict[str, Any] = {"smoothing": self.smoothing} if self.smoothing else {}
        return measured(y_true, y_pred, self.measure, self.every_step, **options)

    def get_config(self) -> dict[str, Any]:
        own = {
            "measure": self.measure,
            "every_step": self.every_step,
            "smoothing": self.smoothing,
        }
        return {**super().get_config(), **own}


def compile_options(
    spec: "TaskSpec", loss_name: str = "mse", label_smoothing: float = 0.0
) -> dict[str, Any]:
    """Return the arguments of `keras.Model.compile` for a task: `loss` and `weighted_metrics`.

    Classes, tags, tokens and words have a cross-entropy and `accuracy`; notes `nll`, as loss and
    as metric; forecasts `mae` and `mse`. The metrics are exact over a dataset: each step counts the
    same, in whatever batch.

    Args:
        loss_name: loss of forecasts: `"mse"`, `"mae"` or `"huber"`; other tasks have one loss.
        label_smoothing: for classes, tags, tokens and words, the fraction of the loss in which
            all classes are equally right. It affects the loss, not the accuracy.

    Raises:
        UserError: there is no such loss, or `label_smoothing` is out of range.

    Example:

    >>> from keras_gru import models
    >>> from keras_gru.datasets.sequence_dataset import TaskSpec
    >>> spec = TaskSpec(task="forecasting", outputs=1, features=1, length=56)
    >>> model = models.forecaster(units=8, features=1, length=56)
    >>> model.compile("adam", **models.compile_options(spec, "huber"))
    """
    if spec.task == "polyphony":
        return {"loss": StepLoss("nll"), "weighted_metrics": [StepMean("nll")]}
    if spec.task == "forecasting":
        if loss_name not in LOSSES:
            raise UserError(
                f"There is no loss '{loss_name}' of forecasts.{did_you_mean(loss_name, LOSSES)}"
            )
        return {
            "loss": StepLoss(loss_name, spec.every_step),
            "weighted_metrics": [StepMean(name, spec.every_step) for name in ("mae", "mse")],
        }
    return {
        "loss": StepLoss("crossentropy", smoothing=label_smoothing),
        "weighted_metrics": [StepMean("accuracy")],
    }
