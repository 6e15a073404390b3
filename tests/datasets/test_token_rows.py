"""Flat arrays of tokens, and texts that are read in blocks."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.own.text_file import TextFile
from keras_gru.datasets.storage import long_array
from keras_gru.datasets.text import long_text
from keras_gru.datasets.text.long_text import open_text
from keras_gru.datasets.text.token_rows import TokenRows
from keras_gru.datasets.text.tokens import split_words


@hypothesis.given(st.lists(st.integers(0, 6), min_size=1, max_size=9), st.data())
def test_rows_are_indexed_like_the_padded_array(lengths, data):
    lengths = np.array(lengths)
    flat = np.arange(1, lengths.sum() + 1, dtype=np.uint8)
    array = np.zeros((len(lengths), lengths.max()), np.uint8)
    array[np.arange(lengths.max()) < lengths[:, None]] = flat
    rows = TokenRows(flat, lengths)
    some = np.array(data.draw(st.lists(st.integers(0, len(lengths) - 1))), int)
    steps = data.draw(st.integers(0, 7))
    assert (rows.shape, rows.dtype, len(rows), rows.ndim) == (
        array.shape,
        array.dtype,
        len(array),
        2,
    )
    for index in (
        np.s_[some],
        np.s_[1:],
        np.s_[some, :steps],
        np.s_[0],
        np.s_[0, :steps],
        np.s_[:, 1:],
    ):
        np.testing.assert_array_equal(rows[index], array[index])
    np.testing.assert_array_equal(rows[1:][:, :2], array[1:][:, :2])
    np.testing.assert_array_equal(np.concatenate(list(rows.blocks())), array)
    with pytest.raises(TypeError):
        rows == array  # noqa: B015


def test_selected_rows_share_the_memory_of_the_tokens():
    rows = TokenRows(np.arange(6), np.array([1, 2, 3]))
    assert rows[np.array([2, 0])].flat is rows.flat


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(long_text, "_BLOCK", 7)
    monkeypatch.setattr(long_array, "_IN_MEMORY", 64)


TEXT = "Die Vögel — 鳥たち 🐦 – singen.\r\nUnd die Katze?\n" * 9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_blocks_of_a_text_are_the_text(tmp_path, small_blocks, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode(encoding))
    text = open_text(path, None)
    assert len(text) == len(TEXT) and "".join(text.blocks()) == TEXT
    for start, end in ((0, 5), (3, 44), (50, len(TEXT)), (9, 9)):
        assert "".join(text.part(start, end).blocks()) == TEXT[start:end]


@pytest.mark.parametrize("level", ["word", "subword", "character"])
def test_reading_in_blocks_changes_no_token(tmp_path, monkeypatch, level):
    path = tmp_path / "a.txt"
    path.write_text(TEXT * 3)
    config = TextFile(path=str(path), window=4, level=level, vocabulary=60, cache=False)
    whole = datasets.load(config)
    monkeypatch.setattr(long_text, "_BLOCK", 7)
    monkeypatch.setattr(long_array, "_IN_MEMORY", 64)
    parts = datasets.load(config)
    assert parts.fingerprint == whole.fingerprint and parts.vocabulary == whole.vocabulary
    if level == "word":
        rows = np.asarray(parts.splits["train"].inputs["tokens"])
        words = [parts.vocabulary[token] for token in rows.ravel()]
        assert words == split_words(TEXT * 3)[: len(words)]
