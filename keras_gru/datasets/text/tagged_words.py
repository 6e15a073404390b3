"""Sentences with a tag for each word, as padded word tokens."""

# N sentences

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import tag_of_each_token
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import build_vocabulary, encode_all, to_rows
from keras_gru.errors import UserError
from keras_gru.settings import present


def tagging_dataset(
    name: str,
    examples: Mapping[str, tuple[Sequence[Sequence[bytes]], Sequence[np.ndarray]]],
    tag_names: Sequence[str],
    vocabulary_size: int,
    stored: Preprocessing | None = None,
) -> SequenceDataset:
    """Return a dataset of tagged sentences.

    Args:
        name: display name.
        examples: name of a split -> N sentences of words and N arrays of their tags.
        tag_names: names of the tags.
        vocabulary_size: tokens at most, including padding and unknown.
        stored: its vocabulary is used; None builds one from train.

    Returns:
        A tagging dataset of words in lower case; a sentence without a word is left out, which is
        noted.

    Raises:
        UserError: if a sentence has not as many tags as words, or a split is empty.
    """
    notes, words, tags = [], {}, {}
    for split, (sentences, tags_of_split) in examples.items():
        for number, (sentence, its_tags) in enumerate(zip(sentences, tags_of_split, strict=True)):
            if len(sentence) != len(its_tags):
                raise UserError(
                    f"{name}: sentence {number} of {split} has {len(sentence)} words and "
                    f"{len(its_tags)} tags; a tagger needs a tag for each word."
                )
        words[split] = [
            [word.decode(errors="replace").lower() for word in sentence]
            for sentence in sentences
            if len(sentence)
        ]
        tags[split] = np.concatenate([np.zeros(0, int), *tags_of_split]).astype(int)
        if len(words[split]) < len(sentences):
            left_out = len(sentences) - len(words[split])
            notes.append(f"Left out {left_out} {split} sentences without a word.")
    vocabulary = (
        present(stored.vocabulary) if stored else build_vocabulary(words["train"], vocabulary_size)
    )
    splits = {}
    for split in examples:
        tokens, lengths = encode_all(words[split], vocabulary)
        rows = to_rows(tags[split], lengths)
        splits[split] = Split({"tokens": tokens}, rows, {"tokens": lengths}, stepwise="tokens")
    check_not_empty(name, splits)
    return SequenceDataset(
        name=name,
        spec=TaskSpec(task="tagging", outputs=len(tag_names), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy", digits=4),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(tag_names),
        baselines=(tag_of_each_token(splits),) if "train" in splits else (),
        notes=tuple(notes),
        tokenizer=Tokenizer("word"),
    )
