"""Documents of random XML tags as a TFDS dataset: generated, never downloaded."""

import dataclasses
import string

import numpy as np
import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig

_LETTERS = list(string.ascii_lowercase)
_SHORTEST = 2


@dataclasses.dataclass(kw_only=True)
class XmlBuilderConfig(GeneratedConfig):
    steps: int
    longest: int
    description: str = "Nested tags with names of random letters."

    @property
    def difficulty(self):
        return f"steps{self.steps}_longest{self.longest}"


class Xml(GeneratedBuilder):
    """Nested tags: each is closed in its turn, which takes a memory of the open ones.

    At each step a new tag opens or, with probability 1/2, the latest open one is closed. After
    `steps` tags (the paper's 50) those that are still open are closed.

    Reference:

    - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), section 3
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Documents of nested XML tags with names of random letters.",
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            disable_shuffling=True,
        )

    def _sequences(self, size, rng):
        for _ in range(size):
            yield {"text": self._document(rng)}

    def _document(self, rng: np.random.Generator) -> str:
        config = self.builder_config
        parts, still_open = [], []
        while still_open or len(parts) < config.steps:
            closes = len(parts) >= config.steps or rng.random() < 0.5
            if still_open and closes:
                parts.append(f"</{still_open.pop()}>")
            else:
                length = rng.integers(_SHORTEST, config.longest + 1)
                still_open.append("".join(rng.choice(_LETTERS, length)))
                parts.append(f"<{still_open[-1]}>")
        return "".join(parts)
