"""The series of a table: sorted rows, filled missing values, features."""

# V columns, D features, H steps ahead

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.series.categories import one_hot, words_of_train
from keras_gru.datasets.series.facts import table_facts
from keras_gru.datasets.series.missing_values import (
    fill_forward,
    fill_missing,
    fill_notes,
    note_on_end,
    rows_with_targets,
    suspicious_value,
)
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.split import split_rows
from keras_gru.datasets.series.step import Step, dates_after, find_step
from keras_gru.datasets.series.time_order import Series, fill_gaps, gap_note, order_rows
from keras_gru.datasets.series.values import SeriesTable, SeriesValues
from keras_gru.datasets.storage.long_array import release_memory
from keras_gru.datasets.tables.dates import NO_TIME, find_dates
from keras_gru.datasets.tables.read import read_table
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError
from keras_gru.settings import present

# Parts of a date -> their unit, and the length of a cycle.
_PERIODS = {"minute": 60, "hour": 24, "weekday": 7, "day": 31, "month": 12, "yearday": 365.25}


def read_series_table(
    config: SeriesSettings, path: Path, stored: Preprocessing | None = None
) -> SeriesTable:
    """Read the series of a file, each up to its last row with a target.

    Args:
        config: the settings.
        path: path of the file.
        stored: its categories are used; None takes those of train.

    Raises:
        UserError: if a column is missing, a cell is not a number, or rows are not sorted.
    """
    wanted = [*_columns_to_read(config), *([config.series] if config.series else [])]
    numeric = (*config.targets, *(config.inputs or ()), *config.known)
    table = read_table(config, path, wanted, numeric)
    found = series_of_table(config, table, stored, last_rows="left out")
    release_memory()
    return found


def series_of_table(
    config: SeriesSettings,
    table: Table,
    stored: Preprocessing | None = None,
    last_rows: Literal["read", "known", "left out"] = "read",
) -> SeriesTable:
    """Return the series of a table, like `read_series_table` for a file.

    Args:
        last_rows: what is done with the rows after the last with a target; `"known"` reads only
            the columns known in advance.
    """
    wanted = _columns_to_read(config)
    inputs = config.inputs or config.targets
    names = (*inputs, *(name for name in config.known if name not in inputs))
    numeric = dict.fromkeys((*names, *config.targets))
    release_memory()
    matrix = np.empty((table.size, len(numeric)))
    for index, name in enumerate(numeric):
        matrix[:, index] = table.numbers(name, config.missing_values)
    values = dict(zip(numeric, matrix.T, strict=True))
    words = {name: table.strings(name).to_pylist() for name in config.categories}
    dates = _find_dates(config, table, wanted, is_new=stored is not None)
    guessed = dict(table.settings)
    if config.time is None:
        columns = dates.columns if dates else NO_TIME
        guessed["time"] = columns[0] if len(columns) == 1 else columns
    if dates and config.date_format is None:
        guessed["date_format"] = dates.date_format
    config = config.model_copy(update=guessed)
    series, notes = order_rows(table, dates, config.series, config.sort, config.duplicates)
    nth, trained = config.every_nth_row, stored.time_step if stored else None
    steps = _steps(series, trained if nth == 1 else None)
    if config.fill_gaps:
        series = [fill_gaps(*pair) for pair in zip(series, steps, strict=True)]
    elif note := gap_note(steps):
        notes.append(note)
    if nth > 1:
        series = [one.select(slice(None, None, nth)) for one in series]
        steps = _steps(series, trained)
    if trained:
        notes += _notes_on_step(steps, trained)
    targets_of = {name: values[name] for name in config.targets}
    missing = [_missing(one, targets_of) for one in series]
    pasts = [
        one.size if last_rows == "read" else rows_with_targets(rows)
        for one, rows in zip(series, missing, strict=True)
    ]
    if last_rows == "left out":
        notes += note_on_end(sum(one.size for one in series) - sum(pasts), config.targets)
        series = [one.select(slice(past)) for one, past in zip(series, pasts, strict=True)]
        missing = [rows[:past] for rows, past in zip(missing, pasts, strict=True)]
    notes += [note for name in numeric if (note := suspicious_value(name, values[name]))]
    categories = dict(stored.categories or {}) if stored else {}
    if stored is None and words:
        categories, unseen = words_of_train(words, series, lambda one: split_rows(config, one))
        notes += unseen
    filled = dict.fromkeys(numeric, 0)
    found = []
    for one, step, is_filled, past in zip(series, steps, missing, pasts, strict=True):
        columns = {}
        for name in numeric:
            column, is_target = one.take(values[name]), name in config.targets
            future = column[one.size if name in config.known else past :]
            if len(future):
                column = column[:past]
            column, count = fill_missing(table, one, name, column, config.missing, is_target)
            columns[name] = np.append(column, future) if len(future) else column
            filled[name] += count
        is_whole = names == tuple(numeric) and all(columns[name] is values[name] for name in names)
        inputs_ = matrix if is_whole else np.column_stack([columns[name] for name in names])
        targets = inputs_
        if names != config.targets:
            targets = np.column_stack([columns[name] for name in config.targets])
        if config.missing == "mask":
            targets = np.column_stack(
                [fill_forward(targets[:, index]) for index in range(targets.shape[1])]
            )
        extras = _unscaled_features(config, one, words, categories, step)
        found.append(SeriesValues(one.name, one.dates, inputs_, targets, is_filled, extras, step))
    notes += fill_notes(filled, config.missing, sum(one.size for one in found))
    facts = table_facts(table, config, found, dates)
    return SeriesTable(table.path, found, names, categories, config, tuple(notes), facts)


