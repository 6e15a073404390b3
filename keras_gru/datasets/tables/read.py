"""Read tables from users' files: CSV and similar, Parquet, JSON lines, Excel."""

import dataclasses
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

from keras_gru.datasets.own.own_file import TableFile
from keras_gru.datasets.tables.file_bytes import (
    binary_form,
    decode,
    fits_into_memory,
    is_spreadsheet,
    read_bytes,
)
from keras_gru.datasets.tables.parquet import MAGIC, ParquetColumns
from keras_gru.datasets.tables.table import Table, check_names
from keras_gru.datasets.tables.text_tables import given_signs, read_long_table, read_text_table
from keras_gru.errors import UserError

_SAMPLE = 200_000  # bytes that separator, header and signs are guessed from


def read_table(
    config: TableFile, path: Path, wanted: Sequence[str] = (), numeric: Sequence[str] = ()
) -> Table:
    """Read a table; missing settings are guessed.

    Args:
        config: separator, encoding and the like.
        path: path of the file.
        wanted: columns that it should have, which helps guessing.
        numeric: those of them that are to be read as numbers alone.

    Returns:
        The table; `settings` holds the guesses.

    Raises:
        UserError: if the file is invalid, a quote is not closed, a row has more or fewer cells than
            the first, or two columns have one name.
    """
    table = _read_table(config, path, wanted, numeric)
    return table if table.signs else dataclasses.replace(table, signs=given_signs(config))


def _read_table(
    config: TableFile, path: Path, wanted: Sequence[str], numeric: Sequence[str]
) -> Table:
    if path.is_file() and _begins_with(path, MAGIC):
        return Table(path, "Parquet", _check_columns(path, ParquetColumns(path)))
    if path.is_file() and not numeric and not fits_into_memory(path.stat().st_size):
        table = read_long_table(config, path, wanted)
        if table is not None:
            return table
    data, compression = read_bytes(path)
    name = f"{{}}, {compression}" if compression else "{}"
    if data[:1].isspace() and not data.strip():  # `strip` copies the data
        data = b""
    if not data:
        raise UserError(f"{path} is empty; expected a table with a line that names the columns.")
    if data.startswith(MAGIC):
        return Table(path, name.format("Parquet"), _check_columns(path, ParquetColumns(path, data)))
    if data.startswith(b"ARROW1"):
        return _feather_table(path, data, name)
    if is_spreadsheet(data):
        return _spreadsheet(path, data)
    if form := binary_form(data):
        raise UserError(
            f"{path}: expected a table (CSV, Parquet, Feather, JSON lines), got {form}. "
            "Export the table, or choose the dataset's kind for it."
        )
    text, encoding = decode(path, data, config.encoding)
    if re.match(rb"\s*<(!doctype html|html)\b", text[:_SAMPLE], re.IGNORECASE):
        raise UserError(
            f"{path}: expected a table (CSV, Parquet, Feather, JSON lines), got a web page (HTML). "
            "Download the file again; it may need a login."
        )
    if text[:_SAMPLE].lstrip()[:1] in (b"{", b"[") and _is_json(text):
        return _json_table(path, text, name)
    return read_text_table(config, path, text, encoding, name, wanted, numeric)


def _begins_with(path: Path, magic: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(magic)) == magic
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None


def _check_columns(path: Path, columns: ParquetColumns) -> ParquetColumns:
    check_names(path, columns.names)
    return columns


def _feather_table(path: Path, data: bytes, name: str) -> Table:
    import pyarrow as pa
    from pyarrow import feather

    try:
        table = feather.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(
            f"{path}: expected a whole Feather file, got a damaged one "
            f"({str(error).splitlines()[0][:100]}). Fetch or write it again."
        ) from None
    return _convert_types(path, table, name.format("Feather"))


def _convert_types(path: Path, table, form: str) -> Table:
    check_names(path, table.column_names)
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
    check_names(path, header)
    columns = {}
    for index, column in enumerate(header):
        cells = [None if row[index] == "" else row[index] for row in rows[1:]]
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
    import pyarrow.json as pa_json

    if text.lstrip()[:1] == b"[":
        try:
            rows = json.loads(text)
            names = dict.fromkeys(key for row in rows for key in row)
            rows[:1] = [names | row for row in rows[:1]]  # the first object has all names
            return _convert_types(path, pa.Table.from_pylist(rows), name.format("JSON"))
        except (ValueError, TypeError, AttributeError, pa.ArrowException) as error:
            raise UserError(
                f"{path}: expected JSON, a list of objects with the same names, got something "
                f"else ({str(error).splitlines()[0][:100]}). Write one object on each line."
            ) from None
    try:
        table = pa_json.read_json(pa.BufferReader(text))
        # Dates as they are written: timestamps have lost their zone, and a label its form.
        dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
        if dates:
            as_text = pa.schema([(name, pa.string()) for name in dates])
            options = pa_json.ParseOptions(explicit_schema=as_text)
            table = pa_json.read_json(pa.BufferReader(text), parse_options=options)
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
            f"({str(error).splitlines()[0][:100]}). Use one format within a column."
        ) from None
    return dataclasses.replace(
        _convert_types(path, table, name.format("JSON lines")), line=lambda row: row + 1
    )
