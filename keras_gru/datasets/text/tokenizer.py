"""A tokenizer: how one text is split into units, and joined again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keras_gru.datasets.text.subwords import split_subwords
from keras_gru.datasets.text.tokens import SPACE, UNKNOWN, split_words
from keras_gru.settings import present


@dataclass(frozen=True)
class Tokenizer:
    """How a text is split into units.

    Args:
        level: `"word"`, `"subword"` or `"character"`.
        lower_case: whether characters and subwords are converted to lower case; words always are.
        model: subword model: the merges of byte-pair encoding, in the JSON of the library
            tokenizers.
    """

    level: str
    lower_case: bool = False
    model: str | None = None

    def split(self, text: str) -> Sequence[str]:
        """Return the units of a text."""
        if self.level == "word":
            return split_words(text)
        text = text.lower() if self.lower_case else text
        if self.level == "character":
            return text
        return split_subwords(text, present(self.model))

    def join(self, units: Iterable[str]) -> str:
        """Join units to a text."""
        if self.level == "subword":
            return "".join(units).replace(SPACE, " ")
        return (" " if self.level == "word" else "").join(units)

    def encode(self, text: str, ids: Mapping[str, int]) -> list[int]:
        """Return the tokens of a text; a unit that is not in `ids` is unknown."""
        return [ids.get(unit, UNKNOWN) for unit in self.split(text)]
