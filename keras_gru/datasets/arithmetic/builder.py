"""Sums and differences among distractors as a TFDS dataset: generated, never downloaded."""

import dataclasses
import string

import numpy as np
import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig

_LETTERS = list(string.ascii_lowercase)


@dataclasses.dataclass(kw_only=True)
class ArithmeticBuilderConfig(GeneratedConfig):
    digits: int
    distractors: float
    description: str = "Sums and differences of whole numbers, with letters between the digits."

    @property
    def difficulty(self):
        return f"digits{self.digits}_distractors{self.distractors}"


class Arithmetic(GeneratedBuilder):
    """Two numbers, their sum or difference, and letters in between that mean nothing.

    The paper has numbers of up to 8 digits, a random number of distractors between the characters
    of the question, and the answer with its first digit first. It does not say how numbers and
    distractors are drawn. Here a number has 1 to `digits` digits, each count equally likely, and no
    leading zero; a sum and a difference are equally likely; and after each character before the `=`
    come letters in a geometric number, so that on average a share `distractors` of the question
    are letters: about a half in the paper's example, `3e36d9-h1h39f94eeh43keg3c=-13991064`.

    Reference:

    - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), section 3
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Sums and differences with distractors, and their answers.",
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            disable_shuffling=True,
        )

    def _sequences(self, size, rng):
        for _ in range(size):
            one, other = self._number(rng), self._number(rng)
            sign, answer = ("+", one + other) if rng.random() < 0.5 else ("-", one - other)
            question = "".join(
                symbol + self._letters(rng) for symbol in (*str(one), sign, *str(other))
            )
            yield {"text": f"{question}={answer}."}

    def _number(self, rng: np.random.Generator) -> int:
        digits = int(rng.integers(1, self.builder_config.digits + 1))
        lowest = 10 ** (digits - 1) if digits > 1 else 0
        return int(rng.integers(lowest, 10**digits))

    def _letters(self, rng: np.random.Generator) -> str:
        count = rng.geometric(1 - self.builder_config.distractors) - 1
        return "".join(rng.choice(_LETTERS, count))
