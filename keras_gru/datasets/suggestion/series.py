"""Suggest settings for a series in a table: columns, season and window."""

from collections.abc import Mapping
from typing import Any

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
from keras_gru.datasets.tables.dates import NO_TIME, Dates, find_dates
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError

_LONGEST_SEASON = 800  # rows
_LONGEST_HORIZON = 48  # rows
_MANY_ROWS = 5_000
_FEWEST_SERIES = 20  # that blocks of rows are; fewer may be phases of one series
_STRONG = 0.3  # autocorrelation of a season
_LOW_RATIO = 0.5  # docs/tutorials/own_data.md has the measurement


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
    time = given.get("time")
    columns = (time,) if isinstance(time, str) else time
    dates = None
    if time != NO_TIME:
        numeric = [name for name in table.columns if name and is_numeric(table, name)]
        dates = find_dates(table, columns, given.get("date_format"), given.get("targets", ()))
    reason = "no column of dates: rows are taken in their order"
    used = dates.columns if dates else ()
    series = given.get("series")
    is_one = not {"time", "duplicates", "series"} & given.keys()
    if dates and is_one and _is_too_coarse(dates) and not ids_of_series(table, dates):
        dates, reason = None, "dates come several times: rows are taken in their order"
    numeric = [
        name for name in table.columns if name and name not in used and is_numeric(table, name)
    ]
    choices = {"kind": Choice("csv_series", "rows of numbers, one for each time step"), **written}
    if dates:
        choices["time"] = Choice(
            used[0] if len(used) == 1 else used, f"dates, format {dates.date_format}"
        )
        choices["date_format"] = Choice(dates.date_format)
        ids = ids_of_series(table, dates)
        if series is None and len(np.unique(dates.values)) < table.size and ids:
            series = ids[0]
            choices["series"] = Choice(series, "each date comes once for each of its values")
    else:
        choices["time"] = Choice(NO_TIME, reason)
        if series is None and (found := _blocks_of_rows(table)):
            series, label = found
            reason = "the rows of each of its values follow one another"
            if label:
                reason += f"; to classify them by {label!r}, write an .npz file"
            choices["series"] = Choice(series, reason)
    numeric = [name for name in numeric if name != series]
    if not numeric:
        raise UserError(
            f"{table.path} ({table.form}): expected a column of numbers to forecast, or of texts "
            f"and labels, found neither in {_columns(table)}. Write numbers without a unit, or "
            "name the columns, such as text=NAME label=NAME."
        )
    markers = given.get("missing_values", ())
    if isinstance(given.get("inputs"), list | tuple):
        numeric = [name for name in numeric if name in given["inputs"]]
    try:
        numbers = {name: table.numbers(name, markers) for name in numeric}
    except UserError as error:
        raise UserError(f"{error} Or give the columns to use: targets=[…] inputs=[…].") from None
    counters = [name for name in numeric if _is_counter(numbers[name])]
    if len(counters) < len(numeric):
        numeric = [name for name in numeric if name not in counters]
    varied = [name for name in numeric if len(np.unique(numbers[name])) > 2]  # not binary
    ahead, known = 0, []  # rows at the end, and the columns that alone have values there
    if dates and series is None and not {"targets", "inputs", "known"} & given.keys():
        by_time = np.argsort(dates.values, kind="stable")
        ahead, known = _known_ahead({name: numbers[name][by_time] for name in numeric})
    numeric = [name for name in numeric if name not in known]
    target = given.get("targets") or ([n for n in varied if n not in known] or numeric)[-1:]
    others = ", ".join(name for name in numeric if name not in target)
    reason = "the last column of more than two numbers" + (
        f"; the others: {others}" if others else ""
    )
    but = f" but for the row's number, {', '.join(counters)}" if counters else ""
    if known:
        choices["known"] = Choice(tuple(known), "known in advance: the last rows have values")
        reason, but = f"without values in the last {ahead} rows", " that have none there"
    choices["targets"] = Choice(target, reason)
    if known or len(numeric) > 1:
        choices["inputs"] = Choice(
            tuple(dict.fromkeys((*target, *numeric))), f"all columns of numbers{but}"
        )
    numbers |= {name: table.numbers(name, markers) for name in target if name not in numbers}
    numbers = {name: numbers[name] for name in dict.fromkeys((*target, *numeric))}
    total = sum(int(np.isnan(values).sum()) - ahead for values in numbers.values())
    if total:
        choices["missing"] = Choice("forward_fill", f"{total:,} values are missing")
    values = numbers[target[0]]
    if dates and series is None:
        values = values[np.unique(dates.values, return_index=True)[1]]
    elif series is not None:
        first = table.strings(series).to_pylist()
        rows = np.array([one == first[0] for one in first])
        values = values[rows]
        values = values[np.argsort(dates.values[rows], kind="stable")] if dates else values
    values = values[~np.isnan(values)]
    season, strength = find_season(values)
    if season:
        choices["season"] = Choice(season, f"autocorrelation {strength:.2f} at {season} rows")
    wide = 2 * season if season else 48
    window = int(max(2, min(wide, 400, 0.15 * len(values) - 1, len(values) / 8)))
    choices["window"] = Choice(window, "input rows")
    longest = min(_LONGEST_HORIZON, len(values) // 20)
    horizon = season if season and season <= longest else 1
    reason = "rows to forecast" + (", a season" if horizon > 1 else "")
    if ahead:
        horizon, reason = min(ahead, len(values) // 10), "rows to forecast: those without values"
    choices["horizon"] = Choice(horizon, reason)
    model = {"kind": Choice("forecaster")}
    ratio = _last_to_mean(values, season or 1)
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


def find_season(values: np.ndarray) -> tuple[int | None, float]:
    """Return the season of a series in rows, and its autocorrelation.

    Args:
        values: (rows,), oldest first.

    Returns:
        The lag above 1 of the first high peak of the autocorrelation, or None if none is above
        0.3; and the autocorrelation there.
    """
    count = min(_LONGEST_SEASON, len(values) // 3)
    if count < 3:
        return None, 0.0
    rows = np.arange(len(values))
    level = np.polyval(np.polyfit(rows, values, 1), rows)  # a trend correlates at every lag
    rest = values - level
    if not rest.std() > 1e-9 * np.abs(values).max():
        return None, 0.0
    correlation = _autocorrelation(rest, count)
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:])) + 1
    peaks = peaks[(peaks > 1) & (correlation[peaks] > _STRONG)]
    if len(peaks) == 0:
        return None, 0.0
    best = correlation[peaks].max()
    # Multiples of a season correlate equally: take the shortest that is nearly as strong.
    season = int(peaks[correlation[peaks] > 0.9 * best][0])
    # Slow changes of the level move the peak to shorter lags, so use differences of rows.
    near = np.arange(max(2, int(0.8 * season)), min(count, int(1.2 * season) + 1) + 1)
    changes = _autocorrelation(np.diff(rest), count)
    season = int(near[changes[near].argmax()])
    return season, min(1.0, float(correlation[season]))


def _autocorrelation(values: np.ndarray, count: int) -> np.ndarray:
    """Return the autocorrelation at the lags 0 to `count`."""
    values = values - values.mean()
    power = np.abs(np.fft.rfft(values, 2 * len(values))) ** 2
    found = np.fft.irfft(power)[: count + 1]
    return found / found[0] * len(values) / (len(values) - np.arange(count + 1))


def _last_to_mean(values: np.ndarray, season: int) -> float:
    """Return the ratio of the errors of two forecasts of what is validation by default.

    It is low where the level moves away from that of train: the error of the value a season earlier
    by that of the mean of train at the same place of the season.
    """
    first, last = int(0.7 * len(values)), int(0.85 * len(values))
    if first < season or first == last:
        return 1.0
    place = np.arange(last) % season
    means = np.bincount(place[:first], values[:first]) / np.bincount(place[:first])
    rows = np.arange(first, last)
    error = np.abs(values[rows] - means[place[rows]]).mean()
    if error <= 1e-3 * values[:last].std():  # the season alone, without noise
        return 1.0
    return float(np.abs(values[rows] - values[rows - season]).mean() / error)
