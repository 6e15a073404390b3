"""Your own time series: a table with one row per time step."""

import math
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from keras_gru.datasets import forecasting
from keras_gru.datasets.common import Fraction, Length
from keras_gru.datasets.files import existing
from keras_gru.datasets.long_array import release_memory
from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.own_file import WRITTEN, Column, OwnFile, TableFile
from keras_gru.datasets.preprocessing import Preprocessing, Scaling, SeriesEnd
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.series_facts import split_facts
from keras_gru.datasets.series_notes import notes_on_range, notes_on_scaling
from keras_gru.datasets.series_split import split_rows
from keras_gru.datasets.series_table import SeriesValues, read_series_table
from keras_gru.datasets.smoothing import exponential_smoothing
from keras_gru.datasets.time_order import find_step
from keras_gru.settings import check_each_once

Columns = Annotated[tuple[Column, ...], Field(min_length=1, max_length=10_000)]


def _iso_date(text: str) -> str:
    try:
        has_zone = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        has_zone = True
    if has_zone:
        raise ValueError(f"expected a date such as 2019-01-31, got {text[:40]!r}")
    return text


Date = Annotated[str, AfterValidator(_iso_date)]
Calendar = Literal["minute", "hour", "weekday", "day", "month", "yearday"]


@register_dataset("csv_series")
class CsvSeries(OwnFile, TableFile):
    """Your own time series: a table with one row per time step (CSV, Parquet, …)."""

    task: ClassVar[str] = "forecasting"
    expects: ClassVar[str] = "a table such as a CSV file"
    guessed: ClassVar[tuple[str, ...]] = (*WRITTEN, "time", "date_format")
    path: Annotated[str, Field(min_length=1, description="the file")]
    inputs: Annotated[Columns | None, Field(description="input columns; default: the targets")] = (
        None
    )
    targets: Annotated[Columns, Field(description="columns to forecast")]
    categories: Annotated[
        tuple[Column, ...],
        Field(description="input columns of words: one-hot, or embedded by model.embed_categories"),
    ] = ()
    calendar: Annotated[
        tuple[Calendar, ...],
        Field(description="parts of the date of the forecast row as inputs, as sine and cosine"),
    ] = ()
    known: Annotated[
        tuple[Column, ...],
        Field(description="columns known in advance: inputs for each row of the horizon"),
    ] = ()
    time: Annotated[
        Column | Columns | None,
        Field(description="column of dates, or of dates and times; none: no dates; null: guessed"),
    ] = None
    date_format: Annotated[
        str | None,
        Field(max_length=60, description="of strptime, or ISO 8601, unix, unix ms; null: guessed"),
    ] = None
    series: Annotated[
        Column | None, Field(description="column of ids if there are several series")
    ] = None
    sort: Annotated[bool, Field(description="sort rows that are not sorted by time")] = False
    duplicates: Annotated[
        Literal["error", "first", "last"],
        Field(description="which of several rows of one date is used"),
    ] = "error"
    missing: Annotated[
        Literal["error", "interpolate", "forward_fill", "mask"],
        Field(
            description="a missing value: an error; a line between its neighbours; the value "
            "before it; or 0 with an indicator column"
        ),
    ] = "error"
    missing_values: Annotated[
        tuple[float | int | str, ...],
        Field(max_length=100, description="numbers or words that stand for a missing value"),
    ] = ()
    fill_gaps: Annotated[
        bool, Field(description="insert rows for missing dates, filled as `missing` says")
    ] = False
    every_nth_row: Annotated[
        int, Field(ge=1, le=1_000_000, description="use the first of every n rows, such as 6")
    ] = 1
    window: Annotated[Length, Field(description="input rows")] = 48
    horizon: Annotated[Length, Field(description="rows to forecast")] = 1
    lead: Annotated[
        Length,
        Field(description="first row ahead to forecast; 24 with horizon 1: only the 24th"),
    ] = 1
    every_step: Annotated[
        bool, Field(description="forecast after every row of the window (sequence-to-sequence)")
    ] = False
    season: Annotated[
        int | None, Field(ge=1, description="rows of a season, for the naive forecast")
    ] = None
    smoothing: Annotated[
        bool, Field(description="exponential smoothing (statsmodels) as another baseline")
    ] = False
    validation_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.15
    validation_from: Annotated[
        Date | None, Field(description="first date of validation, in place of validation_fraction")
    ] = None
    test_from: Annotated[
        Date | None, Field(description="first date of test, in place of test_fraction")
    ] = None

    @field_validator("inputs", "targets", "categories", "calendar", "known")
    @classmethod
    def _each_once(cls, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        check_each_once(columns or ())
        return columns

    @model_validator(mode="after")
    def _filled_gaps_have_values(self) -> Self:
        if self.fill_gaps and self.missing == "error":
            raise ValueError(
                "fill_gaps: expected missing: interpolate, forward_fill or mask beside it, got "
                "missing: error"
            )
        if self.time == "none" and (self.calendar or self.fill_gaps or self.sort):
            raise ValueError("calendar, fill_gaps and sort: expected dates, got time: none")
        return self

    @model_validator(mode="after")
    def _splits_by_date_are_in_order(self) -> Self:
        first, second = self.validation_from, self.test_from
        if first and second and datetime.fromisoformat(first) >= datetime.fromisoformat(second):
            raise ValueError(f"expected validation_from before test_from, got {first} and {second}")
        if (first or second) and self.time == "none":
            raise ValueError("validation_from and test_from: expected dates, got time: none")
        return self

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read the columns, order them by time, split them and cut each split into windows.

        Each series is split by position. The first windows of validation and test begin in the rows
        before them. Every column of each series is scaled to mean 0 and standard deviation 1 in
        train. With one target of one series, the metric is in the target's unit.

        Args:
            preprocessing: its scaling and categories are used; None takes those of train.
            all_as_test: put all rows into test.

        Returns:
            A forecasting dataset.

        Raises:
            UserError: if the table cannot be used as it is: a column is missing, a cell is no
                number, rows are not in the order of time, a split is too short, or the season is
                longer than train.
        """
        table = read_series_table(self, existing(self.path, self.expects), preprocessing)
        config = table.config
        parts, inputs, targets, notes = [], {}, {}, list(table.notes)
        for series in table.series:
            rows = split_rows(config, series, all_as_test)
            train = slice(*rows["train"]) if "train" in rows else None
            if preprocessing is None:
                scaling = Scaling.fit(table.input_names, series.inputs[train])
                same = series.targets is series.inputs
                scalings = (
                    scaling,
                    scaling if same else Scaling.fit(config.targets, series.targets[train]),
                )
                notes += notes_on_scaling(series, scalings, rows)
            else:
                scalings = preprocessing.scalings_of(series.name)
            inputs[series.name], targets[series.name] = scalings
            features = table.features(series, scalings[0])
            same = scalings[0] == scalings[1] and features.shape == series.targets.shape
            parts.append(
                forecasting.SplitSeries(
                    features,
                    features if same else scalings[1].apply(series.targets),
                    rows,
                    config.window,
                    config.horizon,
                    config.every_step,
                    lead=config.lead,
                )
            )
        splits = forecasting.joined_splits(parts)
        is_one = table.series[0].name is None
        categories = table.category_columns(parts[0].inputs.shape[1])
        ends = [_end(series, part) for series, part in zip(table.series, parts, strict=True)]
        facts = (*table.facts, *split_facts(table, parts))
        series = None  # their values before scaling
        table.series.clear()
        release_memory()
        # Several targets or series have no common unit: errors are in standard deviations.
        scale = targets[None].deviation[0] if is_one and len(config.targets) == 1 else 1.0
        seen = config.inputs or config.targets
        spec = TaskSpec(
            task="forecasting",
            outputs=len(config.targets),
            features=parts[0].inputs.shape[1],
            length=config.window,
            horizon=config.horizon,
            lead=config.lead,
            every_step=config.every_step,
            history=tuple(map(seen.index, config.targets))
            if {*config.targets} <= {*seen}
            else None,
            categories=categories,
        )
        season = config.season or 1
        label = f"Value {season} rows earlier"
        rules, naive = (), preprocessing.naive_errors if preprocessing else None
        if not all_as_test:
            naive = forecasting.naive_errors(parts, season)
            zero = targets[None].zero if is_one else None
            units = ErrorUnits(scale, naive, zero)
            rules = forecasting.baselines(parts, splits, season, label, units)
            if config.smoothing:
                smoothed = exponential_smoothing(parts, splits, season, units)
                rules += (smoothed,) if smoothed else ()
            notes += notes_on_range(config, parts)
        return SequenceDataset(
            name=table.path.name,
            spec=spec,
            metric=_metric(config.targets, scale, is_one),
            splits=splits,
            baselines=rules,
            scale=scale,
            input_scaling=inputs[None] if is_one else None,
            target_scaling=targets[None] if is_one else None,
            series_scalings=None
            if is_one
            else {name: (inputs[name], targets[name]) for name in inputs},
            categories=table.categories or None,
            season=season,
            naive_errors=naive,
            notes=tuple(notes),
            resolved=config,
            ends=tuple(ends),
            facts=facts,
        )


def _end(series: SeriesValues, part: forecasting.SplitSeries) -> SeriesEnd:
    if series.dates is None:
        return SeriesEnd.from_features(part.inputs, part.window, series.name)
    step = find_step(series.dates).seconds
    return SeriesEnd.from_features(
        part.inputs, part.window, series.name, int(series.dates[-1]), step
    )


def _metric(targets: tuple[str, ...], scale: float, is_one: bool) -> Metric:
    target, *others = targets
    if others or not is_one:
        return Metric("mae", "min", "MAE (standard deviations)", digits=4)
    # Three significant digits or so, whatever the unit.
    digits = min(8, max(0, 3 - math.floor(math.log10(scale))))
    return Metric("mae", "min", f"MAE ({target})", digits=digits)
