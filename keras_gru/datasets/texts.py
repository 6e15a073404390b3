"""Your own labelled texts: a folder with a sub-folder of .txt files per label, or a CSV."""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from keras_gru.datasets.common import Fraction, Length, Tokens
from keras_gru.datasets.files import TEXT_ENDINGS, existing, labelled_files, read_text
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.own_file import WRITTEN, Column, OwnFile, TableFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import class_warnings, split_by_class, split_by_group
from keras_gru.datasets.tables import read_table
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
        Literal["word", "character"] | None,
        Field(description="what texts are split into; null: chosen from the data"),
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
                f"expected a column of labels beside that of texts, received {self.text!r} for both"
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
            UserError: if a column or the files are missing, there is one label only, or a split is
                empty.
        """
        import pyarrow as pa

        path = existing(self.path, self.expects)
        facts, settings, notes, groups = [], {}, [], None
        if path.is_dir():
            texts, labels, notes = _read_folder(path)
            texts = pa.chunked_array([texts], pa.string())
            facts.append(("Folder", f"{len(labels):,} text files"))
        else:
            form, settings, texts, labels, groups = _read_rows(self, path)
            facts += [("File", form), ("Rows", f"{len(labels):,}")]
            facts.append(("Columns", f"text {self.text!r}, label {self.label!r}"))
        classes = present(preprocessing.target_vocabulary) if preprocessing else sorted(set(labels))
        if len(classes) < 2:
            found = f"only the label {classes[0][:60]!r}" if classes else "no text"
            raise UserError(f"{path}: {found} was found; a classifier needs two labels or more.")
        number = {label: at for at, label in enumerate(classes)}
        numbers = np.array([number.get(label, -1) for label in labels])
        if all_as_test:
            parts = {"test": np.flatnonzero(numbers >= 0)}
            notes += _unknown_labels(path, labels, classes)
        else:
            fractions = (self.validation_fraction, self.test_fraction)
            parts = (
                split_by_group(groups, *fractions)
                if groups
                else split_by_class(numbers, *fractions)
            )
            notes += class_warnings(numbers, classes)
        examples = {
            name: (texts.take(pa.array(rows)), numbers[rows]) for name, rows in parts.items()
        }
        del texts, labels
        dataset = classification(
            path.name,
            examples,
            classes,
            self.vocabulary,
            self.max_length,
            notes,
            preprocessing,
            self.level,
        )
        level = {"level": present(dataset.tokenizer).level}
        return dataclasses.replace(
            dataset,
            resolved=self.model_copy(update={**settings, **level}),
            facts=(*facts, *dataset.facts),
        )


def _unknown_labels(path: Path, labels: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """Return a note on texts whose label the network does not know."""
    unknown = Counter(label for label in labels if label not in classes)
    if not unknown:
        return ()
    names = ", ".join(f"{label!r} ({count})" for label, count in unknown.most_common(5))
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    if unknown.total() == len(labels):
        raise UserError(
            f"{path}: expected the labels {', '.join(map(repr, classes[:5]))}, "
            f"found {names}{more}. Give texts with labels that the network was trained on."
        )
    return (
        f"Left out {unknown.total()} of {len(labels)} texts, whose labels the network does not "
        f"know: {names}{more}.",
    )


def _read_folder(folder: Path) -> tuple[list[str], list[str], list[str]]:
    files, others = labelled_files(folder)
    texts = [read_text(path) for path in files]
    if not texts:
        found = f", only {others.total():,} other files" if others else ""
        raise UserError(
            f"{folder}: no text was found{found}; it must have a sub-folder for each label, with "
            f"text files ({', '.join(TEXT_ENDINGS)}) inside."
        )
    notes = []
    if others:
        names = ", ".join(f"{count} {ending}" for ending, count in others.most_common(5))
        notes.append(f"Warning: {others.total():,} other files were not read: {names}.")
    return texts, [path.relative_to(folder).parts[0] for path in files], notes


def _check_labels(where: Callable[[int], str], labels: Sequence[str], expected: str) -> None:
    """Raise a `UserError` where labels are no classes."""
    counts = Counter(labels)
    expected = expected[:60]
    if len(counts) > max(20, len(labels) / 2):
        numbers = sum(bool(re.fullmatch(r"[+-]?\d+[.,]\d+", label)) for label in counts)
        what = (
            "These are measurements, so this is a regression: round them to classes, or put them "
            "into an .npz file with 'task: forecasting'"
            if numbers > len(counts) / 2
            else "These look like ids or texts: choose another column for dataset.label"
        )
        raise UserError(
            f"{where(0)}: expected a few classes, got {len(counts):,} different labels in "
            f"{len(labels):,} rows, such as {expected!r}. {what}."
        )


def _read_rows(
    config: Texts, path: Path
) -> tuple[str, Mapping[str, object], "pyarrow.ChunkedArray", list[str], list[str] | None]:
    """Return the form of a table, what was guessed, its texts, its labels and its groups."""
    import pyarrow.compute as pc

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
    texts = pc.fill_null(table.strings(config.text), "")
    labels = pc.utf8_trim_whitespace(pc.fill_null(table.strings(config.label), ""))
    labels = labels.to_pylist()
    if "" in labels:
        where = table.where(config.label, labels.index(""))
        raise UserError(f"{where} is empty; it must be a label.")
    _check_labels(lambda row: table.where(config.label, row), labels, (labels or [""])[0])
    groups = None
    if config.group is not None:
        groups = pc.fill_null(table.strings(config.group), "").to_pylist()
    return table.form, table.settings, texts, labels, groups
