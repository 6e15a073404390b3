"""The chronological order of rows: series, direction, repeated dates and gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.series.step import Step, dates_after
from keras_gru.datasets.tables.dates import NO_DATE, Dates, format_date, format_step
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError
from keras_gru.formatting import plural
from keras_gru.settings import present


@dataclass(frozen=True)
class Series:
    """One series of a table.

    Args:
        name: its id, or None if the table is one series.
        rows: numbers of its rows in the table, oldest first; -1 where a row was missing.
        dates: seconds since 1970 of these rows; None without dates.
    """

    name: str | None
    rows: np.ndarray
    dates: np.ndarray | None

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def take(self, column: np.ndarray) -> np.ndarray:
        """Return a table's column in the order of the series, NaN for rows that were missing."""
        if len(self.rows) == len(column) and np.array_equal(self.rows, np.arange(len(column))):
            return column
        return np.where(self.rows < 0, np.nan, column[self.rows])

    def select(self, rows: slice) -> "Series":
        """Return the series of some of its rows."""
        return Series(self.name, self.rows[rows], None if self.dates is None else self.dates[rows])


def split_by_id(table: Table, name: str | None) -> list[tuple[str | None, np.ndarray]]:
    """Return the id and the rows of each series, in the order of their first rows."""
    if name is None:
        return [(None, np.arange(table.size))]
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(table.strings(name).combine_chunks())
    if encoded.null_count:
        row = int(np.flatnonzero(np.array(pc.is_null(encoded)))[0])
        raise UserError(f"{table.locate(name, row)}: expected a series, got an empty cell.")
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=len(encoded.dictionary))
    parts = np.split(order, np.cumsum(counts)[:-1])
    return list(zip(encoded.dictionary.to_pylist(), parts, strict=True))


def order_rows(
    table: Table,
    dates: Dates | None,
    series: str | None,
    sort: bool = False,
    duplicates: str = "error",
) -> tuple[list[Series], list[str]]:
    """Return the series of a table, oldest row first, with notes.

    Args:
        table: the table.
        dates: dates of its rows; None takes the order of the rows.
        series: name of the column that tells several series apart.
        sort: sort rows that are not in order.
        duplicates: `"error"`, or which of several rows of one date to use: `"first"`, `"last"`.

    Raises:
        UserError: if rows are not in order, or a date comes twice.
    """
    found, notes, reversed_ = [], [], 0
    for name, rows in split_by_id(table, series):
        if dates is None:
            found.append(Series(name, rows, None))
            continue
        times = dates.values[rows]
        if (times == NO_DATE).any():
            row = int(rows[np.flatnonzero(times == NO_DATE)[0]])
            raise UserError(f"{table.locate(dates.columns[0], row)}: expected a date, got none.")
        steps = np.diff(times)
        if len(steps) and (steps < 0).all():
            rows, times, reversed_ = rows[::-1], times[::-1], reversed_ + 1
        elif (steps <= 0).any():
            order = np.argsort(times, kind="stable")
            repeated = np.flatnonzero(np.diff(times[order]) == 0)
            if dates.rest is not None:
                _reject_short_steps(table, dates, rows[order], repeated)
            if len(repeated) and duplicates == "error":
                pair = rows[order[repeated[0] : repeated[0] + 2]]
                _reject_repeated(table, dates, pair, len(repeated), series)
            if not sort and not _is_sorted_either_way(steps):
                _reject_unsorted(table, dates, rows, steps)
            if len(repeated):
                is_first = np.diff(times[order], prepend=times[order[0]] - 1) > 0
                is_last = np.diff(times[order], append=times[order[-1]] + 1) > 0
                order = order[is_first if duplicates == "first" else is_last]
                left_out = plural(len(repeated), "row")
                notes.append(f"Left out {left_out} whose date another row has.")
            rows, times = rows[order], times[order]
            if sort:
                notes.append("Sorted the rows by time.")
        found.append(Series(name, rows, times))
    if reversed_:
        extent = f" in {reversed_} of {len(found)} series" if series else ""
        notes.insert(0, f"The newest row came first{extent}: turned round, oldest first.")
    return found, list(dict.fromkeys(notes))


def _is_sorted_either_way(steps: np.ndarray) -> bool:
    return bool((steps >= 0).all() or (steps <= 0).all())


