"""The text of a table of cells with separators, in memory or on the disk."""

import csv
import functools
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO

import numpy as np

from keras_gru.datasets.tables.block_columns import BlockColumns
from keras_gru.datasets.tables.dialect import NO_QUOTE
from keras_gru.datasets.tables.file_bytes import check_memory
from keras_gru.errors import UserError
from keras_gru.formatting import plural

if TYPE_CHECKING:
    import pyarrow

_BLOCK = 1 << 22  # bytes


@dataclass(frozen=True)
class Cells:
    """The text of a table, and how its cells are separated.

    Args:
        path: of the file.
        content: the table's text in UTF-8; None reads the file, which is plain UTF-8.
        skipped: lines of the file before the table, which are not in `content`.
        delimiter: of cells.
        quote: of cells, or "none".
        has_header: whether the first row names the columns.
        has_blank_rows: whether a blank line is a row, whose one cell is empty.
    """

    path: Path
    content: bytes | None
    skipped: int
    delimiter: str
    quote: str
    has_header: bool = True
    has_blank_rows: bool = False

    def open(self) -> BinaryIO:
        """Open the text at its first row."""
        if self.content is not None:
            return io.BytesIO(self.content)
        file = open(self.path, "rb")  # noqa: SIM115 - it is returned
        for _ in range(self.skipped):
            file.readline()
        return file

    def lines(self) -> TextIO:
        """Open the text for its lines."""
        return io.TextIOWrapper(self.open(), "utf-8-sig", newline="")

    def _rows(self, lines: TextIO):
        """Return a reader of lists of cells, as Python's csv module makes them."""
        csv.field_size_limit(1 << 30)
        if self.quote == NO_QUOTE:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=False)

    def with_checked_quote(self, is_given: bool) -> "Cells":
        """Return these cells, without quotes where the cells are whole without them and only then.

        Args:
            is_given: whether the quote is the user's, which is not changed.

        Raises:
            UserError: if a quote is opened and not closed at its cell's end.
        """
        try:
            if self.quote != NO_QUOTE:
                self._check_quotes()
        except UserError:
            if is_given or self.delimiter != "\t":
                raise
            with self.lines() as lines:
                counts = {line.count(self.delimiter) for line in lines if line.strip()}
            if len(counts) != 1 or counts == {0}:
                raise
            return replace(self, quote=NO_QUOTE)
        return self

    def _check_quotes(self) -> None:
        if self._are_quotes_regular():
            return
        # Some quotes are plain characters inside cells, or one is not closed: check
        # every row.
        with self.lines() as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=True)
            line = 0
            try:
                for _ in reader:
                    line = reader.line_num
            except csv.Error:
                raise UserError(
                    f"{self.path}, line {line + 1 + self.skipped}: expected a closing {self.quote} "
                    f"at the end of the cell, got none. Write {self.quote * 2} for a quote inside "
                    "a cell, or set dataset.quote: none where quotes mean themselves."
                ) from None

    def _are_quotes_regular(self) -> bool:
        """Return whether every quote is next to a separator, a line end or another quote."""
        near = [ord(self.delimiter), 10, 13, ord(self.quote)]
        count, last = 0, 10
        for block, following in itertools.pairwise(itertools.chain(self._blocks(), [b""])):
            characters = np.frombuffer(block, np.uint8)
            around = np.concatenate([[last], characters, [following[0] if following else 10]])
            places = np.flatnonzero(characters == ord(self.quote))
            opens, closes = places[count % 2 :: 2], places[1 - count % 2 :: 2]
            if not (np.isin(around[opens], near).all() and np.isin(around[closes + 2], near).all()):
                return False
            count, last = count + len(places), characters[-1]
        return count % 2 == 0

    def _blocks(self) -> Iterator[bytes]:
        with self.open() as file:
            while block := file.read(_BLOCK):
                yield block

    @functools.cached_property
    def has_quotes(self) -> bool:
        """Return whether the quote occurs anywhere."""
        return self.quote != NO_QUOTE and any(
            self.quote.encode() in block for block in self._blocks()
        )

    def reject(self, error: Exception) -> NoReturn:
        """Raise a `UserError` that names the first row with more or fewer cells than the first."""
        with self.lines() as lines:
            reader, width = self._rows(lines), None
            for row in reader:
                width = width or len(row)
                if row and len(row) != width:
                    first = "the header" if self.has_header else "the first line"
                    raise UserError(
                        f"{self.path}, line {reader.line_num + self.skipped}: expected "
                        f"{plural(width, 'cell')} as in {first}, got {len(row)}. Correct the line, "
                        "or set dataset.separator or dataset.header."
                    ) from None
        raise UserError(
            f"{self.path}: not a table ({str(error).splitlines()[0][:100]}). Export it again as "
            "CSV."
        ) from None

    def line_of(self, row: int) -> int:
        """Return the line of the file, from 1, in which a row ends."""
        with self.lines() as lines:
            reader = self._rows(lines)
            rows = (cells for cells in reader if cells or self.has_blank_rows)
            next(itertools.islice(rows, row + int(self.has_header), None), None)
            return self.skipped + reader.line_num


def reading_options(cells: Cells) -> dict[str, Any]:
    """Return arguments of pyarrow's readers of CSV, whose columns are f0, f1 and so on."""
    import pyarrow.csv as pa_csv

    return {
        "read_options": pa_csv.ReadOptions(
            autogenerate_column_names=True,
            skip_rows=0 if cells.content is not None else cells.skipped,
            skip_rows_after_names=int(cells.has_header),
            block_size=_BLOCK,
        ),
        "parse_options": pa_csv.ParseOptions(
            delimiter=cells.delimiter,
            quote_char=False if cells.quote == NO_QUOTE else cells.quote,
            newlines_in_values=cells.has_quotes,
            ignore_empty_lines=not cells.has_blank_rows,
        ),
    }


class CsvColumns(BlockColumns):
    """The columns of a CSV file, as text.

    Args:
        cells: of the file.
        names: of the columns.
    """

    def __init__(self, cells: Cells, names: Sequence[str]):
        super().__init__(names)
        self._cells = cells

    @functools.cached_property
    def rows(self) -> int:
        """Number of rows."""
        return sum(map(len, self.blocks(self.names[0])))

    def __getitem__(self, name: str) -> "pyarrow.ChunkedArray":
        import pyarrow as pa

        found, size = [], 0
        for block in self.blocks(name):
            size += block.nbytes
            check_memory(self._cells.path, size, f"column {name!r}")
            found.append(block)
        return pa.chunked_array(found, pa.string())

    def blocks(self, name: str, rows: int | None = None) -> "Iterator[pyarrow.Array]":
        """Yield the values of a column, those of 4 MB of the file at a time."""
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        column = f"f{self.names.index(name)}"
        try:
            with pa_csv.open_csv(
                self._cells.path,
                **reading_options(self._cells),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=[column], column_types={column: pa.string()}
                ),
            ) as reader:
                for batch in reader:
                    yield batch.column(0)
        except pa.ArrowInvalid as error:
            self._cells.reject(error)
