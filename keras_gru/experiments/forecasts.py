"""Forecasts of a trained network on validation and test: errors by step, and a band."""

# N windows, H steps ahead, V variables

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel

from keras_gru.errors import UserError
from keras_gru.files import load_arrays, replacing, write_text

if TYPE_CHECKING:
    import keras

    from keras_gru.datasets.sequence_dataset import SequenceDataset

FILE = "forecasts.npz"
ERRORS_FILE = "forecast_errors.json"
LEVEL = 0.9
_MOST_WINDOWS, _MOST_NUMBERS = 10_000, 4_000_000
_SPLITS, _PARTS = ("validation", "test"), ("windows", "forecast", "truth", "spread")


@dataclass(frozen=True)
class Band:
    """A band around forecasts, of constant width or proportional to the spread of the window.

        half width = quantile · (weight · spread + floor)

    Args:
        quantile: (H, V) in the variables' unit for each unit of what it is multiplied by.
        floor: (V,) minimum width.
        weight: (V,) 1 if the width follows the spread, 0 if it is constant.
    """

    quantile: np.ndarray
    floor: np.ndarray
    weight: np.ndarray

    def half_width(self, spread: np.ndarray) -> np.ndarray:
        """Return half the width (..., H, V) for windows with a spread (..., V)."""
        return self.quantile * (self.weight * spread + self.floor)[..., None, :]


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of a split, or of up to 10,000 evenly spaced windows of it.

    Args:
        windows: (N,) the number of each window in the split.
        forecast: (N, H, V) in each variable's unit, of several series in standard deviations; at
            every step, those after the last one.
        truth: (N, H, V).
        spread: (N, V) what `spread_of` returns for each window.
    """

    windows: np.ndarray
    forecast: np.ndarray
    truth: np.ndarray
    spread: np.ndarray

    def errors(self) -> dict[str, np.ndarray]:
        """Return the mean absolute and the mean squared error of each step and variable, (H, V)."""
        absolute = self._absolute_errors()
        return {"mae": absolute.mean(0), "mse": np.square(absolute).mean(0)}

    def band(self, level: float = LEVEL) -> Band:
        """Return the band that holds `level` of the truth, by split conformal prediction.

        The quantile of the absolute errors, each divided by the width of its window, is the
        ⌈(N + 1) · level⌉-th smallest of N. For each variable the width is constant, or follows the
        spread of the window with half of its mean as the floor, whichever has the lower interval
        score on the later half of the windows when fitted to the earlier half.

        Reference:

        - [Lei et al., 2018](https://arxiv.org/abs/1604.04173), section 5.2 (locally weighted)
        - [Gneiting and Raftery, 2007](https://doi.org/10.1198/016214506000001437), section 6.2
        """
        constant, following = self._weights()
        half = len(self.truth) // 2
        if half:
            earlier, later = (self._part(rows) for rows in (slice(half), slice(half, None)))
            scores = [
                later._interval_score(earlier._fit(weight, level), level)
                for weight in (constant, following)
            ]
            following = np.where(scores[1] < scores[0], following, constant)
        return self._fit(following, level)

    def _weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights (V,) for a constant width and for one that follows the spread."""
        return np.zeros(self.spread.shape[1]), self.spread.any(0).astype(float)

    def _part(self, rows: slice) -> "Forecasts":
        fields = (self.windows, self.forecast, self.truth, self.spread)
        return Forecasts(*(field[rows] for field in fields))

    def _fit(self, weight: np.ndarray, level: float) -> Band:
        floor = np.where(weight > 0, self.spread.mean(0) / 2, 1.0)
        scaled = self._absolute_errors() / (weight * self.spread + floor)[:, None]
        rank = min(len(scaled), math.ceil((len(scaled) + 1) * level))
        return Band(np.sort(scaled, axis=0)[rank - 1], floor, weight)

    def _interval_score(self, band: Band, level: float) -> np.ndarray:
        """Return the mean interval score of each variable, (V,); lower is better."""
        half = band.half_width(self.spread)
        outside = np.maximum(self._absolute_errors() - half, 0)
        return (2 * half + 2 / (1 - level) * outside).mean((0, 1))

    def coverage(self, band: Band) -> np.ndarray:
        """Return the fraction of the truth within a band, by step and variable, (H, V)."""
        return (self._absolute_errors() <= band.half_width(self.spread)).mean(0)

    def _absolute_errors(self) -> np.ndarray:
        return np.abs(self.forecast.astype("float64") - self.truth)


def spread_of(features: np.ndarray, history: Sequence[int] | None, variables: int) -> np.ndarray:
    """Return the mean absolute difference of consecutive steps of the variables in windows.

    Args:
        features: (..., T, D), scaled.
        history: the columns of the variables; None if they are not among the features.
        variables: V.

    Returns:
        (..., V) in the features' unit; zeros without history.
    """
    if history is None or features.shape[-2] < 2:
        return np.zeros((*features.shape[:-2], variables))
    return np.abs(np.diff(features[..., list(history)], axis=-2)).mean(-2)


def has_forecasts(dataset: "SequenceDataset") -> bool:
    """Return whether a dataset consists of windows of series, whose forecasts are stored."""
    return dataset.spec.task == "forecasting" and dataset.splits["test"].overlapping


def save_forecasts(network: "keras.Model", dataset: "SequenceDataset", path: Path) -> None:
    """Save a network's forecasts on validation and test, and their errors as JSON.

    Args:
        network: the network with its best weights.
        dataset: windows of series.
        path: the directory of the run: `forecasts.npz` and `forecast_errors.json` are written.
    """
    from keras_gru.experiments.prediction.outputs import outputs_of, unscale  # imports Keras

    arrays = {}
    for name in _SPLITS:
        split = dataset.splits[name]
        size = dataset.spec.horizon * dataset.spec.outputs
        count = min(split.size, _MOST_WINDOWS, max(1, _MOST_NUMBERS // size))
        rows = np.linspace(0, split.size - 1, count).round().astype(int)
        forecast = outputs_of(network, dataset, name, rows)
        truth = unscale(split.targets[rows], dataset)
        if dataset.spec.every_step:
            forecast, truth = forecast[:, -1], truth[:, -1]
        arrays[f"{name}_windows"] = rows
        arrays[f"{name}_forecast"] = forecast.astype(np.float32)
        arrays[f"{name}_truth"] = truth.astype(np.float32)
        windows = split.inputs["features"][rows]
        spread = spread_of(windows, dataset.spec.history, dataset.spec.outputs)
        arrays[f"{name}_spread"] = spread.astype(np.float32)
    with replacing(path / FILE) as draft, open(draft, "wb") as file:
        np.savez(file, **arrays)
    variables, lead = dataset.preprocessing.variables, dataset.spec.lead
    found = describe_errors(_from_arrays(arrays), variables, lead)
    write_text(path / ERRORS_FILE, json.dumps(found, indent=1, ensure_ascii=False))


def load_forecasts(paths: Sequence[Path]) -> Mapping[str, Forecasts] | None:
    """Load the stored forecasts of a run; of several runs the mean of their forecasts.

    Args:
        paths: the directories of the runs.

    Returns:
        Name of a split -> its forecasts; None if a run stored none.
    """
    found = []
    for path in paths:
        if not (path / FILE).is_file():
            return None
        remedy = "delete it to continue without a band"
        arrays = load_arrays(path / FILE, remedy)
        if {*arrays} != {f"{name}_{part}" for name in _SPLITS for part in _PARTS}:
            raise UserError(f"{path / FILE}: damaged, found {', '.join(arrays)}; {remedy}.")
        found.append(_from_arrays(arrays))
    return {
        name: Forecasts(
            found[0][name].windows,
            np.mean([forecasts[name].forecast for forecasts in found], axis=0),
            found[0][name].truth,
            found[0][name].spread,
        )
        for name in _SPLITS
    }


class SplitErrors(BaseModel):
    """Errors on a split by step ahead and variable, H lists of V, in each variable's unit."""

    mae: list[list[float]]
    mse: list[list[float]]


class StoredErrors(BaseModel):
    """The stored result of `describe_errors`, without the band."""

    variables: tuple[str, ...]
    lead: int
    validation: SplitErrors
    test: SplitErrors


def describe_errors(
    found: Mapping[str, Forecasts], variables: Sequence[str], lead: int = 1
) -> dict:
    """Return errors by step ahead and variable, and the band, as JSON values.

    Args:
        found: forecasts of each split.
        variables: their names.
        lead: steps ahead of the first forecast.

    Returns:
        `"variables"` and `"lead"`; for each split `"mae"` and `"mse"`, each a list of H lists of V;
        the `"band"` with its level, quantile, floor and weight from validation and its coverage on
        test.
    """
    band = found["validation"].band()
    return {
        "variables": list(variables),
        "lead": lead,
        **{
            name: {metric: errors.tolist() for metric, errors in found[name].errors().items()}
            for name in _SPLITS
        },
        "band": {
            "level": LEVEL,
            "quantile": band.quantile.tolist(),
            "floor": band.floor.tolist(),
            "weight": band.weight.tolist(),
            "coverage": found["test"].coverage(band).tolist(),
        },
    }


def _from_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, Forecasts]:
    return {name: Forecasts(*(arrays[f"{name}_{part}"] for part in _PARTS)) for name in _SPLITS}
