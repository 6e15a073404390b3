"""The adding problem: remember two marked numbers of a long sequence and add them.

Two numbers of a sequence of uniform numbers in [0, 1), one in each half, are marked; the target is
their sum.

Reference:

- [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735), experiment 4
- [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.1
"""

# N sequences, T time steps

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.series.forecasting import mean_of_train
from keras_gru.datasets.split import Split
from keras_gru.datasets.synthetic.base import GeneratedDataset


@register_dataset("adding")
class Adding(GeneratedDataset):
    """The adding problem: the sum of the two marked numbers of a sequence (generated)."""

    task: ClassVar[str] = "forecasting"
    length_setting: ClassVar[str] = "length"
    length: Annotated[int, Field(ge=2, le=10_000, description="time steps of a sequence")] = 50

    def generate(self) -> SequenceDataset:
        """Return a forecasting dataset of one output per sequence."""
        splits = {name: _split(examples) for name, examples in self.draw(self._example)}
        return SequenceDataset(
            name="The adding problem",
            spec=TaskSpec(task="forecasting", outputs=1, features=2, length=self.length),
            metric=Metric("mse", "min", "MSE", digits=4),
            splits=splits,
            baselines=(mean_of_train(splits, "Mean of the sums (chance)"),),
        )

    def _example(self, rng: np.random.Generator, row: int) -> tuple[np.ndarray, tuple[int, int]]:
        first = int(rng.integers(self.length // 2))
        second = int(rng.integers(self.length // 2, self.length))
        return rng.random(self.length, np.float32), (first, second)


def _split(examples: list[tuple[np.ndarray, tuple[int, int]]]) -> Split:
    numbers = np.stack([numbers for numbers, _ in examples])  # (N, T)
    marked = np.array([marked for _, marked in examples])  # (N, 2)
    markers = np.zeros_like(numbers)
    np.put_along_axis(markers, marked, 1, axis=1)
    sums = np.take_along_axis(numbers, marked, axis=1).sum(axis=1)
    features = np.stack([numbers, markers], axis=-1)  # (N, T, 2)
    return Split({"features": features}, sums[:, None, None])
