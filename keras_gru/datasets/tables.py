"""Tables from people's files, as they are: CSV and the like, Parquet, JSON lines, Excel."""

import csv
import dataclasses
import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from keras_gru.datasets.dialect import (
    MISSING,
    NO_QUOTE,
    SPACES,
    TAB,
    Signs,
    guess_header,
    guess_separator,
    guess_signs,
    number_pattern,
    split_lines,
)
from keras_gru.datasets.file_bytes import binary_form, decode, is_spreadsheet, read_bytes
from keras_gru.datasets.own_file import TableFile
from keras_gru.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import pyarrow

_SAMPLE = 200_000  # bytes that separator, header and signs are guessed from
_LARGEST = float(np.finfo(np.float32).max)
_LONGEST_HINT = 200  # characters: the first line of a file that is no CSV can be all of it
_IN_WORDS = {",": "commas", ";": "semicolons", TAB: "tabs", "|": "'|'", SPACES: "spaces"}


@dataclass(frozen=True)
class Table:
    """A table of a user's.

    Args:
        path: where it is.
        form: what it is in words, such as "CSV, gzip, separated by semicolons".
        columns: name of a column -> its values: strings of a text file, typed ones of others.
        settings: what was guessed: names of settings of `TableFile` and their values.
        signs: of numbers that are written as text.
        line: maps the number of a row, from 0, to its line; None where rows have no lines.
    """

    path: Path
    form: str
    columns: Mapping[str, "pyarrow.ChunkedArray"]
    settings: Mapping[str, object] = field(default_factory=dict)
    signs: Signs | None = None
    line: Callable[[int], int] | None = None

    @property
    def size(self) -> int:
        """Number of rows."""
        return max((len(column) for column in self.columns.values()), default=0)

    def column(self, name: str) -> "pyarrow.ChunkedArray":
        """Return the values of a column.

        Raises:
            UserError: if there is no such column.
        """
        if name not in self.columns:
            known = [" ".join(column.split()) for column in self.columns if column]
            hint = did_you_mean(name, known)
            if self.settings.get("header") is False:
                hint += " The file has no header: its columns are numbered."
            if len(hint) > _LONGEST_HINT:
                hint = hint[:_LONGEST_HINT] + "…"
            raise UserError(f"{self.path} ({self.form}): there is no column {name!r}.{hint}")
        return self.columns[name]

    def where(self, name: str, row: int) -> str:
        """Return the place of a cell, for a message."""
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

    def numbers(self, name: str, missing_values: Sequence[float | str] = ()) -> np.ndarray:
        """Return a column of numbers, NaN where a value is missing.

        Args:
            name: of the column.
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
            values = pc.cast(column, pa.float64(), safe=False).to_numpy()
        elif pa.types.is_boolean(column.type):
            values = pc.cast(column, pa.uint8()).cast(pa.float64()).to_numpy()
        elif pa.types.is_null(column.type):
            values = np.full(len(column), np.nan)
        else:
            self._refuse(name, 0, f"got a column of the type {column.type}")
        values = np.array(values, float)
        for number in missing_values:
            if not isinstance(number, str):
                # 9.97e36 in a float32 file is 9.969209968386869e36 in ours.
                values[np.isclose(values, number, rtol=1e-3 if abs(number) > 1e9 else 1e-9)] = (
                    np.nan
                )
        beyond = np.flatnonzero(np.abs(values) > _LARGEST)
        if len(beyond):
            row = int(beyond[0])
            self._refuse(name, row, f"got {values[row]:g}, beyond the range of float32")
        return values

    def _parse(self, name: str, column, words: set[str]) -> np.ndarray:
        """Return text as numbers, NaN where a cell is one of `words`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.signs == Signs(".", "none"):
            try:
                values = pc.cast(column, pa.float64()).to_numpy()
                if np.isfinite(values).all():  # 'nan' and 'inf' are words
                    return values
            except pa.ArrowInvalid:
                pass
        signs = self.signs or Signs(".", "none")
        column = pc.utf8_trim_whitespace(column)
        is_number = pc.match_substring_regex(column, number_pattern(signs)).to_numpy()
        is_number = np.array(is_number == True)  # noqa: E712 - null is no number
        for row in np.flatnonzero(~is_number):
            cell = column[int(row)].as_py()
            if cell is not None and cell.lower() not in words:
                remedy = _remedy(cell, signs)
                self._refuse(name, int(row), f"got {cell[:60]!r}", remedy)
        if self.signs is None and pc.any(pc.match_substring(column, ",")).as_py():
            cell = next(c for c in column.to_pylist() if c and "," in c)
            raise UserError(
                f"{self.path}, column {name!r}: {cell!r} may be "
                f"{cell.replace(',', '')} or {cell.replace(',', '.')}. "
                "Set dataset.decimal: ',' or dataset.thousands: ','."
            )
        if self.signs is None and pc.any(pc.match_substring(column, ".")).as_py():
            cell = next(c for c in column.to_pylist() if c and "." in c)
            raise UserError(
                f"{self.path}, column {name!r}: {cell!r} may be {cell.replace('.', '')} or "
                f"{cell}. Set dataset.thousands: '.' or dataset.decimal: '.'."
            )
        if signs.thousands != "none":
            column = pc.replace_substring(column, signs.thousands, "")
        if signs.decimal != ".":
            column = pc.replace_substring(column, signs.decimal, ".")
        column = pc.if_else(pa.array(is_number), column.combine_chunks(), None)
        return pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)

    def _refuse(self, name: str, row: int, found: str, remedy: str = "") -> NoReturn:
        raise UserError(
            f"{self.where(name, row)}: expected a finite number such as 0.5, {found}.{remedy}"
        )


