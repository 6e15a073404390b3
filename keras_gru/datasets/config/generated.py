"""Settings of the datasets that are generated."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from keras_gru.datasets.config.common import Count, Length
from keras_gru.settings import Settings


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


class Arithmetic(Generated):
    """Sums and differences with letters in between, one character at a time (generated)."""

    task: ClassVar[str] = "language_model"
    kind: Literal["arithmetic"]
    digits: Annotated[int, Field(ge=1, le=18, description="of the longest numbers")] = 8
    distractors: Annotated[
        float, Field(ge=0, le=0.9, description="share of letters that mean nothing")
    ] = 0.5


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