def _steps(series: Sequence[Series], trained: Step | None) -> list[Step | None]:
    """Return the time step of each series; None without dates.

    Args:
        trained: the step of the series in training; None expects that of the longest series.
    """
    if series[0].dates is None:
        return [None] * len(series)
    dates = [present(one.dates) for one in series]
    expected = trained or find_step(max(dates, key=len))
    return [find_step(times, expected) for times in dates]


def _notes_on_step(steps: Sequence[Step | None], trained: Step) -> list[str]:
    """Return a note if rows are not as far apart as in training."""
    others = {step.name for step in steps if step and step.name != trained.name}
    if not others:
        return []
    return [
        f"Warning: rows are {' or '.join(sorted(others)[:4])} apart, in training they were "
        f"{trained.name}: the network takes each row as a step of training."
    ]


def _missing(series: Series, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (rows, V), where columns have no value."""
    return np.column_stack([np.isnan(series.take(column)) for column in columns.values()])


def _columns_to_read(config: SeriesSettings) -> list[str]:
    return [*config.targets, *(config.inputs or ()), *config.known, *config.categories]


def _find_dates(config: SeriesSettings, table: Table, wanted: Sequence[str], is_new: bool):
    if config.time == NO_TIME:
        return None
    columns = (config.time,) if isinstance(config.time, str) else config.time
    try:
        dates = find_dates(table, columns, config.date_format, wanted)
    except UserError:
        dates = None
        if is_new:  # than that of training, and perhaps with another format
            with contextlib.suppress(UserError):
                dates = find_dates(table, columns, None, wanted)
        if dates is None:
            raise
    if dates is None and (config.calendar or config.fill_gaps or config.sort):
        raise UserError(
            f"{table.path}: expected a column of dates for dataset.calendar, fill_gaps or sort, "
            "found none. Set dataset.time to it."
        )
    return dates


def _unscaled_features(
    config: SeriesSettings,
    series: Series,
    words: Mapping[str, Sequence[str | None]],
    categories: Mapping[str, tuple[str, ...]],
    step: Step | None,
) -> np.ndarray:
    """Return features that need no scaling, (rows, …): one-hot categories and the calendar."""
    parts = []
    for name in config.categories:
        # An inserted row has no category.
        own = [words[name][row] if row >= 0 else None for row in series.rows]
        parts.append(one_hot(own, categories[name]))
    if config.calendar:
        # Date parts of the first row to forecast, whose date is known in advance.
        known = present(series.dates)
        ahead = dates_after(known[-1], present(step), config.lead)
        dates = np.append(known, ahead)[config.lead :]
        parts.append(calendar_features(dates, config))
    if not parts:
        return np.zeros((len(series.rows), 0), np.float32)
    return np.hstack(parts)


def calendar_features(dates: np.ndarray, config: SeriesSettings) -> np.ndarray:
    """Return the sine and the cosine of parts of dates, (rows, 2 × parts)."""
    days, second = np.divmod(dates, 86_400)
    day = days.astype("datetime64[D]")
    month, year = day.astype("datetime64[M]"), day.astype("datetime64[Y]")
    parts = {
        "minute": second % 3_600 / 60,
        "hour": second / 3_600,
        "weekday": (days + 3) % 7,
        "day": (day - month).astype(int),
        "month": (month - year).astype(int),
        "yearday": (day - year).astype(int),
    }
    turns = [2 * np.pi * parts[name] / _PERIODS[name] for name in config.calendar]
    columns = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    return np.column_stack(columns).astype(np.float32)
