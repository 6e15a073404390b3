"""Subwords: byte-pair encoding with the package tokenizers, learnt from train only.

A text is split into pieces first: a new line, or what is between two spaces with the space before
it, which is written as `SPACE`. Subwords never cross pieces, and joined they are the text.
"""

import functools
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.datasets.storage.long_array import ArrayWriter
from keras_gru.datasets.text.tokens import SPACE
from keras_gru.datasets.text.units import Units, first_units
from keras_gru.errors import UserError

if TYPE_CHECKING:
    import tokenizers

_PADDING, _UNKNOWN = "\0", "[UNK]"  # no text has a NUL
_BLOCK = 100_000  # pieces
_MOST_PIECES = 4_000_000  # that byte-pair encoding is learnt from, in proportion to their counts


def split_pieces(text: str) -> list[str]:
    """Return the pieces of a text."""
    return re.findall(
        f"\n|{SPACE}?[^{SPACE}\n]+|{SPACE}", text.replace("\0", " ").replace(" ", SPACE)
    )


def split_subwords(text: str, model: str) -> list[str]:
    """Return the subwords of a text.

    Args:
        text: any text.
        model: as `learn_subwords` returned it.
    """
    library = _load(model)
    return [unit for piece in split_pieces(text) for unit in library.encode(piece).tokens]


def learn_subwords(pieces: Sequence[str], counts: np.ndarray, size: int) -> str:
    """Learn byte-pair encoding.

    Args:
        pieces: pieces of texts, each once.
        counts: how often each occurs in train.
        size: subwords at most, including padding and unknown.

    Returns:
        The JSON of the library tokenizers.
    """
    library = _library()
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=_UNKNOWN))
    trainer = library.trainers.BpeTrainer(
        vocab_size=size, special_tokens=[_PADDING, _UNKNOWN], show_progress=False
    )
    fraction = min(1.0, _MOST_PIECES / max(1, int(counts.sum())))
    times = np.ceil(counts * fraction).astype(int)
    # Sorted, so that the order of the texts does not matter.
    order = sorted(np.flatnonzero(times).tolist(), key=pieces.__getitem__)
    tokenizer.train_from_iterator(([pieces[index]] * int(times[index]) for index in order), trainer)
    return tokenizer.to_str()


def subword_vocabulary(model: str) -> tuple[str, ...]:
    """Return the string of each token."""
    ids = _load(model).get_vocab()
    return ("", *sorted(ids, key=ids.__getitem__)[1:])


def as_subwords(pieces: Units, model: str, max_length: int | None = None) -> Units:
    """Return the subwords of texts from their pieces.

    Args:
        pieces: all pieces of the texts.
        model: as `learn_subwords` returned it.
        max_length: number of subwords of a text that are used, the first ones; None uses all.
    """
    library = _load(model)
    flat, sizes = ArrayWriter(np.int32), ArrayWriter(np.int64)
    for start in range(0, len(pieces.words), _BLOCK):
        found = [
            encoding.ids for encoding in library.encode_batch(pieces.words[start : start + _BLOCK])
        ]
        sizes.append(np.fromiter(map(len, found), np.int64))
        flat.append(np.fromiter(itertools.chain.from_iterable(found), np.int32))
    ids, size = flat.array(), sizes.array()
    first = np.cumsum(size) - size
    codes, lengths, whole = ArrayWriter(np.int32), ArrayWriter(np.int64), ArrayWriter(np.int64)
    for texts, block in pieces.blocks():
        ends = np.concatenate([[0], np.cumsum(size[block])])
        begins = np.cumsum(pieces.lengths[texts]) - pieces.lengths[texts]
        full = ends[begins + pieces.lengths[texts]] - ends[begins]
        used = full if max_length is None else np.minimum(full, max_length)
        place = np.arange(ends[-1]) + np.repeat(first[block] - ends[:-1], size[block])
        codes.append(first_units(ids[place], full, used))
        lengths.append(used)
        whole.append(full)
    used = lengths.array()
    cut = whole.array() - used
    words = subword_vocabulary(model)
    return Units(codes.array(), used, words, int((cut > 0).sum()), int(cut.sum()))


@functools.lru_cache(4)
def _load(model: str) -> "tokenizers.Tokenizer":
    return _library().Tokenizer.from_str(model)


def _library():
    try:
        import tokenizers
    except ImportError:
        raise UserError(
            "level: subword: the package tokenizers is not installed. Install the extra: "
            "pip install 'keras_gru[subword]', or set dataset.level: word or character."
        ) from None
    return tokenizers
