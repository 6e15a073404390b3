"""Train a dataset on a part of its sequences, or split them in another way."""

# N sequences

import dataclasses
import math

import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import join_splits
from keras_gru.errors import UserError


def fraction_of_train(
    dataset: SequenceDataset, fraction: float, batch_size: int
) -> SequenceDataset:
    """Return the dataset with a fraction of train, and nearly as many updates per epoch.

    An epoch has the whole number of passes whose updates are nearest to those of all of train. A
    larger fraction contains all sequences of a smaller one. Sequences are drawn with a fixed seed.
    For overlapping windows, the last ones are used, of each series, which are nearest to the other
    splits: a few random windows would contain nearly all steps.

    Args:
        dataset: the whole dataset.
        fraction: fraction of the sequences, above 0 and at most 1; at least one is left.
        batch_size: sequences in a batch.
    """
    train = dataset.splits["train"]
    count = max(1, round(fraction * train.size))
    rows = slice(train.size - count, None)
    if not train.overlapping:
        rows = np.sort(np.random.default_rng(0).permutation(train.size)[:count])
    passes = dataset.steps("train", batch_size) / math.ceil(count / batch_size)
    return dataclasses.replace(
        dataset,
        splits={**dataset.splits, "train": train.part(rows)},
        passes=max(1, round(passes)),
    )


def can_be_resampled(dataset: SequenceDataset) -> bool:
    """Return whether train and validation can be split in another way."""
    return not (dataset.splits["train"].overlapping or dataset.stages or dataset.grouped)


def check_resampling(dataset: SequenceDataset) -> None:
    """Raise a `UserError` unless a dataset `can_be_resampled`."""
    if not can_be_resampled(dataset):
        raise UserError(
            "vary: expected no split for overlapping windows of a series, a curriculum, or "
            "sequences that must be in one split (of a group; translations of a sentence), got "
            "split. Leave it out."
        )


def resample(dataset: SequenceDataset, seed: int) -> SequenceDataset:
    """Return the dataset with train and validation sequences split in another way.

    Test, scaling and vocabulary are unchanged.

    Raises:
        UserError: unless it `can_be_resampled`.

    Reference:

    - [Bouthillier et al., 2021](https://arxiv.org/abs/2103.03098)
    """
    check_resampling(dataset)
    train, validation = (dataset.splits[name] for name in ("train", "validation"))
    both = join_splits([train, validation])
    order = np.random.default_rng([seed, train.size]).permutation(both.size)
    parts = {"train": order[: train.size], "validation": order[train.size :]}
    drawn = {name: both.part(np.sort(rows)) for name, rows in parts.items()}
    return dataclasses.replace(dataset, splits={**dataset.splits, **drawn})
