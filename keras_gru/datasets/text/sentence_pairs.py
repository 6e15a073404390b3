"""Sentences and their translations, as padded word tokens."""

# N pairs

from collections.abc import Sequence

import numpy as np

from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text.token_rows import TokenRows
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import build_vocabulary, encode_all, split_words
from keras_gru.settings import present

_START, _END = "startofseq", "endofseq"
_SPLITTING_SEED = 0  # part of the definition of the dataset, not a setting

Words = Sequence[str]


def translation_dataset(
    name: str,
    sentences: Sequence[str],
    translations: Sequence[str],
    *,
    vocabulary: int,
    max_length: int,
    fractions: tuple[float, float] | None,
    limit: int | None = None,
    preprocessing: Preprocessing | None = None,
) -> SequenceDataset:
    """Return a translation dataset in which no source sentence is in two splits.

    Args:
        name: display name.
        sentences: N sentences of the source language.
        translations: their translations.
        vocabulary: tokens of each language at most.
        max_length: words of a sentence; longer pairs are left out.
        fractions: fractions of the pairs for validation and for test; None puts all into test.
        limit: maximum number of pairs.
        preprocessing: its vocabularies are used; None builds them from train.

    Raises:
        UserError: if a split is empty.
    """
    first = [split_words(sentence) for sentence in sentences]
    second = [split_words(sentence) for sentence in translations]
    pairs = clean(first, second, max_length)
    parts = {"test": pairs[:limit]} if fractions is None else split(pairs, *fractions, limit)
    if preprocessing is not None:
        source_vocabulary = present(preprocessing.vocabulary)
        target_vocabulary = present(preprocessing.target_vocabulary)
    else:
        one, other = zip(*parts["train"], strict=True) if parts["train"] else ((), ())
        source_vocabulary = build_vocabulary(one, vocabulary)
        target_vocabulary = build_vocabulary(other, vocabulary, special=(_START, _END))
    splits = {
        name: _encode(part, source_vocabulary, target_vocabulary) for name, part in parts.items()
    }
    check_not_empty(name, splits)
    return SequenceDataset(
        name=name,
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
        baselines=(most_frequent_target(splits, target_vocabulary),) if "train" in splits else (),
        notes=(
            f"Left out {len(first) - len(pairs)} of {len(first)} pairs: duplicates, empty "
            f"sentences, and sentences of more than {max_length} words.",
        ),
        tokenizer=Tokenizer("word"),
    )


def clean(
    sentences: Sequence[Words], translations: Sequence[Words], max_length: int
) -> list[tuple[Words, Words]]:
    """Drop pairs that are duplicates, too long or have an empty side, keeping the order."""
    unique = {}
    for one, other in zip(sentences, translations, strict=True):
        if 0 < len(one) <= max_length and 0 < len(other) <= max_length:
            unique.setdefault((" ".join(one), " ".join(other)), (one, other))
    return list(unique.values())


def split(
    pairs: Sequence[tuple[Words, Words]],
    validation_fraction: float,
    test_fraction: float,
    limit=None,
) -> dict[str, list[tuple[Words, Words]]]:
    """Shuffle and split pairs so that no source sentence is in two splits.

    Args:
        pairs: (words, words of the translation).
        validation_fraction: fraction of the pairs.
        test_fraction: fraction of the pairs.
        limit: maximum number of pairs.

    Returns:
        Name of a split -> its pairs; a split ends where a sentence does.
    """
    if not pairs:
        return {"train": [], "validation": [], "test": []}
    numbers = {}
    sentence = np.array([numbers.setdefault(" ".join(one), len(numbers)) for one, _ in pairs])
    rank = np.random.default_rng(_SPLITTING_SEED).permutation(len(numbers))[sentence]
    order = np.argsort(rank, kind="stable")[:limit]
    rank = rank[order]
    ends = np.cumsum(
        [round(len(order) * fraction) for fraction in (test_fraction, validation_fraction)]
    )
    # Move the cut to the first pair of its sentence.
    ends = [np.searchsorted(rank, rank[min(end, len(rank) - 1)]) for end in ends]
    test, validation, train = np.split(order, ends)
    return {
        name: [pairs[i] for i in rows]
        for name, rows in (("train", train), ("validation", validation), ("test", test))
    }


def _encode(pairs, source_vocabulary, target_vocabulary) -> Split:
    source, source_lengths = encode_all([one for one, _ in pairs], source_vocabulary)
    target, lengths = encode_all([(_START, *other, _END) for _, other in pairs], target_vocabulary)
    # Teacher forcing: the input ends before the last token, the target starts after the first.
    decoder_input = TokenRows(target.flat, lengths - 1, target.starts)
    numbers: dict[str, int] = {}  # of sentences, which may have several translations
    sentences = [numbers.setdefault(" ".join(one), len(numbers)) for one, _ in pairs]
    return Split(
        {"source": source, "target": decoder_input},
        np.asarray(TokenRows(target.flat, lengths - 1, target.starts + 1)),
        {"source": source_lengths, "target": lengths - 1},
        stepwise="target",
        groups=np.array(sentences),
    )
