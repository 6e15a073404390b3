"""Read text tables: CSV and similar."""

import csv
import functools
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gru.datasets.dialect import (
    MISSING,
    NO_QUOTE,
    SPACES,
    TAB,
    Signs,
    count_titles,
    guess_header,
    guess_separator,
    guess_signs,
    split_lines,
)
from keras_gru.datasets.file_bytes import decode, read_bytes
from keras_gru.datasets.long_array import release_memory
from keras_gru.datasets.own_file import TableFile
from keras_gru.datasets.table import Table, check_names
from keras_gru.errors import UserError
from keras_gru.formatting import plural
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
        UserError: as `keras_gru.datasets.tables.read_table` does.
    """
    guessed: dict[str, object] = {"encoding": encoding} if config.encoding is None else {}
    skipped, separator = _preamble(text, config)
    text = _cells_alone(text, skipped, by_spaces=False)
    sample = _sample(text)
    titles = count_titles(sample.splitlines(), separator) if config.header is None else 0
    if titles:
        skipped += titles
        guessed["header"] = skipped + 1
        text = _cells_alone(text, titles, by_spaces=False)
        sample = _sample(text)
    quote = config.quote or '"'
    if separator is None:
        separator = guessed["separator"] = guess_separator(sample, quote, wanted)
    elif config.separator is None:
        guessed["separator"] = separator
    text = _cells_alone(text, 0, by_spaces=separator == SPACES)
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
    if config.header is None and not titles:
        has_header = guessed["header"] = guess_header(rows[:200], wanted)
    width = len(rows[0])
    header = [cell.strip() for cell in rows[0]] if has_header else [*map(str, range(width))]
    check_names(path, header)
    signs = _signs(config, rows[int(has_header) :], separator, guessed)
    layout = _Layout(path, delimiter, quote, skipped, has_header)
    numbers = [
        index for index, column in enumerate(header) if column in numeric and signs is not None
    ]
    columns = _parse_csv(layout, text, width, numbers, signs)
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
            _line_of, separator == SPACES, layout, encoding, text if len(text) < _KEPT else None
        ),
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
    """Raise a `UserError` if a quote is opened and not closed at a cell's end."""
    characters = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(characters == ord(quote))
    if len(places) == 0:
        return
    ends = [ord(delimiter), 10, 13]
    before = np.where(places > 0, characters[places - 1], 10)
    after = np.where(
        places + 1 < len(characters), characters[np.minimum(places + 1, len(characters) - 1)], 10
    )
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
    """Return the signs of numbers; None if they cannot be told apart."""
    if config.decimal is not None or config.thousands is not None:
        decimal = config.decimal or ("," if config.thousands == "." else ".")
        return Signs(decimal, config.thousands or "none")
    signs = guess_signs([cell for row in rows for cell in row], separator)
    if signs is not None:
        guessed |= {"decimal": signs.decimal, "thousands": signs.thousands}
    return signs


@dataclass(frozen=True)
class _Layout:
    """The position of a table in its text."""

    path: Path
    delimiter: str
    quote: str
    skipped: int
    has_header: bool


def _parse_csv(
    layout: _Layout, text: bytes, width: int, numbers: Sequence[int], signs: Signs | None
) -> list:
    """Return the columns: strings, and float64 for `numbers` where all their cells are numbers."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    quote = layout.quote
    types = {f"f{index}": pa.string() for index in range(width)}
    if numbers and present(signs).thousands == "none":
        types |= {f"f{index}": pa.float64() for index in numbers}
    words = {form(word) for word in MISSING for form in (str, str.upper, str.title)}
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            read_options=pa_csv.ReadOptions(
                autogenerate_column_names=True,
                skip_rows_after_names=int(layout.has_header),
                block_size=1 << 22,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char=False if quote == NO_QUOTE else quote,
                newlines_in_values=quote != NO_QUOTE and quote.encode() in text,
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False,
                strings_can_be_null=False,
                null_values=["", *words],
                decimal_point=signs.decimal if signs else ".",
                column_types=types,
            ),
        )
    except pa.ArrowInvalid as error:
        if pa.float64() in types.values():  # what is not a number is found among the strings
            return _parse_csv(layout, text, width, (), signs)
        _find_ragged_line(layout, text)
        raise UserError(
            f"{layout.path}: not a table ({str(error).splitlines()[0][:100]}). Export it anew as "
            "CSV."
        ) from None
    release_memory()
    return table.columns


def _reader(text: bytes, delimiter: str, quote: str):
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    lines = io.StringIO(text.decode(), newline="")
    if quote == NO_QUOTE:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)


def _find_ragged_line(layout: _Layout, text: bytes) -> None:
    reader, width = _reader(text, layout.delimiter, layout.quote), None
    for row in reader:
        width = width or len(row)
        if row and len(row) != width:
            first = "the header" if layout.has_header else "the first line"
            raise UserError(
                f"{layout.path}, line {reader.line_num + layout.skipped}: expected "
                f"{plural(width, 'cell')} as in {first}, got {len(row)}. Correct the line, or set "
                "dataset.separator or dataset.header."
            )


def _line_of(by_spaces: bool, layout: _Layout, encoding: str, text: bytes | None, row: int) -> int:
    """Return the line, from 1, in which a row ends; blank lines are not rows."""
    if text is None:  # a long one is read again
        text = decode(layout.path, read_bytes(layout.path)[0], encoding)[0]
        text = _cells_alone(text, layout.skipped, by_spaces)
    reader = _reader(text, layout.delimiter, layout.quote)
    rows = (cells for cells in reader if cells)
    next(itertools.islice(rows, row + int(layout.has_header), None), None)
    return layout.skipped + reader.line_num


def _cells_alone(text: bytes, skipped: int, by_spaces: bool) -> bytes:
    """Return a text without the lines before the table, with tabs between cells for spaces."""
    if skipped:
        text = text.split(b"\n", skipped)[-1]
    if by_spaces:
        text = b"\n".join(b"\t".join(line.split()) for line in text.splitlines())
    return text
