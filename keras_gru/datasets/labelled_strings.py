"""Generated strings with a class each, one token per letter."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.text import Tokenizer, encode_all


def classification(
    name: str,
    columns: Mapping[str, Mapping[str, np.ndarray]],
    letters: str,
    classes: Sequence[str],
) -> SequenceDataset:
    """A dataset of labelled strings.

    Chance is what the commonest class of train reaches. The builders make all classes equally
    frequent, so that it is 1 / classes, or next to it where a split cannot be shared out evenly.

    Args:
        name: what a reader calls it.
        columns: name of a split -> `text` (N,) of bytes and `label` (N,).
        letters: all that occur.
        classes: names of the classes.

    Returns:
        A classification dataset of tokens.
    """
    vocabulary = ("", "[UNK]", *letters)
    splits = {}
    for split, of in columns.items():
        tokens, lengths = encode_all([text.decode() for text in of["text"]], vocabulary)
        splits[split] = Split({"tokens": tokens}, of["label"], {"tokens": lengths})
    return SequenceDataset(
        name=name,
        spec=SequenceSpec(task="classification", outputs=len(classes), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy", digits=4),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(classes),
        baselines=(majority_class(splits, classes, " (chance)"),),
        tokenizer=Tokenizer("character"),
    )
