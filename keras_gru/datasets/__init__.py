"""Real sequences, and yours: every dataset becomes a `SequenceDataset`.

`load` is the one way in. Importing this package imports neither TensorFlow, TFDS nor NumPy.
"""

import importlib
import typing
from collections.abc import Sequence

from keras_gru.datasets import config as _config

if typing.TYPE_CHECKING:
    from keras_gru.datasets.sequence_dataset import (
        Baseline,
        Metric,
        SequenceDataset,
        SequenceSpec,
        Split,
    )

__all__ = ["Baseline", "Metric", "SequenceDataset", "SequenceSpec", "Split", "load", "pad"]

# The module of each kind has a function `load(config) -> SequenceDataset`.
_MODULES = {
    _config.Adding: "adding",
    _config.Arithmetic: "arithmetic",
    _config.CopyMemory: "copy_memory",
    _config.EmbeddedReber: "embedded_reber",
    _config.TemporalOrder: "temporal_order",
    _config.Xml: "xml",
    _config.Ridership: "cta_ridership",
    _config.Etth1: "etth1",
    _config.PolyphonicMusic: "polyphonic_music",
    _config.SequentialMnist: "sequential_mnist",
    _config.SpokenDigit: "spoken_digit",
    _config.Imdb: "imdb_reviews",
    _config.Atis: "en_atis",
    _config.Shakespeare: "tiny_shakespeare",
    _config.SpaEng: "spa_eng",
    _config.TfdsTexts: "tfds_texts",
    _config.TfdsTags: "tfds_tags",
    _config.CsvSeries: "csv_series",
    _config.Texts: "texts",
    _config.TextFile: "text_file",
    _config.Npz: "npz",
}


def __getattr__(name: str):
    """Imports the classes when they are first asked for: checking a configuration needs none."""
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.sequence_dataset"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(config: _config.DatasetConfig) -> "SequenceDataset":
    """Prepares and reads a dataset.

    Args:
        config: one of the classes of `keras_gru.datasets.config`.

    Returns:
        A `SequenceDataset` with the splits `"train"`, `"validation"` and `"test"`.

    Raises:
        UserError: if the data cannot be had or cannot be used, saying why.

    Example:

    >>> from keras_gru.datasets.config import Adding
    >>> dataset = load(Adding(kind="adding", length=10, train=100, validation=10, test=10))
    >>> dataset.size("train")
    100
    """
    module = importlib.import_module(f"{__name__}.{_MODULES[type(config)]}")
    return module.load(config)


def pad(sequences: Sequence[Sequence[int]]):
    """Token sequences as rows, with zeros at their right ends.

    Args:
        sequences: N lists of tokens, such as `SequenceDataset.encode` gives.

    Returns:
        An int32 array `(N, longest)`.
    """
    import numpy as np

    from keras_gru.datasets.text import to_rows

    flat = np.array([token for sequence in sequences for token in sequence], np.int32)
    return to_rows(flat, np.array([len(sequence) for sequence in sequences]))
