"""Read text tables: CSV and similar."""

import codecs
import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keras_gru.datasets.own.own_file import TableFile
from keras_gru.datasets.storage.long_array import release_memory
from keras_gru.datasets.tables.cells import Cells, CsvColumns, reading_options
from keras_gru.datasets.tables.dialect import (
    MISSING,
    SPACES,
    TAB,
    Signs,
    count_titles,
    guess_header,
    guess_separator,
    guess_signs,
    is_value,
    split_lines,
)
from keras_gru.datasets.tables.file_bytes import decode, is_utf8, read_bytes
from keras_gru.datasets.tables.table import Table, check_names
from keras_gru.errors import UserError
from keras_gru.settings import present

_KEPT = 10_000_000  # bytes of a text that is kept for the lines in messages
_SAMPLE = 200_000  # bytes that separator, header and signs are guessed from
_IN_WORDS = {",": "commas", ";": "semicolons", TAB: "tabs", "|": "'|'", SPACES: "spaces"}


def read_text_table(
    config: TableFile,
    path: Path,
    text: bytes,
    encoding: str,
    name: str,
    wanted: Sequence[str],
    numeric: Sequence[str],
) -> Table:
    """Read a text table; missing settings are guessed.

    Args:
        config: separator, quote, header and signs of numbers.
        path: path of the file.
        text: its text, in UTF-8.
        encoding: its original encoding.
        name: format of the table's form in words.
        wanted: columns that the table should have.
        numeric: those that are to be read as numbers alone.

    Raises:
        UserError: as `keras_gru.datasets.tables.read.read_table` does.
    """
    guessed: dict[str, object] = {"encoding": encoding} if config.encoding is None else {}
    skipped, separator = _preamble(text, config)
    text = _skip_preamble(text, skipped, by_spaces=False)
    sample = _sample(text)
    titles = count_titles(sample.splitlines(), separator) if config.header is None else 0
    if titles:
        skipped += titles
        guessed["header"] = skipped + 1
        text = _skip_preamble(text, titles, by_spaces=False)
        sample = _sample(text)
    quote = config.quote or '"'
    if separator is None:
        separator = guessed["separator"] = guess_separator(sample, quote, wanted)
    elif config.separator is None:
        guessed["separator"] = separator
    text = _skip_preamble(text, 0, by_spaces=separator == SPACES)
    delimiter = "\t" if separator in (SPACES, TAB) else separator
    cells = Cells(path, text, skipped, delimiter, quote).with_checked_quote(bool(config.quote))
    quote = cells.quote
    if config.quote is None:
        guessed["quote"] = quote
    rows = split_lines(_sample(text), TAB if separator == SPACES else separator, quote)
    if not rows:
        raise UserError(f"{path} is empty; expected a table with a line that names the columns.")
    has_header = config.header if isinstance(config.header, bool) else True
    if config.header is None and not titles:
        has_header = guessed["header"] = guess_header(rows[:200], wanted)
    width = len(rows[0])
    header = [cell.strip() for cell in rows[0]] if has_header else [*map(str, range(width))]
    if has_header:
        header[0] = header[0].lstrip("#").strip() or header[0]
    check_names(path, header)
    signs = _signs(config, rows[int(has_header) :], separator, guessed)
    if width == 1:  # a blank line is a missing value, unless every second line is blank
        text = text.rstrip() + b"\n"
        has_blank_rows = any(map(bytes.strip, text.splitlines()[1::2]))
        cells = replace(cells, content=text, has_blank_rows=has_blank_rows)
    cells = replace(cells, has_header=has_header)
    numbers = [
        index for index, column in enumerate(header) if column in numeric and signs is not None
    ]
    columns = _parse_csv(cells, width, numbers, signs)
    form = f"{name.format('CSV')}, separated by {_IN_WORDS.get(separator, repr(separator))}"
    if width == 1:
        form = f"{name.format('CSV')}, one column"
    form += "" if has_header else ", without a header"
    form += (
        f", header in line {skipped + 1}"
        if titles or config.header not in (None, True, False)
        else ""
    )
    form += f", {encoding}" if encoding != "utf-8" else ""
    form += f", decimal {signs.decimal!r}" if signs and signs.decimal != "." else ""
    form += f", thousands {signs.thousands!r}" if signs and signs.thousands != "none" else ""
    return Table(
        path,
        form,
        dict(zip(header, columns, strict=True)),
        guessed,
        signs,
        functools.partial(
            _line_of,
            cells if len(text) < _KEPT else replace(cells, content=None),
            separator == SPACES,
            encoding,
        ),
        separator,
    )


