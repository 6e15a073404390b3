"""Metrics that are exact over a dataset: each step, sequence or class counts the same."""

# B batch, T time steps, N notes, H steps ahead, V variables, C classes

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from keras_gru.layers.types import Tensor
from keras_gru.models.measures import (
    fit_targets,
    fit_weights,
    measured,
    of_last_steps,
)

if TYPE_CHECKING:  # importing keras_gru imports this file, which must be fast
    from keras_gru.datasets.sequence_dataset import TaskSpec

_MANY = 10  # classes, above which top-5 accuracy is measured


class _MeanOfSteps(keras.metrics.Mean):
    measure: str
    every_step: bool

    # The weights are already multiplied by Keras' mask.
    def update_state(self, values: Tensor, sample_weight: Tensor | None = None) -> None:
        sample_weight = of_last_steps(sample_weight, values, self.measure, self.every_step)
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
            `"mse"`, `"mae"`, `"huber"`, `"mase"` or `"smape"` of forecasts.
        every_step: whether forecasts are `(B, T, ...)`, one after every step, and not `(B, ...)`.
            Those after the last step of each sequence count, as they do where there are no others.
        per_variable: (V,) of `"mase"` the mean absolute error of a naive forecast on train, of
            `"smape"` where 0 lies, both in the targets' unit; None for the other measures.
        name: the measure's if `None`.

    Raises:
        UserError: the targets or the weights have another shape.
    """

    def __init__(
        self,
        measure: str,
        every_step: bool = False,
        per_variable: Sequence[float] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(self._values, name=name or measure, **kwargs)
        self.measure, self.every_step = measure, every_step
        self.per_variable = per_variable

    # Keras' wrapper is between the two: it passes on the values of targets and outputs.
    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        sample_weight = fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        return super().update_state(y_true, y_pred, sample_weight)

    def _values(self, y_true: Tensor, y_pred: Tensor):
        y_true, y_pred = (ops.cast(tensor, self.dtype) for tensor in (y_true, y_pred))
        return measured(y_true, y_pred, self.measure, self.every_step, self.per_variable)

    def get_config(self) -> dict[str, Any]:
        own = {
            "measure": self.measure,
            "every_step": self.every_step,
            "per_variable": self.per_variable,
        }
        return {"name": self.name, "dtype": self.dtype, **own}


@keras.saving.register_keras_serializable(package="keras_gru")
class Perplexity(StepMean):
    """2 to the power of the mean bits of all weighted steps, from `StepMean("bits")`."""

    def __init__(
        self, measure: str = "bits", name: str | None = "perplexity", **kwargs: Any
    ) -> None:
        super().__init__(measure, name=name, **kwargs)

    def result(self) -> Tensor:
        return ops.power(2.0, super().result())


@keras.saving.register_keras_serializable(package="keras_gru")
class ClassScore(keras.metrics.Metric):
    """A score averaged over classes, in which rare classes count the same.

    With n_c the weighted number of steps or sequences of class c, p_c how often c is predicted, and
    r_c how often that is right,

        balanced accuracy = mean over classes with n_c > 0 of r_c / n_c
        macro F1 = mean over classes with n_c + p_c > 0 of 2 r_c / (n_c + p_c)

    Args:
        measure: `"balanced_accuracy"` or `"macro_f1"`.
        classes: number of classes (C).
        name: the measure's if `None`.
    """

    def __init__(self, measure: str, classes: int, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name or measure, **kwargs)
        self.measure, self.classes = measure, classes
        self.actual = self.add_variable((classes,), "zeros", name="actual")
        self.predicted = self.add_variable((classes,), "zeros", name="predicted")
        self.right = self.add_variable((classes,), "zeros", name="right")

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        weights = fit_weights(sample_weight, "accuracy", False, y_pred)
        y_true = ops.cast(fit_targets(y_true, ops.shape(y_pred)[:-1], y_pred), "int32")
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

    def result(self) -> Tensor:
        count = self.actual if self.measure == "balanced_accuracy" else self.actual + self.predicted
        scale = 1 if self.measure == "balanced_accuracy" else 2
        counts = ops.cast(count > 0, self.dtype)
        return ops.sum(scale * self.right / ops.maximum(count, 1e-12) * counts) / ops.maximum(
            ops.sum(counts), 1
        )

    def get_config(self) -> dict[str, Any]:
        own = {"measure": self.measure, "classes": self.classes}
        return {"name": self.name, "dtype": self.dtype, **own}


@keras.saving.register_keras_serializable(package="keras_gru")
class SequenceMean(keras.metrics.Mean):
    """The mean over sequences of the mean of a measure over their weighted steps.

    Long sequences count no more than short ones, unlike in `StepMean`.

    Args:
        measure: `"nll"` of notes.
        name: the measure's with `_by_sequence` if `None`.
    """

    def __init__(self, measure: str, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name or f"{measure}_by_sequence", **kwargs)
        self.measure = measure

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        weights = fit_weights(sample_weight, self.measure, False, y_pred)
        y_true, y_pred = (ops.cast(tensor, self.dtype) for tensor in (y_true, y_pred))
        values = measured(y_true, y_pred, self.measure, False)
        weights = ops.ones_like(values) if weights is None else ops.cast(weights, self.dtype)
        counts = ops.sum(weights, axis=1)
        means = ops.sum(weights * values, axis=1) / ops.maximum(counts, 1e-12)
        super().update_state(means, ops.cast(counts > 0, self.dtype))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "measure": self.measure}


def other_metrics(
    spec: "TaskSpec", per_variable: Mapping[str, Sequence[float]] = MappingProxyType({})
) -> list[keras.metrics.Metric]:
    """Return further metrics of a task, besides those of `compile_options`.

    Args:
        per_variable: for forecasts, `"mase"` and `"smape"` -> what `StepMean` takes for it; one
            that is not here is left out.
    """
    if spec.task == "polyphony":
        return [SequenceMean("nll")]
    top = [StepMean("top_5_accuracy")] if spec.outputs > _MANY else []
    if spec.task == "language_model":
        return [StepMean("bits"), Perplexity(), *top]
    if spec.task in ("classification", "tagging"):
        scores = [ClassScore(name, spec.outputs) for name in ("balanced_accuracy", "macro_f1")]
        return [*scores, *top]
    if spec.task == "translation":
        return top
    return [
        StepMean(name, spec.every_step, list(metrics)) for name, metrics in per_variable.items()
    ]


class BlockMeans(keras.metrics.Metric):
    """The mean of a measure over all weighted steps, and on each block of the sequences.

    Args:
        measure: as in `StepLoss`.
        every_step: as in `StepLoss`.
        blocks: (N,), the number of each sequence's block, from 0, in the order of evaluation.
        per_variable: as in `StepMean`.
    """

    def __init__(
        self,
        measure: str,
        every_step: bool,
        blocks: npt.ArrayLike,
        per_variable: Sequence[float] | None = None,
    ) -> None:
        super().__init__(name="block_means")
        self.measure, self.every_step = measure, every_step
        self.per_variable = per_variable
        self.blocks = np.asarray(blocks, np.int32)
        self.count = int(self.blocks.max()) + 1
        self.seen = self.add_variable((), "zeros", dtype="int32", name="seen")
        self.totals = self.add_variable((self.count,), "zeros", name="totals")
        self.weights = self.add_variable((self.count,), "zeros", name="weights")

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        weights = fit_weights(sample_weight, self.measure, self.every_step, y_pred)
        y_pred = ops.cast(y_pred, self.dtype)
        values = measured(y_true, y_pred, self.measure, self.every_step, self.per_variable)
        values = ops.cast(values, self.dtype)
        weights = of_last_steps(weights, values, self.measure, self.every_step)
        weights = ops.ones_like(values) if weights is None else ops.cast(weights, self.dtype)
        size = ops.shape(values)[0]
        blocks = ops.take(ops.convert_to_tensor(self.blocks), self.seen + ops.arange(size))
        for variable, terms in ((self.totals, values * weights), (self.weights, weights)):
            terms = ops.sum(ops.reshape(terms, (size, -1)), axis=1)
            variable.assign(variable + ops.segment_sum(terms, blocks, num_segments=self.count))
        self.seen.assign(self.seen + size)

    def result(self) -> Tensor:
        return ops.sum(self.totals) / ops.maximum(ops.sum(self.weights), 1e-12)

    def block_means(self) -> np.ndarray:
        """Return the mean on each block (G,) after an evaluation; 0 if no step counts."""
        return ops.convert_to_numpy(self.totals / ops.maximum(self.weights, 1e-12))
