"""Your own labelled texts: a folder with a sub-folder of .txt files per label, or a CSV."""

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from keras_gru.datasets.common import Fraction, Length, Tokens
from keras_gru.datasets.own.files import (
    TEXT_ENDINGS,
    labelled_files,
    note_on_others,
    note_on_unknown_labels,
    read_text,
    require_path,
)
from keras_gru.datasets.own.own_file import WRITTEN, Column, OwnFile, TableFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import class_warnings, split_by_class, split_by_group
from keras_gru.datasets.storage.long_array import release_memory
from keras_gru.datasets.tables.read import read_table
from keras_gru.datasets.tables.table import Table
from keras_gru.datasets.text.labelled_texts import LabelledTexts, classification_dataset
from keras_gru.datasets.text.units import blocks_of_texts
from keras_gru.errors import UserError
from keras_gru.settings import present

if TYPE_CHECKING:
    import pyarrow


@register_dataset("texts")
class Texts(OwnFile, TableFile):
    """Your own labelled texts: a folder with a sub-folder of text files per label, or a table."""

    task: ClassVar[str] = "classification"
    expects: ClassVar[str] = "a folder of texts or a table such as a CSV file"
    guessed: ClassVar[tuple[str, ...]] = (*WRITTEN, "level")
    path: Annotated[str, Field(min_length=1, description="the folder or the table")]
    text: Annotated[Column, Field(description="the table's column of texts")] = "text"
    label: Annotated[Column, Field(description="the table's column of labels")] = "label"
    level: Annotated[
        Literal["word", "subword", "character"] | None,
        Field(description="units of texts; null: chosen from the data"),
    ] = None
    group: Annotated[
        Column | None,
        Field(description="column such as an author: none of them is in two splits"),
    ] = None
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="units of a text, its first ones")] = 250
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1

    @model_validator(mode="after")
    def _texts_are_no_labels(self) -> Self:
        if self.text == self.label:
            raise ValueError(
                f"expected a column of labels beside that of texts, got {self.text!r} for both"
            )
        return self

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read the texts and split each class at random, by a fixed seed.

        Args:
            preprocessing: its labels and vocabulary are used; None fits them.
            all_as_test: put all texts into test. Those with a label that is not in
                `preprocessing` are left out, which is noted.

        Returns:
            A classification dataset of word tokens.

        Raises:
            UserError: if a column or the files are missing, there is only one label, or a split is
                empty.
        """
        path = require_path(self.path, self.expects)
        if path.is_dir():
            read, notes = _read_folder(path)
        else:
            read, notes = _read_rows(self, path), []
            release_memory()
        classes = present(preprocessing.target_vocabulary) if preprocessing else read.names
        if len(classes) < 2:
            found = f"only the label {classes[0][:60]!r}" if classes else "no text"
            raise UserError(f"{path}: {found} was found; a classifier needs two labels or more.")
        number = {label: index for index, label in enumerate(classes)}
        numbers = np.array([number.get(name, -1) for name in read.names], int)[read.labels]
        if all_as_test:
            parts = {"test": np.flatnonzero(numbers >= 0)}
            counts = Counter(dict(zip(read.names, np.bincount(read.labels).tolist(), strict=True)))
            notes += note_on_unknown_labels(path, counts, classes, "texts")
        else:
            fractions = (self.validation_fraction, self.test_fraction)
            parts = (
                split_by_class(numbers, *fractions)
                if read.groups is None
                else split_by_group(read.groups, *fractions)
            )
            notes += class_warnings(numbers, classes) + _spelling_warnings(classes)
        dataset = classification_dataset(
            path.name,
            LabelledTexts(read.texts, numbers, parts, classes, read.groups),
            self.vocabulary,
            self.max_length,
            notes,
            preprocessing,
            self.level,
        )
        level = {"level": present(dataset.tokenizer).level}
        return dataclasses.replace(
            dataset,
            resolved=self.model_copy(update={**read.settings, **level}),
            facts=(*read.facts, *dataset.facts),
        )


@dataclass(frozen=True)
class _Read:
    """N texts that were read.

    Args:
        texts: returns the texts in blocks.
        labels: (N,) numbers in `names`.
        names: names of the labels, sorted.
        facts: label and text of what was read.
        groups: (N,) numbers of groups, or None.
        settings: the guessed settings.
    """

    texts: Callable[[], Iterator["pyarrow.StringArray"]]
    labels: np.ndarray
    names: list[str]
    facts: Sequence[tuple[str, str]]
    groups: np.ndarray | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


def _spelling_warnings(classes: Sequence[str]) -> list[str]:
    """Return warnings on classes whose names differ in upper and lower case alone."""
    ordered = sorted(classes, key=str.casefold)
    return [
        f"Warning: the classes {' and '.join(map(repr, same))} differ in upper and lower case "
        "alone. Write a label in one way if they are one class."
        for _, group in itertools.groupby(ordered, str.casefold)
        if len(same := [*group]) > 1
    ]


def _read_folder(folder: Path) -> tuple[_Read, list[str]]:
    files, others = labelled_files(folder)
    if not files:
        found = f", only {others.total():,} other files" if others else ""
        raise UserError(
            f"{folder}: no text was found{found}; it must have a sub-folder for each label, with "
            f"text files ({', '.join(TEXT_ENDINGS)}) inside."
        )
    texts = [read_text(path) for path in files]
    names, labels = np.unique(
        [path.relative_to(folder).parts[0] for path in files], return_inverse=True
    )
    facts = [("Folder", f"{len(files):,} text files")]
    read = _Read(lambda: blocks_of_texts(texts), labels, names.tolist(), facts)
    return read, note_on_others(others)


def _check_labels(where: Callable[[int], str], labels: np.ndarray, names: Sequence[str]) -> None:
    """Raise a `UserError` if labels are not classes, such as measurements or ids."""
    if len(names) <= max(20, len(labels) / 2):
        return
    numbers = sum(bool(re.fullmatch(r"[+-]?\d+[.,]\d+", name)) for name in names)
    advice = (
        "These are measurements, so this is a regression: round them to classes, or put them "
        "into an .npz file with 'task: forecasting'"
        if numbers > len(names) / 2
        else "These look like ids or texts: choose another column for dataset.label"
    )
    raise UserError(
        f"{where(0)}: expected a few classes, got {len(names):,} different labels in "
        f"{len(labels):,} rows, such as {names[labels[0]][:60]!r}. {advice}."
    )


def _read_rows(config: Texts, path: Path) -> _Read:
    """Read the rows of a table; its texts alone may be read later, in blocks."""
    table = read_table(config, path, (config.text, config.label))
    if table.settings.get("header") is False:
        numbers = [name for name in (config.text, config.label) if name not in table.columns]
        if numbers:
            raise UserError(
                f"{path} ({table.form}): expected the columns {config.text!r} and "
                f"{config.label!r}, got columns without names. Set dataset.text and "
                f"dataset.label to their numbers, 0 to {len(table.columns) - 1}, or "
                "dataset.header: true."
            )
    texts = table.text_blocks(config.text)
    labels, names = _number_labels(table, config.label)
    if "" in names:
        where = table.locate(config.label, int(np.argmax(labels == names.index(""))))
        raise UserError(f"{where} is empty; it must be a label.")
    _check_labels(lambda row: table.locate(config.label, row), labels, names)
    groups = None if config.group is None else _number_labels(table, config.group)[0]
    facts = [("File", table.form), ("Rows", f"{len(labels):,}")]
    facts.append(("Columns", f"text {config.text!r}, label {config.label!r}"))
    return _Read(texts, labels, names, facts, groups, table.settings)


def _number_labels(table: Table, column: str) -> tuple[np.ndarray, list[str]]:
    """Return the index of each cell among the sorted distinct cells, and these."""
    import pyarrow.compute as pc

    cells = pc.utf8_trim_whitespace(pc.fill_null(table.strings(column), ""))
    encoded = pc.dictionary_encode(cells).combine_chunks()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), int)
    rank[order] = np.arange(len(names))
    return rank[encoded.indices.to_numpy()], [names[index] for index in order]
