"""Preprocessing: how data become inputs, and the meaning of outputs.

A `Preprocessing` is fitted once, on the training split, and stored in the run directory, for all
uses of a trained network: predictions, evaluations, generated text.
"""

# V columns

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from keras_gru.datasets.metric import ERROR_POWERS, Metric, metrics_of
from keras_gru.datasets.series.step import Step
from keras_gru.datasets.task_spec import TaskSpec
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import PADDING
from keras_gru.errors import UserError, did_you_mean
from keras_gru.settings import present

_BLOCK = 65_536  # rows


@dataclass(frozen=True)
class Scaling:
    """Columns of numbers, each scaled by its mean and its standard deviation.

        x' = (x − mean) / deviation

    Args:
        columns: names of the V columns in order.
        mean: (V,), in each column's unit.
        deviation: (V,), in each column's unit.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def fit(cls, columns: Sequence[str], values: np.ndarray) -> Self:
        """Return the scaling that gives `values` mean 0 and standard deviation 1.

        Args:
            columns: names of the V columns.
            values: (rows, V) of the training split; NaN is left out. A constant column is only
                centred.
        """
        mean, deviation, is_constant = _moments(values)
        deviation = np.where(is_constant, 1.0, deviation)
        return cls(tuple(columns), tuple(mean.tolist()), tuple(deviation.tolist()))

    @staticmethod
    def is_constant(values: np.ndarray) -> np.ndarray:
        """Return whether the deviation of each column is 0, up to rounding."""
        return _moments(values)[2]

    @property
    def zero(self) -> tuple[float, ...]:
        """The scaled value of 0, (V,)."""
        return tuple((-np.array(self.mean) / np.array(self.deviation)).tolist())

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return `values` (rows, V) scaled, as float32."""
        mean, deviation = (
            np.array(statistic, values.dtype) for statistic in (self.mean, self.deviation)
        )
        scaled = np.empty(values.shape, np.float32)
        for start in range(0, len(values), _BLOCK):  # limits the memory of float64 blocks
            block = slice(start, start + _BLOCK)
            scaled[block] = (values[block] - mean) / deviation
        return scaled


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, deviation and whether it is 0 up to rounding, of each column; 0 for NaN."""
    if np.isnan(values).any():
        values = np.where(np.isnan(values).all(axis=0), 0, values)
        mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        largest = np.nanmax(np.abs(values), axis=0)
    else:  # these copy less
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        largest = np.maximum(values.max(axis=0), -values.min(axis=0))
    # Six digits, which is what float32 and most instruments have.
    return mean, deviation, ~(deviation > 1e-6 * largest)


@dataclass(frozen=True)
class SeriesEnd:
    """The last rows of a time series, from which later ones are forecast.

    Args:
        name: the id of the series; None for the only one.
        rows: number of rows of the series.
        features: (T, D) what a network reads of the last window, scaled.
        date: date of the last row, in seconds since 1970; None without dates.
        step: from row to row; None without dates.
    """

    name: str | None
    rows: int
    features: tuple[tuple[float, ...], ...]
    date: int | None = None
    step: Step | None = None

    @classmethod
    def from_features(
        cls,
        features: np.ndarray,
        window: int,
        name: str | None = None,
        date: int | None = None,
        step: Step | None = None,
    ) -> Self:
        """Return the end of a series with these features (rows, D)."""
        last = tuple(tuple(row) for row in features[-window:].tolist())
        return cls(name, len(features), last, date, step)


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How data become a network's inputs, and the meaning of its outputs.

    Args:
        name: display name of the data.
        spec: task, shapes, window, horizon, start and end tokens.
        metric: the metric that compares runs, with its unit.
        scale: the metric's unit for each unit of the targets, which may be standardized.
        vocabulary: the string of each input token, or None for vectors.
        target_vocabulary: the name of each class, tag or target token, or None.
        tokenizer: splits a text into the units of `vocabulary`; None if the input is not text.
        max_length: maximum number of units of a text that are read; None reads all.
        input_scaling: names, means and deviations of the input's columns; None if they are used
            as they are.
        target_scaling: the same of the variables to forecast.
        season: time steps of a season, for the naive forecast.
        time_step: from row to row of a series; None without dates.
        series_scalings: id of a series -> its scalings of input and targets, where there are
            several; `input_scaling` and `target_scaling` are None then.
        categories: column of words -> its words, in the order of their one-hot features.
        naive_errors: (V,) the mean absolute error of the naive forecast of a season earlier on
            train, in the unit of the targets; None if it is not known.

    Example:

    >>> dataset.preprocessing.encode("A fine film.")
    [5, 203, 22]
    """

    name: str
    spec: TaskSpec
    metric: Metric
    scale: float = 1.0
    vocabulary: tuple[str, ...] | None = None
    target_vocabulary: tuple[str, ...] | None = None
    tokenizer: Tokenizer | None = None
    max_length: int | None = None
    input_scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    season: int | None = None
    time_step: Step | None = None
    series_scalings: Mapping[str, tuple[Scaling, Scaling]] | None = None
    categories: Mapping[str, tuple[str, ...]] | None = None
    naive_errors: tuple[float, ...] | None = None

    @property
    def per_variable(self) -> dict[str, tuple[float, ...]]:
        """Return the arguments of the metrics `"mase"` and `"smape"` per variable (`StepMean`)."""
        found = {}
        if self.naive_errors is not None:
            found["mase"] = self.naive_errors
        if self.spec.task == "forecasting" and self.target_scaling is not None:
            found["smape"] = self.target_scaling.zero
        return found

    def metrics(self) -> tuple[Metric, ...]:
        """Return the available metrics, the data's own first."""
        unit = self.tokenizer.level if self.tokenizer else "token"
        return metrics_of(self.spec.task, self.metric, unit, self.per_variable)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables to forecast, or their numbers."""
        scaling = self.target_scaling
        if self.series_scalings:
            scaling = next(iter(self.series_scalings.values()))[1]
        return scaling.columns if scaling else tuple(map(str, range(self.spec.outputs)))

    def scalings_of(self, series: str | None) -> tuple[Scaling, Scaling]:
        """Return the input's and the targets' scaling of a series, None for the only one.

        Raises:
            UserError: if the network was not trained on the series.
        """
        if self.series_scalings is None:
            return present(self.input_scaling), present(self.target_scaling)
        if series is None or series not in self.series_scalings:
            known = list(self.series_scalings)
            raise UserError(
                f"{self.name}: expected a series that the network was trained on, got {series!r}."
                f"{did_you_mean(str(series), known[:50])}"
            )
        return self.series_scalings[series]

    def encode(self, text: str) -> list[int]:
        """Return the input tokens of a text; of a network of token ids, "4 1 3" is a text.

        Raises:
            UserError: if the network reads no tokens, or a token id is none of its own.
        """
        if self.tokenizer is None:
            return self._read_ids(text)
        return self.tokenizer.encode(text, self._input_ids)[: self.max_length]

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the text of target tokens, without padding, up to the end token."""
        words, names = [], self.target_vocabulary
        for token in tokens:
            if self.spec.end and token == self.spec.end:
                break
            if token not in (PADDING, self.spec.start):
                words.append(str(token) if names is None else names[token])
        return " ".join(words) if self.tokenizer is None else self.tokenizer.join(words)

    def in_unit(self, logs: Mapping[str, float]) -> dict[str, float]:
        """Return the logs of Keras with all errors in the unit of the metric.

        The loss is unchanged: it is that of the scaled targets.

        Args:
            logs: names of metrics, with or without `val_`, and their values.
        """
        return {
            name: float(value) * self.scale ** ERROR_POWERS.get(name.removeprefix("val_"), 0)
            for name, value in logs.items()
        }

    @functools.cached_property
    def _input_ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(present(self.vocabulary))}

    def _read_ids(self, text: str) -> list[int]:
        highest = (self.spec.vocabulary or 1) - 1
        if not highest:
            raise UserError(f"{self.name} is not a dataset of texts, so no text can be encoded.")
        words = text.split()
        if not words or not all(word.isdecimal() and 1 <= int(word) <= highest for word in words):
            raise UserError(
                f"{self.name}: expected tokens from 1 to {highest} with spaces between them, such "
                f"as '1 {highest}', found {text[:60]!r}."
            )
        return [int(word) for word in words]
