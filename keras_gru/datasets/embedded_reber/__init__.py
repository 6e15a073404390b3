"""The embedded Reber grammar: which strings are grammatical?"""

import dataclasses

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.config import EmbeddedReber as EmbeddedReberConfig
from keras_gru.datasets.labelled_strings import classification
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: EmbeddedReberConfig) -> SequenceDataset:
    """Generates the strings on first use and reads them.

    Args:
        config: the settings.

    Returns:
        A classification dataset of letters. Half of the strings are grammatical: chance is 0.5.
    """
    from keras_gru.datasets.embedded_reber.builder import (
        CLASSES,
        LETTERS,
        EmbeddedReber,
        EmbeddedReberBuilderConfig,
    )

    columns = source.read(
        EmbeddedReber,
        tuple(config.sizes),
        config=EmbeddedReberBuilderConfig(
            depth=config.depth,
            loop=config.loop,
            corruption=config.corruption,
            sizes=config.sizes,
            seed=config.seed,
        ),
    )
    dataset = classification("The embedded Reber grammar", columns, LETTERS, CLASSES)
    seen = np.isin(columns["test"]["text"], columns["train"]["text"]).mean()
    return dataclasses.replace(dataset, notes=(f"{seen:.0%} of the test strings are in train.",))
