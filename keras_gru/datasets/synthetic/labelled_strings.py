"""Labelled generated strings, one token per letter."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import encode_all


def classification_dataset(
    name: str,
    examples: Mapping[str, Sequence[tuple[str, int]]],
    letters: str,
    classes: Sequence[str],
) -> SequenceDataset:
    """Return a dataset of labelled strings.

    Chance is the accuracy of the most frequent class of train. All classes are generated equally
    often, so that it is 1 / classes, or next to it where a split's size is no multiple of them.

    Args:
        name: display name of the dataset.
        examples: name of a split -> its strings and their classes, from 0.
        letters: all that occur.
        classes: names of the classes.

    Returns:
        A classification dataset of tokens, one per letter.
    """
    vocabulary = ("", "[UNK]", *letters)
    splits = {}
    for split, labelled in examples.items():
        tokens, lengths = encode_all([text for text, _ in labelled], vocabulary)
        labels = np.array([label for _, label in labelled], np.int64)
        splits[split] = Split({"tokens": tokens}, labels, {"tokens": lengths})
    return SequenceDataset(
        name=name,
        spec=TaskSpec(task="classification", outputs=len(classes), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy", digits=4),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(classes),
        baselines=(majority_class(splits, classes, " (chance)"),),
        tokenizer=Tokenizer("character"),
    )
