"""Running text as windows of characters, words or subwords, for language models."""

# N windows, T characters, words or subwords

import sys
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.storage.long_array import ArrayWriter
from keras_gru.datasets.text.long_text import LongText
from keras_gru.datasets.text.ngram import n_gram
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokenizing import tokenize
from keras_gru.datasets.text.tokens import UNKNOWN, smallest_type
from keras_gru.datasets.text.units import whole_words
from keras_gru.settings import present

_RESERVED = ("", "\N{REPLACEMENT CHARACTER}")  # padding, and a character that train does not have
_BLOCK = 1 << 20  # characters
_CHARACTERS = Tokenizer("character")


def language_model_dataset(
    name: str,
    texts: Mapping[str, str | LongText],
    window: int,
    stored: Preprocessing | None = None,
    tokenizer: Tokenizer = _CHARACTERS,
    vocabulary_size: int = 10_000,
    stride: int | None = None,
) -> SequenceDataset:
    """Return a dataset whose targets are the next characters, words or subwords.

    The windows of validation and test are consecutive and do not overlap. A remainder at the end
    of a split that is shorter than a window is ignored.

    Args:
        name: display name.
        texts: name of a split -> its text.
        window: units of a sequence (T).
        stored: its vocabulary and tokenizer are used; None takes those of train.
        tokenizer: its level and case; subwords are learnt.
        vocabulary_size: words or subwords at most, with padding and unknown; of characters
            all are used.
        stride: units from one training window to the next; None: `window`.

    Returns:
        A language model dataset; its vocabulary is made of the training text only.

    Raises:
        UserError: if a split is shorter than a window, or most words of validation and test do
            not occur in train.
    """
    tokenizer = present(stored.tokenizer) if stored else tokenizer
    if tokenizer.level == "character":
        tokens, vocabulary = _encode_characters(texts, tokenizer, stored)
    else:
        tokens, vocabulary, tokenizer = _encode_units(
            name, texts, tokenizer, stored, vocabulary_size
        )
    splits = {
        split: _windows(text, window, stride if split == "train" else None)
        for split, text in tokens.items()
    }
    check_not_empty(name, splits)
    return SequenceDataset(
        name=name,
        spec=TaskSpec(
            task="language_model",
            outputs=len(vocabulary),
            vocabulary=len(vocabulary),
            length=window,
        ),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=vocabulary,
        baselines=(
            (
                most_frequent_target(splits, vocabulary),
                n_gram(tokens, splits, len(vocabulary)),
            )
            if "train" in splits
            else ()
        ),
        tokenizer=tokenizer,
        facts=(("Units", f"{tokenizer.level}s, a vocabulary of {len(vocabulary):,}"),),
    )


def _blocks(text: str | LongText) -> Iterator[str]:
    if not isinstance(text, str):
        yield from text.blocks()
        return
    for start in range(0, len(text), _BLOCK):
        yield text[start : start + _BLOCK]


def _encode_units(
    name: str,
    texts: Mapping[str, str | LongText],
    tokenizer: Tokenizer,
    stored: Preprocessing | None,
    size: int,
) -> tuple[dict[str, np.ndarray], tuple[str, ...], Tokenizer]:
    """Return the words or subwords of each split, the vocabulary and the tokenizer."""
    import pyarrow as pa

    counts = dict.fromkeys(texts, 0)

    def blocks():
        for split, text in texts.items():
            counts[split] = 0
            for block in whole_words(_blocks(text)):
                counts[split] += 1
                yield pa.array([block], pa.string())

    for _ in blocks():  # counts them
        pass
    is_train = np.repeat([split == "train" for split in counts], list(counts.values()))
    found = tokenize(
        name,
        blocks,
        is_train,
        tokenizer.level,
        size,
        stored=stored,
        lower_case=tokenizer.lower_case,
    )
    ends = np.cumsum([0, *found.units.lengths])[np.cumsum(list(counts.values()))]
    parts = np.split(found.tokens, ends[:-1])
    return dict(zip(texts, parts, strict=True)), found.vocabulary, found.tokenizer


def _encode_characters(
    texts: Mapping[str, str | LongText], tokenizer: Tokenizer, stored: Preprocessing | None
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the characters of each split, and the vocabulary."""

    def blocks(split: str) -> Iterator[np.ndarray]:
        for block in _blocks(texts[split]):
            yield _code_points(str(tokenizer.split(block)))

    if stored:
        known = np.sort(_code_points("".join(present(stored.vocabulary)[len(_RESERVED) :])))
    else:
        occurs = np.zeros(sys.maxunicode + 1, bool)
        for points in blocks("train"):
            occurs[points] = True
        known = np.flatnonzero(occurs).astype(np.uint32)
    # A table of all code points up to the highest known one; above it all are unknown.
    token = np.full(int(known[-1]) + 2 if len(known) else 1, UNKNOWN, smallest_type(len(known) + 2))
    token[known] = np.arange(len(_RESERVED), len(known) + len(_RESERVED))
    tokens = {}
    for split in texts:
        writer = ArrayWriter(token.dtype)
        for points in blocks(split):
            writer.append(token[np.minimum(points, len(token) - 1)])
        tokens[split] = writer.array()
    return tokens, (*_RESERVED, *(chr(point) for point in known))


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _windows(tokens: np.ndarray, window: int, stride: int | None) -> Split:
    """Return windows that start every `stride` tokens, and their next tokens, as views."""
    stride = stride or window
    if len(tokens) <= window:
        now = after = np.zeros((0, window), tokens.dtype)
    else:
        now = sliding_window_view(tokens[:-1], window)[::stride]
        after = sliding_window_view(tokens[1:], window)[::stride]
    return Split({"tokens": now}, after, stepwise="tokens", overlapping=stride < window)
