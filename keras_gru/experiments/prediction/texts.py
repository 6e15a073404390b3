"""Read texts and sentences as tokens for a trained network."""

# N sequences, T time steps

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.own.files import (
    TEXT_ENDINGS,
    labelled_or_loose_files,
    lines_of,
    read_text,
)
from keras_gru.datasets.own.pairs import Pairs
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.split import Split
from keras_gru.datasets.tables.table import Table
from keras_gru.datasets.text.tokens import UNKNOWN, to_rows
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import (
    STANDARD_INPUT,
    Inputs,
    find_path,
    standard_input,
    with_split,
)
from keras_gru.experiments.prediction.tables import find_table, is_data_frame
from keras_gru.formatting import most_common
from keras_gru.settings import present

_EXPECTS = "a text, a .txt file of one text a line, a CSV file or a folder of .txt files"


# Texts, labels, name of the source, notes.
_Found = tuple[Sequence[str], Sequence[str] | None, str, list[str]]


def read_texts(
    data: Any, config: Any, preprocessing: Preprocessing, column: str, label: str
) -> Inputs:
    """Read texts and encode them.

    Args:
        data: a text, a list of texts, a table with a column of texts, `"-"` for the standard
            input, or the path of a .txt file (one text a line), a CSV file or a folder.
        column: column of the texts in a table.
        label: the column of labels in a table, which may be missing.

    Raises:
        UserError: if there is not text, or none with a token.
    """
    texts, labels, source, notes = _find_texts(data, config, column, label)
    if not texts:
        raise UserError(f"{source}: expected {_EXPECTS}, found no text.")
    tokenizer = present(preprocessing.tokenizer)
    units = [tokenizer.split(text) for text in texts]
    tokens = [preprocessing.encode(text) for text in texts]
    numbers = np.array([n for n, text_tokens in enumerate(tokens) if len(text_tokens)], int)
    if not len(numbers):
        problem = (
            f"found {texts[0][:60]!r}" if len(texts) == 1 else f"found {len(texts)} without one"
        )
        raise UserError(
            f"{source}: expected a text with one {tokenizer.level} or more, {problem}. "
            "Give a text that is not empty."
        )
    rows = [{"text": text} for text in texts]
    targets = np.zeros(len(numbers), int)
    is_classified = preprocessing.spec.task == "classification"
    if labels is not None:  # of classes, or translations
        rows = [{**row, "truth": truth} for row, truth in zip(rows, labels, strict=True)]
        if is_classified:
            targets, unknown = encode_labels([labels[int(n)] for n in numbers], preprocessing)
            notes += unknown
    if len(numbers) < len(texts):
        notes.append(f"{len(texts) - len(numbers)} of {len(texts)} texts are empty: no prediction.")
    encoded = [tokens[n] for n in numbers]
    notes += count_unknown(encoded, [units[n] for n in numbers], tokenizer.level)
    notes += _count_cut(preprocessing, [len(units[n]) for n in numbers])
    split = token_split(encoded, targets if is_classified else None)
    return Inputs(with_split(preprocessing, split), rows, numbers, tuple(notes))


def find_lines(data: str) -> list[str]:
    """Return the lines of a text file, the standard input (`"-"`) or a text."""
    path = find_path(data, "a sentence, or a text file of one sentence a line")
    if path is not None:
        return [line for line in lines_of(read_text(path)) if line.strip()]
    return lines_of(standard_input()) if data == STANDARD_INPUT else [data]


def token_split(tokens: Sequence[Sequence[int]], targets: np.ndarray | None = None) -> Split:
    """Return tokens as a split; without `targets` (N,), all steps have target zero."""
    lengths = np.array([len(text_tokens) for text_tokens in tokens])
    inputs = to_rows(
        np.array([token for text_tokens in tokens for token in text_tokens], np.int32), lengths
    )
    stepwise = "tokens" if targets is None else None
    targets = np.zeros_like(inputs) if targets is None else targets
    return Split({"tokens": inputs}, targets, {"tokens": lengths}, stepwise=stepwise)


def count_unknown(
    tokens: Sequence[Sequence[int]], units: Sequence[Sequence[str]], level: str
) -> list[str]:
    """Return a note on unknown words or characters, or []."""
    unknown = Counter(
        unit
        for text_tokens, names in zip(tokens, units, strict=True)
        for token, unit in zip(text_tokens, names, strict=False)
        if token == UNKNOWN
    )
    if not unknown:
        return []
    total = sum(map(len, tokens))
    return [
        f"{unknown.total():,} of {total:,} {level}s ({unknown.total() / total:.1%}) are unknown "
        f"to the network: {most_common(unknown)}."
    ]


def encode_labels(
    labels: Sequence[str], preprocessing: Preprocessing
) -> tuple[np.ndarray, list[str]]:
    """Return the number of each class, -1 if it is none of the network's, and a note on those."""
    known = {name: number for number, name in enumerate(preprocessing.target_vocabulary or ())}
    unknown = Counter(label for label in labels if label not in known)
    note = (
        f"{unknown.total():,} of {len(labels):,} labels are not among the network's classes: "
        f"{most_common(unknown)}."
    )
    return np.array([known.get(label, -1) for label in labels], int), [note] * bool(unknown)


def _count_cut(preprocessing: Preprocessing, lengths: Sequence[int]) -> list[str]:
    longest = preprocessing.max_length
    cut = sum(length > longest for length in lengths) if longest else 0
    if not cut:
        return []
    level = present(preprocessing.tokenizer).level
    return [
        f"{cut} of {len(lengths)} texts have more than {longest} {level}s: the rest is not read."
    ]


def _find_texts(data: Any, config: Any, column: str, label: str) -> _Found:
    """Return the texts, their labels if any, and the name of the source."""
    if is_data_frame(data):
        return _texts_of_table(find_table(data, config, [column], _EXPECTS), column, label)
    path = find_path(data, _EXPECTS)
    if path is not None:
        return _read_path(path, config, column, label)
    if isinstance(data, str):
        is_standard_input = data == STANDARD_INPUT
        texts = lines_of(standard_input()) if is_standard_input else [data]
        return texts, None, "standard input" if is_standard_input else "the text", []
    texts = list(data)
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(
                f"text {number}: expected a string, found {type(text).__name__}. "
                "Give a list of strings."
            )
    return texts, None, "the list", []


def _read_path(path: Path, config: Any, column: str, label: str) -> _Found:
    if path.is_dir():
        files, labels, notes = labelled_or_loose_files(path)
        return [read_text(file) for file in files], labels, str(path), notes
    if path.suffix.lower() in TEXT_ENDINGS:
        lines = lines_of(read_text(path))
        if not (isinstance(config, Pairs) and lines and "\t" in lines[0]):
            return lines, None, str(path), []
    return _texts_of_table(find_table(path, config, [column], _EXPECTS), column, label)


def _texts_of_table(table: Table, column: str, label: str) -> _Found:
    labels = None
    if label in table.columns:
        labels = [(name or "").strip() for name in table.strings(label).to_pylist()]
    return [text or "" for text in table.strings(column).to_pylist()], labels, str(table.path), []
