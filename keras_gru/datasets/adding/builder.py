"""The adding problem as a TFDS dataset: generated, never downloaded."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import tensorflow_datasets as tfds


@dataclasses.dataclass(kw_only=True)
class AddingBuilderConfig(tfds.core.BuilderConfig):
    """Its settings are in its name, so that each choice of them is a folder of its own."""

    length: int
    sizes: Mapping[str, int]
    seed: int
    name: str = ""
    description: str = "Uniform numbers in [0, 1), two of them marked; the target is their sum."

    def __post_init__(self):
        sizes = "_".join(str(size) for size in self.sizes.values())
        self.name = f"length{self.length}_{sizes}_seed{self.seed}"


class Adding(tfds.core.GeneratorBasedBuilder):
    """Two numbers of a sequence, one in each half, are marked; their sum is to be told.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiment 4
    - [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.1
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="The adding problem: the sum of the two marked numbers of a sequence.",
            features=tfds.features.FeaturesDict(
                {
                    "numbers": tfds.features.Tensor(
                        shape=(self.builder_config.length,), dtype=np.float32
                    ),
                    "marked": tfds.features.Tensor(shape=(2,), dtype=np.int32),
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
        length = self.builder_config.length
        rng = np.random.default_rng([self.builder_config.seed, split_number])
        for index in range(size):
            first = rng.integers(length // 2)
            second = rng.integers(length // 2, length)
            yield (
                index,
                {
                    "numbers": rng.random(length, np.float32),
                    "marked": np.array([first, second], np.int32),
                },
            )
