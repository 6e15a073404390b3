"""The adding problem as a TFDS dataset: generated, never downloaded."""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from keras_gru.datasets.generated import GeneratedBuilder, GeneratedConfig


@dataclasses.dataclass(kw_only=True)
class AddingBuilderConfig(GeneratedConfig):
    length: int
    description: str = "Uniform numbers in [0, 1), two of them marked; the target is their sum."

    @property
    def difficulty(self):
        return f"length{self.length}"


class Adding(GeneratedBuilder):
    """Two numbers of a sequence, one in each half, are marked; their sum is to be told.

    Reference:

    - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiment 4
    - [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.1
    """

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

    def _sequences(self, size, rng):
        length = self.builder_config.length
        for _ in range(size):
            first = rng.integers(length // 2)
            second = rng.integers(length // 2, length)
            yield {
                "numbers": rng.random(length, np.float32),
                "marked": np.array([first, second], np.int32),
            }
