"""Split many texts into units, in compiled code and in blocks."""

# N texts

import itertools
import string
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.datasets.storage.long_array import ArrayWriter, look_up
from keras_gru.datasets.text.tokens import SPACE, TAG, UNKNOWN, smallest_type, split_words

if TYPE_CHECKING:
    import pyarrow

_BLOCK = 4 << 20  # bytes of texts that are split at a time
_END = "\0"  # between pieces; in a text it is a space
# What `split_words` makes of each byte of ASCII; an apostrophe disappears before.
_TABLE = bytes(
    ord(" ") if chr(byte).isspace() or chr(byte) in string.punctuation else ord(chr(byte).lower())
    for byte in range(128)
) + bytes(range(128, 256))


@dataclass(frozen=True)
class Units:
    """The units of many texts, concatenated.

    Args:
        codes: (units,), numbers in `words`.
        lengths: (N,), units of each text.
        words: the distinct units.
        cut_texts: number of truncated texts.
        cut_units: number of omitted units.
    """

    codes: np.ndarray
    lengths: np.ndarray
    words: Sequence[str]
    cut_texts: int = 0
    cut_units: int = 0

    def counts(self, chosen: np.ndarray) -> np.ndarray:
        """Return the counts of `words` in selected texts, (N,) of bool."""
        counts = np.zeros(len(self.words), np.int64)
        for texts, codes in self.blocks():
            used = codes[np.repeat(chosen[texts], self.lengths[texts])]
            counts += np.bincount(used, minlength=len(counts))
        return counts

    def vocabulary(self, chosen: np.ndarray, size: int) -> tuple[str, ...]:
        """Return the most frequent units of selected texts, like `build_vocabulary`."""
        counts = self.counts(chosen)
        order = np.argsort(-counts, kind="stable")
        used = order[: np.count_nonzero(counts)]
        if len(used) > size:  # include all units of the lowest frequency, for sorting
            used = order[: np.count_nonzero(counts >= counts[order[size - 1]])]
        ranked: list[int] = sorted(
            used.tolist(), key=lambda code: (-counts[code], self.words[code])
        )
        return ("", "[UNK]", *(self.words[code] for code in ranked[: max(0, size - 2)]))

    def tokens(self, vocabulary: Sequence[str]) -> np.ndarray:
        """Return the token of each unit, (units,)."""
        ids = {word: i for i, word in enumerate(vocabulary)}
        token = np.fromiter((ids.get(word, UNKNOWN) for word in self.words), np.int32)
        return look_up(token.astype(smallest_type(len(vocabulary))), self.codes)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield the numbers of texts and the codes of their units, in blocks."""
        ends = np.cumsum(self.lengths)
        first = start = 0
        while first < len(ends):
            last = max(first + 1, int(np.searchsorted(ends, start + _BLOCK)))
            end = int(ends[last - 1])
            yield slice(first, last), self.codes[start:end]
            first, start = last, end


def split_texts(
    texts: "Iterable[pyarrow.StringArray]", level: str, max_length: int | None = None
) -> Units:
    """Split many texts into units.

    Args:
        texts: arrays of strings, as `blocks_of_texts` yields them.
        level: `"word"` or `"character"`: the units are those of `Tokenizer`; `"subword"`: the
            pieces that byte-pair encoding splits further.
        max_length: number of units of a text that are used, the first ones; None uses all.
    """
    number: dict[str, int] = {}
    codes, lengths, whole = ArrayWriter(np.int32), ArrayWriter(np.int64), ArrayWriter(np.int64)
    split = {
        "word": _split_into_words,
        "subword": _split_into_pieces,
        "character": _split_into_characters,
    }[level]
    for block in texts:
        found, words, full = split(block)
        numbers = np.fromiter((number.setdefault(word, len(number)) for word in words), np.int32)
        used = full if max_length is None else np.minimum(full, max_length)
        codes.append(first_units(numbers[found] if len(numbers) else found, full, used))
        lengths.append(used)
        whole.append(full)
    used = lengths.array()
    cut = whole.array() - used
    return Units(codes.array(), used, tuple(number), int((cut > 0).sum()), int(cut.sum()))


def first_units(codes: np.ndarray, lengths: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return the first `used` (N,) of the `lengths` (N,) units of each text."""
    if (used == lengths).all():
        return codes
    place = np.arange(len(codes)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return codes[place < np.repeat(used, lengths)]


def blocks_of_texts(texts) -> "Iterator[pyarrow.StringArray]":
    """Yield texts, a list or an Arrow array, in arrays of a few megabytes."""
    import pyarrow as pa

    if not isinstance(texts, pa.ChunkedArray):
        texts = pa.chunked_array([pa.array(texts, pa.string())])
    for chunk in texts.chunks:
        start, ends = 0, _ends(chunk)
        while start < len(chunk):
            end = int(np.searchsorted(ends, ends[start] + _BLOCK, side="right")) - 1
            end = max(start + 1, min(end, len(chunk)))
            yield chunk.slice(start, end - start)
            start = end


def _ends(texts) -> np.ndarray:
    """Return the offsets of texts in the bytes of an Arrow array, (N + 1,)."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def _bytes(texts) -> bytes:
    ends = _ends(texts)
    return memoryview(texts.buffers()[2] or b"")[ends[0] : ends[-1]].tobytes()


def _split_into_words(texts) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return the number of each word in the words that occur, these words, and texts' lengths."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # The same as `split_words`, in compiled code for characters of one byte.
    normal = texts
    if pc.any(pc.match_substring(normal, TAG, ignore_case=True)).as_py():
        normal = pc.replace_substring(pc.ascii_lower(normal), TAG, " ")
    if pc.any(pc.match_substring(normal, "'")).as_py():
        normal = pc.replace_substring(normal, "'", "")
    normal = pc.ascii_trim_whitespace(_translated(normal))
    is_ascii = pc.string_is_ascii(texts)
    if not pc.all(is_ascii).as_py():
        others = pc.invert(is_ascii)
        words = [" ".join(split_words(text)) for text in texts.filter(others).to_pylist()]
        normal = pc.replace_with_mask(normal, others, pa.array(words, pa.string()))
    return _numbered(pc.ascii_split_whitespace(normal), pc.equal(normal, ""))


def _numbered(lists, is_empty) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return lists of words as `_split_into_words` does; an empty text was split into one word."""
    import pyarrow.compute as pc

    flat = pc.dictionary_encode(pc.list_flatten(lists))
    lengths = pc.list_value_length(lists).to_numpy()
    empty = np.array(is_empty.to_numpy(zero_copy_only=False), bool)
    codes = flat.indices.to_numpy()
    if empty.any():
        codes = codes[~np.repeat(empty, lengths)]
        lengths = np.where(empty, 0, lengths)
    return codes, flat.dictionary.to_pylist(), lengths.astype(np.int64)


def _translated(texts):
    """Return texts in lower case, with spaces for what is between words; of ASCII alone."""
    import pyarrow as pa

    ends = _ends(texts)
    return pa.StringArray.from_buffers(
        len(texts),
        pa.py_buffer(np.ascontiguousarray(ends - ends[0])),
        pa.py_buffer(_bytes(texts).translate(_TABLE)),
    )


def _split_into_pieces(texts) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return the pieces of texts, as `keras_gru.datasets.text.subwords.split_pieces` makes them."""
    import pyarrow.compute as pc

    marked = pc.replace_substring(texts, _END, " ")
    marked = pc.replace_substring(marked, " ", _END + SPACE)
    marked = pc.replace_substring(marked, "\n", f"{_END}\n{_END}")
    marked = pc.utf8_trim(pc.replace_substring_regex(marked, f"{_END}+", _END), _END)
    return _numbered(pc.split_pattern(marked, _END), pc.equal(marked, ""))


def _split_into_characters(texts) -> tuple[np.ndarray, list[str], np.ndarray]:
    import pyarrow.compute as pc

    points = np.frombuffer(_bytes(texts).decode().encode("utf-32-le"), np.uint32)
    occurs = np.zeros(sys.maxunicode + 1, bool)
    occurs[points] = True
    known = np.flatnonzero(occurs)
    code = np.zeros(int(points.max(initial=0)) + 1, np.int32)
    code[known] = np.arange(len(known))
    lengths = pc.utf8_length(texts).to_numpy().astype(np.int64)
    return code[points], [chr(point) for point in known], lengths


def whole_words(blocks: Iterable[str]) -> Iterator[str]:
    """Yield blocks of a text that end before a new line or, where there is none, a space."""
    rest = ""
    for block in itertools.chain(blocks, [None]):
        if block is None:
            if rest:
                yield rest
            return
        text = rest + block
        index = text.rfind("\n")
        index = index if index > 0 else text.rfind(" ")
        if index > 0:
            yield text[:index]
        rest = text[max(0, index) :]
