"""Shakespeare, one character at a time."""

from keras_gru.datasets import source
from keras_gru.datasets.characters import language_model
from keras_gru.datasets.config import Shakespeare
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import SPLITS


def load(config: Shakespeare, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the splits that TFDS makes: the first 90 %, then 5 % and 5 %.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A language model dataset of characters.

    Raises:
        UserError: if the file cannot be had, or a split is shorter than a window.
    """
    columns = source.read("tiny_shakespeare", SPLITS, files=("input.txt",))
    texts = {name: of["text"][0].decode() for name, of in columns.items()}
    return language_model("Tiny Shakespeare", texts, config.window, stored)
