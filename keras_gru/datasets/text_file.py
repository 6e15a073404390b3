"""Your own text for a language model: one file, split by position."""

from keras_gru.datasets.characters import language_model
from keras_gru.datasets.config import TextFile
from keras_gru.datasets.files import existing, read_text
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: TextFile) -> SequenceDataset:
    """Reads the text: train is its beginning, then comes validation, then test.

    Args:
        config: the settings.

    Returns:
        A language model dataset of characters.

    Raises:
        UserError: if the file is not UTF-8, or a split is shorter than a window.
    """
    path = existing(config.path, "a text file")
    text = read_text(path)
    test = round(len(text) * config.test_share)
    validation = round(len(text) * config.validation_share)
    cuts = (len(text) - validation - test, len(text) - test)
    texts = {
        "train": text[: cuts[0]],
        "validation": text[cuts[0] : cuts[1]],
        "test": text[cuts[1] :],
    }
    return language_model(path.name, texts, config.window)
