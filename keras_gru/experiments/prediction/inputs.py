"""New data as the inputs of a trained network."""

# N sequences, T time steps

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import Split
from keras_gru.errors import UserError
from keras_gru.files import user_path

STANDARD_INPUT = "-"
_FILE_ENDINGS = (
    ".csv", ".tsv", ".txt", ".npz", ".json", ".jsonl", ".parquet", ".conllu", ".ts", ".wav",
)  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """New data, read and encoded.

    Args:
        dataset: the sequences that a network can read, as the split `"test"`, with the network's
            preprocessing. Its targets are zeros where the data have none.
        rows: identifies each item of the data in the output, such as `{"text": "A film."}`.
        numbers: (N,) the item of each sequence; items without a sequence are not predicted.
        notes: what was read and what was unknown, one sentence each.
        annotated: the sentences of a CoNLL-U file, as the package conllu parses them.
        tag_column: its column of the tags.
    """

    dataset: SequenceDataset
    rows: Sequence[Mapping[str, Any]]
    numbers: np.ndarray
    notes: tuple[str, ...] = ()
    annotated: Sequence[Any] | None = None
    tag_column: str = "upos"

    @property
    def split(self) -> Split:
        """The sequences."""
        return self.dataset.splits["test"]


def with_split(preprocessing: Preprocessing, split: Split) -> SequenceDataset:
    """Return sequences as the test split of a dataset with a network's preprocessing."""
    fields = {
        field.name: getattr(preprocessing, field.name)
        for field in dataclasses.fields(Preprocessing)
    }
    return SequenceDataset(**fields, splits={"test": split})


def find_path(data: Any, expects: str) -> Path | None:
    """Return the file or folder of an input; None if it is a text.

    Args:
        expects: description of the expected file, for error messages.

    Raises:
        UserError: if it looks like the name of a file, which does not exist.
    """
    if isinstance(data, Path):
        return _existing(data, expects)
    if not isinstance(data, str) or data == STANDARD_INPUT or not data.strip():
        return None
    is_name = data.lower().endswith(_FILE_ENDINGS) and " " not in data.strip()
    if is_name:
        return _existing(user_path(data), expects)
    try:
        path = user_path(data)
        return path if path.exists() else None
    except (UserError, OSError):
        return None


def _existing(path: Path, expects: str) -> Path:
    if not path.is_file() and not path.is_dir():
        found = "a pipe or a device" if path.exists() else "no such file or folder"
        raise UserError(f"{path}: expected {expects}, found {found}. Give its path.")
    return path


def standard_input() -> str:
    """Read the standard input, which must be UTF-8."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"standard input: byte {error.start} is not UTF-8. Convert it to UTF-8."
        ) from None
