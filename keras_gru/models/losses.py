"""What each task is trained on and judged by, weighted step by step."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

import math
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError, did_you_mean
from keras_gru.layers.call_arguments import shapes_fit

if TYPE_CHECKING:  # importing keras_gru imports this file, which is to cost next to nothing
    from keras_gru.datasets.sequence_dataset import TaskSpec

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


def _is_right(y_true, y_pred):
    return ops.equal(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=-1), "int32"))


def _crossentropy(y_true, y_pred, smoothing=0.0):
    loss = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
    if not smoothing:
        return loss
    even = ops.logsumexp(y_pred, axis=-1) - ops.mean(y_pred, axis=-1)
    return (1 - smoothing) * loss + smoothing * even


def _is_in_top_5(y_true, y_pred):
    """Whether fewer than five classes have a higher logit."""
    of_target = ops.take_along_axis(y_pred, ops.cast(y_true, "int32")[..., None], axis=-1)
    return ops.sum(ops.cast(y_pred > of_target, "int32"), axis=-1) < 5


def _bits(y_true, y_pred):
    return _crossentropy(y_true, y_pred) / math.log(2)


# Each returns one number per step, or per sequence where there is one output for it.
_MEASURES = {
    "nll": notes_nll,
    "crossentropy": _crossentropy,
    "bits": _bits,
    "accuracy": _is_right,
    "top_5_accuracy": _is_in_top_5,
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
}
_OF_LABELS = ("crossentropy", "bits", "accuracy", "top_5_accuracy")
_OF_FORECASTS = ("mse", "mae", "huber")
_MANY = 10  # classes, above which the five likeliest are of interest


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
        UserError: the targets or the weights have another shape.
    """

    def __init__(
        self,
        measure,
        every_step=False,
        smoothing=0.0,
        name="step_loss",
        reduction=_BY_WEIGHT,
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.measure, self.every_step, self.smoothing = measure, every_step, smoothing

    def __call__(self, y_true, y_pred, sample_weight=None):
        sample_weight = _fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        options = {"smoothing": self.smoothing} if self.smoothing else {}
        return _measured(y_true, y_pred, self.measure, self.every_step, **options)

    def get_config(self):
        own = {
            "measure": self.measure,
            "every_step": self.every_step,
            "smoothing": self.smoothing,
        }
        return {**super().get_config(), **own}


class _MeanOfSteps(keras.metrics.Mean):
    def update_state(self, values, sample_weight=None):  # weights times Keras' mask
        sample_weight = _of_last_steps(sample_weight, values, self.measure, self.every_step)
        if sample_weight is not None:
            sample_weight = ops.reshape(sample_weight, (-1,))
        super().update_state(ops.reshape(values, (-1,)), sample_weight)


@keras.saving.register_keras_serializable(package="keras_gru")
class StepMean(keras.metrics.MeanMetricWrapper, _MeanOfSteps):
    """The mean of a measure over all weighted steps, or sequences, of a dataset.

    Keras' own metrics take the mean of each sequence's weights over its padded length first, so
    that a step counts for less in a batch with more padding. Shapes are those of `StepLoss`.

    Args:
        measure: `"accuracy"`, `"top_5_accuracy"` or `"bits"` of labels, `"nll"` of notes, or
            `"mse"`, `"mae"` or `"huber"` of forecasts.
        every_step: whether forecasts are `(B, T, ...)`, one after every step, and not `(B, ...)`.
            Those after the last step of each sequence count, as they do where there are no others.
        name: the measure's if `None`.

    Raises:
        UserError: the targets or the weights have another shape.
    """

    def __init__(self, measure, every_step=False, name=None, **kwargs):
        super().__init__(self._values, name=name or measure, **kwargs)
        self.measure, self.every_step = measure, every_step

    def update_state(self, y_true, y_pred, sample_weight=None):
        sample_weight = _fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        return super().update_state(y_true, y_pred, sample_weight)

    def _values(self, y_true, y_pred):
        y_true, y_pred = (ops.cast(tensor, self.dtype) for tensor in (y_true, y_pred))
        return _measured(y_true, y_pred, self.measure, self.every_step)

    def get_config(self):
        own = {"measure": self.measure, "every_step": self.every_step}
        return {"name": self.name, "dtype": self.dtype, **own}


def _measured(y_true, y_pred, measure, every_step, **options):
    """A measure of each step `(B, T)`, or of each sequence `(B,)`."""
    shape = ops.shape(y_pred)
    y_true = _fit_targets(y_true, shape[:-1] if measure in _OF_LABELS else shape, y_pred)
    if measure in _OF_FORECASTS:
        counted = shape[: 1 + every_step]
        shape = (*counted, math.prod(shape[len(counted) :]))
        y_true, y_pred = ops.reshape(y_true, shape), ops.reshape(y_pred, shape)
    return _MEASURES[measure](y_true, y_pred, **options)


def _fit_targets(y_true, shape, y_pred):
    """Targets in the shape that the outputs ask for; they may lack axes of size 1.

    Keras broadcasts `(B,)` and `(B, 1, 1)` to `(B, 1, B)`, and the network learns nothing.
    """
    found, expected = _known(ops.shape(y_true)), _known(shape)
    pair = found, expected
    if len(found) != len(expected):
        pair = [(*one[:1], *(size for size in one[1:] if size != 1)) for one in pair]
    if not shapes_fit(*pair):
        outputs = _known(ops.shape(y_pred))
        advice = "Reshape the targets, or build the model for them."
        if len(expected) < len(outputs):
            advice = "Labels are class numbers, not one-hot vectors."
        raise UserError(
            f"targets: expected the shape {expected} for outputs of the shape {outputs}, "
            f"got {found}. {advice}"
        )
    return ops.reshape(y_true, shape)  # fails where a size was not known and does not fit


def _fit_weights(sample_weight, measure, every_step, y_pred):
    """Weights of sequences or of steps in the shape of the measure, `(B,)` or `(B, T)`.

    Keras divides by their sum, which must be that of as many numbers as there are steps.
    """
    if sample_weight is None:
        return None
    shape = ops.shape(y_pred)
    shape = shape[: 1 + every_step] if measure in _OF_FORECASTS else shape[:-1]
    found, expected = ops.shape(sample_weight), _known(shape)
    while len(found) > len(expected) and found[-1] == 1:
        found = found[:-1]
    found = (*found, *[1] * (len(expected) - len(found)))
    if not shapes_fit(_known(found), expected, unknown=(1,)):
        raise UserError(
            f"sample_weight: expected the shape {expected} for outputs of the shape "
            f"{_known(ops.shape(y_pred))}, or {expected[:1]}, got "
            f"{_known(ops.shape(sample_weight))}. Give one weight per step or per sequence."
        )
    return ops.broadcast_to(ops.reshape(sample_weight, found), shape)


def _of_last_steps(weights, values, measure, every_step):
    """Weights of forecasts at every step `(B, T)`, 0 but for the last one of each row that is not.

    Other weights, or `None`, are returned as they are.
    """
    if not (every_step and measure in _OF_FORECASTS):
        return weights
    weights = ops.ones_like(values) if weights is None else weights
    counts = ops.cast(ops.not_equal(weights, 0), "int32")
    left = ops.flip(ops.cumsum(ops.flip(counts, 1), axis=1), 1)
    return weights * ops.cast(ops.equal(left, 1), weights.dtype)


def _known(shape):
    """A shape with `None` for every size that is known only when the model runs."""
    return tuple(size if isinstance(size, int) else None for size in shape)


@keras.saving.register_keras_serializable(package="keras_gru")
class ClassScore(keras.metrics.Metric):
    """A score of all classes, each of which counts the same however rare it is.

    With n_c the weighted number of steps or sequences of class c, p_c how often c is predicted, and
    r_c how often that is right,

        balanced accuracy = mean over classes with n_c > 0 of r_c / n_c
        macro F1 = mean over classes with n_c + p_c > 0 of 2 r_c / (n_c + p_c)

    Args:
        measure: `"balanced_accuracy"` or `"macro_f1"`.
        classes: number of classes (C).
        name: the measure's if `None`.
    """

    def __init__(self, measure, classes, name=None, **kwargs):
        super().__init__(name=name or measure, **kwargs)
        self.measure, self.classes = measure, classes
        self.actual = self.add_variable((classes,), "zeros", name="actual")
        self.predicted = self.add_variable((classes,), "zeros", name="predicted")
        self.right = self.add_variable((classes,), "zeros", name="right")

    def update_state(self, y_true, y_pred, sample_weight=None):
        weights = _fit_weights(sample_weight, "accuracy", False, y_pred)
        y_true = ops.cast(_fit_targets(y_true, ops.shape(y_pred)[:-1], y_pred), "int32")
        chosen = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        weights = ops.ones_like(y_true) if weights is None else weights
        weights = ops.reshape(ops.cast(weights, self.dtype), (-1,))
        y_true, chosen = ops.reshape(y_true, (-1,)), ops.reshape(chosen, (-1,))
        is_right = ops.cast(ops.equal(y_true, chosen), self.dtype)
        for variable, classes, terms in (
            (self.actual, y_true, weights),
            (self.predicted, chosen, weights),
            (self.right, y_true, weights * is_right),
        ):
            variable.assign_add(ops.segment_sum(terms, classes, num_segments=self.classes))

    def result(self):
        count = self.actual if self.measure == "balanced_accuracy" else self.actual + self.predicted
        scale = 1 if self.measure == "balanced_accuracy" else 2
        counts = ops.cast(count > 0, self.dtype)
        return ops.sum(scale * self.right / ops.maximum(count, 1e-12) * counts) / ops.maximum(
            ops.sum(counts), 1
        )

    def get_config(self):
        own = {"measure": self.measure, "classes": self.classes}
        return {"name": self.name, "dtype": self.dtype, **own}


@keras.saving.register_keras_serializable(package="keras_gru")
class SequenceMean(keras.metrics.Mean):
    """The mean over sequences of a measure's mean over the weighted steps of each.

    Long sequences count no more than short ones, unlike in `StepMean`.

    Args:
        measure: `"nll"` of notes.
        name: the measure's with `_by_sequence` if `None`.
    """

    def __init__(self, measure, name=None, **kwargs):
        super().__init__(name=name or f"{measure}_by_sequence", **kwargs)
        self.measure = measure

    def update_state(self, y_true, y_pred, sample_weight=None):
        weights = _fit_weights(sample_weight, self.measure, False, y_pred)
        y_true, y_pred = (ops.cast(tensor, self.dtype) for tensor in (y_true, y_pred))
        values = _measured(y_true, y_pred, self.measure, False)
        weights = ops.ones_like(values) if weights is None else ops.cast(weights, self.dtype)
        counts = ops.sum(weights, axis=1)
        means = ops.sum(weights * values, axis=1) / ops.maximum(counts, 1e-12)
        super().update_state(means, ops.cast(counts > 0, self.dtype))

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype, "measure": self.measure}


