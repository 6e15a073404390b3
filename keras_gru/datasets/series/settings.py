"""The settings of a table of series."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from keras_gru.datasets.common import Fraction, Length
from keras_gru.datasets.own.own_file import WRITTEN, Column, OwnFile, TableFile
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


class SeriesSettings(OwnFile, TableFile):
    """The columns, splits and windows of a table of series."""

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
