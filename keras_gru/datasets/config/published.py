"""Settings of the datasets that are downloaded."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from keras_gru.datasets.config.common import Carved, Count, Length, Share, Tokens
from keras_gru.settings import Settings


class Imdb(Settings):
    """IMDB film reviews, positive or negative (TFDS `imdb_reviews`)."""

    task: ClassVar[str] = "classification"
    kind: Literal["imdb_reviews"]
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words kept of a review, its first ones")] = 250
    validation_share: Annotated[Share, Field(description="of train, by a fixed seed")] = 0.1


class Atis(Settings):
    """Part-of-speech tags of flight questions (TFDS `universal_dependencies/en_atis`)."""

    task: ClassVar[str] = "tagging"
    kind: Literal["en_atis"]
    vocabulary: Tokens = 5_000


class Shakespeare(Settings):
    """Shakespeare, one character at a time (TFDS `tiny_shakespeare`)."""

    task: ClassVar[str] = "language_model"
    kind: Literal["tiny_shakespeare"]
    window: Annotated[Length, Field(description="characters of a training sequence")] = 100


class Ridership(Settings):
    """Daily boardings of Chicago's buses and trains, from the Chicago Transit Authority."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["cta_ridership"]
    window: Annotated[Length, Field(description="days that the model sees")] = 56
    horizon: Annotated[Length, Field(description="days ahead that it forecasts")] = 1
    multivariate: Annotated[
        bool, Field(description="see bus, rail and tomorrow's type of day, not rail alone")
    ] = False
    every_step: Annotated[
        bool, Field(description="forecast after every day of the window (sequence-to-sequence)")
    ] = False


class Etth1(Settings):
    """Load and oil temperature of an electricity transformer, hourly (ETTh1)."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["etth1"]
    window: Annotated[Length, Field(description="hours that the model sees")] = 96
    horizon: Annotated[Length, Field(description="hours ahead that it forecasts")] = 24
    multivariate: Annotated[
        bool, Field(description="see and forecast all seven columns, not the temperature alone")
    ] = False


class PolyphonicMusic(Settings):
    """Piano rolls of 88 notes, one collection per kind: which notes sound next."""

    task: ClassVar[str] = "polyphony"
    kind: Literal["jsb_chorales", "nottingham", "musedata", "piano_midi"]


class SequentialMnist(Settings):
    """Handwritten digits, one pixel at a time, in order or permuted (TFDS `mnist`)."""

    task: ClassVar[str] = "classification"
    kind: Literal["sequential_mnist"]
    permuted: Annotated[
        bool, Field(description="read the pixels of every image in one random order")
    ] = False
    permutation_seed: Annotated[int, Field(ge=0, lt=2**32, description="of that order")] = 0
    pixels_per_step: Annotated[
        Literal[1, 2, 4, 7, 8, 14, 16, 28],
        Field(description="28 reads a row at a time: 28 steps instead of 784"),
    ] = 1
    validation: Annotated[
        int, Field(ge=1, lt=60_000, description="images of train, by a fixed seed")
    ] = 5_000
    train: Annotated[
        Count | None, Field(description="use only so many of the other images of train")
    ] = None


class SpokenDigit(Settings):
    """Spoken digits as log-mel spectrograms, a vector every 10 ms (TFDS `spoken_digit`)."""

    task: ClassVar[str] = "classification"
    kind: Literal["spoken_digit"]
    new_speakers: Annotated[
        bool, Field(description="validate and test on speakers that train has not")
    ] = False


class SpaEng(Carved):
    """English sentences and their Spanish translations (Tatoeba)."""

    task: ClassVar[str] = "translation"
    kind: Literal["spa_eng"]
    vocabulary: Tokens = 1_000
    max_length: Annotated[
        Length, Field(description="words of a sentence; longer pairs are left out")
    ] = 50
    pairs: Annotated[Count | None, Field(description="use only so many pairs")] = None
    validation_share: Share = 0.1
    test_share: Share = 0.05
