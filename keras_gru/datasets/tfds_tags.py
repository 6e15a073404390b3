"""Any tagged sentences of TFDS's catalogue."""

from keras_gru.datasets import by_name
from keras_gru.datasets.config import TfdsTags
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.tagged_words import tagging


def load(config: TfdsTags, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the splits; without one for validation, it is carved out of train.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A tagging dataset of word tokens.

    Raises:
        UserError: if there is no such dataset, feature or split, it cannot be had, or a sentence
            has not as many tags as words.
    """
    import tensorflow_datasets as tfds

    make = by_name.find(config.name)
    builder = make()
    by_name.feature(builder, config.tokens, tfds.features.Text, sequence=True)
    tag = by_name.feature(builder, config.tags, tfds.features.ClassLabel, sequence=True)
    columns = by_name.read(make, config, (config.tokens, config.tags))
    return tagging(
        config.name,
        {split: (of[config.tokens], of[config.tags]) for split, of in columns.items()},
        tag.names or [str(number) for number in range(tag.num_classes)],
        config.vocabulary,
        stored,
    )
