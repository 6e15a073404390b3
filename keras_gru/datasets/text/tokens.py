"""Texts as tokens: words or characters, and vocabularies from the training split only."""

# N sequences, T time steps

import string
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from keras_gru.datasets.text.token_rows import TokenRows
from keras_gru.errors import UserError

PADDING, UNKNOWN = 0, 1
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # a space in a subword, as SentencePiece writes it

MOST_UNKNOWN = 0.5  # of the tokens of validation and test
TAG = "<br />"
# An apostrophe disappears ("don't" is one word); other punctuation separates words.
_PUNCTUATION = str.maketrans(
    dict.fromkeys(string.punctuation + "¡¿«»“”—–…", " ") | dict.fromkeys("'‘’")
)


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation or line breaks in HTML."""
    return text.lower().replace(TAG, " ").translate(_PUNCTUATION).split()


def check_unknown(name: str, level: str, unknown: float) -> None:
    """Raise a `UserError` if most units of validation and test are unknown.

    Args:
        name: name of the data, for error messages.
        level: level of the units.
        unknown: fraction of the tokens of validation and test.
    """
    if unknown > MOST_UNKNOWN:
        remedy = "Set level: character or subword, or use" if level == "word" else "Use"
        raise UserError(
            f"{name}: {unknown:.0%} of the {level}s of validation and test do not occur in train. "
            f"{remedy} more text or a larger dataset.vocabulary."
        )


def smallest_type(tokens: int) -> np.dtype:
    """Return the smallest type of integers below `tokens`; a batch has them as int32."""
    return np.min_scalar_type(max(0, tokens - 1))


def build_vocabulary(
    sentences: Iterable[Sequence[str]], size: int, special: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the most frequent words of the training split, after padding and unknown.

    Args:
        sentences: lists of words, of the training split only.
        size: entries at most, including padding, unknown and special tokens.
        special: further tokens that are not words.

    Returns:
        The word of each token; words of one frequency are in alphabetical order.
    """
    counts = Counter()
    for words in sentences:
        counts.update(words)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    reserved = ("", "[UNK]", *special)
    return reserved + tuple(word for word, _ in ranked[: max(0, size - len(reserved))])


def encode_all(
    sentences: Sequence[Sequence[str]], vocabulary: Sequence[str]
) -> tuple[TokenRows, np.ndarray]:
    """Return sentences as tokens.

    Args:
        sentences: lists of words.
        vocabulary: the word of each token.

    Returns:
        Rows of tokens and lengths `(N,)`.
    """
    ids = {word: i for i, word in enumerate(vocabulary)}
    flat = np.fromiter((ids.get(word, UNKNOWN) for words in sentences for word in words), np.int32)
    rows = TokenRows(flat, np.array([len(words) for words in sentences], np.int64))
    return rows, rows.lengths


def to_rows(flat: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Convert concatenated sequences to rows, padded with zeros on the right.

    Args:
        flat: `(sum of lengths, ...)`.
        lengths: `(N,)`.

    Returns:
        `(N, longest, ...)`.
    """
    longest = int(lengths.max(initial=0))
    padded = np.zeros((len(lengths), longest, *flat.shape[1:]), flat.dtype)
    padded[np.arange(longest) < lengths[:, None]] = flat
    return padded
