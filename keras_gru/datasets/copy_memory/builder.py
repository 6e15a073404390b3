"""The copying memory problem as a TFDS dataset: generated, never downloaded."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig


@dataclasses.dataclass(kw_only=True)
class CopyMemoryBuilderConfig(GeneratedConfig):
    symbols: int
    memory_length: int
    description: str = "Symbols drawn independently, all equally likely."

    @property
    def difficulty(self):
        return f"symbols{self.symbols}_memory{self.memory_length}"


class CopyMemory(GeneratedBuilder):
    """Symbols that are to be reproduced after a long wait.

    Only the symbols are stored: the blanks of the wait are the same for all sequences, so that one
    prepared dataset serves every delay.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
    - [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
    - [Bai et al., 2018](https://arxiv.org/abs/1803.01271), section 5.2
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="The copying memory problem: symbols to reproduce after a long wait.",
            features=tfds.features.FeaturesDict(
                {
                    "symbols": tfds.features.Tensor(
                        shape=(self.builder_config.memory_length,), dtype=np.int32
                    )
                }
            ),
            disable_shuffling=True,
        )

    def _sequences(self, size, rng):
        config = self.builder_config
        for _ in range(size):
            symbols = rng.integers(config.symbols, size=config.memory_length, dtype=np.int32)
            yield {"symbols": symbols}
