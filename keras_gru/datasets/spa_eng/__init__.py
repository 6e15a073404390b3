"""English sentences and their Spanish translations, prepared as in Géron's book."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets import source
from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.common import Count, Fraction, Length, SplitByFraction, Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text import Tokenizer, build_vocabulary, encode_all, split_words

_NAME = "English to Spanish"
_START, _END = "startofseq", "endofseq"
_SPLITTING_SEED = 0  # part of the dataset's definition, not a setting

Words = Sequence[str]


@register_dataset("spa_eng")
class SpaEng(SplitByFraction):
    """English sentences and their Spanish translations (Tatoeba)."""

    task: ClassVar[str] = "translation"
    vocabulary: Tokens = 1_000
    max_length: Annotated[
        Length, Field(description="words of a sentence; longer pairs are left out")
    ] = 50
    pairs: Annotated[Count | None, Field(description="use only so many pairs")] = None
    validation_share: Fraction = 0.1
    test_share: Fraction = 0.05

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the pairs, split by English sentence.

        Args:
            preprocessing: its vocabularies are used; None builds them from train.

        Returns:
            A translation dataset of word tokens.

        Raises:
            UserError: if the file is neither there nor can be downloaded, or a split is empty.
        """
        from keras_gru.datasets.spa_eng.builder import SpaEngBuilder

        columns = source.read(SpaEngBuilder, ("train",), files=("spa-eng.zip",))["train"]
        english = [split_words(text.decode()) for text in columns["english"]]
        spanish = [split_words(text.decode()) for text in columns["spanish"]]
        rows = len(english)
        pairs = clean(english, spanish, self.max_length)
        parts = split(pairs, self.validation_share, self.test_share, self.pairs)
        if preprocessing is not None:
            source_vocabulary = preprocessing.vocabulary
            target_vocabulary = preprocessing.target_vocabulary
        else:
            english, spanish = zip(*parts["train"], strict=True) if parts["train"] else ((), ())
            source_vocabulary = build_vocabulary(english, self.vocabulary)
            target_vocabulary = build_vocabulary(spanish, self.vocabulary, special=(_START, _END))
        splits = {
            name: _encode(part, source_vocabulary, target_vocabulary)
            for name, part in parts.items()
        }
        check_not_empty(_NAME, splits)
        return SequenceDataset(
            name=_NAME,
            spec=TaskSpec(
                task="translation",
                outputs=len(target_vocabulary),
                vocabulary=len(source_vocabulary),
                start=target_vocabulary.index(_START),
                end=target_vocabulary.index(_END),
            ),
            metric=Metric("accuracy", "max", "accuracy (next word)"),
            splits=splits,
            vocabulary=source_vocabulary,
            target_vocabulary=target_vocabulary,
            baselines=(most_frequent_target(splits, target_vocabulary),),
            notes=(
                f"Left out {rows - len(pairs)} of {rows} pairs: duplicates, and sentences of more "
                f"than {self.max_length} words.",
            ),
            tokenizer=Tokenizer("word"),
        )


def clean(
    english: Sequence[Words], spanish: Sequence[Words], max_length: int
) -> list[tuple[Words, Words]]:
    """Drops pairs that occur twice, are too long or have an empty side; keeps the order."""
    kept = {}
    for one, other in zip(english, spanish, strict=True):
        if 0 < len(one) <= max_length and 0 < len(other) <= max_length:
            kept.setdefault((" ".join(one), " ".join(other)), (one, other))
    return list(kept.values())


def split(
    pairs: Sequence[tuple[Words, Words]], validation_share: float, test_share: float, limit=None
) -> dict[str, list[tuple[Words, Words]]]:
    """Shuffles and splits pairs so that no English sentence is in two splits.

    Args:
        pairs: (English words, Spanish words).
        validation_share: share of the pairs.
        test_share: share of the pairs.
        limit: use only so many pairs.

    Returns:
        Name of a split -> its pairs; a split ends where an English sentence does.
    """
    if not pairs:
        return {"train": [], "validation": [], "test": []}
    numbers = {}
    sentence = np.array([numbers.setdefault(" ".join(one), len(numbers)) for one, _ in pairs])
    rank = np.random.default_rng(_SPLITTING_SEED).permutation(len(numbers))[sentence]
    order = np.argsort(rank, kind="stable")[:limit]
    rank = rank[order]
    ends = np.cumsum([round(len(order) * share) for share in (test_share, validation_share)])
    # Up to the first pair of the sentence that the cut falls into.
    ends = [np.searchsorted(rank, rank[min(end, len(rank) - 1)]) for end in ends]
    test, validation, train = np.split(order, ends)
    return {
        name: [pairs[i] for i in rows]
        for name, rows in (("train", train), ("validation", validation), ("test", test))
    }


def _encode(pairs, source_vocabulary, target_vocabulary) -> Split:
    source_tokens, source_lengths = encode_all([one for one, _ in pairs], source_vocabulary)
    target_tokens, lengths = encode_all(
        [(_START, *other, _END) for _, other in pairs], target_vocabulary
    )
    # Teacher forcing: the input ends before the last token, the target starts after the first.
    heard = np.where(np.arange(target_tokens.shape[1] - 1) < lengths[:, None] - 1, 1, 0)
    return Split(
        {"source": source_tokens, "target": target_tokens[:, :-1] * heard},
        target_tokens[:, 1:],
        {"source": source_lengths, "target": lengths - 1},
        stepwise="target",
    )
