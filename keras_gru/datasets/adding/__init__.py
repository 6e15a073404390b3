"""The adding problem: remember two marked numbers of a long sequence and add them."""

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.config import Adding as AddingConfig
from keras_gru.datasets.forecasting import mean_of_train
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split


def load(config: AddingConfig) -> SequenceDataset:
    """Generates the sequences on first use and reads them.

    Args:
        config: the settings.

    Returns:
        A forecasting dataset of one output per sequence.
    """
    from keras_gru.datasets.adding.builder import Adding, AddingBuilderConfig

    columns = source.read(
        Adding,
        tuple(config.sizes),
        config=AddingBuilderConfig(length=config.length, sizes=config.sizes, seed=config.seed),
    )
    splits = {name: _split(of) for name, of in columns.items()}
    return SequenceDataset(
        name="The adding problem",
        spec=SequenceSpec(task="forecasting", outputs=1, features=2, length=config.length),
        metric=Metric("mse", "min", "MSE", digits=4),
        splits=splits,
        baselines=(mean_of_train(splits, "Mean of the sums (chance)"),),
    )


def _split(columns) -> Split:
    numbers, marked = columns["numbers"], columns["marked"]
    markers = np.zeros_like(numbers)
    np.put_along_axis(markers, marked.astype(int), 1, axis=1)
    sums = np.take_along_axis(numbers, marked.astype(int), axis=1).sum(axis=1)
    features = np.stack([numbers, markers], axis=-1)  # (N, T, 2)
    return Split({"features": features}, sums[:, None, None])
