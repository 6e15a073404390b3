"""Arithmetic: sums and differences, read and answered one character at a time.

The paper has numbers of up to 8 digits, a random number of distractors between the characters of
the question, and the answer with its first digit first. It does not say how numbers and
distractors are drawn. Here a number has 1 to `digits` digits, each count equally likely, and no
leading zero; a sum and a difference are equally likely; and after each character before the `=`
come letters in a geometric number, so that on average a fraction `distractors` of the question are
letters: about a half in the paper's example, `3e36d9-h1h39f94eeh43keg3c=-13991064`.

Reference:

- [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), section 3
"""

# N sequences, T time steps

import string
from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.baselines import most_frequent_target, tag_of_each_token
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.synthetic.base import GeneratedDataset, random_letters
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import encode_all

VOCABULARY = ("", "[UNK]", *"0123456789+-=.", *string.ascii_lowercase)


@register_dataset("arithmetic")
class Arithmetic(GeneratedDataset):
    """Sums and differences with letters in between, one character at a time (generated)."""

    task: ClassVar[str] = "language_model"
    length_setting: ClassVar[str] = "digits"
    digits: Annotated[int, Field(ge=1, le=18, description="of the longest numbers")] = 8
    distractors: Annotated[
        float, Field(ge=0, le=0.9, description="fraction of letters that mean nothing")
    ] = 0.5

    def generate(self) -> SequenceDataset:
        """Return a language model dataset whose metric is the accuracy of the answer's characters.

        Only what follows the `=` counts, in the loss and in the metric: the answer's sign and
        digits and the point that ends it, each predicted with the right ones before it as input.
        The characters of the question depend on nothing before them.

        Both baselines are measured on the answers' characters: the most frequent one, and, as
        chance, the most frequent one after each character.
        """
        splits = {name: _split(texts) for name, texts in self.draw(self._problem)}
        return SequenceDataset(
            name="Arithmetic",
            spec=TaskSpec(
                task="language_model", outputs=len(VOCABULARY), vocabulary=len(VOCABULARY)
            ),
            metric=Metric("accuracy", "max", "accuracy per character of the answer", digits=4),
            splits=splits,
            vocabulary=VOCABULARY,
            target_vocabulary=VOCABULARY,
            baselines=(
                most_frequent_target(splits, VOCABULARY),
                tag_of_each_token(splits, "Commonest next character of each (chance)"),
            ),
            tokenizer=Tokenizer("character"),
        )

    def _problem(self, rng: np.random.Generator, row: int) -> str:
        one, other = self._number(rng), self._number(rng)
        sign, answer = ("+", one + other) if rng.random() < 0.5 else ("-", one - other)
        question = "".join(symbol + self._letters(rng) for symbol in (*str(one), sign, *str(other)))
        return f"{question}={answer}."

    def _number(self, rng: np.random.Generator) -> int:
        digits = int(rng.integers(1, self.digits + 1))
        lowest = 10 ** (digits - 1) if digits > 1 else 0
        return int(rng.integers(lowest, 10**digits))

    def _letters(self, rng: np.random.Generator) -> str:
        return random_letters(rng, rng.geometric(1 - self.distractors) - 1)


def _split(texts: Sequence[str]) -> Split:
    tokens, lengths = encode_all(texts, VOCABULARY)
    targets, lengths = tokens[:, 1:], lengths - 1
    inputs = np.where(targets > 0, tokens[:, :-1], 0)  # the point is the last target, no input
    answered = np.cumsum(inputs == VOCABULARY.index("="), axis=1) > 0
    return Split({"tokens": inputs}, targets, {"tokens": lengths}, "tokens", answered)