def _remedy(cell: str, signs: Signs) -> str:
    if "_" in cell:
        return " Write digits without '_'."
    for other in (Signs(",", "."), Signs(".", ",")):
        if other != signs and re.fullmatch(number_pattern(other), cell):
            return (
                f" The file's numbers were read with decimal {signs.decimal!r} and thousands "
                f"{signs.thousands!r}; set dataset.decimal and dataset.thousands if they are "
                "written otherwise."
            )
    return f" If it stands for a missing value, set dataset.missing_values: [{cell[:20]!r}]."


def read_table(config: TableFile, path: Path, wanted: Sequence[str] = ()) -> Table:
    """Read a table; what the settings leave out is guessed.

    Args:
        config: separator, encoding and the like.
        path: of the file.
        wanted: columns that it should have, which helps to guess.

    Returns:
        The table; `settings` holds the guesses.

    Raises:
        UserError: if the file is none, a quote is not closed, a row has more or fewer cells than
            the first, or two columns have one name.
    """
    data, compression = read_bytes(path)
    name = f"{{}}, {compression}" if compression else "{}"
    if data[:1].isspace() and not data.strip():  # which copies it
        data = b""
    if not data:
        raise UserError(f"{path} is empty; expected a table with a line that names the columns.")
    if data.startswith((b"PAR1", b"ARROW1")):
        return _binary_table(path, data, name)
    if is_spreadsheet(data):
        return _spreadsheet(path, data)
    if form := binary_form(data):
        raise UserError(
            f"{path}: expected a table (CSV, Parquet, Feather, JSON lines), got {form}. "
            "Export the table, or choose the dataset's kind for it."
        )
    text, encoding = decode(path, data, config.encoding)
    if text[:_SAMPLE].lstrip()[:1] in (b"{", b"[") and _is_json(text):
        return _json_table(path, text, name)
    return _text_table(config, path, text, encoding, name, wanted)


