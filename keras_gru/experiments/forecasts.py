"""The stored forecasts of a trained network on validation and test, and their errors."""

# N windows, T time steps, D features, H steps ahead, V variables

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel

from keras_gru.errors import UserError
from keras_gru.experiments.bands import LEVEL, Forecasts, find_band
from keras_gru.files import load_arrays, replacing, write_text

if TYPE_CHECKING:
    import keras

    from keras_gru.datasets.preprocessing import Preprocessing
    from keras_gru.datasets.sequence_dataset import SequenceDataset

FILE = "forecasts.npz"
ERRORS_FILE = "forecast_errors.json"
_MOST_WINDOWS, _MOST_NUMBERS = 10_000, 4_000_000
_SPLITS, _PARTS = ("validation", "test"), ("windows", "forecast", "truth", "spread")


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
    found = describe_errors(_from_arrays(arrays), dataset.preprocessing)
    write_text(path / ERRORS_FILE, json.dumps(found, indent=1, ensure_ascii=False))


def load_forecasts(paths: Sequence[Path]) -> Mapping[str, Forecasts] | None:
    """Load the stored forecasts of a run; of several runs the mean of their forecasts.

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


def describe_errors(found: Mapping[str, Forecasts], preprocessing: "Preprocessing") -> dict:
    """Return errors by step ahead and variable, and the band, as JSON values.

    Returns:
        `"variables"` and `"lead"`; for each split `"mae"` and `"mse"`, each a list of H lists of V;
        the `"band"` with its level, the number of errors of a quantile, the floor and the weight of
        the spread, and its coverage on test.
    """
    band = find_band(found, preprocessing)
    return {
        "variables": list(preprocessing.variables),
        "lead": preprocessing.spec.lead,
        **{
            name: {metric: errors.tolist() for metric, errors in found[name].errors().items()}
            for name in _SPLITS
        },
        "band": {
            "level": LEVEL,
            "errors": band.count,
            "floor": band.floor.tolist(),
            "weight": band.weight.tolist(),
            "coverage": band.coverage(found["test"]).tolist(),
        },
    }


def _from_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, Forecasts]:
    return {name: Forecasts(*(arrays[f"{name}_{part}"] for part in _PARTS)) for name in _SPLITS}
