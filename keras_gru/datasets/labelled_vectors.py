"""Labelled sequences of vectors."""

# N sequences, T time steps, D features

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.preprocessing import Preprocessing, Scaling
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty, missing_classes
from keras_gru.datasets.text.tokens import to_rows


def classification_dataset(
    name: str,
    sequences: Sequence[np.ndarray],
    labels: np.ndarray,
    rows: Mapping[str, np.ndarray],
    classes: Sequence[str],
    columns: Sequence[str] | None,
    stored: Preprocessing | None = None,
    length: int | None = None,
    notes: Sequence[str] = (),
    groups: np.ndarray | None = None,
) -> SequenceDataset:
    """Return a dataset of labelled sequences of vectors.

    Args:
        name: display name.
        sequences: N arrays (T, D).
        labels: (N,), the class of each.
        rows: name of a split -> its sequences.
        classes: names of the classes.
        columns: names of the D features, each of which is scaled by its mean and deviation in
            train; None scales none.
        stored: its scaling is used; None fits one to train.
        length: the steps of every sequence; None if they have different lengths.
        notes: facts worth logging.
        groups: (N,), such as the speaker of each sequence (`Split`).

    Raises:
        UserError: if a split is empty.
    """
    scaling = stored.input_scaling if stored else None
    if stored is None and columns is not None and len(rows["train"]):
        scaling = Scaling.fit(columns, np.concatenate([sequences[row] for row in rows["train"]]))
    splits = {}
    for split, index in rows.items():
        lengths = np.array([len(sequences[row]) for row in index], np.int64)
        flat = np.concatenate([sequences[row] for row in index]) if len(index) else np.zeros((0, 1))
        flat = flat.astype(np.float32) if scaling is None else scaling.apply(flat)
        padding = {} if length is not None else {"features": lengths}
        splits[split] = Split(
            {"features": to_rows(flat, lengths)},
            labels[index],
            padding,
            groups=None if groups is None else groups[index],
        )
    check_not_empty(name, splits)
    return SequenceDataset(
        name=name,
        spec=TaskSpec(
            task="classification",
            outputs=len(classes),
            features=sequences[0].shape[1],
            length=length,
        ),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        target_vocabulary=tuple(classes),
        input_scaling=scaling,
        baselines=(majority_class(splits, classes),) if "train" in splits else (),
        notes=(*notes, *missing_classes(splits, classes)),
    )
