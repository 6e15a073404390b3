"""The series of a table as numbers, and their features."""

# V columns, D features, H steps ahead

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gru.datasets.preprocessing import Scaling
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.step import Step


@dataclass(frozen=True)
class SeriesValues:
    """The rows of one series, oldest first.

    Args:
        name: its id, or None.
        dates: seconds since 1970, or None.
        inputs: (rows, columns) of numbers, unscaled; NaN only with `missing: mask`.
        targets: (rows, V), unscaled.
        filled: (rows, V), which targets were missing and are filled.
        extras: (rows, …) features that are not scaled: categories and the calendar.
        step: from row to row, or None.
    """

    name: str | None
    dates: np.ndarray | None
    inputs: np.ndarray
    targets: np.ndarray
    filled: np.ndarray
    extras: np.ndarray
    step: Step | None

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.inputs)


@dataclass(frozen=True)
class SeriesTable:
    """The series of a table.

    Args:
        path: path of the file.
        series: one or several.
        input_names: columns of numbers that the network sees, and those known in advance.
        categories: column of words -> its words in train.
        config: the settings, including guesses.
        notes: notes on processing and data, one sentence each.
        facts: summary of the data, one label and text each.
    """

    path: Path
    series: list[SeriesValues]
    input_names: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    config: SeriesSettings
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]

    def features(self, series: SeriesValues, scaling: Scaling) -> np.ndarray:
        """Return the features of a series, (rows, D).

        The columns of `inputs`, scaled; whether each is missing (`missing: mask`); what is known
        of the H rows to forecast; categories; the calendar.
        """
        scaled = scaling.apply(series.inputs)
        count = len(self.config.inputs or self.config.targets)
        parts = [scaled[:, :count]]
        if self.config.missing == "mask":
            is_missing = np.isnan(scaled)
            scaled = np.where(is_missing, np.float32(0), scaled)
            parts = [scaled[:, :count], is_missing[:, :count].astype(np.float32)]
        for name in self.config.known:
            column = scaled[:, self.input_names.index(name)]
            steps = self.config.lead + np.arange(self.config.horizon)
            ahead = np.arange(len(column))[:, None] + steps
            parts.append(column[np.minimum(ahead, len(column) - 1)])
        parts.append(series.extras)
        parts = [part for part in parts if part.shape[1]]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def category_columns(self, width: int) -> tuple[tuple[int, int], ...]:
        """Return the first feature of each column of words, and the number of features."""
        sizes = [len(words) for words in self.categories.values()]
        first = width - self.series[0].extras.shape[1]
        starts = itertools.accumulate(sizes[:-1], initial=first)
        return tuple(zip(starts, sizes, strict=True)) if sizes else ()
