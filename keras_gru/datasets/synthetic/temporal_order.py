"""The temporal order problem: classify the order of two or three symbols.

Two or three symbols, each X or Y, are far apart among a, b, c and d. With a length of 100 these are
the paper's problems: 100 to 110 steps, the first symbol 10 to 20 steps from the start, the second
50 to 60; of three, the second 33 to 43 and the third 66 to 76.

Reference:

- [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiments 6a, 6b
"""

import itertools
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.synthetic.base import GeneratedDataset
from keras_gru.datasets.synthetic.labelled_strings import classification_dataset

_START, _END, _DISTRACTORS, _MARKED = "E", "B", "abcd", "XY"
LETTERS = _START + _END + _DISTRACTORS + _MARKED

# Where the marked symbols may be, in hundredths of the shortest sequence: each within ten of them.
_FROM = {2: (10, 50), 3: (10, 33, 66)}


@register_dataset("temporal_order")
class TemporalOrder(GeneratedDataset):
    """The temporal order problem: the order of a few symbols (generated)."""

    task: ClassVar[str] = "classification"
    length_setting: ClassVar[str] = "length"
    length: Annotated[
        int, Field(ge=10, le=10_000, description="steps of the shortest; the longest have 10% more")
    ] = 100
    marked: Annotated[Literal[2, 3], Field(description="symbols in order: 4 or 8 classes")] = 2

    def generate(self) -> SequenceDataset:
        """Return a classification dataset of letters.

        All orders are equally frequent: chance is 1/4 for two marked symbols and 1/8 for three.
        """
        name = "The temporal order problem"
        return classification_dataset(name, dict(self.draw(self._example)), LETTERS, self.orders())

    def orders(self) -> tuple[str, ...]:
        """Return the classes: XX, XY, YX, YY for two marked symbols."""
        return tuple("".join(symbols) for symbols in itertools.product(_MARKED, repeat=self.marked))

    def _example(self, rng: np.random.Generator, row: int) -> tuple[str, int]:
        play = self.length // 10
        order = row % 2**self.marked  # all of them equally often
        letters = rng.choice(list(_DISTRACTORS), self.length + rng.integers(play + 1))
        letters[0], letters[-1] = _START, _END
        for start, symbol in zip(_FROM[self.marked], self.orders()[order], strict=True):
            letters[self.length * start // 100 + rng.integers(play + 1)] = symbol
        return "".join(letters), order
