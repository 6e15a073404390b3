"""Suggest settings for a user's file or folder, with reasons."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.own.files import labelled_files
from keras_gru.datasets.own.own_file import TableFile
from keras_gru.datasets.sound.recordings import ENDINGS as SOUND_ENDINGS
from keras_gru.datasets.suggestion.choices import (
    Choice,
    Suggestion,
    is_numeric,
    text_cells,
    with_given,
)
from keras_gru.datasets.suggestion.series import suggest_series
from keras_gru.datasets.tables.dates import find_dates
from keras_gru.datasets.tables.dialect import is_value
from keras_gru.datasets.tables.file_bytes import binary_form, decode, read_head
from keras_gru.datasets.tables.read import read_table
from keras_gru.datasets.tables.table import Table
from keras_gru.datasets.text.long_text import open_text
from keras_gru.errors import UserError
from keras_gru.files import load_arrays

_TABLES = (".csv", ".tsv", ".tab", ".parquet", ".feather", ".arrow", ".jsonl", ".ndjson", ".xlsx")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_MOST_CLASSES = 200


def suggest(path: Path, given: Mapping[str, Any]) -> Suggestion:
    """Return settings for a file or folder.

    Args:
        path: the file or folder.
        given: settings of the dataset that the user chose, such as `targets`; they win.

    Raises:
        UserError: if no kind of dataset reads it.
    """
    if path.is_dir():
        return _folder(path, given)
    ending = _ending(path)
    if ending == ".npz":
        return _arrays(path, given)
    if ending == ".ts":
        return _vectors({"kind": Choice("ts", "labelled series of sktime and aeon")}, given)
    kind = given.get("kind")
    if kind == "tagged" or (kind is None and _is_tagged(path, ending)):
        return _tagged(given)
    if kind == "text_file" or (kind is None and ending not in _TABLES and _is_prose(path)):
        return _text(path, given)
    table = read_table(_table_format(given), path, _wanted(given))
    written = {name: Choice(value) for name, value in table.settings.items()}
    columns = _text_columns(table)
    if kind == "texts" or (kind is None and columns and "targets" not in given):
        return _texts(table, written, given, columns or ("text", "label"))
    if kind == "pairs" or (kind is None and "targets" not in given and _are_pairs(table)):
        return _pairs(table, written, given)
    return suggest_series(table, written, given)


def _is_tagged(path: Path, ending: str) -> bool:
    """Return whether a file has a word and its tag per line, and blank lines between sentences."""
    if ending in (".conllu", ".conll", ".iob", ".bio"):
        return True
    if ending in _TABLES and ending != ".tsv":
        return False
    data = read_head(path)
    if binary_form(data) or data[:1] in b"{[":
        return False
    lines = data[:20_000].decode(errors="replace").splitlines()[:-1]
    tokens = [line.replace("\t", " ").split() for line in lines if line.strip()]
    blank = len(lines) - len(tokens)
    widths = {len(cells) for cells in tokens}
    return len(tokens) > 3 and widths <= {2, 3, 4} and len(widths) == 1 and blank > 1


def _tagged(given: Mapping[str, Any]) -> Suggestion:
    return Suggestion(
        with_given({"kind": Choice("tagged", "words with tags, sentence by sentence")}, given),
        {"kind": Choice("tagger"), "bidirectional": Choice(True)},
        {"epochs": Choice(20), "patience": Choice(3, "stops earlier where validation does")},
    )


def _are_pairs(table: Table) -> bool:
    """Return whether the first two columns contain mostly distinct sentences."""
    names = [name for name in table.columns if name][:2]
    if len(names) < 2 or _dates_or_none(table):
        return False
    columns = [text_cells(table, name) for name in names]
    return all(
        cells
        and not is_numeric(table, name)
        and len({*cells}) > 0.3 * len(cells)
        and np.mean([len(cell.split()) for cell in cells]) > 1.5
        for name, cells in zip(names, columns, strict=True)
    )


def _pairs(table: Table, written: Mapping[str, Choice], given: Mapping[str, Any]) -> Suggestion:
    first, second = [name for name in table.columns if name][:2]
    return Suggestion(
        with_given(
            {
                "kind": Choice("pairs", "two columns of sentences"),
                "from_column": Choice(first, "the first column"),
                "to_column": Choice(second, "the second column"),
                **written,
            },
            given,
        ),
        {"kind": Choice("encoder_decoder"), "attention": Choice(True)},
        {"epochs": Choice(10), "patience": Choice(2, "stops earlier where validation does")},
    )


def _ending(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes]
    if len(endings) > 1 and endings[-1] in _PACKED:
        return endings[-2]
    return endings[-1] if endings else ""


def _table_format(given: Mapping[str, Any]) -> TableFile:
    """Return the settings of a table format, including those that the user gave."""
    names = ("separator", "quote", "header", "encoding", "decimal", "thousands")
    own = {name: given[name] for name in names if name in given}
    return TableFile.model_validate(own)


def _wanted(given: Mapping[str, Any]) -> list[str]:
    wanted = []
    for name in ("targets", "inputs", "text", "label", "series"):
        value = given.get(name, ())
        wanted += [value] if isinstance(value, str) else list(value)
    return wanted


def _folder(path: Path, given: Mapping[str, Any]) -> Suggestion:
    if any("train" in file.name.lower() for file in path.glob("*.conll*")):
        return _tagged(given)
    sounds, _ = labelled_files(path, SOUND_ENDINGS)
    if given.get("kind", "audio") == "audio" and sounds:
        labels = {file.relative_to(path).parts[0] for file in sounds}
        reason = f"{len(sounds):,} WAV files in {len(labels):,} sub-folders, each a label"
        return _vectors({"kind": Choice("audio", reason)}, given)
    files, others = labelled_files(path)
    labels = {file.relative_to(path).parts[0] for file in files}
    if not files:
        found = ", ".join(f"{count} {ending}" for ending, count in others.most_common(4)) or "none"
        raise UserError(
            f"{path}: expected a sub-folder of text or .wav files for each label, found other "
            f"files: {found}. Name one file, or sort them into folders."
        )
    reason = f"{len(files):,} text files in {len(labels):,} sub-folders, each a label"
    return _classifier({"kind": Choice("texts", reason)}, given)


def _classifier(dataset: Mapping[str, Choice], given: Mapping[str, Any]) -> Suggestion:
    return Suggestion(
        with_given(dataset, given),
        {"kind": Choice("classifier"), "embedding": Choice(64), "pooling": Choice("mean")},
        {"epochs": Choice(20), "patience": Choice(3, "stops earlier where validation does")},
    )


def _vectors(dataset: Mapping[str, Choice], given: Mapping[str, Any]) -> Suggestion:
    """Return a classifier of vector sequences, with the training of the packaged spoken_digit."""
    return Suggestion(
        with_given(dataset, given),
        {"kind": Choice("classifier"), "bidirectional": Choice(True), "dropout": Choice(0.3)},
        {
            "epochs": Choice(20),
            "learning_rate": Choice(0.002),
            "schedule": Choice("cosine", "down to 0 at the last epoch"),
        },
    )


def _arrays(path: Path, given: Mapping[str, Any]) -> Suggestion:
    arrays = load_arrays(path, "write it again with numpy.savez")
    targets = arrays.get("train_targets", arrays.get("test_targets"))
    if targets is None:
        raise UserError(
            f"{path}: expected the arrays 'train_inputs' and 'train_targets', found "
            f"{', '.join(arrays) or 'none'}."
        )
    integers = targets.dtype.kind in "iu" or targets.dtype.kind in "US"
    reason = f"targets {targets.shape} of the type {targets.dtype}"
    if integers and targets.ndim == 1:
        choices = {"kind": Choice("npz"), "task": Choice("classification", reason)}
        return _classifier(choices, given)
    if integers and targets.ndim == 2:
        task, model = "tagging", {"kind": Choice("tagger")}
    elif targets.ndim == 3 and np.isin(targets, (0, 1)).all():
        task, model = "polyphony", {"kind": Choice("polyphony")}
    else:
        task, model = "forecasting", {"kind": Choice("forecaster")}
    return Suggestion(
        with_given({"kind": Choice("npz"), "task": Choice(task, reason)}, given),
        model,
        {"epochs": Choice(30), "patience": Choice(5, "stops earlier where validation does")},
    )


def _is_prose(path: Path) -> bool:
    """Return whether a file is running text, not a table."""
    data = read_head(path)
    if not data.strip() or data[:4] in (b"PAR1", b"ARRO", b"PK\x03\x04") or data[:1] in b"{[":
        return False
    sample = decode(path, data.rsplit(b"\n", 1)[0] or data, None)[0].decode()
    lines = [line for line in sample.splitlines() if line.strip()][:200]
    for separator in "\t;|":  # a comma is in every sentence
        counts = [line.count(separator) for line in lines]
        if counts and counts[0] and sum(count == counts[0] for count in counts) > 0.9 * len(counts):
            return False
    cells = [line.split() for line in lines[1:]]  # the first may be a header
    numbers = [row for row in cells if row and 2 * sum(map(is_value, row)) >= len(row)]
    return not cells or len(numbers) < 0.9 * len(cells)


def _text(path: Path, given: Mapping[str, Any]) -> Suggestion:
    text = open_text(path, given.get("encoding"))
    window = max(10, min(100, len(text) // 2_000))
    return Suggestion(
        with_given(
            {
                "kind": Choice("text_file", "running text, without columns"),
                "encoding": Choice(text.encoding),
                "level": Choice("character", "or word, which needs a long text"),
                "window": Choice(window, "characters of a training sequence"),
            },
            given,
        ),
        {"kind": Choice("language_model")},
        {"epochs": Choice(10), "learning_rate": Choice(0.003)},
    )


def _text_columns(table: Table) -> tuple[str, str] | None:
    """Return the columns of texts and of labels, or None if the table has none."""
    columns = {name: cells for name in table.columns if name and (cells := text_cells(table, name))}
    dates = _dates_or_none(table)
    long = {
        name: np.mean([len(cell) for cell in cells])
        for name, cells in columns.items()
        if not is_numeric(table, name)
        and len({*cells}) > 0.5 * len(cells)
        and not (dates and name in dates.columns)
    }
    if not long:
        return None
    text = max(long, key=lambda name: long[name])
    few = [
        (len({*cells}), name)
        for name, cells in columns.items()
        if name != text and 1 < len({*cells}) <= min(_MOST_CLASSES, max(2, len(cells) / 3))
    ]
    if few:
        return text, min(few)[1]
    numbers = [name for name in table.columns if name and is_numeric(table, name)]
    words = np.mean([len(cell.split()) for cell in columns[text]])
    # Texts beside measurements: the error is about the label.
    return (text, numbers[-1]) if words > 3 and numbers and not dates else None


def _dates_or_none(table: Table):
    """Return the dates of a table, or None if it has none or they cannot be read."""
    try:
        return find_dates(table, None, None, ())
    except UserError:
        return None


def _texts(
    table: Table,
    written: Mapping[str, Choice],
    given: Mapping[str, Any],
    columns: tuple[str, str],
) -> Suggestion:
    text, label = columns
    labels = table.strings(given.get("label", label)).to_pylist()
    classes = len({(cell or "").strip() for cell in labels})
    others = [name for name in table.columns if name not in columns]
    unused = f"; not used: {', '.join(others)}" if others else ""
    return _classifier(
        {
            "kind": Choice("texts", f"{table.size:,} rows with texts and labels"),
            "text": Choice(text, f"the column of the longest texts{unused}"),
            "label": Choice(label, f"a column of {classes:,} different values"),
            **written,
        },
        given,
    )
