"""XML modelling: documents of random nested tags, one character at a time.

At each step a new tag opens or, with probability 1/2, the latest open one is closed. After `steps`
tags (50 in the paper) all open tags are closed. Closing the right tag requires a memory of all open
tags.

Reference:

- [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), section 3
"""

import dataclasses
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.baselines import tag_of_each_token
from keras_gru.datasets.common import Count, Length
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.synthetic.base import GeneratedDataset, random_letters
from keras_gru.datasets.text.characters import language_model_dataset

_SHORTEST = 2  # letters of a name


@register_dataset("xml")
class Xml(GeneratedDataset):
    """Documents of nested XML tags with random names, one character at a time (generated)."""

    task: ClassVar[str] = "language_model"
    length_setting: ClassVar[str] = "window"
    window: Annotated[Length, Field(description="characters of a training sequence")] = 200
    steps: Annotated[int, Field(ge=1, le=10_000, description="tags before all are closed")] = 50
    longest: Annotated[int, Field(ge=2, le=100, description="letters of the longest names")] = 10
    train: Annotated[Count, Field(description="training documents")] = 1_000
    validation: Annotated[Count, Field(description="validation documents")] = 100
    test: Annotated[Count, Field(description="test documents")] = 100

    def generate(self) -> SequenceDataset:
        """Return a language model dataset of the documents, one after the other, as windows.

        There are two baselines without a memory. A tag's name has 6 letters on average, and every
        second tag has a slash: 8.5 characters, one of them `<` and one `>`. The most frequent
        character is right 1 / 8.5 = 0.118 of the time. Chance is the best rule that sees the last
        character alone: `<` follows `>`, `/` half of all `<`, and `>` every sixth letter, and a
        letter after `/` is one of 26, that is (1 + 1/2 + 1 + 1/52) / 8.5 = 0.296 with the default
        settings.
        """
        texts = {name: "".join(documents) for name, documents in self.draw(self._document)}
        dataset = language_model_dataset("XML of random tags", texts, self.window)
        chance = tag_of_each_token(dataset.splits, "Commonest next character of each (chance)")
        most_frequent, n_gram = dataset.baselines
        return dataclasses.replace(dataset, baselines=(most_frequent, chance, n_gram))

    def _document(self, rng: np.random.Generator, row: int) -> str:
        parts, still_open = [], []
        while still_open or len(parts) < self.steps:
            closes = len(parts) >= self.steps or rng.random() < 0.5
            if still_open and closes:
                parts.append(f"</{still_open.pop()}>")
            else:
                length = int(rng.integers(_SHORTEST, self.longest + 1))
                still_open.append(random_letters(rng, length))
                parts.append(f"<{still_open[-1]}>")
        return "".join(parts)
