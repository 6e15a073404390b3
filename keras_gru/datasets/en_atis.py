"""Part-of-speech tags of questions about flights."""

from keras_gru.datasets import source
from keras_gru.datasets.config import Atis
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.tagged_words import tagging

_PUBLISHED = {"train": "train", "validation": "dev", "test": "test"}


def load(config: Atis, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the publisher's splits.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A tagging dataset of word tokens.

    Raises:
        UserError: if the files cannot be had.
    """
    builder = source.prepared(
        "universal_dependencies",
        files=[f"en_atis-ud-{name}.conllu" for name in _PUBLISHED.values()],
        config="en_atis",
    )
    columns = {name: source.columns(builder, theirs) for name, theirs in _PUBLISHED.items()}
    return tagging(
        "ATIS part-of-speech tags",
        {name: (of["tokens"], of["upos"]) for name, of in columns.items()},
        builder.info.features["upos"].feature.names,
        config.vocabulary,
        stored,
    )
