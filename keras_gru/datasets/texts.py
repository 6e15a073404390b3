"""Your own labelled texts: a folder with a sub-folder of .txt files per label, or a CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_gru.datasets.config import Texts
from keras_gru.datasets.files import existing, read_table, read_text
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import split_by_class
from keras_gru.errors import UserError


def load(config: Texts) -> SequenceDataset:
    """Read the texts and split each class at random, by a fixed seed.

    Args:
        config: the settings.

    Returns:
        A classification dataset of word tokens.

    Raises:
        UserError: if a column or the files are missing, there is one label only, or a split is
            empty.
    """
    path = existing(config.path, "a folder of texts or a CSV file")
    if path.is_dir():
        texts, labels = _read_folder(path)
    else:
        texts, labels = _read_csv(path, config.text, config.label)
    classes = sorted(set(labels))
    if len(classes) < 2:
        found = f"only the label {classes[0]!r}" if classes else "no text"
        raise UserError(f"{path}: {found} was found; a classifier needs two labels or more.")
    numbers = np.unique(labels, return_inverse=True)[1]
    parts = split_by_class(numbers, config.validation_share, config.test_share)
    return classification(
        path.name,
        {name: ([texts[i] for i in rows], numbers[rows]) for name, rows in parts.items()},
        classes,
        config.vocabulary,
        config.max_length,
    )


def _read_folder(folder: Path) -> tuple[Sequence[str], Sequence[str]]:
    texts, labels = [], []
    for path in sorted(folder.glob("*/*.txt")):
        texts.append(read_text(path))
        labels.append(path.parent.name)
    if not texts:
        raise UserError(
            f"{folder}: no text was found; it must have a sub-folder for each label, with .txt "
            "files inside."
        )
    return texts, labels


def _read_csv(path: Path, text: str, label: str) -> tuple[Sequence[str], Sequence[str]]:
    table = read_table(path)
    labels = [cell.strip() for cell in table.column(label)]
    for cell, line in zip(labels, table.lines, strict=True):
        if not cell:
            raise UserError(f"{path}, line {line}: column {label!r} is empty; it must be a label.")
    return table.column(text), labels
