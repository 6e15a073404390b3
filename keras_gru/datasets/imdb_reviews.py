"""IMDB film reviews, positive or negative."""

from keras_gru.datasets import source
from keras_gru.datasets.config import Imdb
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: Imdb, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the reviews and carves the validation split out of train.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A classification dataset of word tokens.

    Raises:
        UserError: if the file cannot be had.
    """
    # TFDS's third split, `unsupervised`, is not asked for: a prepared copy may lack it.
    columns = source.read("imdb_reviews", ("train", "test"), files=("aclImdb_v1.tar.gz",))
    validation = round(len(columns["train"]["label"]) * config.validation_share)
    return classification(
        "IMDB reviews",
        {
            name: ([text.decode() for text in of["text"]], of["label"])
            for name, of in source.carved(columns, validation).items()
        },
        ("negative", "positive"),
        config.vocabulary,
        config.max_length,
        stored=stored,
    )
