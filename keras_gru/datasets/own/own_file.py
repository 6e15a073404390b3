"""Settings of data in a user's file, and of table formats."""

import codecs
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from keras_gru.datasets.common import SplitByFraction
from keras_gru.settings import Settings


def _column_name(value: object) -> object:
    """Return the name of a column; without a header, columns are numbered from 0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict | list | tuple):
        raise ValueError(
            "expected a column's name, got a list or settings; write a name with [, ], : or , in "
            "quotes, such as 'Load [MW]'"
        )
    return value


Column = Annotated[str, BeforeValidator(_column_name), Field(min_length=1)]


# The settings of `TableFile` that may be guessed.
WRITTEN = ("separator", "quote", "header", "encoding", "decimal", "thousands")


class TableFile(Settings):
    """A table in a file: CSV and similar, Parquet, Feather, JSON lines, compressed or not.

    Settings that are null are guessed from the file, and the guesses are reported.
    """

    separator: Annotated[
        str | None,
        Field(description="of cells: one character, tab or spaces (any number); null: guessed"),
    ] = None
    quote: Annotated[
        str | None, Field(description="of cells: one character or none; null: guessed")
    ] = None
    header: Annotated[
        bool | Annotated[int, Field(ge=1, le=10_000)] | None,
        Field(description="whether there is one, or its line; null: guessed"),
    ] = None
    encoding: Annotated[
        str | None, Field(max_length=40, description="such as utf-8 or cp1252; null: guessed")
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None, Field(description="sign of numbers; null: guessed")
    ] = None
    thousands: Annotated[
        Literal[",", ".", " ", "'", "none"] | None,
        Field(description="between groups of digits; null: guessed"),
    ] = None

    def formats(self) -> list[Self]:
        """Return the settings to read another file with: the first that fit are right.

        No file in another encoding is valid UTF-8, but one in UTF-8 is valid cp1252.
        """
        found = [self, self.model_copy(update=dict.fromkeys(WRITTEN))]
        if self.encoding not in (None, "utf-8"):
            found.insert(0, self.model_copy(update={"encoding": "utf-8"}))
        return found

    @field_validator("separator", "quote")
    @classmethod
    def _one_ascii_character(cls, value: str | None, info: ValidationInfo) -> str | None:
        words = ("tab", "spaces") if info.field_name == "separator" else ("none",)
        if value is None:
            return value
        value = {"\t": "tab", " ": "spaces"}.get(value, value)
        if value in words:
            return value
        if len(value) != 1 or not value.isascii() or value in "\r\n":
            raise ValueError(f"expected one character or {' or '.join(words)}, got {value[:20]!r}")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        if name is None:
            return None
        try:
            "a".encode(name)
        except (LookupError, ValueError):  # zip and the like are not text codecs
            raise ValueError(f"expected an encoding such as utf-8, got {name!r}") from None
        return codecs.lookup(name).name


class OwnFile(SplitByFraction):
    """Data in a user's file; `expects` describes the file in messages.

    Settings in `guessed` are guessed from the file if they are null.
    """

    expects: ClassVar[str]
    guessed: ClassVar[tuple[str, ...]] = ()
    path: str
    cache: Annotated[
        bool, Field(description="store a prepared copy of a large file, for fast loading")
    ] = True

    def load(self, preprocessing=None, all_as_test=False):
        """Load the file, split or entirely as test.

        Args:
            preprocessing: the preprocessing of a trained network; None fits one to train.
            all_as_test: put everything into test.
        """
        raise NotImplementedError

    def source(self):
        """Return the checksum of the file."""
        from keras_gru.datasets.fingerprint import source_of_path
        from keras_gru.datasets.own.files import require_path

        return source_of_path(require_path(self.path, self.expects))
