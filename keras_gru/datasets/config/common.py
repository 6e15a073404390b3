"""What the settings of several datasets share."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from keras_gru.settings import Settings

Share = Annotated[float, Field(gt=0, lt=1)]
Length = Annotated[int, Field(ge=1, le=100_000)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]
Column = Annotated[str, Field(min_length=1)]
Tokens = Annotated[
    int,
    Field(
        ge=10,
        le=1_000_000,
        description="most frequent words of train, with the tokens for padding, unknown",
    ),
]


class Carved(Settings):
    """Data of one piece, which validation and test are carved out of."""

    validation_share: Share
    test_share: Share

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Self:
        total = self.validation_share + self.test_share
        if total >= 1:
            raise ValueError(
                f"validation_share and test_share are {total:g} together; below 1 would leave "
                "something to train on"
            )
        return self
