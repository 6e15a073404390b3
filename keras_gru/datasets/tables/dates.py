"""Dates in a table: find their column and format, and parse them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError

ISO = "ISO 8601"
NO_TIME = "none"
_DAY = 86_400
_LONGEST = 60  # characters of a date
NO_DATE = np.iinfo(np.int64).min
_YEAR_1000 = -30_610_224_000
_TIMES = ("", " %H:%M", " %H:%M:%S")
# Seconds and milliseconds since 1970, from 1995 to 2031: a later number is a date such as 20320101.
UNIX = {"unix": 10, "unix ms": 13}  # digits
_PER_SECOND = {ISO: 1_000_000, "unix ms": 1_000}  # what `_parse` counts in a second, else 1
_UNIX_FIRST, _UNIX_LAST = 788_918_400, 1_956_528_000
_DATES = (
    "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y",
    "%B %d, %Y", "%b %Y",
)  # fmt: skip
# The order of day and month is unknown until there is a number above 12.
_DAY_FIRST, _MONTH_FIRST = (
    ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"),
    ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"),
)
_COMPACT = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H", "%Y-%m", "%Y/%m", "%m/%Y", "%Y")
_LIKELY = re.compile(
    r"date|time|datum|zeit|day|month|year|jahr|monat|fecha|hora|jour|stamp|period|^ds$|^ts$", re.I
)
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
_ZONE = r"[T ]\d{2}\S*(Z|[+-]\d{2}:?\d{2})"
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?|\d{1,2}\.\d{2}\.\d{2}")
_HAS_CLOCK = re.compile(r"\d{1,2}:\d{2}|[T ]\d{1,2}\.\d{2}\.\d{2}")
_REMOVE = "Remove the line if it holds units or a total,"
_UNITS = ((_DAY, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Dates:
    """The dates of a table's rows.

    Args:
        columns: the column of dates, or one of dates and one of times of day.
        date_format: format for `strptime`, or `"ISO 8601"`.
        values: (rows,) whole seconds since 1970, `NO_DATE` where there is none.
        rest: (rows,) the rest of each, in fractions of a second; None without any.
        has_zone: whether the file has a time zone, or counts from 1970; the values are in UTC.
    """

    columns: tuple[str, ...]
    date_format: str
    values: np.ndarray
    rest: np.ndarray | None = None
    has_zone: bool = False


def find_dates(
    table: Table, columns: Sequence[str] | None, date_format: str | None, others: Sequence[str]
) -> Dates | None:
    """Return the dates of a table's rows, or None if it has no column of dates.

    Args:
        table: the table.
        columns: names of the columns of dates (and of times of the day); None looks for them.
        date_format: format for `strptime`; None finds it.
        others: columns that are not dates, such as the targets.

    Raises:
        UserError: if a cell is not a date, or may be two.
    """
    if columns is not None:
        return _dates(table, tuple(columns), date_format, is_certain=True)
    names = [name for name in table.columns if name and name not in others]
    for name in sorted(names, key=lambda name: not _LIKELY.search(name)):
        if not _may_be_dates(table, name):
            continue
        clock = [
            other
            for other in names
            if other != name and all(map(_CLOCK.fullmatch, _first_cells(table, other)))
        ]
        has_time = any(_HAS_CLOCK.search(cell) for cell in _first_cells(table, name))
        chosen = (name, clock[0]) if clock and not has_time else (name,)
        found = _dates(table, chosen, date_format, is_certain=bool(_LIKELY.search(name)))
        if found is not None:
            return found
    return None


def _first_cells(table: Table, name: str) -> list[str]:
    column = table.head(name, 50)
    # No date is longer, and the patterns are slow for long cells.
    cells = [str(cell)[:_LONGEST].strip() for cell in column.to_pylist() if cell is not None]
    return cells or [""]


def _may_be_dates(table: Table, name: str) -> bool:
    import pyarrow as pa

    kind = table.head(name, 1).type
    if _is_date(kind):
        return True
    if pa.types.is_integer(kind):
        cells = _first_cells(table, name)
        is_date = _is_compact(cells) or _unix_format(table, (name,)) is not None
        return bool(_LIKELY.search(name)) and is_date
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return False
    cells = _first_cells(table, name)
    if _is_compact(cells) or _unix_format(table, (name,)):
        return bool(_LIKELY.search(name))
    shape = (
        r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([T ].*)?|.*\d.*[A-Za-z]{3}.*\d.*|[A-Za-z]{3,9} .*\d{4}"
    )
    return sum(bool(re.fullmatch(shape, cell)) for cell in cells) > 0.5 * len(cells) and not all(
        re.fullmatch(r"\d+\.\d+", cell) for cell in cells
    )


def _is_date(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_timestamp(kind) or pa.types.is_date(kind)


def _is_compact(cells: Sequence[str]) -> bool:
    return all(re.fullmatch(r"(1[6-9]|2[01])\d{2}(\d{4}(\d{2}|\d{4})?)?", cell) for cell in cells)


def _dates(
    table: Table, columns: tuple[str, ...], date_format: str | None, is_certain: bool
) -> Dates | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    first = table.column(columns[0])
    if _is_date(first.type):
        microseconds = pc.cast(first, pa.timestamp("us"), safe=False)
        has_zone = pa.types.is_timestamp(first.type) and first.type.tz is not None
        return Dates(columns, str(first.type), *_seconds(microseconds, 1_000_000), has_zone)
    cells = pc.utf8_trim_whitespace(table.strings(columns[0]))
    date_format = date_format or _unix_format(table, columns)
    for other in columns[1:]:
        clock = pc.utf8_trim_whitespace(table.strings(other))
        clock = pc.replace_substring_regex(clock, r"^(\d{1,2})\.(\d{2})\.(\d{2})$", r"\1:\2:\3")
        cells = pc.binary_join_element_wise(cells, clock, " ")
    formats = [date_format] if date_format else _matching_formats(table, columns, cells)
    if not formats:
        if not is_certain:
            return None
        _reject_mixed(table, columns, cells)
    parsed = _parse(cells, formats[0])
    bad = np.flatnonzero(np.array(pc.is_null(parsed)))
    if len(bad):
        row = int(bad[0])
        raise UserError(
            f"{table.locate(columns[0], row)}: expected a date in the format {formats[0]}, got "
            f"{str(cells[row].as_py())[:40]!r}. {_REMOVE} set dataset.date_format, or "
            "dataset.time: none where the column holds no dates."
        )
    zones = pc.match_substring_regex(cells.slice(0, 1), _ZONE)
    has_zone = formats[0] in UNIX or pc.any(zones).as_py() is True
    return Dates(columns, formats[0], *_seconds(parsed, _PER_SECOND.get(formats[0], 1)), has_zone)


def _unix_format(table: Table, columns: tuple[str, ...]) -> str | None:
    cells = _first_cells(table, columns[0]) if len(columns) == 1 else []
    for name, digits in UNIX.items():
        if cells and all(re.fullmatch(rf"\d{{{digits}}}", cell) for cell in cells):
            seconds = [int(cell) / _PER_SECOND.get(name, 1) for cell in cells]
            if min(seconds) >= _UNIX_FIRST and max(seconds) < _UNIX_LAST:
                return name
    return None


def _seconds(times, per_second: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the whole seconds of times, `NO_DATE` where one is null, and the rests if any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = np.asarray(pc.fill_null(pc.cast(times, pa.int64()), 0).to_numpy(), np.int64)
    values, rest = np.divmod(values, per_second)
    values[np.array(pc.is_null(times))] = NO_DATE
    return values, rest if rest.any() else None


def _matching_formats(table: Table, columns: tuple[str, ...], cells) -> list[str]:
    """Return the formats that match all cells of the sample, best first."""
    import pyarrow.compute as pc

    sample = cells.slice(0, 1_000)

    def fits(form: str) -> bool:
        return not pc.any(pc.is_null(_parse(sample, form))).as_py()

    if fits(ISO):
        return [ISO]
    for days, months in zip(_DAY_FIRST, _MONTH_FIRST, strict=True):
        for clock in (*_TIMES, " %I:%M %p", " %I:%M:%S %p"):
            pair = [form + clock for form in (days, months)]
            fitting = [form for form in pair if fits(form)]
            if not fitting:
                continue
            both = [not pc.any(pc.is_null(_parse(cells, form))).as_py() for form in pair]
            if all(both) and columns:
                raise UserError(
                    f"{table.locate(columns[0], 0)}: expected a date that can be read in one way, "
                    f"got {sample[0].as_py()!r}, which may be {pair[0]} or {pair[1]}. "
                    f"Set dataset.date_format to one of them."
                )
            return [pair[both.index(True)]] if any(both) else fitting
    for form in _DATES:
        for clock in _TIMES:
            if fits(form + clock):
                return [form + clock]
    return [form for form in _COMPACT if fits(form)]


def _parse(cells, form: str):
    """Return times in the format's fraction of a second, null where a cell has another format."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if form in UNIX:
        digits = pc.if_else(pc.match_substring_regex(cells, r"^\d{1,15}$"), cells, None)
        return pc.cast(digits, pa.int64())
    if form == ISO:
        parsed = _parse_iso(cells)
        if parsed is None:  # without nanoseconds; other cells are null
            short = pc.replace_substring_regex(cells, r"(\.\d{6})\d+", r"\1")
            parsed = _parse_iso(pc.if_else(pc.match_substring_regex(cells, _ISO), short, None))
        return pa.nulls(len(cells), pa.int64()) if parsed is None else pc.cast(parsed, pa.int64())
    parsed = pc.cast(pc.strptime(cells, format=form, unit="s", error_is_null=True), pa.int64())
    # '%Y' also takes the 23 of 03/04/23.
    return pc.if_else(pc.less(parsed, _YEAR_1000), None, parsed)


