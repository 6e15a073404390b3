"""Texts as tokens: words or characters, and vocabularies from the training split alone."""

# N sequences, T time steps

import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.errors import UserError

PADDING, UNKNOWN = 0, 1

MOST_UNKNOWN = 0.5  # of the tokens of validation and test
_TAG = "<br />"
_BLOCK = 20_000  # texts that are split at a time
# What `split_words` makes of each byte of ASCII; an apostrophe disappears before.
_TABLE = bytes(
    ord(" ") if chr(byte).isspace() or chr(byte) in string.punctuation else ord(chr(byte).lower())
    for byte in range(128)
) + bytes(range(128, 256))
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
    """How a text is split into units.

    Args:
        level: `"word"` or `"character"`.
        lower_case: whether characters are converted to lower case; words always are.
    """

    level: str
    lower_case: bool = False

    def split(self, text: str) -> Sequence[str]:
        """Return the units of a text."""
        if self.level == "word":
            return split_words(text)
        return text.lower() if self.lower_case else text

    def join(self, units: Iterable[str]) -> str:
        """Return the text that units make."""
        return (" " if self.level == "word" else "").join(units)

    def encode(self, text: str, ids: Mapping[str, int]) -> list[int]:
        """Return the tokens of a text; a unit that is not in `ids` is unknown."""
        return [ids.get(unit, UNKNOWN) for unit in self.split(text)]


@dataclass(frozen=True)
class Units:
    """The units of many texts, one text after the other.

    Args:
        codes: (units,), numbers in `words`.
        lengths: (N,), units of each text.
        words: the units that occur, each once.
        cut_texts: how many texts were longer than they may be.
        cut_units: how many units were left out for it.
    """

    codes: np.ndarray
    lengths: np.ndarray
    words: Sequence[str]
    cut_texts: int
    cut_units: int

    def vocabulary(self, count: int, size: int) -> tuple[str, ...]:
        """Return the most frequent units of the first `count` texts, as `build_vocabulary` does."""
        codes = self.codes[: self.lengths[:count].sum()]
        counts = np.bincount(codes, minlength=len(self.words))
        order = np.argsort(-counts, kind="stable")
        used = order[: np.count_nonzero(counts)]
        if len(used) > size:  # of one frequency all take part in the alphabetical order
            used = order[: np.count_nonzero(counts >= counts[order[size - 1]])]
        ranked = sorted(used.tolist(), key=lambda code: (-counts[code], self.words[code]))
        return ("", "[UNK]", *(self.words[code] for code in ranked[: max(0, size - 2)]))

    def tokens(self, vocabulary: Sequence[str]) -> np.ndarray:
        """Return the token of each unit, (units,)."""
        ids = {word: i for i, word in enumerate(vocabulary)}
        token = np.fromiter((ids.get(word, UNKNOWN) for word in self.words), np.int32)
        token = token.astype(smallest(len(vocabulary)))
        return token[self.codes] if len(token) else np.zeros(0, token.dtype)


def split_texts(texts, level: str, max_length: int | None = None) -> Units:
    """Split many texts into units, in compiled code.

    Args:
        texts: N strings, in a list or in an Arrow array.
        level: `"word"` or `"character"`: the units are those of `Tokenizer`.
        max_length: number of units of a text that are used, the first ones; None uses all.
    """
    import pyarrow as pa

    if not isinstance(texts, pa.ChunkedArray):
        texts = pa.chunked_array([texts], pa.string())
    number: dict[str, int] = {}
    codes, lengths, whole = [], [], []
    split = _split_into_words if level == "word" else _split_into_characters
    blocks = (
        chunk.slice(start, _BLOCK)
        for chunk in texts.chunks
        for start in range(0, len(chunk), _BLOCK)
    )
    for texts_of_block in blocks:
        block, words, full = split(texts_of_block)
        numbers = np.fromiter((number.setdefault(word, len(number)) for word in words), np.int32)
        block = numbers[block] if len(numbers) else block.astype(np.int32)
        used = full if max_length is None else np.minimum(full, max_length)
        if (used < full).any():
            place = np.arange(len(block)) - np.repeat(np.cumsum(full) - full, full)
            block = block[place < np.repeat(used, full)]
        codes.append(block)
        lengths.append(used)
        whole.append(full)
    if not codes:
        return Units(np.zeros(0, np.int32), np.zeros(0, np.int64), (), 0, 0)
    codes, lengths = np.concatenate(codes), np.concatenate(lengths)
    cut = np.concatenate(whole) - lengths
    return Units(codes, lengths, tuple(number), int((cut > 0).sum()), int(cut.sum()))


