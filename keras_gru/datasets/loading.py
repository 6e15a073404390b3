"""Load a dataset from its settings."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from keras_gru.datasets.fingerprint import Source, check_source
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published.source import record_sources
from keras_gru.datasets.registry import DatasetSettings
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.storage.cache import load_through_cache
from keras_gru.datasets.text.token_rows import fraction_of_token
from keras_gru.datasets.text.tokens import UNKNOWN, to_rows
from keras_gru.errors import UserError
from keras_gru.settings import present


def load(
    config: DatasetSettings,
    preprocessing: Preprocessing | None = None,
    source: Source | None = None,
) -> SequenceDataset:
    """Load a dataset: generate it, or prepare and read it.

    Args:
        config: settings of a registered kind of dataset.
        preprocessing: stored preprocessing, such as of a run directory; None fits one to the
            training split.
        source: the expected source of the data; None accepts any.

    Returns:
        A `SequenceDataset` with the splits `"train"`, `"validation"` and `"test"`.

    Raises:
        UserError: if the data are missing or unusable, or come from another source.

    Example:

    >>> from keras_gru.datasets.synthetic.adding import Adding
    >>> dataset = load(Adding(length=10, train=100, validation=10, test=10))
    >>> dataset.size("train")
    100
    """
    found = config.source()
    if source and found:  # before the file is parsed, which may fail because of the change
        check_source(source, found)
    with record_sources() as recorded:
        if isinstance(config, OwnFile):
            dataset = load_through_cache(config, present(found), preprocessing)
        else:
            dataset = config.load(preprocessing)
    if recorded:
        found = recorded[-1]
        if source:
            check_source(source, found)
    return dataclasses.replace(_with_metric(config, dataset), source=found)


def _with_metric(config: DatasetSettings, dataset: SequenceDataset) -> SequenceDataset:
    """Return the dataset with the metric of the settings, by default its own."""
    known = {metric.name: metric for metric in dataset.metrics()}
    chosen = config.metric or dataset.metric.name
    if chosen not in known:
        names = ", ".join(map(repr, known))
        raise UserError(f"dataset.metric: expected one of {names}, got {chosen!r}.")
    metric = known.pop(chosen)
    return dataclasses.replace(dataset, metric=metric, other_metrics=tuple(known.values()))


def load_as_test(config: OwnFile, preprocessing: Preprocessing) -> SequenceDataset:
    """Load a user's file as one test split, to evaluate a trained network on it.

    Args:
        config: its `path` names the file.
        preprocessing: the preprocessing of the network's training data. The fraction of unknown
            tokens, and texts with unknown labels, are noted.

    Returns:
        A `SequenceDataset` with only the split `"test"`, and no baselines.

    Raises:
        UserError: if the file does not match the network.
    """
    found = config.source()
    dataset = config.load(preprocessing, all_as_test=True)
    notes = dataset.notes
    if dataset.tokenizer is not None:
        tokens = next(iter(dataset.splits["test"].inputs.values()))
        unknown = fraction_of_token(tokens, UNKNOWN)
        notes += (f"{unknown:.1%} of the tokens are unknown to the network.",)
    return dataclasses.replace(_with_metric(config, dataset), source=found, notes=notes)


def pad(sequences: Sequence[Sequence[int]]):
    """Return token sequences as rows, padded with zeros on the right.

    Args:
        sequences: N lists of tokens, such as `SequenceDataset.encode` returns.

    Returns:
        An int32 array `(N, longest)`.
    """
    flat = np.array([token for sequence in sequences for token in sequence], np.int32)
    return to_rows(flat, np.array([len(sequence) for sequence in sequences]))
