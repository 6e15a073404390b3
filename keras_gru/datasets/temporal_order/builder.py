"""The temporal order problem as a TFDS dataset: generated, never downloaded."""

import dataclasses
import itertools

import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig

_START, _END, _DISTRACTORS, _MARKED = "E", "B", "abcd", "XY"
LETTERS = _START + _END + _DISTRACTORS + _MARKED

# Where the marked symbols may be, in hundredths of the shortest sequence: each within ten of them.
_FROM = {2: (10, 50), 3: (10, 33, 66)}


@dataclasses.dataclass(kw_only=True)
class TemporalOrderBuilderConfig(GeneratedConfig):
    length: int
    marked: int
    description: str = "X and Y among distractors; the class is the order in which they came."

    @property
    def difficulty(self):
        return f"length{self.length}_marked{self.marked}"


class TemporalOrder(GeneratedBuilder):
    """Two or three symbols, each X or Y, far apart among a, b, c and d; which were they?

    With a length of 100 these are the paper's problems: 100 to 110 steps, the first symbol 10 to 20
    steps from the start, the second 50 to 60; of three, the second 33 to 43 and the third 66 to 76.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiments
      6a and 6b
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="The temporal order problem: symbols far apart, the class is their order.",
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=orders(self.builder_config.marked)),
                }
            ),
            disable_shuffling=True,
        )

    def _sequences(self, size, rng):
        shortest, marked = self.builder_config.length, self.builder_config.marked
        play = shortest // 10
        for index in range(size):
            order = index % 2**marked  # all of them equally often
            letters = rng.choice(list(_DISTRACTORS), shortest + rng.integers(play + 1))
            letters[0], letters[-1] = _START, _END
            for start, symbol in zip(_FROM[marked], orders(marked)[order], strict=True):
                letters[shortest * start // 100 + rng.integers(play + 1)] = symbol
            yield {"text": "".join(letters), "label": order}


def orders(marked: int) -> tuple[str, ...]:
    """The classes: XX, XY, YX, YY for two marked symbols."""
    return tuple("".join(symbols) for symbols in itertools.product(_MARKED, repeat=marked))
