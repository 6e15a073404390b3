"""Suggest settings for a series in a table: columns, season and window."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_gru.datasets.series.missing_values import rows_with_targets
from keras_gru.datasets.series.time_order import ids_of_series
from keras_gru.datasets.suggestion.choices import (
    Choice,
    Suggestion,
    is_numeric,
    text_cells,
    with_given,
)
from keras_gru.datasets.suggestion.season import find_season, last_to_mean
from keras_gru.datasets.tables.dates import NO_TIME, Dates, find_dates
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError

_LONGEST_HORIZON = 48  # rows
_MANY_ROWS = 5_000
_FEWEST_SERIES = 20  # that blocks of rows are; fewer may be phases of one series
_LOW_RATIO = 0.5  # docs/tutorials/own_data.md has the measurement


class _Rows(NamedTuple):
    """The order of the rows of a table, and the series that they are of."""

    dates: Dates | None  # None takes the order in the file
    date_columns: Sequence[str]
    series: str | None  # the column of ids
    choices: Mapping[str, Choice]


def suggest_series(
    table: Table, written: Mapping[str, Choice], given: Mapping[str, Any]
) -> Suggestion:
    """Return settings for a series.

    Args:
        table: the table.
        written: its format.
        given: settings that the user gave.

    Raises:
        UserError: if the table has no column of numbers.
    """
    rows = _find_rows(table, given)
    columns, numbers, ahead = _choose_columns(table, rows, given)
    values = _values_of_series(table, rows, next(iter(numbers.values())))
    season, strength = find_season(values)
    choices = {
        "kind": Choice("csv_series", "rows of numbers, one for each time step"),
        **written,
        **rows.choices,
        **columns,
        **_choose_windows(len(values), season, strength, ahead),
    }
    model = {"kind": Choice("forecaster")}
    ratio = last_to_mean(values, season or 1)
    if ratio < _LOW_RATIO:
        before = f"value {season} rows earlier" if season else "last value"
        model["subtract_last"] = Choice(
            True, f"the {before} has {ratio:.2f} of the error of train's mean on validation"
        )
    training = {"epochs": Choice(50), "learning_rate": Choice(0.003)}
    if table.size > _MANY_ROWS:
        training["epochs"] = Choice(10, f"few, with {table.size:,} rows: a first result in minutes")
        training["batch_size"] = Choice(128, "fewer, larger steps")
    training["patience"] = Choice(
        3 if table.size > _MANY_ROWS else 10, "stops earlier where validation does"
    )
    return Suggestion(with_given(choices, given), model, training)


def _find_rows(table: Table, given: Mapping[str, Any]) -> _Rows:
    time, series, dates = given.get("time"), given.get("series"), None
    if time != NO_TIME:
        names = (time,) if isinstance(time, str) else time
        dates = find_dates(table, names, given.get("date_format"), given.get("targets", ()))
    reason = "no column of dates: rows are taken in their order"
    used = dates.columns if dates else ()
    ids = ids_of_series(table, dates) if dates else []
    is_open = not {"time", "duplicates", "series"} & given.keys()
    if dates and is_open and not ids and _is_too_coarse(dates):
        dates, reason = None, "dates come several times: rows are taken in their order"
    if dates:
        choices = {
            "time": Choice(
                used[0] if len(used) == 1 else used, f"dates, format {dates.date_format}"
            ),
            "date_format": Choice(dates.date_format),
        }
        if series is None and len(np.unique(dates.values)) < table.size and ids:
            series = ids[0]
            choices["series"] = Choice(series, "each date comes once for each of its values")
        return _Rows(dates, used, series, choices)
    choices = {"time": Choice(NO_TIME, reason)}
    if series is None and (found := _blocks_of_rows(table)):
        series, label = found
        reason = "the rows of each of its values follow one another"
        if label:
            reason += f"; to classify them by {label!r}, write an .npz file"
        choices["series"] = Choice(series, reason)
    return _Rows(None, used, series, choices)


def _choose_columns(
    table: Table, rows: _Rows, given: Mapping[str, Any]
) -> tuple[dict[str, Choice], dict[str, np.ndarray], int]:
    """Return the settings of columns, the numbers of the targets and inputs, and the known rows.

    The known rows are those at the end that have no targets.
    """
    others = (*rows.date_columns, rows.series)
    numeric = [
        name for name in table.columns if name and name not in others and is_numeric(table, name)
    ]
    if isinstance(given.get("inputs"), list | tuple):
        numeric = [name for name in numeric if name in given["inputs"]]
    if not numeric and "targets" not in given:
        raise UserError(
            f"{table.path} ({table.form}): expected a column of numbers to forecast, or of texts "
            f"and labels, found neither in {_columns(table)}. Write numbers without a unit, or "
            "name the columns, such as text=NAME label=NAME."
        )
    markers = given.get("missing_values", ())
    try:
        numbers = {name: table.numbers(name, markers) for name in numeric}
    except UserError as error:
        raise UserError(f"{error} Or give the columns to use: targets=[…] inputs=[…].") from None
    counters = [name for name in numeric if _is_counter(numbers[name])]
    if len(counters) < len(numeric):
        numeric = [name for name in numeric if name not in counters]
    ahead, known = 0, []  # rows at the end, and the columns that alone have values there
    is_open = not {"targets", "inputs", "known"} & given.keys()
    if rows.dates and rows.series is None and is_open:
        by_time = np.argsort(rows.dates.values, kind="stable")
        ahead, known = _known_ahead({name: numbers[name][by_time] for name in numeric})
    numeric = [name for name in numeric if name not in known]
    varied = [name for name in numeric if len(np.unique(numbers[name])) > 2]  # not binary
    target = given.get("targets") or (varied or numeric)[-1:]
    others = ", ".join(name for name in numeric if name not in target)
    reason = "the last column of more than two numbers" + (
        f"; the others: {others}" if others else ""
    )
    but = f" but for the row's number, {', '.join(counters)}" if counters else ""
    choices = {}
    if known:
        choices["known"] = Choice(tuple(known), "known in advance: the last rows have values")
        reason, but = f"without values in the last {ahead} rows", " that have none there"
    choices["targets"] = Choice(target, reason)
    used = tuple(dict.fromkeys((*target, *numeric)))
    if known or len(numeric) > 1:
        choices["inputs"] = Choice(used, f"all columns of numbers{but}")
    numbers = {
        name: numbers[name] if name in numbers else table.numbers(name, markers) for name in used
    }
    total = sum(int(np.isnan(values).sum()) - ahead for values in numbers.values())
    if total:
        choices["missing"] = Choice("forward_fill", f"{total:,} values are missing")
    return choices, numbers, ahead


def _values_of_series(table: Table, rows: _Rows, values: np.ndarray) -> np.ndarray:
    """Return the values of the first series in the order of time, without missing ones."""
    dates = rows.dates.values if rows.dates else np.arange(len(values))
    if rows.series is None:
        values = values[np.unique(dates, return_index=True)[1]]
    else:
        ids = table.strings(rows.series).to_pylist()
        own = np.array([one == ids[0] for one in ids])
        values = values[own][np.argsort(dates[own], kind="stable")]
    return values[~np.isnan(values)]


def _choose_windows(
    size: int, season: int | None, strength: float, ahead: int
) -> dict[str, Choice]:
    """Return season, window and horizon for a series of `size` values."""
    choices = {}
    if season:
        choices["season"] = Choice(season, f"autocorrelation {strength:.2f} at {season} rows")
    wide = 2 * season if season else 48
    choices["window"] = Choice(int(max(2, min(wide, 400, 0.15 * size - 1, size / 8))), "input rows")
    horizon = season if season and season <= min(_LONGEST_HORIZON, size // 20) else 1
    reason = "rows to forecast" + (", a season" if horizon > 1 else "")
    if ahead:
        horizon, reason = min(ahead, size // 10), "rows to forecast: those without values"
    choices["horizon"] = Choice(horizon, reason)
    return choices


def _is_too_coarse(dates: Dates) -> bool:
    """Return whether most rows, or some with fractions of a second, have the date of another."""
    rows, different = len(dates.values), len(np.unique(dates.values))
    return different < (rows / 2 if dates.rest is None else rows)


def _blocks_of_rows(table: Table) -> tuple[str, str | None] | None:
    """Return a column of words that divides the rows into series, and a label of each series.

    Args:
        table: a table without dates.
    """
    words = {}
    for name in table.columns:
        if name and text_cells(table, name) and not is_numeric(table, name):
            words[name] = np.array(table.strings(name).to_pylist(), dtype=object)
    starts = {name: np.flatnonzero(cells[1:] != cells[:-1]) + 1 for name, cells in words.items()}
    for name, cells in words.items():
        blocks = len(starts[name]) + 1
        if blocks == len({*cells}) and _FEWEST_SERIES <= blocks <= table.size / 5:
            labels = [
                other
                for other, cells in words.items()
                if 1 < len({*cells}) <= blocks / 2 and np.isin(starts[other], starts[name]).all()
            ]
            return name, next(iter(labels), None)
    return None


def _columns(table: Table) -> str:
    """Return the names of columns, each with a cell."""
    cells = {name: text_cells(table, name) for name in [*table.columns][:5]}
    named = [f"{name} ({words[-1][:20]!r})" if words else name for name, words in cells.items()]
    return ", ".join(named) + (", …" if len(table.columns) > 5 else "")


def _known_ahead(columns: Mapping[str, np.ndarray]) -> tuple[int, list[str]]:
    """Return in how many last rows only some columns have values, and these; or 0 and []."""
    sizes = {name: rows_with_targets(np.isnan(values)[:, None]) for name, values in columns.items()}
    size = max(sizes.values())
    ahead = size - max((rows for rows in sizes.values() if rows < size), default=size)
    return (ahead, [name for name in sizes if sizes[name] == size]) if ahead > 1 else (0, [])


def _is_counter(values: np.ndarray) -> bool:
    """Return whether a column contains row numbers, as in exported tables."""
    steps = np.diff(values)
    return len(steps) > 1 and steps[0] in (-1, 1) and bool((steps == steps[0]).all())
