"""Reading a user's own files; whatever is wrong with one is said in a sentence."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_gru.errors import UserError, did_you_mean
from keras_gru.files import is_text, read_file, user_path

_LONGEST_HINT = 200  # characters: the first line of a file that is no CSV can be all of it
_OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}


def existing(path: str, what: str) -> Path:
    """The path of a file or folder that must be there.

    Args:
        path: as the user wrote it; `~` is the home folder.
        what: such as `"a CSV file"`.

    Raises:
        UserError: if nothing is there.
    """
    found = user_path(path)
    if not os.path.exists(found):  # False for a name that is too long, too
        raise UserError(f"{path}: no such file or folder; dataset.path must be {what}.")
    if not (found.is_file() or found.is_dir()):  # reading a pipe may never end
        raise UserError(f"{path}: expected {what}, got a pipe or a device.")
    return found


def text_files(folder: Path) -> list[Path]:
    """Return the .txt files in the sub-folders of a folder of labelled texts, sorted.

    Raises:
        UserError: if one has no name in UTF-8, or is no regular file: a pipe may never end.
    """
    files = sorted(folder.glob("*/*.txt"))
    for file in files:
        name = str(file.relative_to(folder))
        if not is_text(name):
            raise UserError(f"{folder}: the name {name!a} is not UTF-8; rename it.")
        if not file.is_file():
            what = "a folder" if file.is_dir() else "a pipe or a device"
            raise UserError(f"{file}: expected a regular file, got {what}.")
    return files


def read_text(path: Path) -> str:
    """The text of a UTF-8 file."""
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: byte {error.start} is not UTF-8; save the file in the encoding UTF-8."
        ) from None


@dataclass(frozen=True)
class Table:
    """A CSV file.

    Args:
        path: where it is.
        header: names of the columns.
        rows: a list of cells for each row.
        lines: the line that each row ends in.
    """

    path: Path
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    def column(self, name: str) -> list[str]:
        """The cells of a column.

        Raises:
            UserError: if there is no such column.
        """
        if name not in self.header:
            hint = did_you_mean(name, self.header)
            if len(hint) > _LONGEST_HINT:
                hint = hint[:_LONGEST_HINT] + "…"
            raise UserError(f"{self.path}: there is no column {name!r}.{hint}")
        at = self.header.index(name)
        return [row[at] for row in self.rows]


def read_table(path: Path) -> Table:
    """A CSV file with a header, cells separated by commas.

    Raises:
        UserError: if the file is none, two columns have one name, or a row has not as many cells
            as the header.
    """
    text = read_text(path)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # a long text is one cell
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, lines = [], []
    try:
        for row in reader:
            if row:  # a blank line is no row
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not a CSV file ({error}).") from None
    if not rows:
        raise UserError(f"{path} is empty; its first line must name the columns.")
    header = [name.strip() for name in rows[0]]
    _check_header(path, header, rows)
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(header):
            raise UserError(
                f"{path}, line {line}: {len(row)} cells, where the header has {len(header)}."
            )
    return Table(path, header, rows[1:], lines[1:])


def _check_header(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for separator, words in _OTHER_SEPARATORS.items():
        # Decimal commas cut the rows, but not the header.
        if len(header) == 1 and all(separator in ",".join(row) for row in rows[:2]):
            raise UserError(
                f"{path}: its cells are separated by {words}; they must be separated by commas."
            )
    for name, count in Counter(header).items():
        # Spreadsheets leave columns without a name at the right.
        if name and count > 1:
            raise UserError(
                f"{path}: {count} columns are named {name!r}; each must have a name of its own."
            )
