"""Running text as windows of characters or words, for language models."""

# N windows, T characters or words

import sys
from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.ngram import n_gram
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text import (
    UNKNOWN,
    Tokenizer,
    check_unknown,
    smallest,
    split_texts,
    unknown_share,
)

_RESERVED = ("", "\N{REPLACEMENT CHARACTER}")  # padding, and a character that train does not have
_BLOCK = 1 << 20  # characters
_CHARACTERS = Tokenizer("character")


def language_model(
    name: str,
    texts: Mapping[str, str],
    window: int,
    stored: Preprocessing | None = None,
    tokenizer: Tokenizer = _CHARACTERS,
    vocabulary_size: int = 10_000,
    stride: int | None = None,
) -> SequenceDataset:
    """Return a dataset whose targets are the next characters or words.

    The windows of validation and test follow one another without overlap. What is left at the end
    of a split is shorter than a window and is left out.

    Args:
        name: its name for a reader.
        texts: name of a split -> its text.
        window: characters or words of a sequence (T).
        stored: its vocabulary and tokenizer are used; None takes the characters or words of train.
        tokenizer: splits the text into characters or words.
        vocabulary_size: words at most, with padding and unknown; all characters are used.
        stride: characters or words from one training window to the next; None: `window`.

    Returns:
        A language model dataset; its vocabulary is made of the training text alone.

    Raises:
        UserError: if a split is shorter than a window, or most words of validation and test do
            not occur in train.
    """
    tokenizer = stored.tokenizer if stored else tokenizer
    if tokenizer.level == "word":
        tokens, vocabulary = _encode_words(name, texts, stored, vocabulary_size)
    else:
        texts = {split: tokenizer.split(text) for split, text in texts.items()}
        known = known_characters(
            "".join(stored.vocabulary[len(_RESERVED) :]) if stored else texts["train"]
        )
        tokens = {split: encode(text, known) for split, text in texts.items()}
        vocabulary = (*_RESERVED, *(chr(point) for point in known))
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


def _encode_words(
    name: str, texts: Mapping[str, str], stored: Preprocessing | None, size: int
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the tokens of each split, and the vocabulary."""
    lines = {split: text.splitlines() for split, text in texts.items()}
    units = split_texts([line for of in lines.values() for line in of], "word")
    train = len(lines.get("train", ()))
    vocabulary = stored.vocabulary if stored else units.vocabulary(train, size)
    tokens = units.tokens(vocabulary)
    if stored is None:
        check_unknown(name, "word", unknown_share(tokens[units.lengths[:train].sum() :]))
    ends = np.cumsum([0, *units.lengths])[np.cumsum([len(of) for of in lines.values()])]
    return dict(zip(texts, np.split(tokens, ends[:-1]), strict=True)), vocabulary


def encode(text: str, known: np.ndarray) -> np.ndarray:
    """Return the token of each character.

    Args:
        text: any text.
        known: the code points of the vocabulary, ascending.

    Returns:
        Tokens `(len(text),)`.
    """
    # A table of all code points up to the highest known one; above it all are unknown.
    token = np.full(int(known[-1]) + 2 if len(known) else 1, UNKNOWN, smallest(len(known) + 2))
    token[known] = np.arange(len(_RESERVED), len(known) + len(_RESERVED))
    found = np.empty(len(text), token.dtype)
    for start in range(0, len(text), _BLOCK):  # of four bytes for each character
        points = _code_points(text[start : start + _BLOCK])
        found[start : start + _BLOCK] = token[np.minimum(points, len(token) - 1)]
    return found


def known_characters(text: str) -> np.ndarray:
    """Return the code points that occur in a text, ascending."""
    occurs = np.zeros(sys.maxunicode + 1, bool)
    for start in range(0, len(text), _BLOCK):
        occurs[_code_points(text[start : start + _BLOCK])] = True
    return np.flatnonzero(occurs).astype(np.uint32)


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _windows(tokens: np.ndarray, window: int, stride: int | None) -> Split:
    """Return windows that begin every `stride` tokens, as views, and the tokens after each."""
    stride = stride or window
    if len(tokens) <= window:
        now = after = np.zeros((0, window), tokens.dtype)
    else:
        now = sliding_window_view(tokens[:-1], window)[::stride]
        after = sliding_window_view(tokens[1:], window)[::stride]
    return Split({"tokens": now}, after, stepwise="tokens", overlapping=stride < window)
