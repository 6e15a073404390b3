"""Settings of the datasets that have no code here: any of TFDS's catalogue, by its name."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.config.common import Length, Share, Tokens
from keras_gru.settings import Settings, check_each_once

_NAME = re.compile(r"\w+(/[\w.+-]+)?(:\d+\.\d+\.\d+)?")

SplitName = Annotated[str, Field(min_length=1)]


class TfdsNamed(Settings):
    """A dataset of TFDS's catalogue, and which of its splits are used.

    A split may be a slice, such as `train[:80%]`, where the publisher has one split only.
    """

    name: Annotated[
        str, Field(description="in TFDS's catalogue: dataset, dataset/config, dataset:1.0.0")
    ]
    train: Annotated[SplitName, Field(description="split to train on")] = "train"
    validation: Annotated[
        Share | SplitName, Field(description="a split, or a share of train, by a fixed seed")
    ] = 0.1
    test: Annotated[SplitName, Field(description="split to test on, once")] = "test"

    @model_validator(mode="after")
    def _splits_differ(self) -> Self:
        check_each_once((self.train, self.validation, self.test))
        return self

    @field_validator("train", "validation", "test")
    @classmethod
    def _a_name_or_a_number(cls, split: float | str) -> float | str:
        if isinstance(split, str) and not split[:1].isalpha():
            raise ValueError(
                "expected the name of a split, such as 'test' or 'train[:80%]', or for validation "
                f"a share of train without quotes, such as 0.1, received {split!r}"
            )
        return split

    @field_validator("name")
    @classmethod
    def _one_of_the_catalogue(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "expected a name of TFDS's catalogue, such as 'ag_news_subset', 'glue/sst2' or "
                f"'imdb_reviews/plain_text:1.0.0', received {name!r}; community datasets are code "
                "from elsewhere and are not run"
            )
        return name


class TfdsTexts(TfdsNamed):
    """Any labelled texts of TFDS's catalogue, by their name there."""

    task: ClassVar[str] = "classification"
    kind: Literal["tfds_texts"]
    text: Annotated[str, Field(description="the feature with the texts")] = "text"
    label: Annotated[str, Field(description="the feature with the classes")] = "label"
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words kept of a text, its first ones")] = 250


class TfdsTags(TfdsNamed):
    """Any tagged sentences of TFDS's catalogue, by their name there."""

    task: ClassVar[str] = "tagging"
    kind: Literal["tfds_tags"]
    tokens: Annotated[str, Field(description="the feature with the words")] = "tokens"
    tags: Annotated[str, Field(description="the feature with a tag for each word")]
    vocabulary: Tokens = 10_000
