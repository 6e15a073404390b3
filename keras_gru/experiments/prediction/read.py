"""Choose the reader of new data by the task and the preprocessing of the network."""

from typing import Any

import numpy as np

from keras_gru.datasets.own.audio import Audio
from keras_gru.datasets.own.pairs import Pairs
from keras_gru.datasets.own.ts import Ts
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published.spoken_digit import SpokenDigit
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.arrays import is_arrays, read_arrays
from keras_gru.experiments.prediction.inputs import Inputs
from keras_gru.experiments.prediction.sentences import read_sentences
from keras_gru.experiments.prediction.series import read_series
from keras_gru.experiments.prediction.texts import read_texts
from keras_gru.experiments.prediction.vectors import read_labelled_series, read_sounds


def read_inputs(data: Any, config: Any, preprocessing: Preprocessing) -> Inputs:
    """Read new data as the inputs of a network."""
    task = preprocessing.spec.task
    is_series = task == "forecasting" and isinstance(data, np.ndarray) and data.ndim == 2
    if is_arrays(data) and not is_series:
        return read_arrays(data, config, preprocessing)
    if task == "forecasting":
        return read_series(data, config, preprocessing)
    if isinstance(config, Audio | SpokenDigit):
        audio = config if isinstance(config, Audio) else config.recordings()
        return read_sounds(data, audio, preprocessing)
    if isinstance(config, Ts):
        return read_labelled_series(data, config, preprocessing)
    if preprocessing.tokenizer is None:
        raise UserError(
            f"INPUT: expected an array or an .npz file of what the network reads "
            f"({preprocessing.name}), found {data if isinstance(data, str) else type(data)}."
        )
    if task == "tagging":
        return read_sentences(data, config, preprocessing)
    if isinstance(config, Pairs):
        columns = config.from_column or "", config.to_column or ""
        return read_texts(data, config, preprocessing, *columns)
    column, label = getattr(config, "text", "text"), getattr(config, "label", "label")
    return read_texts(data, config, preprocessing, column, label)
