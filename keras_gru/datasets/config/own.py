"""Settings of the user's own files."""

import importlib
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.common import Fraction, Length, SplitByFraction, Tokens
from keras_gru.datasets.config.tables import WRITTEN, Column, TableFile
from keras_gru.datasets.registry import register_dataset
from keras_gru.settings import check_each_once


class OwnFile(SplitByFraction):
    """Data in a file of the user's; `expects` names its kind in messages.

    Settings named in `guessed` are guessed from the file where they are null.
    """

    expects: ClassVar[str]
    guessed: ClassVar[tuple[str, ...]] = ()
    path: str

    def load(self, preprocessing=None, all_as_test=False):
        """Load the file: all of it as test, or split.

        Args:
            preprocessing: that of a trained network, to apply; None fits one to train.
            all_as_test: put everything into test.
        """
        module = importlib.import_module(f"keras_gru.datasets.{self.kind}")
        return module.load(self, preprocessing, all_as_test)

    def source(self):
        """Return the checksum of the file."""
        from keras_gru.datasets.files import existing
        from keras_gru.datasets.fingerprint import source_of_path

        return source_of_path(existing(self.path, self.expects))


Columns = Annotated[tuple[Column, ...], Field(min_length=1, max_length=10_000)]
Calendar = Literal["minute", "hour", "weekday", "day", "month", "yearday"]


@register_dataset("csv_series")
class CsvSeries(OwnFile, TableFile):
    """Your own time series: a table with one row per time step (CSV, Parquet, …)."""

    task: ClassVar[str] = "forecasting"
    expects: ClassVar[str] = "a table such as a CSV file"
    guessed: ClassVar[tuple[str, ...]] = (*WRITTEN, "time", "date_format")
    path: Annotated[str, Field(min_length=1, description="the file")]
    inputs: Annotated[Columns | None, Field(description="columns to see; default: the targets")] = (
        None
    )
    targets: Annotated[Columns, Field(description="columns to forecast")]
    categories: Annotated[
        tuple[Column, ...], Field(description="columns of words to see, one-hot")
    ] = ()
    calendar: Annotated[
        tuple[Calendar, ...],
        Field(description="parts of the date to see, as sine and cosine; of the row to forecast"),
    ] = ()
    known: Annotated[
        tuple[Column, ...],
        Field(description="columns known in advance: seen for each row of the horizon"),
    ] = ()
    time: Annotated[
        Column | Columns | None,
        Field(description="column of dates, or of dates and times; none: no dates; null: guessed"),
    ] = None
    date_format: Annotated[
        str | None, Field(max_length=60, description="of strptime, or ISO 8601; null: guessed")
    ] = None
    series: Annotated[
        Column | None, Field(description="column of ids where there are several series")
    ] = None
    sort: Annotated[bool, Field(description="sort rows that are not in the order of time")] = False
    duplicates: Annotated[
        Literal["error", "first", "last"],
        Field(description="which of several rows of one date is used"),
    ] = "error"
    missing: Annotated[
        Literal["error", "interpolate", "forward_fill", "mask"],
        Field(
            description="a missing value: an error; a line between its neighbours; the value "
            "before it; or 0 with a column that says so"
        ),
    ] = "error"
    missing_values: Annotated[
        tuple[float | int | str, ...],
        Field(max_length=100, description="numbers or words that stand for a missing value"),
    ] = ()
    fill_gaps: Annotated[
        bool, Field(description="insert rows for missing dates, filled as `missing` says")
    ] = False
    window: Annotated[Length, Field(description="rows that the model sees")] = 48
    horizon: Annotated[Length, Field(description="rows ahead that it forecasts")] = 1
    every_step: Annotated[
        bool, Field(description="forecast after every row of the window (sequence-to-sequence)")
    ] = False
    season: Annotated[
        int | None, Field(ge=1, description="rows of a season, for the naive forecast")
    ] = None
    smoothing: Annotated[
        bool, Field(description="exponential smoothing (statsmodels) as another baseline")
    ] = False
    validation_share: Fraction = 0.15
    test_share: Fraction = 0.15

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


@register_dataset("texts")
class Texts(OwnFile, TableFile):
    """Your own labelled texts: a folder with a sub-folder of text files per label, or a table."""

    task: ClassVar[str] = "classification"
    expects: ClassVar[str] = "a folder of texts or a table such as a CSV file"
    guessed: ClassVar[tuple[str, ...]] = (*WRITTEN, "level")
    path: Annotated[str, Field(min_length=1, description="the folder or the table")]
    text: Annotated[Column, Field(description="the table's column of texts")] = "text"
    label: Annotated[Column, Field(description="the table's column of labels")] = "label"
    level: Annotated[
        Literal["word", "character"] | None,
        Field(description="what texts are split into; null: chosen from the data"),
    ] = None
    group: Annotated[
        Column | None,
        Field(description="column such as an author: none of them is in two splits"),
    ] = None
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="units of a text, its first ones")] = 250
    validation_share: Fraction = 0.1
    test_share: Fraction = 0.1

    @model_validator(mode="after")
    def _texts_are_no_labels(self) -> Self:
        if self.text == self.label:
            raise ValueError(
                f"expected a column of labels beside that of texts, received {self.text!r} for both"
            )
        return self


@register_dataset("text_file")
class TextFile(OwnFile):
    """Your own text for a language model: one file, split by position."""

    task: ClassVar[str] = "language_model"
    expects: ClassVar[str] = "a text file"
    guessed: ClassVar[tuple[str, ...]] = ("encoding",)
    path: Annotated[str, Field(min_length=1, description="the text file, packed or not")]
    encoding: Annotated[
        str | None, Field(max_length=40, description="such as utf-8 or cp1252; null: guessed")
    ] = None
    level: Annotated[
        Literal["word", "character"], Field(description="what the text is split into")
    ] = "character"
    vocabulary: Annotated[Tokens, Field(description="most frequent words of train")] = 10_000
    window: Annotated[Length, Field(description="units of a training sequence")] = 100
    validation_share: Fraction = 0.05
    test_share: Fraction = 0.05


@register_dataset("npz")
class Npz(OwnFile):
    """Your own arrays: an .npz file with the layout that the README gives."""

    expects: ClassVar[str] = "an .npz file"
    path: Annotated[str, Field(min_length=1, description="the .npz file")]
    task: Annotated[
        Literal["classification", "tagging", "forecasting", "polyphony"],
        Field(description="what the arrays are for"),
    ]
    axes: Annotated[
        Literal["time, channels", "channels, time"],
        Field(description="what follows the sequences' axis of vectors"),
    ] = "time, channels"
    scale: Annotated[
        bool,
        Field(description="scale each channel by its mean and deviation in train, if not 0 and 1"),
    ] = True
    max_length: Annotated[Length, Field(description="a longer sequence is an error")] = 10_000
    validation_share: Annotated[Fraction, Field(description="used where the file has no split")] = (
        0.1
    )
    test_share: Annotated[Fraction, Field(description="used where the file has no split")] = 0.1
