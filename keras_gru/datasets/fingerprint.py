"""Fingerprints of data: checksums of the source and of each split."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gru.datasets.own.files import labelled_files
from keras_gru.datasets.split import Split
from keras_gru.datasets.storage.long_array import blocks_of
from keras_gru.datasets.text.token_rows import TokenRows
from keras_gru.errors import UserError


@dataclass(frozen=True)
class Source:
    """The source of data.

    Args:
        name: name of a file or folder; TFDS name and version of a published dataset; of a generated
            one its settings and seed.
        sha256: of the content of the file, or of the folder's files; of a published dataset's name
            and checksums; of a generated one's name.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class SplitFingerprint:
    """The number of sequences of a split, and their checksum in order."""

    sequences: int
    sha256: str


@dataclass(frozen=True)
class Fingerprint:
    """Identifies the data that a network was trained on.

    Args:
        source: the source; None for arrays created in Python.
        splits: name of a split -> its sequences.
    """

    source: Source | None
    splits: Mapping[str, SplitFingerprint]

    def check(self, other: "Fingerprint") -> None:
        """Raise a `UserError` if another fingerprint is of different data."""
        if self.source and other.source:
            check_source(self.source, other.source)
        for name, expected in self.splits.items():
            found = other.splits.get(name)
            if found != expected:
                where = other.source.name if other.source else "the data"
                raise UserError(
                    f"{where}: expected the {name} split that the run was trained with "
                    f"({_split_in_words(expected)}), found {_split_in_words(found)}. "
                    "Use the same data and settings, or train again."
                )


def check_source(expected: Source, found: Source) -> None:
    """Raise a `UserError` if the source differs from the expected one."""
    if expected.sha256 != found.sha256:
        raise UserError(
            f"{found.name}: expected the data that the run was trained on ({expected.name}, "
            f"SHA-256 {expected.sha256[:12]}…), found others (SHA-256 {found.sha256[:12]}…). "
            "Restore them, train again, or evaluate on other data with: "
            "keras-gru evaluate RUN --data FILE"
        )


def source_of_path(path: Path) -> Source:
    """Return the source of a user's file or folder of texts."""
    if path.is_file():
        return Source(path.name, _sha256_of_file(path))
    return source_of_files(labelled_files(path)[0], path)


def source_of_files(files: Sequence[Path], folder: Path | None = None) -> Source:
    """Return the source of several files of a user.

    Args:
        files: the files.
        folder: where they are; None for files beside the first, whose name is the source's.
    """
    if folder is None and len(files) == 1:
        return Source(files[0].name, _sha256_of_file(files[0]))
    name, folder = (folder or files[0]).name, folder or files[0].parent
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.relative_to(folder).as_posix()}\0{_sha256_of_file(file)}\n".encode())
    return Source(name, total.hexdigest())


def source_of_tfds(name: str, checksums: Iterable[str]) -> Source:
    """Return the source that a TFDS dataset is.

    Args:
        name: the name with config and version, such as `"imdb_reviews/plain_text/1.0.0"`.
        checksums: the registered SHA-256 of each of the publisher's files.
    """
    return Source(name, hashlib.sha256("\n".join([name, *sorted(checksums)]).encode()).hexdigest())


def fingerprint_of_split(split: Split, every_input: bool) -> SplitFingerprint:
    """Return the fingerprint of a split.

    Args:
        split: its sequences.
        every_input: hash the vectors of numbers, too. Where the source has a checksum, that covers
            them, and their last bits may differ from one machine to the next.
    """
    total = hashlib.sha256()
    inputs = {k: a for k, a in split.inputs.items() if every_input or a.dtype.kind != "f"}
    weights = {} if split.weights is None else {"weights": split.weights}
    lengths = {f"length of {name}": array for name, array in split.lengths.items()}
    for name, array in {**inputs, **lengths, **weights, "targets": split.targets}.items():
        total.update(f"{name} {array.shape}".encode())
        # The first step of each window and all steps of the last one are all values of the series.
        parts = [array[:, 0], array[-1]] if split.overlapping and array.ndim > 1 else [array]
        for part in parts:
            for block in part.blocks() if isinstance(part, TokenRows) else blocks_of(part):
                little = block.astype(block.dtype.newbyteorder("<"), copy=False)
                total.update(np.ascontiguousarray(little).data)
    return SplitFingerprint(split.size, total.hexdigest())


def _sha256_of_file(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _split_in_words(split: SplitFingerprint | None) -> str:
    if split is None:
        return "none"
    return f"{split.sequences:,} sequences, SHA-256 {split.sha256[:12]}…"