def read_long_table(config: TableFile, path: Path, wanted: Sequence[str]) -> Table | None:
    """Read a table as text, column by column and block by block, from the disk.

    Args:
        config: separator, encoding and the like; what it leaves out is guessed from the beginning.
        path: of the file.
        wanted: columns that the table should have.

    Returns:
        None if the file is JSON or not plain UTF-8, or its cells are separated by spaces.

    Raises:
        UserError: as `read_text_table` does.
    """
    with open(path, "rb") as file:
        head = file.read(_SAMPLE)
    is_json = head.lstrip()[:1] in (b"{", b"[")
    if is_json or config.encoding not in (None, "utf-8") or not is_utf8(path):
        return None
    head, end = head.removeprefix(codecs.BOM_UTF8), len(head)
    while (end := head.rfind(b"\n", 0, end)) > 0 and head.count(b'"', 0, end) % 2:
        pass  # cuts at a line break that is not within a cell
    head = head[: end + 1]
    table = read_text_table(config, path, head, "utf-8", "{}", wanted, ())
    full = config.model_copy(update=table.settings)
    if full.separator == SPACES:
        return None
    skipped, _ = _preamble(head, full)
    delimiter = "\t" if full.separator == TAB else full.separator
    quote = present(full.quote)
    cells = Cells(path, None, skipped, present(delimiter), quote, full.header is not False)
    cells = cells.with_checked_quote(config.quote is not None)
    settings = dict(table.settings)
    if config.quote is None:
        settings["quote"] = cells.quote
    return replace(
        table,
        columns=CsvColumns(cells, [*table.columns]),
        settings=settings,
        line=cells.line_of,
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
    skipped, before = 0, b""
    for line in text[:_SAMPLE].split(b"\n"):
        line = line.strip()
        if line.lower().startswith(b"sep=") and skipped == 0 and len(line) == 5:
            separator = separator or line[4:].decode()
        elif line and not line.startswith(b"#"):
            if config.header is not False and _is_header(before, line):
                skipped -= 1
            break
        skipped += 1
        before = line
    return skipped, separator


def _is_header(before: bytes, first: bytes) -> bool:
    """Return whether a line with # names the columns of the row after it, and is no comment."""
    if not before.startswith(b"#"):
        return False
    for sign in (b",", b";", b"\t", b"|"):
        names, cells = before[1:].split(sign), first.decode(errors="replace").split(sign.decode())
        if len(names) == len(cells) > 1 and any(is_value(cell.strip()) for cell in cells):
            return all(len(name.split()) <= 3 for name in names)
    return False


def given_signs(config: TableFile) -> Signs | None:
    """Return the signs of numbers in a config; None if they are to be guessed."""
    if config.decimal is None and config.thousands is None:
        return None
    decimal = config.decimal or ("," if config.thousands == "." else ".")
    return Signs(decimal, config.thousands or "none")


def _signs(
    config: TableFile, rows: Sequence[Sequence[str]], separator: str, guessed: dict[str, object]
) -> Signs | None:
    """Return the signs of numbers; None if they cannot be distinguished."""
    if signs := given_signs(config):
        return signs
    signs = guess_signs(itertools.zip_longest(*rows, fillvalue=""), separator)
    if signs is not None:
        guessed |= {"decimal": signs.decimal, "thousands": signs.thousands}
    return signs


def _parse_csv(cells: Cells, width: int, numbers: Sequence[int], signs: Signs | None) -> list:
    """Return the columns: strings, and float64 for `numbers` where all their cells are numbers."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    types = {f"f{index}": pa.string() for index in range(width)}
    if numbers and present(signs).thousands == "none":
        types |= {f"f{index}": pa.float64() for index in numbers}
    words = {form(word) for word in MISSING for form in (str, str.upper, str.title)}
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(cells.content),
            **reading_options(cells),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False,
                strings_can_be_null=False,
                null_values=["", *words],
                decimal_point=signs.decimal if signs else ".",
                column_types=types,
            ),
        )
    except pa.ArrowInvalid as error:
        if pa.float64() in types.values():  # read as strings, to find what is not a number
            return _parse_csv(cells, width, (), signs)
        cells.reject(error)
    release_memory()
    return table.columns


def _line_of(cells: Cells, by_spaces: bool, encoding: str, row: int) -> int:
    """Return the line of a file, from 1, in which a row ends."""
    if cells.content is None:  # a long text is read again
        text = decode(cells.path, read_bytes(cells.path)[0], encoding)[0]
        cells = replace(cells, content=_skip_preamble(text, cells.skipped, by_spaces))
    return cells.line_of(row)


def _skip_preamble(text: bytes, skipped: int, by_spaces: bool) -> bytes:
    """Return a text without the lines before the table, with tabs between cells for spaces."""
    if skipped:
        text = text.split(b"\n", skipped)[-1]
    if by_spaces:
        text = b"\n".join(b"\t".join(line.split()) for line in text.splitlines())
    return text
