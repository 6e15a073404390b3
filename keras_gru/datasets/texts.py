"""Your own labelled texts: a folder with a sub-folder of .txt files per label, or a CSV."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_gru.datasets.config import Texts
from keras_gru.datasets.files import existing, read_table, read_text, text_files
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import split_by_class
from keras_gru.errors import UserError


def load(
    config: Texts, stored: Preprocessing | None = None, all_as_test: bool = False
) -> SequenceDataset:
    """Read the texts and split each class at random, by a fixed seed.

    Args:
        config: the settings.
        stored: its labels and vocabulary are used; None fits them.
        all_as_test: put all texts into test. Those with a label that is not in `stored` are left
            out, which is noted.

    Returns:
        A classification dataset of word tokens.

    Raises:
        UserError: if a column or the files are missing, there is one label only, or a split is
            empty.
    """
    path = existing(config.path, config.expects)
    if path.is_dir():
        texts, labels = _read_folder(path)
    else:
        texts, labels = _read_csv(path, config.text, config.label)
    classes = stored.target_vocabulary if stored else sorted(set(labels))
    if len(classes) < 2:
        found = f"only the label {classes[0]!r}" if classes else "no text"
        raise UserError(f"{path}: {found} was found; a classifier needs two labels or more.")
    number = {label: at for at, label in enumerate(classes)}
    numbers = np.array([number.get(label, -1) for label in labels])
    notes = ()
    if all_as_test:
        parts = {"test": np.flatnonzero(numbers >= 0)}
        notes = _unknown_labels(path, labels, classes)
    else:
        parts = split_by_class(numbers, config.validation_share, config.test_share)
    return classification(
        path.name,
        {name: ([texts[i] for i in rows], numbers[rows]) for name, rows in parts.items()},
        classes,
        config.vocabulary,
        config.max_length,
        notes,
        stored,
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


def _read_folder(folder: Path) -> tuple[Sequence[str], Sequence[str]]:
    texts, labels = [], []
    for path in text_files(folder):
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
