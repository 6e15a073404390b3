"""Read a user's files, with one-sentence error messages."""

import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from keras_gru.datasets.tables.file_bytes import decode, read_bytes
from keras_gru.errors import UserError
from keras_gru.files import is_text, user_path
from keras_gru.formatting import most_common, plural

TEXT_ENDINGS = (".txt", ".md", ".text")


def require_path(path: str, what: str) -> Path:
    """Return the path of an existing file or folder.

    Args:
        path: as the user wrote it; `~` is the home folder.
        what: such as `"a CSV file"`.

    Raises:
        UserError: if it does not exist.
    """
    found = user_path(path)
    if not os.path.exists(found):  # False for a name that is too long, too
        raise UserError(f"{path}: no such file or folder; dataset.path must be {what}.")
    if not (found.is_file() or found.is_dir()):  # reading a pipe may never end
        raise UserError(f"{path}: expected {what}, got a pipe or a device.")
    return found


def labelled_files(
    folder: Path, endings: tuple[str, ...] = TEXT_ENDINGS
) -> tuple[list[Path], Counter[str]]:
    """Return the files below the sub-folders of a folder, which are named by labels, sorted.

    Hidden files and folders are skipped, as are those that an archive of macOS adds.

    Returns:
        The files with one of the endings, and how many files of each other ending there are.

    Raises:
        UserError: if one has no name in UTF-8, or is not a regular file: a pipe may never end.
    """
    files, others = [], Counter()
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if any(part.startswith((".", "__MACOSX")) for part in parts) or file.is_dir():
            continue
        if len(parts) == 1 or file.suffix.lower() not in endings:
            beside = f"{file.name} beside the folders"
            others[file.suffix.lower() if len(parts) > 1 else beside] += 1
            continue
        if not is_text(str(file.relative_to(folder))):
            raise UserError(f"{folder}: the name {'/'.join(parts)!a} is not UTF-8; rename it.")
        if not file.is_file():
            raise UserError(f"{file}: expected a regular file, got a pipe or a device.")
        files.append(file)
    return files, others


def note_on_others(others: Counter[str]) -> list[str]:
    """Return a note on the other files that `labelled_files` found, or []."""
    names = ", ".join(f"{count} {ending}" for ending, count in others.most_common(5))
    note = f"Warning: {plural(others.total(), 'other file')} not read: {names}."
    return [note] if others else []


def labelled_or_loose_files(
    folder: Path, endings: tuple[str, ...] = TEXT_ENDINGS
) -> tuple[list[Path], list[str] | None, list[str]]:
    """Return the files of `labelled_files`, their labels and notes; without, those beside them."""
    files, others = labelled_files(folder, endings)
    if files:
        labels = [file.relative_to(folder).parts[0] for file in files]
        return files, labels, note_on_others(others)
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in endings), None, []


def note_on_unknown_labels(
    where: object, labels: Counter[str], known: Sequence[str], what: str
) -> list[str]:
    """Return a note on labels of `what`, such as recordings, that a network does not know, or [].

    Raises:
        UserError: if the network knows none of them.
    """
    unknown = Counter({label: count for label, count in labels.items() if label not in known})
    if not unknown:
        return []
    if unknown.total() == labels.total():
        raise UserError(
            f"{where}: expected the labels {', '.join(map(repr, known[:5]))}, found "
            f"{most_common(unknown)}. Give {what} with labels that the network was trained on."
        )
    return [
        f"Left out {unknown.total()} of {labels.total()} {what}, whose labels the network does "
        f"not know: {most_common(unknown)}."
    ]


def read_text(path: Path, encoding: str | None = None) -> str:
    """Read a text file, compressed or not; guess the encoding unless it is given."""
    return decode(path, read_bytes(path)[0], encoding)[0].decode()


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; other than `str.splitlines`, a form feed or U+2028 ends none."""
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
