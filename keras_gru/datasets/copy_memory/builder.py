"""The copying memory problem as a TFDS dataset: generated, never downloaded."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow_datasets as tfds


@dataclasses.dataclass(kw_only=True)
class CopyMemoryBuilderConfig(tfds.core.BuilderConfig):
    """Its settings are in its name, so that each choice of them is a folder of its own."""

    symbols: int
    memory_length: int
    sizes: Mapping[str, int]
    seed: int
    name: str = ""
    description: str = "Symbols drawn independently, all equally likely."

    def __post_init__(self):
        sizes = "_".join(str(size) for size in self.sizes.values())
        self.name = f"symbols{self.symbols}_memory{self.memory_length}_{sizes}_seed{self.seed}"


class CopyMemory(tfds.core.GeneratorBasedBuilder):
    """Symbols that are to be reproduced after a long wait.

    Only the symbols are stored: the blanks of the wait are the same for all sequences, so that one
    prepared dataset serves every delay.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
    - [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
    - [Bai et al., 2018](https://arxiv.org/abs/1803.01271), section 5.2
    """

    VERSION = tfds.core.Version("1.0.0")

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

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            split: self._generate_examples(size, number)
            for number, (split, size) in enumerate(self.builder_config.sizes.items())
        }

    def _generate_examples(self, size: int, split_number: int):
        config = self.builder_config
        rng = np.random.default_rng([config.seed, split_number])
        for index in range(size):
            symbols = rng.integers(config.symbols, size=config.memory_length, dtype=np.int32)
            yield index, {"symbols": symbols}
