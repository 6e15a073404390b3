"""Handwritten digits, pixel by pixel: sequential MNIST, and permuted MNIST."""

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.config import SequentialMnist
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split

_PIXELS = 28 * 28
_DIGITS = tuple("0123456789")
_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def load(config: SequentialMnist, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the images, carves the validation split out of train, and lays the pixels out.

    Args:
        config: the settings.
        stored: not used: nothing is fitted to the data.

    Returns:
        A classification dataset of vectors, all of one length, with values in [0, 1].

    Raises:
        UserError: if a file cannot be had.

    Reference:

    - [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.2
    - [Bai et al., 2018](https://arxiv.org/abs/1803.01271)
    """
    columns = source.read("mnist", ("train", "test"), files=_FILES)
    examples = source.carved(columns, config.validation)
    examples["train"] = {name: of[: config.train] for name, of in examples["train"].items()}
    pixels = permutation(config.permutation_seed) if config.permuted else np.arange(_PIXELS)
    splits = {
        name: Split({"features": _steps(of["image"], pixels, config.pixels_per_step)}, of["label"])
        for name, of in examples.items()
    }
    return SequenceDataset(
        name="Permuted MNIST" if config.permuted else "Sequential MNIST",
        spec=SequenceSpec(
            task="classification",
            outputs=len(_DIGITS),
            features=config.pixels_per_step,
            length=_PIXELS // config.pixels_per_step,
        ),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        target_vocabulary=_DIGITS,
        baselines=(majority_class(splits, _DIGITS),),
    )


def permutation(seed: int) -> np.ndarray:
    """The order in which the pixels of every image are read: (784,).

    It is that of `numpy.random.RandomState(seed).permutation(784)`, whose numbers NumPy has
    promised never to change: the seed alone stands for the permutation, on any machine.
    """
    return np.random.RandomState(seed).permutation(_PIXELS)


def _steps(images: np.ndarray, pixels: np.ndarray, pixels_per_step: int) -> np.ndarray:
    """(N, 28, 28, 1) of bytes -> (N, T, D) in [0, 1]."""
    rows = images.reshape(len(images), _PIXELS)[:, pixels]
    return rows.reshape(len(images), -1, pixels_per_step) / np.float32(255)
