"""Convert labels of a user's arrays, words or numbers with gaps, to numbers from 0."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_gru.datasets.own.npz_checks import MOST_NUMBERS, Arrays, reject


def number_labels(
    path: Path, splits: Mapping[str, Arrays], names: Sequence[str] | None
) -> Sequence[str] | None:
    """Replace labels that are words, or numbers with gaps, by numbers from 0.

    Args:
        path: the file, for error messages.
        splits: name of a split -> its arrays; `targets` are replaced.
        names: names of the classes if known: labels are these words, or their numbers.

    Returns:
        The names of the classes; None for invalid labels, which the checks of the arrays report.

    Raises:
        UserError: if a label is not a known class.
    """
    labels = {name: split["targets"] for name, split in splits.items()}
    kinds = {array.dtype.kind for array in labels.values()}
    words = kinds == {"U"}
    train = labels.get("train", next(iter(labels.values())))
    is_usable = words or kinds <= {*"iu"}
    if not is_usable or any(array.ndim != 1 for array in labels.values()) or len(train) == 0:
        return names
    if not words and (train.min() < 0 or train.max() >= MOST_NUMBERS):
        return names
    names = names or [str(label) for label in np.unique(train).tolist()]
    if len(names) < 2:
        reject(
            path,
            "'train_targets': expected two labels or more for classification, got only "
            f"{names[0]}.",
        )
    number = number_of_label(names, words)
    for split, array in labels.items():
        unknown = [label for label in np.unique(array).tolist() if label not in number]
        if unknown:
            shown = ", ".join(map(str, list(number)[:10])) + " …" * (len(names) > 10)
            reject(
                path,
                f"'{split}_targets': expected the labels of train, {shown}, got {unknown[0]}.",
            )
        splits[split]["targets"] = np.array([number[label] for label in array.tolist()], np.int64)
    return names


def number_of_label(names: Sequence[str], words: bool) -> dict[str, int] | dict[int, int]:
    """Return the number of each label in a file, which has `words` or numbers.

    Args:
        names: names of the classes; where all are digits, they are the labels.
    """
    if words:
        return {name: index for index, name in enumerate(names)}
    if all(name.isdigit() for name in names):
        return {int(name): index for index, name in enumerate(names)}
    return {index: index for index in range(len(names))}