def _parse_iso(cells):
    import pyarrow as pa
    import pyarrow.compute as pc

    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return pc.cast(cells, kind)
        except pa.ArrowInvalid:
            pass
    return None


def _reject_mixed(table: Table, columns: tuple[str, ...], cells) -> None:
    """Raise a `UserError` about the first cell with a different format than the first."""
    first = cells.slice(0, 1)
    forms = _matching_formats(table, (), first)
    row = 0
    if forms:
        import pyarrow.compute as pc

        wrong = np.flatnonzero(np.array(pc.is_null(_parse(cells, forms[0]))))
        row = int(wrong[0]) if len(wrong) else 0
    expected = f"a date like {first[0].as_py()!r} ({forms[0]})" if row else "a date"
    raise UserError(
        f"{table.locate(columns[0], row)}: expected {expected}, got "
        f"{str(cells[row].as_py())[:40]!r}. {_REMOVE} write all dates in one format, set "
        "dataset.date_format, or dataset.time: none where the column holds no dates."
    )


def format_date(second: int, step: float = _DAY) -> str:
    """Format a date, with the time of day if steps are shorter than a day."""
    text = str(np.datetime64(int(second), "s"))
    return text[:10] if step >= _DAY and text.endswith("T00:00:00") else text.replace("T", " ")


def format_step(step: int) -> str:
    """Format a number of seconds, such as "1 hour"."""
    for size, name in _UNITS:
        if step % size == 0:
            count = step // size
            return f"{count} {name}{'s' if count != 1 else ''}"
    raise AssertionError(step)
