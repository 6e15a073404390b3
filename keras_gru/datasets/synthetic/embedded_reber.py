"""The embedded Reber grammar: classify strings as grammatical or not.

A string of the Reber grammar is embedded as `B T … T E` or `B P … P E`: the second letter returns
as the last but one, and must be remembered until then. Of every second string one letter is
changed.

The splits are drawn independently, as in the literature, and short strings are frequent: many of
test occur in train as well. A larger `loop` or `depth` makes that rarer.

Reference:

- [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiment 1
- Géron, Hands-On Machine Learning, 3rd edition, chapter 16, exercise 8: the classification
"""

import dataclasses
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.synthetic.base import GeneratedDataset
from keras_gru.datasets.synthetic.labelled_strings import classification_dataset

CLASSES = ("corrupted", "grammatical")
LETTERS = "BEPSTVX"

# State -> its letters, each with the next state. The first of two letters is on the longer path.
_REBER = {
    0: (("B", 1),),
    1: (("T", 2), ("P", 3)),
    2: (("S", 2), ("X", 4)),
    3: (("T", 3), ("V", 5)),
    4: (("X", 3), ("S", 6)),
    5: (("P", 4), ("V", 6)),
    6: (("E", None),),
}
_FORK = 1  # both paths from here have the same length, so they are equally likely


@register_dataset("embedded_reber")
class EmbeddedReber(GeneratedDataset):
    """The embedded Reber grammar: is a string grammatical, or was a letter changed? (generated)"""

    task: ClassVar[str] = "classification"
    length_setting: ClassVar[str] = "depth"
    depth: Annotated[
        int, Field(ge=1, le=100, description="embeddings around the string: letters to remember")
    ] = 1
    loop: Annotated[
        float, Field(gt=0, le=0.95, description="probability of the longer path: longer strings")
    ] = 0.5
    corruption: Annotated[
        Literal["any", "long_range"],
        Field(description="any letter is changed, or always the last that repeats the second"),
    ] = "any"

    def generate(self) -> SequenceDataset:
        """Return a classification dataset of letters. Half of the strings are grammatical."""
        examples = dict(self.draw(self._example))
        dataset = classification_dataset("The embedded Reber grammar", examples, LETTERS, CLASSES)
        train, test = ([text for text, _ in examples[name]] for name in ("train", "test"))
        seen = np.isin(test, train).mean()
        note = f"{seen:.0%} of the test strings are in train."
        return dataclasses.replace(dataset, notes=(note,))

    def _example(self, rng: np.random.Generator, row: int) -> tuple[str, int]:
        text = self._draw_grammatical(rng)
        label = row % len(CLASSES)  # both equally often
        if CLASSES[label] == "corrupted":
            text = self._corrupt(text, rng)
        return text, label

    def _draw_grammatical(self, rng: np.random.Generator) -> str:
        """Return a string of the Reber grammar with its embeddings around it."""
        letters, state = [], 0
        while state is not None:
            transitions = _REBER[state]
            probability = 0.5 if state == _FORK else self.loop
            takes_first = len(transitions) == 1 or rng.random() < probability
            letter, state = transitions[0 if takes_first else 1]
            letters.append(letter)
        around = "".join(rng.choice(("T", "P"), self.depth))
        before = "".join(f"B{letter}" for letter in around)
        after = "".join(f"{letter}E" for letter in reversed(around))
        return f"{before}{''.join(letters)}{after}"

    def _corrupt(self, text: str, rng: np.random.Generator) -> str:
        """Return the string with one letter changed into another one.

        That never makes another grammatical string: the two transitions from a state have different
        letters, and a changed embedding no longer has its counterpart.
        """
        if self.corruption == "long_range":
            return text[:-2] + {"T": "P", "P": "T"}[text[-2]] + text[-1]
        place = rng.integers(len(text))
        others = LETTERS.replace(text[place], "")
        return text[:place] + others[rng.integers(len(others))] + text[place + 1 :]
