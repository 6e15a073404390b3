"""Tables: columns as numbers and as text, and locations of cells."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from keras_gru.datasets.tables.block_columns import BlockColumns
from keras_gru.datasets.tables.dialect import (
    MISSING,
    Signs,
    group_sign,
    guess_signs,
    is_group,
    number_pattern,
)
from keras_gru.datasets.text.units import blocks_of_texts
from keras_gru.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import pyarrow

_LARGEST = float(np.finfo(np.float32).max)
_SAMPLE = 10_000  # cells that a column's signs are guessed from
_LONGEST_HINT = 200  # characters: the first line of a file that is no CSV can be all of it


@dataclass(frozen=True)
class Table:
    """A table of a user's.

    Args:
        path: the file.
        form: description, such as "CSV, gzip, separated by semicolons".
        columns: name of a column -> its values: strings of a text file, and numbers where only
            these were wanted; typed ones of others.
        settings: the guessed settings of `TableFile`.
        signs: signs in numbers that are written as text; None if they depend on the column.
        line: maps the number of a row, from 0, to its line; None if rows have no lines.
        separator: of cells, from which a column's signs are guessed.
    """

    path: Path
    form: str
    columns: Mapping[str, "pyarrow.ChunkedArray"]
    settings: Mapping[str, object] = field(default_factory=dict)
    signs: Signs | None = None
    line: Callable[[int], int] | None = None
    separator: str = ","

    @property
    def size(self) -> int:
        """Number of rows."""
        if isinstance(self.columns, BlockColumns):
            return self.columns.rows
        return max((len(column) for column in self.columns.values()), default=0)

    def head(self, name: str, count: int) -> "pyarrow.ChunkedArray":
        """Return the first values of a column."""
        import pyarrow as pa

        if isinstance(self.columns, BlockColumns):
            first = next(self.columns.blocks(name, count), None)
            if first is not None:
                return pa.chunked_array([first[:count]])
        return self.columns[name].slice(0, count)

    def column(self, name: str) -> "pyarrow.ChunkedArray":
        """Return the values of a column.

        Raises:
            UserError: if there is no such column.
        """
        self.check_column(name)
        return self.columns[name]

    def check_column(self, name: str) -> None:
        """Raise a `UserError` if there is no column of this name."""
        if name not in self.columns:
            known = [" ".join(column.split()) for column in self.columns if column]
            hint = did_you_mean(name, known)
            if self.settings.get("header") is False:
                hint += " The file has no header: its columns are numbered."
            if len(hint) > _LONGEST_HINT:
                hint = hint[:_LONGEST_HINT] + "…"
            raise UserError(f"{self.path} ({self.form}): there is no column {name!r}.{hint}")

    def locate(self, name: str, row: int) -> str:
        """Return the location of a cell, for messages."""
        place = f"line {self.line(row)}" if self.line else f"row {row + 1}"
        return f"{self.path}, {place}, column {name!r}"

    def strings(self, name: str) -> "pyarrow.ChunkedArray":
        """Return a column as text; a missing value is null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.column(name)
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())

    def text_blocks(self, name: str) -> "Callable[[], Iterator[pyarrow.StringArray]]":
        """Return a function that yields a column's texts, "" where one is missing, in blocks."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self.check_column(name)
        if isinstance(self.columns, BlockColumns):
            columns = self.columns

            def read():
                for block in columns.blocks(name):
                    text = block if pa.types.is_string(block.type) else pc.cast(block, pa.string())
                    yield from blocks_of_texts(pa.chunked_array([pc.fill_null(text, "")]))

            return read
        texts = pc.fill_null(self.strings(name), "")
        return lambda: blocks_of_texts(texts)

    def numbers(self, name: str, missing_values: Sequence[float | str] = ()) -> np.ndarray:
        """Return a column of numbers, NaN where a value is missing.

        Args:
            name: name of the column.
            missing_values: numbers or words that stand for a missing value, besides the usual
                words such as NA.

        Returns:
            (rows,) of float64, finite in the range of float32 or NaN.

        Raises:
            UserError: if a cell is something else.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.column(name)
        words = {str(word).lower() for word in missing_values} | MISSING
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            values = self._parse(name, column, words)
        elif any(
            is_type(column.type)
            for is_type in (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
        ):
            values = np.empty(len(column))
            start = 0
            for chunk in column.chunks:  # limits the memory: one copy at a time
                end = start + len(chunk)
                values[start:end] = pc.cast(chunk, pa.float64(), safe=False).to_numpy(
                    zero_copy_only=False
                )
                start = end
        elif pa.types.is_boolean(column.type):
            values = pc.cast(column, pa.uint8()).cast(pa.float64()).to_numpy()
        elif pa.types.is_null(column.type):
            values = np.full(len(column), np.nan)
        else:
            self._reject(name, 0, f"got a column of the type {column.type}")
        values = np.require(values, float, ["W"])
        for number in missing_values:
            if not isinstance(number, str):
                # 9.97e36 in a float32 file is 9.969209968386869e36 in ours.
                values[np.isclose(values, number, rtol=1e-3 if abs(number) > 1e9 else 1e-9)] = (
                    np.nan
                )
        beyond = np.flatnonzero((values > _LARGEST) | (values < -_LARGEST))
        if len(beyond):
            row = int(beyond[0])
            self._reject(name, row, f"got {values[row]:g}, beyond the range of float32")
        return values

    def signs_of(self, name: str) -> Signs | None:
        """Return the signs of numbers in a column of text; None if 1,234 could be two numbers."""
        if self.signs:
            return self.signs
        return guess_signs([filter(None, self.head(name, _SAMPLE).to_pylist())], self.separator)

    def _parse(self, name: str, column, words: set[str]) -> np.ndarray:
        """Parse text as numbers, NaN where a cell is one of `words`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        signs = self.signs_of(name)
        if signs == Signs(".", "none"):
            try:
                values = pc.cast(column, pa.float64()).to_numpy()
                if np.isfinite(values).all():  # 'nan' and 'inf' are words
                    return values
            except pa.ArrowInvalid:
                pass
        column = pc.utf8_trim_whitespace(column)
        if signs is None:
            signs = Signs(".", "none")
            cells = column.to_pylist()
            row = next((row for row, cell in enumerate(cells) if cell and is_group(cell)), None)
            if row is not None:
                cell, sign = cells[row], "," if "," in cells[row] else "."
                raise UserError(
                    f"{self.locate(name, row)}: expected a number with clear signs, got {cell!r}, "
                    f"which may be {cell.replace(sign, '')} or {cell.replace(sign, '.')}. Set "
                    f"dataset.decimal: {sign!r} or dataset.thousands: {sign!r}."
                )
        is_number = pc.match_substring_regex(column, number_pattern(signs)).to_numpy()
        is_number = np.array(is_number == True)  # noqa: E712 - null is not a number
        for row in np.flatnonzero(~is_number):
            cell = column[int(row)].as_py()
            if cell is not None and cell.lower() not in words:
                remedy = _remedy(cell, signs, is_first=row == 0)
                self._reject(name, int(row), f"got {cell[:60]!r}", remedy)
        if signs.thousands != "none":
            column = pc.replace_substring_regex(column, group_sign(signs.thousands), "")
        if signs.decimal != ".":
            column = pc.replace_substring(column, signs.decimal, ".")
        column = pc.if_else(pa.array(is_number), column.combine_chunks(), None)
        return pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)

    def _reject(self, name: str, row: int, found: str, remedy: str = "") -> NoReturn:
        raise UserError(
            f"{self.locate(name, row)}: expected a finite number such as 0.5, {found}.{remedy}"
        )


def _remedy(cell: str, signs: Signs, is_first: bool) -> str:
    if "_" in cell:
        return " Write digits without '_'."
    for other in (Signs(",", "."), Signs(".", ",")):
        if other != signs and re.fullmatch(number_pattern(other), cell):
            return (
                f" The file's numbers were read with decimal {signs.decimal!r} and thousands "
                f"{signs.thousands!r}; set dataset.decimal and dataset.thousands if they are "
                "written otherwise."
            )
    if re.fullmatch(r"[^\w+-]*[+-]?\d[\d.,' ]*[^\d.,' ]*", cell):
        return " Write numbers without a unit or another sign."
    units = " Remove the line if it holds units." if is_first else ""
    return f"{units} If it stands for a missing value, set dataset.missing_values: [{cell[:20]!r}]."


def check_names(path: Path, header: Sequence[str]) -> None:
    for name, count in Counter(header).items():
        # Spreadsheets leave columns without a name at the right.
        if name and count > 1:
            raise UserError(
                f"{path}: {count} columns are named {name!r}; each must have a name of its own."
            )
