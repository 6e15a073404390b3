"""A tokenizer and a vocabulary for many texts, from the training split only."""

# N texts

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.text.subwords import as_subwords, learn_subwords
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import MOST_UNKNOWN, UNKNOWN, check_unknown
from keras_gru.datasets.text.units import Units, split_texts
from keras_gru.settings import present

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class Tokenized:
    """Many texts as tokens.

    Args:
        tokenizer: the tokenizer.
        vocabulary: the string of each token.
        tokens: (units,) of all texts, one after the other.
        units: lengths, and what was cut.
    """

    tokenizer: Tokenizer
    vocabulary: tuple[str, ...]
    tokens: np.ndarray
    units: Units


def tokenize(
    name: str,
    texts: "Callable[[], Iterable[pyarrow.StringArray]]",
    is_train: np.ndarray,
    level: str | None,
    size: int,
    max_length: int | None = None,
    stored: Preprocessing | None = None,
    lower_case: bool = True,
) -> Tokenized:
    """Split texts into units and number them.

    Args:
        name: name of the data, for error messages.
        texts: returns arrays of strings, the N texts in their order.
        is_train: (N,), which of them are of train.
        level: level of the units; None chooses words, or characters where most words of validation
            and test do not occur in train.
        size: tokens at most, including padding and unknown.
        max_length: units of a text that are used, its first ones; None: all.
        stored: its tokenizer and vocabulary are used; None learns them from train.
        lower_case: whether subwords are of lower case; words always are.

    Raises:
        UserError: if most units of validation and test do not occur in train.
    """
    if stored is not None:
        tokenizer, vocabulary = present(stored.tokenizer), present(stored.vocabulary)
        if tokenizer.level == "subword":
            pieces = _pieces(texts(), tokenizer.lower_case)
            units = as_subwords(pieces, present(tokenizer.model), max_length)
        else:
            units = split_texts(texts(), tokenizer.level, max_length)
        return Tokenized(tokenizer, vocabulary, units.tokens(vocabulary), units)
    if level == "subword":
        pieces = _pieces(texts(), lower_case)
        model = learn_subwords(pieces.words, pieces.counts(is_train), size)
        units = as_subwords(pieces, model, max_length)
        tokenizer, vocabulary = Tokenizer(level, lower_case, model), tuple(units.words)
    else:
        tokenizer = Tokenizer(level or "word")
        units = split_texts(texts(), tokenizer.level, max_length)
        vocabulary = units.vocabulary(is_train, size)
    tokens = units.tokens(vocabulary)
    unknown = _fraction_unknown(units, tokens, ~is_train)
    if level is None and (unknown > MOST_UNKNOWN or not _has_words(units)):
        return tokenize(name, texts, is_train, "character", size, max_length)
    check_unknown(name, tokenizer.level, unknown)
    return Tokenized(tokenizer, vocabulary, tokens, units)


def _pieces(texts: "Iterable[pyarrow.StringArray]", lower_case: bool) -> Units:
    return split_texts(map(_to_lower_case, texts) if lower_case else texts, "subword")


def _to_lower_case(texts: "pyarrow.StringArray") -> "pyarrow.StringArray":
    """Convert texts to lower case like `str.lower`; Arrow differs in a few letters."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.ascii_lower(texts)
    return pa.array([text.lower() for text in texts.to_pylist()], pa.string())


def _fraction_unknown(units: Units, tokens: np.ndarray, chosen: np.ndarray) -> float:
    """Return the fraction of the tokens of chosen texts that are unknown."""
    unknown = total = start = 0
    for texts, codes in units.blocks():
        used = tokens[start : start + len(codes)][np.repeat(chosen[texts], units.lengths[texts])]
        unknown, total = unknown + np.count_nonzero(used == UNKNOWN), total + len(used)
        start += len(codes)
    return unknown / max(1, total)


def _has_words(units: Units) -> bool:
    """Return whether texts have several words each, unlike names and DNA."""
    return len(units.codes) > 1.5 * max(1, int(np.count_nonzero(units.lengths)))