def _reject_short_steps(table: Table, dates: Dates, rows: np.ndarray, repeated: np.ndarray) -> None:
    """Raise a `UserError` if rows of the same second have different times."""
    rest = present(dates.rest)[rows]
    short = repeated[rest[repeated] != rest[repeated + 1]]
    if len(short):
        second = format_date(int(dates.values[rows[short[0]]]), step=1)
        raise UserError(
            f"{table.locate(dates.columns[0], int(rows[short[0] + 1]))}: expected times of whole "
            f"seconds, got several in {second}. Set dataset.time: none, which takes the rows in "
            "the file's order."
        )


def _reject_repeated(
    table: Table, dates: Dates, pair: np.ndarray, count: int, series: str | None
) -> None:
    first, second = (int(row) for row in pair)
    day = format_date(dates.values[first])
    place = table.locate(dates.columns[0], second)
    previous = f"line {table.line(first)}" if table.line else f"row {first + 1}"
    ids = [] if series else ids_of_series(table, dates)
    if ids:
        remedy = f"Set dataset.series: {ids[0]} if it tells several series apart"
    else:
        remedy = "Set dataset.duplicates: first or last, or remove the rows"
    raise UserError(
        f"{place}: expected each date once, got {day} again after {previous} "
        f"({plural(count, 'such row')}). {remedy}; dataset.time: none takes the rows in the file's "
        "order."
    )


def ids_of_series(table: Table, dates: Dates) -> list[str]:
    """Return columns that tell rows of the same date apart: of words, or numbers of series."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = []
    # If few dates are repeated, a column of measurements would separate them, too.
    may_be_numbers = len(np.unique(dates.values)) < 0.9 * table.size
    for name in table.columns:
        kind = table.head(name, 1).type
        if name in dates.columns or not name or pa.types.is_floating(kind):
            continue
        codes = pc.dictionary_encode(table.strings(name).combine_chunks())
        if not 1 < len(codes.dictionary) <= table.size / 3 or codes.null_count:
            continue
        is_number = pc.match_substring_regex(codes.dictionary, r"^[+-]?[\d.,]+$")
        if not may_be_numbers and pc.all(is_number).as_py():
            continue
        values = codes.indices.to_numpy().astype(np.int64)
        order = np.lexsort((values, dates.values))
        same = (np.diff(dates.values[order]) == 0) & (np.diff(values[order]) == 0)
        if not same.any():
            found.append(name)
    return found


def _reject_unsorted(table: Table, dates: Dates, rows: np.ndarray, steps: np.ndarray) -> None:
    expected = 1 if np.median(steps) > 0 else -1
    index = int(np.flatnonzero(np.sign(steps) == -expected)[0])
    before, after = (format_date(int(dates.values[row])) for row in (rows[index], rows[index + 1]))
    raise UserError(
        f"{table.locate(dates.columns[0], int(rows[index + 1]))}: expected rows sorted by time, "
        f"got {after} after {before}. Set dataset.sort: true, or dataset.time: none if the file's "
        "order is the right one."
    )


def fill_gaps(series: Series, step: Step | None) -> Series:
    """Return a series with a row for every step; those that were missing are row -1.

    Raises:
        UserError: if its dates are not multiples of the step apart.
    """
    step = present(step)
    if step.missing == 0:
        return series
    known = present(series.dates)
    count = int(known[-1] - known[0]) // step.seconds + 2  # at least the missing rows, too
    dates = np.append(known[0], dates_after(known[0], step, count))
    places = np.searchsorted(dates, known)
    if not np.array_equal(dates[places], known):
        raise UserError(
            f"dataset.fill_gaps: expected dates that are multiples of {step.name} apart, got "
            "others. Leave it out."
        )
    rows = np.full(places[-1] + 1, -1)
    rows[places] = series.rows
    return Series(series.name, rows, dates[: len(rows)])


def gap_note(steps: Sequence[Step | None]) -> str | None:
    """Return a note on missing rows, or None."""
    with_gaps = [step for step in steps if step and step.missing]
    if not with_gaps:
        return None
    missing = sum(step.missing for step in with_gaps)
    longest = max(step.longest_gap for step in with_gaps)
    name = with_gaps[0].name
    are = "is" if missing == 1 else "are"
    return (
        f"Warning: {plural(missing, 'row')} {are} missing (step {name}, longest gap "
        f"{format_step(longest)}); windows run across the gaps. Set dataset.fill_gaps: true "
        "with dataset.missing: interpolate or forward_fill to fill them."
    )
