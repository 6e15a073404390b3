"""The embedded Reber grammar as a TFDS dataset: generated, never downloaded."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig

CLASSES = ("corrupted", "grammatical")
LETTERS = "BEPSTVX"

# State -> the letters that lead on from it, each with the next state. Of two, the first is the
# longer way to the end.
_REBER = {
    0: (("B", 1),),
    1: (("T", 2), ("P", 3)),
    2: (("S", 2), ("X", 4)),
    3: (("T", 3), ("V", 5)),
    4: (("X", 3), ("S", 6)),
    5: (("P", 4), ("V", 6)),
    6: (("E", None),),
}
_FORK = 1  # here no way is the longer one: both are equally likely


@dataclasses.dataclass(kw_only=True)
class EmbeddedReberBuilderConfig(GeneratedConfig):
    depth: int
    loop: float
    corruption: str
    description: str = "Strings of the embedded Reber grammar; of every second a letter is changed."

    @property
    def difficulty(self):
        return f"depth{self.depth}_loop{self.loop:g}_{self.corruption}"


class EmbeddedReber(GeneratedBuilder):
    """Grammatical strings, and strings that are so but for one letter.

    A string of the Reber grammar is embedded as `B T … T E` or `B P … P E`: the second letter
    returns as the last but one, and is to be remembered until then.

    The splits are drawn independently, as in the literature, and short strings are frequent: many
    of test occur in train as well. A larger `loop` or `depth` makes that rarer.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiment 1
    - Géron, Hands-On Machine Learning, chapter 15, exercise 8: the classification
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Strings of the embedded Reber grammar, half of them with a wrong letter.",
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=CLASSES),
                }
            ),
            disable_shuffling=True,
        )

    def _sequences(self, size, rng):
        config = self.builder_config
        for index in range(size):
            text = _grammatical(config, rng)
            label = index % len(CLASSES)  # both equally often
            if CLASSES[label] == "corrupted":
                text = _corrupted(text, config.corruption, rng)
            yield {"text": text, "label": label}


def _grammatical(config: EmbeddedReberBuilderConfig, rng: np.random.Generator) -> str:
    """A string of the Reber grammar with its embeddings around it."""
    letters, state = [], 0
    while state is not None:
        ways = _REBER[state]
        first = len(ways) == 1 or rng.random() < (0.5 if state == _FORK else config.loop)
        letter, state = ways[0 if first else 1]
        letters.append(letter)
    around = "".join(rng.choice(("T", "P"), config.depth))
    before = "".join(f"B{letter}" for letter in around)
    after = "".join(f"{letter}E" for letter in reversed(around))
    return f"{before}{''.join(letters)}{after}"


def _corrupted(text: str, corruption: str, rng: np.random.Generator) -> str:
    """The string with one letter changed into another one.

    That never makes another grammatical string: the two ways on from a state go on with different
    letters, and a changed embedding no longer has its counterpart.
    """
    if corruption == "long_range":
        return text[:-2] + {"T": "P", "P": "T"}[text[-2]] + text[-1]
    place = rng.integers(len(text))
    others = LETTERS.replace(text[place], "")
    return text[:place] + others[rng.integers(len(others))] + text[place + 1 :]
