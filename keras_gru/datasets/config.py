"""The `dataset:` part of an experiment: one class per kind, one field per setting.

Only the schema: nothing here imports TensorFlow, so that a configuration is checked at once.
Every class says which task its data is for; `keras_gru.models.config` has a model for each task.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from keras_gru.settings import Settings

Share = Annotated[float, Field(gt=0, lt=1)]
Length = Annotated[int, Field(ge=1, le=100_000)]
Count = Annotated[int, Field(ge=1)]
Tokens = Annotated[
    int,
    Field(ge=10, description="most frequent words of train, with the tokens for padding, unknown"),
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


class Generated(Settings):
    """Data that are made, not downloaded: as many sequences as are asked for."""

    train: Annotated[Count, Field(description="training sequences")] = 10_000
    validation: Annotated[Count, Field(description="validation sequences")] = 1_000
    test: Annotated[Count, Field(description="test sequences")] = 1_000
    seed: Annotated[int, Field(ge=0, description="of the generated sequences")] = 0

    @property
    def sizes(self) -> dict[str, int]:
        """Name of a split -> its number of sequences."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


class Adding(Generated):
    """The adding problem: the sum of the two marked numbers of a sequence (generated)."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["adding"]
    length: Annotated[int, Field(ge=2, le=10_000, description="time steps of a sequence")] = 50


class CopyMemory(Generated):
    """The copying memory problem: a few symbols, a long wait, the same symbols (generated)."""

    task: ClassVar[str] = "tagging"
    kind: Literal["copy_memory"]
    delay: Annotated[
        int, Field(ge=1, le=10_000, description="steps from symbols to recall, T in the papers")
    ] = 100
    memory_length: Annotated[int, Field(ge=1, le=1_000, description="symbols to remember")] = 10
    symbols: Annotated[int, Field(ge=2, le=100, description="kinds of symbols")] = 8


class EmbeddedReber(Generated):
    """The embedded Reber grammar: is a string grammatical, or was a letter changed? (generated)"""

    task: ClassVar[str] = "classification"
    kind: Literal["embedded_reber"]
    depth: Annotated[
        int, Field(ge=1, le=100, description="embeddings around the string: letters to remember")
    ] = 1
    loop: Annotated[
        float, Field(gt=0, le=0.95, description="probability of the longer way: longer strings")
    ] = 0.5
    corruption: Annotated[
        Literal["any", "long_range"],
        Field(description="any letter is changed, or always the last that repeats the second"),
    ] = "any"


class TemporalOrder(Generated):
    """The temporal order problem: in which order did a few symbols come? (generated)"""

    task: ClassVar[str] = "classification"
    kind: Literal["temporal_order"]
    length: Annotated[
        int, Field(ge=10, le=10_000, description="steps of the shortest; the longest have 10% more")
    ] = 100
    marked: Annotated[Literal[2, 3], Field(description="symbols in order: 4 or 8 classes")] = 2


class Xml(Generated):
    """Documents of nested XML tags with random names, one character at a time (generated)."""

    task: ClassVar[str] = "language_model"
    kind: Literal["xml"]
    window: Annotated[Length, Field(description="characters of a training sequence")] = 200
    steps: Annotated[int, Field(ge=1, le=10_000, description="tags before all are closed")] = 50
    longest: Annotated[int, Field(ge=2, le=100, description="letters of the longest names")] = 10
    train: Annotated[Count, Field(description="training documents")] = 1_000
    validation: Annotated[Count, Field(description="validation documents")] = 100
    test: Annotated[Count, Field(description="test documents")] = 100


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


class CsvSeries(Carved):
    """Your own time series: a CSV with one row per time step, oldest first."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["csv_series"]
    path: Annotated[str, Field(min_length=1, description="the CSV file")]
    inputs: Annotated[
        tuple[str, ...] | None, Field(description="columns to see; default: the targets")
    ] = None
    targets: Annotated[tuple[str, ...], Field(min_length=1, description="columns to forecast")]
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


class Texts(Carved):
    """Your own labelled texts: a folder with one sub-folder of .txt files per label, or a CSV."""

    task: ClassVar[str] = "classification"
    kind: Literal["texts"]
    path: Annotated[str, Field(min_length=1, description="the folder or the CSV file")]
    text: Annotated[str, Field(description="the CSV's column of texts")] = "text"
    label: Annotated[str, Field(description="the CSV's column of labels")] = "label"
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words kept of a text, its first ones")] = 250
    validation_share: Share = 0.1
    test_share: Share = 0.1


class TextFile(Carved):
    """Your own text for a language model: one file, split by position."""

    task: ClassVar[str] = "language_model"
    kind: Literal["text_file"]
    path: Annotated[str, Field(min_length=1, description="the text file, UTF-8")]
    window: Annotated[Length, Field(description="characters of a training sequence")] = 100
    validation_share: Share = 0.05
    test_share: Share = 0.05


class Npz(Carved):
    """Your own arrays: an .npz file with the layout that the README gives."""

    kind: Literal["npz"]
    path: Annotated[str, Field(min_length=1, description="the .npz file")]
    task: Annotated[
        Literal["classification", "tagging", "forecasting", "polyphony"],
        Field(description="what the arrays are for"),
    ]
    max_length: Annotated[Length, Field(description="a longer sequence is an error")] = 10_000
    validation_share: Annotated[Share, Field(description="used where the file has no split")] = 0.1
    test_share: Annotated[Share, Field(description="used where the file has no split")] = 0.1


DatasetConfig = Annotated[
    Adding
    | CopyMemory
    | EmbeddedReber
    | TemporalOrder
    | Xml
    | Imdb
    | Atis
    | Shakespeare
    | Ridership
    | Etth1
    | PolyphonicMusic
    | SequentialMnist
    | SpokenDigit
    | SpaEng
    | CsvSeries
    | Texts
    | TextFile
    | Npz,
    Field(discriminator="kind"),
]
