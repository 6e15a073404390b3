"""Read time series as windows for a trained forecaster."""

# N windows, T time steps, D features, H steps ahead, V variables

from typing import Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.series.categories import note_on_unseen
from keras_gru.datasets.series.missing_values import rows_with_targets
from keras_gru.datasets.series.step import dates_after
from keras_gru.datasets.series.table import series_of_table
from keras_gru.datasets.series.values import SeriesTable, SeriesValues
from keras_gru.datasets.split import Split
from keras_gru.datasets.tables.dates import NO_TIME, format_date
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import Inputs, with_split
from keras_gru.experiments.prediction.tables import find_table
from keras_gru.settings import present

_EXPECTS = "a table of the series, such as a CSV file with the columns that the network reads"


def read_series(data: Any, config: Any, preprocessing: Preprocessing) -> Inputs:
    """Read series and cut them into all windows, including the last one.

    Args:
        data: as in `find_table`, or an array (rows, D) of the network's columns.

    Returns:
        Windows with the truth where the rows after a window are there, and NaN elsewhere. With
        columns known in advance, the last rows may be without targets.

    Raises:
        UserError: if a column is missing, a value is not a number, or a series is shorter than a
            window.
    """
    config = settings_series_name(config, preprocessing)
    wanted = [*config.targets, *(config.inputs or ()), *config.known, *config.categories]
    if isinstance(data, np.ndarray):
        data = _NamedColumns(data, [*(config.inputs or config.targets)])
    table = find_table(data, config, wanted, _EXPECTS)
    times = (config.time,) if isinstance(config.time, str) else config.time or ()
    if not {*times} <= {*table.columns, NO_TIME}:  # it was guessed for the file of training
        config = config.model_copy(update={"time": None, "date_format": None})
    found = series_of_table(config, table, preprocessing, _last_rows(config))
    features, targets, rows = [], [], []
    for series in found.series:
        windows = _windows(found, series, preprocessing)
        features.append(windows[0])
        targets.append(windows[1])
        rows += windows[2]
    split = Split({"features": np.concatenate(features)}, np.concatenate(targets))
    notes = [*found.notes]
    notes += [
        f"C{note[1:]}"
        for name, words in (preprocessing.categories or {}).items()
        if (note := note_on_unseen(name, table.strings(name).to_pylist(), words))
    ]
    return Inputs(with_split(preprocessing, split), rows, np.arange(len(rows)), tuple(notes))


def _last_rows(config: CsvSeries) -> Literal["read", "known", "left out"]:
    """Return what is done with the last rows if they have no targets."""
    if config.known:
        return "known"
    is_input = {*config.targets} <= {*(config.inputs or config.targets)}
    # The network would forecast from filled values.
    return "left out" if is_input and config.missing != "mask" else "read"


def settings_series_name(config: Any, preprocessing: Preprocessing) -> CsvSeries:
    """Return the settings of a table of series; of a published series those that it would have."""
    if isinstance(config, CsvSeries):
        return config
    inputs, targets = preprocessing.input_scaling, preprocessing.target_scaling
    if inputs is None or targets is None:
        raise UserError(
            f"{preprocessing.name}: expected arrays of vectors "
            f"(N, {preprocessing.spec.length}, {preprocessing.spec.features}), found another kind "
            "of data. Give an array or an .npz file."
        )
    spec = preprocessing.spec
    return CsvSeries(
        kind="csv_series",
        path=preprocessing.name,
        inputs=inputs.columns,
        targets=targets.columns,
        window=present(spec.length),
        horizon=spec.horizon,
        every_step=spec.every_step,
    )


class _NamedColumns(dict[str, np.ndarray]):
    """An array (rows, D) as a table."""

    def __init__(self, values: np.ndarray, names: list[str]):
        if values.ndim != 2 or values.shape[1] != len(names):
            raise UserError(
                f"the array: expected the shape (rows, {len(names)}) of the columns "
                f"{', '.join(names)}, or (N, T, {len(names)}), found {values.shape}."
            )
        super().__init__(zip(names, values.T, strict=True))

    @property
    def columns(self) -> list[str]:
        return list(self)


def _windows(
    table: SeriesTable, series: SeriesValues, preprocessing: Preprocessing
) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
    config = table.config
    window, horizon, lead = config.window, config.horizon, config.lead
    reach = lead + horizon - 1
    scaling, target_scaling = preprocessing.scalings_of(series.name)
    features = table.features(series, scaling)
    last = series.size
    if config.known:  # in advance, but only for the rows of the file
        last = min(rows_with_targets(series.filled), series.size - reach)
    count = last - window + 1
    if count < 1:
        suffix = "" if series.name is None else f", series {series.name!r}"
        ahead = f" and {reach} rows known in advance" if config.known else ""
        raise UserError(
            f"{table.path}{suffix}: expected {window} rows or more, the network's window{ahead}, "
            f"found {series.size}. Give more rows."
        )
    truth = np.where(series.filled, np.nan, series.targets)
    after = np.pad(truth, ((0, reach), (0, 0)), constant_values=np.nan)
    targets = np.moveaxis(sliding_window_view(after, horizon, axis=0), -1, 1)
    targets = targets[window + lead - 1 :][:count]
    x = np.moveaxis(sliding_window_view(features, window, axis=0), -1, 1)[:count]
    name = {} if series.name is None else {"series": series.name}
    rows: list[dict[str, Any]] = [dict(name) for _ in range(count)]
    labels: list[dict[str, Any]] = [{"row": n + 1} for n in range(series.size + reach)]
    if series.dates is not None:
        step = present(series.step)
        dates = np.append(series.dates, dates_after(series.dates[-1], step, reach))
        labels = [{"date": format_date(date, step.seconds)} for date in dates]
    for number, row in enumerate(rows):
        first = number + window + lead - 1
        row["ahead"] = labels[first : first + horizon]
    return x, target_scaling.apply(targets), rows