def _binary_table(path: Path, data: bytes, name: str) -> Table:
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    is_parquet = data.startswith(b"PAR1")
    form, read = ("Parquet", pa.parquet.read_table) if is_parquet else (
        "Feather", pa.feather.read_table
    )  # fmt: skip
    try:
        table = read(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(
            f"{path}: expected a whole {form} file, got a damaged one "
            f"({str(error).splitlines()[0][:100]}). Fetch or write it again."
        ) from None
    return _typed(path, table, name.format(form))


def _typed(path: Path, table, form: str) -> Table:
    _check_names(path, table.column_names)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    return Table(path, form, columns)


def _spreadsheet(path: Path, data: bytes) -> Table:
    try:
        import python_calamine
    except ImportError:
        raise UserError(
            f"{path}: expected a table that can be read, got an Excel file. Install the extra: "
            "pip install 'keras_gru[excel]', or save the sheet as CSV."
        ) from None
    import pyarrow as pa

    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    rows = book.get_sheet_by_index(0).to_python()
    if not rows:
        raise UserError(f"{path}: its first sheet is empty; expected a table.")
    header = [str(cell).strip() for cell in rows[0]]
    _check_names(path, header)
    columns = {}
    for at, column in enumerate(header):
        cells = [None if row[at] == "" else row[at] for row in rows[1:]]
        try:
            columns[column] = pa.chunked_array([pa.array(cells)])
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers beside words
            cells = [None if cell is None else str(cell) for cell in cells]
            columns[column] = pa.chunked_array([pa.array(cells, pa.string())])
    sheets = f", sheet {book.sheet_names[0]!r}" if len(book.sheet_names) > 1 else ""
    return Table(path, f"Excel{sheets}", columns, line=lambda row: row + 2)


def _is_json(text: bytes) -> bool:
    line = text.lstrip().split(b"\n", 1)[0].strip()
    try:
        found = json.loads(line.rstrip(b","))
    except ValueError:
        return line in (b"[", b"{") or line.startswith((b'{"', b'[{"'))
    return isinstance(found, dict | list)


def _json_table(path: Path, text: bytes, name: str) -> Table:
    import pyarrow as pa
    import pyarrow.json

    if text.lstrip()[:1] == b"[":
        try:
            rows = json.loads(text)
            return _typed(path, pa.Table.from_pylist(rows), name.format("JSON"))
        except (ValueError, TypeError, AttributeError, pa.ArrowException) as error:
            raise UserError(
                f"{path}: expected JSON, a list of objects with the same names, got something "
                f"else ({str(error).splitlines()[0][:100]}). Write one object on each line."
            ) from None
    try:
        table = pa.json.read_json(pa.BufferReader(text))
    except pa.ArrowException as error:
        for line, row in enumerate(text.splitlines(), 1):
            try:
                if row.strip() and not isinstance(json.loads(row), dict):
                    raise ValueError("no object")
            except ValueError as wrong:
                raise UserError(
                    f"{path}, line {line}: expected JSON lines, an object {{…}} on each line, got "
                    f"{row[:40].decode(errors='replace')!r} ({wrong})."
                ) from None
        raise UserError(
            f"{path}: expected JSON lines whose columns have one type each, got others "
            f"({str(error).splitlines()[0][:100]}). Write a column's values alike."
        ) from None
    return dataclasses.replace(
        _typed(path, table, name.format("JSON lines")), line=lambda row: row + 1
    )


def _text_table(
    config: TableFile, path: Path, text: bytes, encoding: str, name: str, wanted: Sequence[str]
) -> Table:
    guessed: dict[str, object] = {"encoding": encoding} if config.encoding is None else {}
    skipped, separator = _preamble(text, config)
    if skipped:
        text = text.split(b"\n", skipped)[-1]
    sample = _sample(text)
    quote = config.quote or '"'
    if separator is None:
        separator = guessed["separator"] = guess_separator(sample, quote, wanted)
    elif config.separator is None:
        guessed["separator"] = separator
    if separator == SPACES:
        text = b"\n".join(b"\t".join(line.split()) for line in text.splitlines())
    delimiter = "\t" if separator in (SPACES, TAB) else separator
    if config.quote is None:
        quote = _checked_quote(path, text, delimiter, skipped)
        guessed["quote"] = quote
    elif quote != NO_QUOTE:
        _check_quotes(path, text, delimiter, quote, skipped)
    rows = split_lines(_sample(text), TAB if separator == SPACES else separator, quote)
    if not rows:
        raise UserError(f"{path} is empty; expected a table with a line that names the columns.")
    has_header = config.header if isinstance(config.header, bool) else True
    if config.header is None:
        has_header = guessed["header"] = guess_header(rows[:200], wanted)
    width = len(rows[0])
    header = [cell.strip() for cell in rows[0]] if has_header else [*map(str, range(width))]
    _check_names(path, header)
    signs = _signs(config, rows[int(has_header) :], separator, guessed)
    columns = _parse_csv(path, text, delimiter, quote, width, skipped, has_header)
    form = f"{name.format('CSV')}, separated by {_IN_WORDS.get(separator, repr(separator))}"
    if width == 1:
        form = f"{name.format('CSV')}, one column"
    form += "" if has_header else ", without a header"
    form += f", {encoding}" if encoding != "utf-8" else ""
    form += f", decimal {signs.decimal!r}" if signs and signs.decimal != "." else ""
    form += f", thousands {signs.thousands!r}" if signs and signs.thousands != "none" else ""
    return Table(
        path,
        form,
        dict(zip(header, columns, strict=True)),
        guessed,
        signs,
        lambda row: skipped + _line_of(text, delimiter, quote, row + int(has_header)),
    )


def _sample(text: bytes) -> str:
    """Return whole lines from the beginning of a text."""
    if len(text) <= _SAMPLE:
        return text.decode()
    return text[: text.rfind(b"\n", 0, _SAMPLE) + 1].decode() or text.decode()


def _preamble(text: bytes, config: TableFile) -> tuple[int, str | None]:
    """Return the number of lines before the table, and the separator where it is given."""
    separator = config.separator
    if isinstance(config.header, int) and not isinstance(config.header, bool):
        return config.header - 1, separator
    skipped = 0
    for line in text[:_SAMPLE].split(b"\n"):
        line = line.strip()
        if line.lower().startswith(b"sep=") and skipped == 0 and len(line) == 5:
            separator = separator or line[4:].decode()
        elif line and not line.startswith(b"#"):
            break
        skipped += 1
    return skipped, separator


def _checked_quote(path: Path, text: bytes, delimiter: str, skipped: int) -> str:
    """Return `'"'`, or "none" where the cells are whole without quotes and only then."""
    if b'"' not in text:
        return '"'
    try:
        _check_quotes(path, text, delimiter, '"', skipped)
    except UserError:
        counts = {line.count(delimiter.encode()) for line in text.splitlines() if line.strip()}
        if delimiter == "\t" and len(counts) == 1 and counts != {0}:
            return NO_QUOTE
        raise
    return '"'


def _check_quotes(path: Path, text: bytes, delimiter: str, quote: str, skipped: int) -> None:
    """Raise a `UserError` where a quote is opened and not closed at a cell's end."""
    at = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(at == ord(quote))
    if len(places) == 0:
        return
    ends = [ord(delimiter), 10, 13]
    before = np.where(places > 0, at[places - 1], 10)
    after = np.where(places + 1 < len(at), at[np.minimum(places + 1, len(at) - 1)], 10)
    opening = np.isin(before[::2], [*ends, ord(quote)])
    closing = np.isin(after[1::2], [*ends, ord(quote)])
    if len(places) % 2 == 0 and opening.all() and closing.all():
        return
    # Some quotes are inside cells, where they mean themselves, or one is not closed: look closely.
    lines = io.StringIO(text.decode(), newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
    line = 0
    try:
        for _ in reader:
            line = reader.line_num
    except csv.Error:
        raise UserError(
            f"{path}, line {line + 1 + skipped}: expected a closing {quote} at the end of the "
            f"cell, got none. Write {quote * 2} for a quote inside a cell, or set "
            "dataset.quote: none where quotes mean themselves."
        ) from None


def _signs(
    config: TableFile, rows: Sequence[Sequence[str]], separator: str, guessed: dict[str, object]
) -> Signs | None:
    """Return the signs of numbers; None where they cannot be told apart."""
    if config.decimal is not None or config.thousands is not None:
        other = {",": ".", ".": ","}
        decimal = config.decimal or other.get(config.thousands, ".")
        return Signs(decimal, config.thousands or "none")
    signs = guess_signs([cell for row in rows for cell in row], separator)
    if signs is not None:
        guessed |= {"decimal": signs.decimal, "thousands": signs.thousands}
    return signs


def _check_names(path: Path, header: Sequence[str]) -> None:
    for name, count in Counter(header).items():
        # Spreadsheets leave columns without a name at the right.
        if name and count > 1:
            raise UserError(
                f"{path}: {count} columns are named {name!r}; each must have a name of its own."
            )


def _parse_csv(
    path: Path,
    text: bytes,
    delimiter: str,
    quote: str,
    width: int,
    skipped: int,
    has_header: bool,
) -> list:
    import pyarrow as pa
    import pyarrow.csv

    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            read_options=pa.csv.ReadOptions(
                autogenerate_column_names=True, block_size=max(1 << 20, min(len(text), 1 << 24))
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                quote_char=False if quote == NO_QUOTE else quote,
                newlines_in_values=quote != NO_QUOTE and quote.encode() in text,
            ),
            convert_options=pa.csv.ConvertOptions(
                check_utf8=False,
                strings_can_be_null=False,
                column_types={f"f{at}": pa.string() for at in range(width)},
            ),
        )
    except pa.ArrowInvalid as error:
        _find_ragged_line(path, text, delimiter, quote, skipped, has_header)
        raise UserError(
            f"{path}: not a table ({str(error).splitlines()[0][:100]}). Export it anew as CSV."
        ) from None
    return [column.slice(int(has_header)) for column in table.columns]


def _reader(text: bytes, delimiter: str, quote: str):
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    lines = io.StringIO(text.decode(), newline="")
    if quote == NO_QUOTE:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)


def _find_ragged_line(
    path: Path, text: bytes, delimiter: str, quote: str, skipped: int, has_header: bool
) -> None:
    reader, width = _reader(text, delimiter, quote), None
    for row in reader:
        width = width or len(row)
        if row and len(row) != width:
            first = "the header" if has_header else "the first line"
            raise UserError(
                f"{path}, line {reader.line_num + skipped}: expected {width} cells as in {first}, "
                f"got {len(row)}. Correct the line, or set dataset.separator or dataset.header."
            )


def _line_of(text: bytes, delimiter: str, quote: str, row: int) -> int:
    """Return the line of a text, from 1, in which a row ends; blank lines are no rows."""
    reader = _reader(text, delimiter, quote)
    rows = (cells for cells in reader if cells)
    next(itertools.islice(rows, row, None), None)
    return reader.line_num
