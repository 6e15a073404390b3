"""Real sequences, and yours: every dataset becomes a `SequenceDataset`.

`load` is the one way in. Importing this package imports neither TensorFlow, TFDS nor NumPy.
"""

import dataclasses
import importlib
import typing
from collections.abc import Sequence

from keras_gru.datasets import config as _config
from keras_gru.datasets.config.generated import Generated
from keras_gru.datasets.config.own import OwnFile

if typing.TYPE_CHECKING:
    from keras_gru.datasets.fingerprint import Source
    from keras_gru.datasets.sequence_dataset import (
        Baseline,
        Metric,
        Preprocessing,
        SequenceDataset,
        SequenceSpec,
        Split,
    )

__all__ = [
    "Baseline",
    "Metric",
    "Preprocessing",
    "SequenceDataset",
    "SequenceSpec",
    "Split",
    "load",
    "load_as_test",
    "pad",
]

# The module of each kind has a function `load`: `load(config)` where data are generated, else
# `load(config, stored=None)`, and `load(config, stored=None, all_as_test=False)` for a user's file.
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


def load(
    config: _config.DatasetConfig,
    preprocessing: "Preprocessing | None" = None,
    source: "Source | None" = None,
) -> "SequenceDataset":
    """Prepare and read a dataset.

    Args:
        config: one of the classes of `keras_gru.datasets.config`.
        preprocessing: applied as it is, such as a run directory stores it; None fits one to the
            training split.
        source: where the data must come from; None takes any.

    Returns:
        A `SequenceDataset` with the splits `"train"`, `"validation"` and `"test"`.

    Raises:
        UserError: if the data cannot be had or cannot be used, or come from another source.

    Example:

    >>> from keras_gru.datasets.config import Adding
    >>> dataset = load(Adding(kind="adding", length=10, train=100, validation=10, test=10))
    >>> dataset.size("train")
    100
    """
    from keras_gru.datasets.fingerprint import check_source
    from keras_gru.datasets.source import recording

    found = _source_of_file(config) if isinstance(config, OwnFile) else None
    if source and found:  # before the file is parsed, which may fail because of the change
        check_source(source, found)
    with recording() as recorded:
        dataset = _load(config, preprocessing)
    if recorded:
        found = recorded[-1]
        if source:
            check_source(source, found)
    return dataclasses.replace(dataset, source=found)


def _source_of_file(config: OwnFile) -> "Source":
    from keras_gru.datasets.files import existing
    from keras_gru.datasets.fingerprint import source_of_path

    return source_of_path(existing(config.path, config.expects))


def _load(
    config: _config.DatasetConfig, preprocessing: "Preprocessing | None"
) -> "SequenceDataset":
    module = _module(config)
    if not isinstance(config, Generated):
        return module.load(config, preprocessing)
    # A function of its settings and seed: what would be fitted anew is what was fitted before.
    if config.curriculum is not None:
        return importlib.import_module(f"{__name__}.curriculum").load(module.load, config)
    return module.load(config)


def _module(config: _config.DatasetConfig):
    return importlib.import_module(f"{__name__}.{_MODULES[type(config)]}")


def load_as_test(config: OwnFile, preprocessing: "Preprocessing") -> "SequenceDataset":
    """Read a user's file as one test split, to measure a trained network on it.

    Args:
        config: its `path` names the file.
        preprocessing: that of the network's training data. The share of unknown tokens and texts
            with unknown labels are noted.

    Returns:
        A `SequenceDataset` with the split `"test"` alone, and no baselines.

    Raises:
        UserError: if the file does not fit the network.
    """
    from keras_gru.datasets.text import PADDING, UNKNOWN

    found = _source_of_file(config)
    dataset = _module(config).load(config, preprocessing, all_as_test=True)
    notes = dataset.notes
    if dataset.tokenizer is not None:
        tokens = dataset.splits["test"].inputs["tokens"]
        unknown = (tokens == UNKNOWN).sum() / (tokens != PADDING).sum()
        notes += (f"{unknown:.1%} of the tokens are unknown to the network.",)
    return dataclasses.replace(dataset, source=found, notes=notes)


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
