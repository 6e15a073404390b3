"""Handwritten digits, pixel by pixel: sequential MNIST, and permuted MNIST."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.common import Count
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split

_PIXELS = 28 * 28
_DIGITS = tuple("0123456789")
_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@register_dataset("sequential_mnist")
class SequentialMnist(DatasetSettings):
    """Handwritten digits, one pixel at a time, in order or permuted (TFDS `mnist`)."""

    task: ClassVar[str] = "classification"
    permuted: Annotated[
        bool, Field(description="read the pixels of every image in one random order")
    ] = False
    permutation_seed: Annotated[int, Field(ge=0, lt=2**32, description="of that order")] = 0
    pixels_per_step: Annotated[
        Literal[1, 2, 4, 7, 8, 14, 16, 28],
        Field(description="28 reads a row at a time: 28 steps instead of 784"),
    ] = 1
    validation: Annotated[
        int, Field(ge=1, lt=60_000, description="images of train, by a fixed seed")
    ] = 5_000
    train: Annotated[
        Count | None, Field(description="maximum number of the other images of train")
    ] = None

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the images as sequences of pixels; a fixed part of train is the validation split.

        Args:
            preprocessing: not used: nothing is fitted to the data.

        Returns:
            A classification dataset of vectors, all of one length, with values in [0, 1].

        Raises:
            UserError: if a file is missing and cannot be downloaded.

        Reference:

        - [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.2
        - [Bai et al., 2018](https://arxiv.org/abs/1803.01271)
        """
        columns = source.read("mnist", ("train", "test"), files=_FILES)
        examples = source.with_validation(columns, self.validation)
        train = examples["train"]
        examples["train"] = {name: column[: self.train] for name, column in train.items()}
        pixels = permutation(self.permutation_seed) if self.permuted else np.arange(_PIXELS)
        splits = {}
        for name, split in examples.items():
            features = _steps(split["image"], pixels, self.pixels_per_step)
            splits[name] = Split({"features": features}, split["label"])
        return SequenceDataset(
            name="Permuted MNIST" if self.permuted else "Sequential MNIST",
            spec=TaskSpec(
                task="classification",
                outputs=len(_DIGITS),
                features=self.pixels_per_step,
                length=_PIXELS // self.pixels_per_step,
            ),
            metric=Metric("accuracy", "max", "accuracy"),
            splits=splits,
            target_vocabulary=_DIGITS,
            baselines=(majority_class(splits, _DIGITS),),
        )


def permutation(seed: int) -> np.ndarray:
    """Return the order in which the pixels of every image are read, (784,).

    It is that of `numpy.random.RandomState(seed).permutation(784)`, whose numbers NumPy
    guarantees never to change: the same seed gives the same permutation on any machine.
    """
    return np.random.RandomState(seed).permutation(_PIXELS)


def _steps(images: np.ndarray, pixels: np.ndarray, pixels_per_step: int) -> np.ndarray:
    """(N, 28, 28, 1) of bytes -> (N, T, D) in [0, 1]."""
    rows = images.reshape(len(images), _PIXELS)[:, pixels]
    return rows.reshape(len(images), -1, pixels_per_step) / np.float32(255)
