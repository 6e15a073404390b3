"""Texts with a class each, as padded word tokens."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split, check_not_empty, missing_classes
from keras_gru.datasets.text import Tokenizer, build_vocabulary, encode_all, split_words


def classification(
    name: str,
    examples: Mapping[str, tuple[Sequence[str], np.ndarray]],
    classes: Sequence[str],
    vocabulary_size: int,
    max_length: int,
    notes: Sequence[str] = (),
    stored: Preprocessing | None = None,
) -> SequenceDataset:
    """A dataset of labelled texts.

    Args:
        name: what a reader calls it.
        examples: name of a split -> texts and their classes (N,).
        classes: names of the classes.
        vocabulary_size: tokens at most, padding and unknown included.
        max_length: words kept of a text, its first ones.
        notes: facts worth logging.
        stored: its vocabulary is used; None builds one from train.

    Returns:
        A classification dataset; a text without a word is left out, which is noted.
    """
    notes = list(notes)
    words, labels = {}, {}
    for split, (texts, of) in examples.items():
        found = [split_words(text, max_length) for text in texts]
        kept = np.array([len(one) > 0 for one in found], bool)
        if not kept.all():
            notes.append(f"Left out {(~kept).sum()} {split} texts without a word.")
        words[split] = [one for one in found if one]
        labels[split] = np.asarray(of)[kept]
    vocabulary = stored.vocabulary if stored else build_vocabulary(words["train"], vocabulary_size)
    splits = {}
    for split in examples:
        tokens, lengths = encode_all(words[split], vocabulary)
        splits[split] = Split({"tokens": tokens}, labels[split], {"tokens": lengths})
    check_not_empty(name, splits)
    return SequenceDataset(
        name=name,
        spec=SequenceSpec(task="classification", outputs=len(classes), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(classes),
        baselines=(majority_class(splits, classes),) if "train" in splits else (),
        notes=(*notes, *missing_classes(splits, classes)),
        tokenizer=Tokenizer("word"),
        max_length=max_length,
    )
