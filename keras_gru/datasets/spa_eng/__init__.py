"""English sentences and their Spanish translations, prepared as in Géron's book."""

from collections.abc import Sequence

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.config import SpaEng
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text import Tokenizer, build_vocabulary, encode_all, split_words

_NAME = "English to Spanish"
_START, _END = "startofseq", "endofseq"
_SPLITTING_SEED = 0  # part of the dataset's definition, not a setting

Words = Sequence[str]


def load(config: SpaEng, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the pairs and splits them by English sentence.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A translation dataset of word tokens.

    Raises:
        UserError: if the file cannot be had, or a split is empty.
    """
    from keras_gru.datasets.spa_eng.builder import SpaEng as Builder

    columns = source.read(Builder, ("train",), files=("spa-eng.zip",))["train"]
    english = [split_words(text.decode()) for text in columns["english"]]
    spanish = [split_words(text.decode()) for text in columns["spanish"]]
    pairs = clean(english, spanish, config.max_length)
    parts = split(pairs, config.validation_share, config.test_share, config.pairs)
    if stored is not None:
        source_vocabulary, target_vocabulary = stored.vocabulary, stored.target_vocabulary
    else:
        english, spanish = zip(*parts["train"], strict=True) if parts["train"] else ((), ())
        source_vocabulary = build_vocabulary(english, config.vocabulary)
        target_vocabulary = build_vocabulary(spanish, config.vocabulary, special=(_START, _END))
    splits = {
        name: _encode(part, source_vocabulary, target_vocabulary) for name, part in parts.items()
    }
    check_not_empty(_NAME, splits)
    return SequenceDataset(
        name=_NAME,
        spec=SequenceSpec(
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
            f"Left out {len(english) - len(pairs)} of {len(english)} pairs that are duplicates or "
            f"have more than {config.max_length} words.",
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
