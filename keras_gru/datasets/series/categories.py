"""Columns of words that a forecaster sees: the words of train, one feature each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_gru.datasets.series.time_order import Series
from keras_gru.errors import UserError
from keras_gru.formatting import most_common

_MOST_WORDS = 1_000


def words_of_train(
    columns: Mapping[str, Sequence[str | None]],
    series: Sequence[Series],
    split_rows: Callable[[Series], Mapping[str, tuple[int, int]]],
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return column -> its words in train, and notes on the words that come later alone.

    Args:
        columns: the words of each row of the table; None or an empty one is none.
        series: the series of the table.
        split_rows: maps a series to its first row, and the one after its last, of each split.

    Raises:
        UserError: if a column has no words in train, or more than 1,000.
    """
    first, after = [], []
    for one in series:
        end = split_rows(one)["train"][1]
        first += one.rows[:end][one.rows[:end] >= 0].tolist()
        after += one.rows[end:][one.rows[end:] >= 0].tolist()
    found, notes = {}, []
    for name, column in columns.items():
        words = sorted({word for row in first if (word := column[row])})
        if not 1 <= len(words) <= _MOST_WORDS:
            raise UserError(
                f"dataset.categories: expected 1 to {_MOST_WORDS:,} different words in train, got "
                f"{len(words):,} in {name!r}. Leave it out."
            )
        found[name] = tuple(words)
        later = [word for row in after if (word := column[row])]
        if note := note_on_unseen(name, later, words, " of validation and test"):
            notes.append(f"Warning: {note}")
    return found, notes


def one_hot(column: Sequence[str | None], words: Sequence[str]) -> np.ndarray:
    """Return a feature for each word, (rows, len(words)); of another word, or none, all are 0."""
    number: dict[str | None, int] = {word: index for index, word in enumerate(words)}
    codes = np.array([number.get(word, -1) for word in column])
    return (codes[:, None] == np.arange(len(words))).astype(np.float32)


def note_on_unseen(
    name: str, column: Sequence[str | None], words: Sequence[str], where: str = ""
) -> str | None:
    """Return a note on the words of a column that are not in train; None where all are."""
    known = {*words}
    unseen = Counter(word for word in column if word not in known)
    if not unseen:
        return None
    return (
        f"column {name!r}: {unseen.total():,} of {len(column):,} values{where} are not in train; "
        f"the network sees none of its categories there: {most_common(unseen)}."
    )
