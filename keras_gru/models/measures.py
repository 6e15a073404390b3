"""Measures of steps or sequences for losses and metrics, and checks of shapes."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.layers.call_arguments import shapes_fit
from keras_gru.layers.types import Shape, Tensor


def notes_nll(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return the negative log-likelihood of independent notes, in nats per step.

    Args:
        y_true: `(B, T, N)`, 1 where a note sounds.
        y_pred: logits `(B, T, N)`.

    Returns:
        `(B, T)`, summed over the notes.
    """
    return ops.sum(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


def _is_right(y_true: Tensor, y_pred: Tensor):
    return ops.equal(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=-1), "int32"))


def _crossentropy(y_true: Tensor, y_pred: Tensor, smoothing: float = 0.0):
    loss = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
    if not smoothing:
        return loss
    even = ops.logsumexp(y_pred, axis=-1) - ops.mean(y_pred, axis=-1)
    return (1 - smoothing) * loss + smoothing * even


def _is_in_top_5(y_true: Tensor, y_pred: Tensor):
    """Return whether fewer than five classes have a higher logit."""
    of_target = ops.take_along_axis(y_pred, ops.cast(y_true, "int32")[..., None], axis=-1)
    return ops.sum(ops.cast(y_pred > of_target, "int32"), axis=-1) < 5


def _bits(y_true: Tensor, y_pred: Tensor):
    return _crossentropy(y_true, y_pred) / math.log(2)


def _scaled_error(y_true: Tensor, y_pred: Tensor, per_variable: Any):
    """Mean of |y − ŷ| / q, where q (H·V,) is the error of a naive forecast on train."""
    return ops.mean(ops.abs(y_true - y_pred) / per_variable, axis=-1)


def _symmetric_error(y_true: Tensor, y_pred: Tensor, per_variable: Any):
    """Mean of 200 |y − ŷ| / (|y| + |ŷ|), in percent, where 0 lies at `per_variable` (H·V,)."""
    size = ops.abs(y_true - per_variable) + ops.abs(y_pred - per_variable)
    return 200 * ops.mean(ops.abs(y_true - y_pred) / ops.maximum(size, 1e-12), axis=-1)


# Each returns one number per step, or per sequence where there is one output for it.
MEASURES: dict[str, Callable[..., Tensor]] = {
    "nll": notes_nll,
    "crossentropy": _crossentropy,
    "bits": _bits,
    "accuracy": _is_right,
    "top_5_accuracy": _is_in_top_5,
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
    "mase": _scaled_error,
    "smape": _symmetric_error,
}
OF_LABELS = ("crossentropy", "bits", "accuracy", "top_5_accuracy")
LOSSES = ("mse", "mae", "huber")  # of forecasts
OF_FORECASTS = (*LOSSES, "mase", "smape")


def measured(
    y_true: Tensor,
    y_pred: Tensor,
    measure: str,
    every_step: bool,
    per_variable: Sequence[float] | None = None,
    **options: Any,
) -> Tensor:
    """Return a measure of each step `(B, T)`, or of each sequence `(B,)`."""
    shape = ops.shape(y_pred)
    y_true = fit_targets(y_true, shape[:-1] if measure in OF_LABELS else shape, y_pred)
    if measure in OF_FORECASTS:
        counted = shape[: 1 + every_step]
        shape = (*counted, math.prod(shape[len(counted) :]))
        y_true, y_pred = ops.reshape(y_true, shape), ops.reshape(y_pred, shape)
    if per_variable is not None:
        repeats = shape[-1] // len(per_variable)  # of each step ahead
        options["per_variable"] = ops.cast(np.tile(per_variable, repeats), y_pred.dtype)
    return MEASURES[measure](y_true, y_pred, **options)


def fit_targets(y_true: Tensor, shape: Shape, y_pred: Tensor) -> Tensor:
    """Return targets in the shape of the outputs; they may lack axes of size 1.

    Otherwise Keras would broadcast `(B,)` and `(B, 1, 1)` to `(B, 1, B)`, which is wrong.
    """
    found, expected = _known(ops.shape(y_true)), _known(shape)
    one, other = found, expected
    if len(found) != len(expected):
        one, other = (
            (*shape[:1], *(size for size in shape[1:] if size != 1)) for shape in (found, expected)
        )
    if not shapes_fit(one, other):
        outputs = _known(ops.shape(y_pred))
        advice = "Reshape the targets, or build the model for them."
        if len(expected) < len(outputs):
            advice = "Labels are class numbers, not one-hot vectors."
        raise UserError(
            f"targets: expected the shape {expected} for outputs of the shape {outputs}, "
            f"got {found}. {advice}"
        )
    return ops.reshape(y_true, shape)  # raises if an unknown size turns out not to fit


def fit_weights(
    sample_weight: Tensor | None, measure: str, every_step: bool, y_pred: Tensor
) -> Tensor | None:
    """Return weights of sequences or steps in the shape of the measure, `(B,)` or `(B, T)`.

    Keras divides by their sum, which must be that of as many numbers as there are steps.
    """
    if sample_weight is None:
        return None
    shape = ops.shape(y_pred)
    shape = shape[: 1 + every_step] if measure in OF_FORECASTS else shape[:-1]
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


def of_last_steps(
    weights: Tensor | None, values: Tensor, measure: str, every_step: bool
) -> Tensor | None:
    """Return weights `(B, T)` of forecasts at every step, 0 except for the last nonzero one.

    Other weights, or `None`, are returned unchanged.
    """
    if not (every_step and measure in OF_FORECASTS):
        return weights
    given: Tensor = ops.ones_like(values) if weights is None else weights
    counts = ops.cast(ops.not_equal(given, 0), "int32")
    left = ops.flip(ops.cumsum(ops.flip(counts, 1), axis=1), 1)
    return given * ops.cast(ops.equal(left, 1), given.dtype)


def _known(shape: Shape):
    """Return a shape with `None` for every size that is unknown before the model runs."""
    return tuple(size if isinstance(size, int) else None for size in shape)