def other_metrics(spec: "TaskSpec") -> list[keras.metrics.Metric]:
    """Return metrics of a task beside those of `compile_options`."""
    if spec.task == "polyphony":
        return [SequenceMean("nll")]
    top = [StepMean("top_5_accuracy")] if spec.outputs > _MANY else []
    if spec.task == "language_model":
        return [StepMean("bits"), *top]
    if spec.task in ("classification", "tagging"):
        scores = [ClassScore(name, spec.outputs) for name in ("balanced_accuracy", "macro_f1")]
        return [*scores, *top]
    return top if spec.task == "translation" else []


def is_mean(measure: str) -> bool:
    """Whether a metric is the mean of a measure over steps or sequences."""
    return measure in _MEASURES


class BlockMeans(keras.metrics.Metric):
    """The mean of a measure over all weighted steps, and on each block of the sequences.

    Args:
        measure: as of `StepLoss`.
        every_step: as of `StepLoss`.
        blocks: (N,), the number of each sequence's block, from 0, in the order of evaluation.
    """

    def __init__(self, measure, every_step, blocks):
        super().__init__(name="block_means")
        self.measure, self.every_step = measure, every_step
        self.blocks = np.asarray(blocks, np.int32)
        self.count = int(self.blocks.max()) + 1
        self.seen = self.add_variable((), "zeros", dtype="int32", name="seen")
        self.totals = self.add_variable((self.count,), "zeros", name="totals")
        self.weights = self.add_variable((self.count,), "zeros", name="weights")

    def update_state(self, y_true, y_pred, sample_weight=None):
        weights = _fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        y_pred = ops.cast(y_pred, self.dtype)
        values = _measured(y_true, y_pred, self.measure, self.every_step)
        values = ops.cast(values, self.dtype)
        weights = _of_last_steps(weights, values, self.measure, self.every_step)
        weights = ops.ones_like(values) if weights is None else ops.cast(weights, self.dtype)
        size = ops.shape(values)[0]
        blocks = ops.take(ops.convert_to_tensor(self.blocks), self.seen + ops.arange(size))
        for variable, terms in ((self.totals, values * weights), (self.weights, weights)):
            terms = ops.sum(ops.reshape(terms, (size, -1)), axis=1)
            variable.assign(variable + ops.segment_sum(terms, blocks, num_segments=self.count))
        self.seen.assign(self.seen + size)

    def result(self):
        return ops.sum(self.totals) / ops.maximum(ops.sum(self.weights), 1e-12)

    def block_means(self) -> np.ndarray:
        """(G,): the mean on each block, after a whole evaluation; 0 where no step counts."""
        return ops.convert_to_numpy(self.totals / ops.maximum(self.weights, 1e-12))


def compile_options(spec: "TaskSpec", loss_name: str = "mse", label_smoothing: float = 0.0) -> dict:
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
    >>> from keras_gru.datasets.sequence_dataset import TaskSpec
    >>> spec = TaskSpec(task="forecasting", outputs=1, features=1, length=56)
    >>> model = models.forecaster(units=8, features=1, length=56)
    >>> model.compile("adam", **models.compile_options(spec, "huber"))
    """
    if spec.task == "polyphony":
        return {"loss": StepLoss("nll"), "weighted_metrics": [StepMean("nll")]}
    if spec.task == "forecasting":
        if loss_name not in _OF_FORECASTS:
            raise UserError(
                f"There is no loss '{loss_name}' of forecasts."
                f"{did_you_mean(loss_name, _OF_FORECASTS)}"
            )
        return {
            "loss": StepLoss(loss_name, spec.every_step),
            "weighted_metrics": [StepMean(name, spec.every_step) for name in ("mae", "mse")],
        }
    return {
        "loss": StepLoss("crossentropy", smoothing=label_smoothing),
        "weighted_metrics": [StepMean("accuracy")],
    }
