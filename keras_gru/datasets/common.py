"""Types of fields that are common to several datasets."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from keras_gru.datasets.registry import DatasetSettings

Fraction = Annotated[float, Field(gt=0, lt=1)]
Length = Annotated[int, Field(ge=1, le=100_000)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]
Column = Annotated[str, Field(min_length=1)]
Tokens = Annotated[
    int,
    Field(
        ge=10,
        le=1_000_000,
        description="most frequent words of train, with the tokens for padding and unknown",
    ),
]
LowerCase = Annotated[bool, Field(description="convert characters to lower case; words always are")]
Stride = Annotated[
    Length | None,
    Field(description="from one training window to the next; null: no overlap of windows"),
]


class SplitByFraction(DatasetSettings):
    """Settings of data without splits, with fractions for validation and test."""

    validation_fraction: Fraction
    test_fraction: Fraction

    @model_validator(mode="after")
    def _check_fractions(self) -> Self:
        total = self.validation_fraction + self.test_fraction
        if total >= 1:
            raise ValueError(
                "expected validation_fraction and test_fraction below 1 together, got "
                f"{total:g}, which leaves nothing to train on"
            )
        return self
