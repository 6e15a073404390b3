"""IMDB film reviews, positive or negative."""

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.config import Imdb
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.sequence_dataset import SequenceDataset

_CARVING_SEED = 0  # of the validation split: part of the dataset's definition, not a setting


def load(config: Imdb) -> SequenceDataset:
    """Reads the reviews and carves the validation split out of train.

    Args:
        config: the settings.

    Returns:
        A classification dataset of word tokens.

    Raises:
        UserError: if the file cannot be had.
    """
    # TFDS's third split, `unsupervised`, is not asked for: a prepared copy may lack it.
    columns = source.read("imdb_reviews", ("train", "test"), files=("aclImdb_v1.tar.gz",))
    texts, labels = columns["train"]["text"], columns["train"]["label"]
    order = np.random.default_rng(_CARVING_SEED).permutation(len(labels))
    validation, train = np.split(order, [round(len(order) * config.validation_share)])
    examples = {
        "train": (texts[train], labels[train]),
        "validation": (texts[validation], labels[validation]),
        "test": (columns["test"]["text"], columns["test"]["label"]),
    }
    return classification(
        "IMDB reviews",
        {name: ([t.decode() for t in of], labels) for name, (of, labels) in examples.items()},
        ("negative", "positive"),
        config.vocabulary,
        config.max_length,
    )
