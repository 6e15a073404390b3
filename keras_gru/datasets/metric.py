"""Metrics of datasets, and baselines."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from keras_gru.settings import STORED

LARGEST = 1e100  # larger values count as infinite: their squares overflow
# Errors of forecasts, and the power of the targets' unit that they are in.
ERROR_POWERS = {"mae": 1, "mse": 2}


@dataclass(frozen=True)
class Metric:
    """The metric that compares runs and selects the best epoch.

    Args:
        name: its name in Keras' logs, such as `"accuracy"`, `"nll"` or `"mae"`.
        mode: `"max"` or `"min"`.
        label: display name, with the unit, such as `"MAE (passengers)"`.
        digits: number of displayed decimals.
    """

    __pydantic_config__ = STORED

    name: str
    mode: Literal["max", "min"]
    label: str
    digits: Annotated[int, Field(ge=0, le=20)] = 3

    @property
    def highest(self) -> float:
        """The highest possible value; the lowest is 0."""
        if self.name == "smape":
            return 200.0
        return 1.0 if self.name in ("accuracy", "balanced_accuracy", "macro_f1") else math.inf

    @property
    def is_a_count(self) -> bool:
        """Whether it is a fraction of N right answers, a multiple of 1/N."""
        return self.name == "accuracy"

    @staticmethod
    def is_in_range(value: float) -> bool:
        """Return whether means and squares of a value are finite, and it can be plotted."""
        return abs(value) < LARGEST

    def score(self, value: float) -> float:
        """Return the value, or its negative where lower is better; -inf for NaN and Inf."""
        if not math.isfinite(value):
            return -math.inf
        return value if self.mode == "max" else -value


def metrics_of(
    task: str, metric: Metric, unit: str, relative: Collection[str] = ()
) -> tuple[Metric, ...]:
    """Return the available metrics of a dataset, its own first.

    Args:
        task: the task of a `TaskSpec`.
        metric: the dataset's own.
        unit: `"character"`, `"subword"` or `"word"`, of a language model.
        relative: which of the errors `"mase"` and `"smape"` of forecasts are known.
    """
    if task == "language_model":
        others = (
            Metric("bits", "min", f"bits per {unit}"),
            Metric("perplexity", "min", f"perplexity per {unit}"),
        )
    elif task in ("classification", "tagging"):
        others = (
            Metric("balanced_accuracy", "max", "balanced accuracy", metric.digits),
            Metric("macro_f1", "max", "macro F1", metric.digits),
        )
    elif task == "forecasting":
        name = "mse" if metric.name == "mae" else "mae"
        label = metric.label.replace(metric.name.upper(), name.upper(), 1)
        if name == "mse" and label.endswith(")"):
            label = f"{label[:-1]}, squared)"
        relatives = {"mase": "MASE", "smape": "sMAPE (%)"}
        others = (
            Metric(name, "min", label, metric.digits),
            *(Metric(name, "min", text) for name, text in relatives.items() if name in relative),
        )
    else:
        others = ()
    return metric, *others


@dataclass(frozen=True)
class Baseline:
    """The metrics of a model without a recurrent network, in the unit of the metric.

    Args:
        label: display name.
        validation: metrics on validation.
        test: metrics on test.
        parameters: number of learnt values.
        test_blocks: metric -> its value on each block of test (`Split.blocks`).
    """

    __pydantic_config__ = STORED

    label: str
    validation: dict[str, float]
    test: dict[str, float]
    parameters: Annotated[int, Field(ge=0)] = 0
    test_blocks: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorUnits:
    """The units of errors of forecasts.

    Args:
        scale: the metric's unit for each unit of the targets.
        naive: (V,) the mean absolute error of the naive forecast of a season earlier on train, in
            the targets' unit, by which MASE divides; None if that is 0 or not known.
        zero: (V,) where 0 lies in the targets' unit, which sMAPE compares with; None if several
            series have different ones.
    """

    scale: float = 1.0
    naive: tuple[float, ...] | None = None
    zero: tuple[float, ...] | None = None

    def errors(self, forecast: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        """Return the mean errors of forecasts (..., H, V) under the names in Keras' logs.

            MASE = mean of |y − ŷ| / naive
            sMAPE = mean of 200 |y − ŷ| / (|y| + |ŷ|), in percent

        Reference:

        - [Hyndman and Koehler, 2006](https://doi.org/10.1016/j.ijforecast.2006.03.001)
        """
        difference = np.abs(forecast.astype(float) - targets)
        found = {
            "mae": float(difference.mean() * self.scale),
            "mse": float(np.square(difference).mean() * self.scale**2),
        }
        if self.naive is not None:
            found["mase"] = float((difference / np.array(self.naive)).mean())
        if self.zero is not None:
            zero = np.array(self.zero)
            size = np.abs(forecast - zero) + np.abs(targets - zero)
            found["smape"] = float(200 * (difference / np.maximum(size, 1e-12)).mean())
        return found


UNSCALED = ErrorUnits()
