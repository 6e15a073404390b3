"""What the TFDS datasets that are generated, never downloaded, have in common."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow_datasets as tfds


@dataclasses.dataclass(kw_only=True)
class GeneratedConfig(tfds.core.BuilderConfig, ABC):
    """Settings that are the dataset's name, so that each choice of them is a folder of its own.

    Args:
        sizes: name of a split -> its number of sequences.
        seed: of what is drawn.
    """

    sizes: Mapping[str, int]
    seed: int
    name: str = ""

    @property
    @abstractmethod
    def difficulty(self) -> str:
        """The settings of the one dataset, as a part of the name."""

    def __post_init__(self):
        sizes = "_".join(str(size) for size in self.sizes.values())
        self.name = f"{self.difficulty}_{sizes}_seed{self.seed}"


class GeneratedBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A dataset whose `_sequences(size, rng)` are drawn; each split has numbers of its own."""

    VERSION = tfds.core.Version("1.0.0")

    @abstractmethod
    def _sequences(self, size: int, rng: np.random.Generator) -> Iterator[Mapping]:
        """So many examples."""

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            split: self._generate_examples(size, number)
            for number, (split, size) in enumerate(self.builder_config.sizes.items())
        }

    def _generate_examples(self, size: int, split_number: int):
        rng = np.random.default_rng([self.builder_config.seed, split_number])
        yield from enumerate(self._sequences(size, rng))
