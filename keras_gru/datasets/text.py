"""Texts as tokens: words or characters, and vocabularies from the training split alone."""

# N sequences, T time steps

import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PADDING, UNKNOWN = 0, 1

_TAG = "<br />"
# An apostrophe disappears ("don't" is one word); other punctuation separates words.
_PUNCTUATION = str.maketrans(
    dict.fromkeys(string.punctuation + "¡¿«»“”—–…", " ") | dict.fromkeys("'‘’")
)


def split_words(text: str, limit: int = -1) -> list[str]:
    """Lower-case words without punctuation or line breaks in HTML.

    Args:
        text: any text.
        limit: keep only so many of the first words; -1 keeps all.

    Returns:
        The words.
    """
    words = text.lower().replace(_TAG, " ").translate(_PUNCTUATION).split(None, limit)
    return words if limit < 0 else words[:limit]


@dataclass(frozen=True)
class Tokenizer:
    """How a text falls into units.

    Args:
        level: `"word"` or `"character"`.
    """

    level: str

    def split(self, text: str) -> Sequence[str]:
        """The units of a text."""
        return split_words(text) if self.level == "word" else text

    def join(self, units: Iterable[str]) -> str:
        """A text of units."""
        return (" " if self.level == "word" else "").join(units)

    def encode(self, text: str, ids: Mapping[str, int]) -> list[int]:
        """The tokens of a text; a unit that is not in `ids` is unknown."""
        return [ids.get(unit, UNKNOWN) for unit in self.split(text)]


def build_vocabulary(
    sentences: Iterable[Sequence[str]], size: int, special: Sequence[str] = ()
) -> tuple[str, ...]:
    """The most frequent words of the training split, after padding and unknown.

    Args:
        sentences: lists of words, of the training split alone.
        size: entries at most, padding, unknown and special tokens included.
        special: further tokens that are no words.

    Returns:
        The word of each token; words of one frequency are in alphabetical order.
    """
    counts = Counter()
    for words in sentences:
        counts.update(words)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    reserved = ("", "[UNK]", *special)
    return reserved + tuple(word for word, _ in ranked[: max(0, size - len(reserved))])


def encode_all(sentences: Sequence[Sequence[str]], vocabulary: Sequence[str]):
    """Sentences as padded tokens.

    Args:
        sentences: lists of words.
        vocabulary: the word of each token.

    Returns:
        Tokens `(N, T)` and lengths `(N,)`.
    """
    ids = {word: i for i, word in enumerate(vocabulary)}
    flat = np.fromiter((ids.get(word, UNKNOWN) for words in sentences for word in words), np.int32)
    lengths = np.array([len(words) for words in sentences], np.int64)
    return to_rows(flat, lengths), lengths


def to_rows(flat: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Lays sequences that follow one another out as rows, with zeros at their right ends.

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