def unknown_share(tokens: np.ndarray) -> float:
    """Return the fraction of tokens that are unknown."""
    return float((tokens == UNKNOWN).mean()) if len(tokens) else 0.0


def check_unknown(name: str, level: str, unknown: float) -> None:
    """Raise a `UserError` where most units of validation and test are unknown.

    Args:
        name: of the data, for the error.
        level: of the units.
        unknown: fraction of the tokens of validation and test.
    """
    if unknown > MOST_UNKNOWN:
        remedy = "Set level: character where the kind has it, or use" if level == "word" else "Use"
        raise UserError(
            f"{name}: {unknown:.0%} of the {level}s of validation and test do not occur in train. "
            f"{remedy} more text or a larger dataset.vocabulary."
        )


def smallest(tokens: int) -> np.dtype:
    """Return the smallest type of integers below `tokens`; a batch has them as int32."""
    return np.min_scalar_type(max(0, tokens - 1))


def _split_into_words(texts) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return the number of each word in the words that occur, these words, and texts' lengths."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # What `split_words` does, in compiled code where characters have one byte.
    normal = texts
    if pc.any(pc.match_substring(normal, _TAG, ignore_case=True)).as_py():
        normal = pc.replace_substring(pc.ascii_lower(normal), _TAG, " ")
    if pc.any(pc.match_substring(normal, "'")).as_py():
        normal = pc.replace_substring(normal, "'", "")
    normal = pc.ascii_trim_whitespace(_translated(normal))
    is_ascii = pc.string_is_ascii(texts)
    if not pc.all(is_ascii).as_py():
        others = pc.invert(is_ascii)
        words = [" ".join(split_words(text)) for text in texts.filter(others).to_pylist()]
        normal = pc.replace_with_mask(normal, others, pa.array(words, pa.string()))
    lists = pc.ascii_split_whitespace(normal)
    flat = pc.dictionary_encode(pc.list_flatten(lists))
    lengths = pc.list_value_length(lists).to_numpy()
    is_empty = np.array(pc.equal(normal, "").to_numpy(zero_copy_only=False), bool)
    codes = flat.indices.to_numpy()
    if is_empty.any():  # it was split into one empty word
        codes = codes[~np.repeat(is_empty, lengths)]
        lengths = np.where(is_empty, 0, lengths)
    return codes, flat.dictionary.to_pylist(), lengths.astype(np.int64)


def _translated(texts):
    """Return texts in lower case, with spaces for what is between words; of ASCII alone."""
    import pyarrow as pa

    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    letters = memoryview(data or b"")[ends[0] : ends[-1]].tobytes().translate(_TABLE)
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(np.ascontiguousarray(ends - ends[0])), pa.py_buffer(letters)
    )


def _split_into_characters(texts) -> tuple[np.ndarray, list[str], np.ndarray]:
    import pyarrow.compute as pc

    points = np.frombuffer("".join(texts.to_pylist()).encode("utf-32-le"), np.uint32)
    known, codes = np.unique(points, return_inverse=True)
    return codes, [chr(point) for point in known], pc.utf8_length(texts).to_numpy().astype(np.int64)


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
