"""Outputs of a network: probabilities, and forecasts in their units."""

# N sequences, B batch, T time steps, C classes, H steps ahead, V variables

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import expit, softmax

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset

_BATCH = 512
Outputs = Any  # an array (N, …), or of tags, tokens and notes a list of N arrays (T, C)
Rows = Sequence[int] | np.ndarray | None  # numbers of sequences; None for all


def outputs_of(
    network: keras.Model, dataset: SequenceDataset, split: str, rows: Rows = None
) -> Outputs:
    """Return the outputs of a network for sequences of a split, in the order of `rows`.

    Returns:
        What `TrainedModel.outputs` does.
    """
    part = dataset.splits[split]
    numbers = np.arange(part.size) if rows is None else np.asarray(rows, int)
    lengths = part.lengths.get(part.stepwise or next(iter(part.inputs)))
    order = numbers
    if lengths is not None:
        order = numbers[np.argsort(lengths[numbers], kind="stable")]
    found = {}
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        x, *_ = dataset.batch_of(split, batch)
        y = in_unit(network.predict_on_batch(x), dataset)
        if part.stepwise is not None and lengths is not None:
            y = [one[: lengths[row]] for row, one in zip(batch, y, strict=True)]
        found.update(zip(batch.tolist(), y, strict=True))
    ordered = [found[row] for row in numbers.tolist()]
    is_list = part.stepwise is not None and dataset.spec.task != "forecasting"
    return ordered if is_list else np.stack(ordered)


def in_unit(outputs: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Return logits as probabilities, and scaled forecasts in each variable's unit."""
    if preprocessing.spec.task == "polyphony":
        return expit(outputs.astype("float64"))
    if preprocessing.spec.task != "forecasting":
        return softmax(outputs.astype("float64"), axis=-1)
    return unscale(outputs, preprocessing)


def unscale(
    targets: np.ndarray, preprocessing: Preprocessing, series: str | None = None
) -> np.ndarray:
    """Return scaled targets or forecasts (..., V) in each variable's unit.

    Args:
        series: the series that they are of, where there are several; without it, those of several
            series stay in standard deviations.
    """
    if preprocessing.series_scalings is not None and series is not None:
        scaling = preprocessing.scalings_of(series)[1]
    else:
        scaling = preprocessing.target_scaling
    if scaling is None:
        return targets.astype("float64") * preprocessing.scale
    return targets * np.array(scaling.deviation) + np.array(scaling.mean)
