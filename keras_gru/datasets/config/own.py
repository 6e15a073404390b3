"""Settings of the user's own files."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.config.common import Carved, Column, Length, Share, Tokens
from keras_gru.settings import check_each_once


class OwnFile(Carved):
    """Data in a file of the user's; `expects` names its kind in messages."""

    expects: ClassVar[str]


class CsvSeries(OwnFile):
    """Your own time series: a CSV with one row per time step, oldest first."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["csv_series"]
    expects: ClassVar[str] = "a CSV file"
    path: Annotated[str, Field(min_length=1, description="the CSV file")]
    inputs: Annotated[
        Annotated[tuple[Column, ...], Field(min_length=1)] | None,
        Field(description="columns to see; default: the targets"),
    ] = None
    targets: Annotated[tuple[Column, ...], Field(min_length=1, description="columns to forecast")]
    window: Annotated[Length, Field(description="rows that the model sees")] = 48
    horizon: Annotated[Length, Field(description="rows ahead that it forecasts")] = 1
    every_step: Annotated[
        bool, Field(description="forecast after every row of the window (sequence-to-sequence)")
    ] = False
    season: Annotated[
        int | None, Field(ge=1, description="rows of a season, for the naive forecast")
    ] = None
    validation_share: Share = 0.15
    test_share: Share = 0.15

    @field_validator("inputs", "targets")
    @classmethod
    def _each_once(cls, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        check_each_once(columns or ())
        return columns


class Texts(OwnFile):
    """Your own labelled texts: a folder with one sub-folder of .txt files per label, or a CSV."""

    task: ClassVar[str] = "classification"
    kind: Literal["texts"]
    expects: ClassVar[str] = "a folder of texts or a CSV file"
    path: Annotated[str, Field(min_length=1, description="the folder or the CSV file")]
    text: Annotated[Column, Field(description="the CSV's column of texts")] = "text"
    label: Annotated[Column, Field(description="the CSV's column of labels")] = "label"
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words kept of a text, its first ones")] = 250
    validation_share: Share = 0.1
    test_share: Share = 0.1

    @model_validator(mode="after")
    def _texts_are_no_labels(self) -> Self:
        if self.text == self.label:
            raise ValueError(
                f"expected a column of labels beside that of texts, received {self.text!r} for both"
            )
        return self


class TextFile(OwnFile):
    """Your own text for a language model: one file, split by position."""

    task: ClassVar[str] = "language_model"
    kind: Literal["text_file"]
    expects: ClassVar[str] = "a text file"
    path: Annotated[str, Field(min_length=1, description="the text file, UTF-8")]
    window: Annotated[Length, Field(description="characters of a training sequence")] = 100
    validation_share: Share = 0.05
    test_share: Share = 0.05


class Npz(OwnFile):
    """Your own arrays: an .npz file with the layout that the README gives."""

    kind: Literal["npz"]
    expects: ClassVar[str] = "an .npz file"
    path: Annotated[str, Field(min_length=1, description="the .npz file")]
    task: Annotated[
        Literal["classification", "tagging", "forecasting", "polyphony"],
        Field(description="what the arrays are for"),
    ]
    max_length: Annotated[Length, Field(description="a longer sequence is an error")] = 10_000
    validation_share: Annotated[Share, Field(description="used where the file has no split")] = 0.1
    test_share: Annotated[Share, Field(description="used where the file has no split")] = 0.1
