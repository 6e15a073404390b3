"""Your own text for a language model: one file, split by position."""

from keras_gru.datasets.characters import language_model
from keras_gru.datasets.config import TextFile
from keras_gru.datasets.files import existing, read_text
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(
    config: TextFile, stored: Preprocessing | None = None, all_as_test: bool = False
) -> SequenceDataset:
    """Read the text: train is its beginning, then comes validation, then test.

    Args:
        config: the settings.
        stored: its vocabulary is used; None takes the characters of train.
        all_as_test: put the whole text into test.

    Returns:
        A language model dataset of characters.

    Raises:
        UserError: if the file is not UTF-8, or a split is shorter than a window.
    """
    path = existing(config.path, config.expects)
    text = read_text(path)
    if all_as_test:
        return language_model(path.name, {"test": text}, config.window, stored)
    test = round(len(text) * config.test_share)
    validation = round(len(text) * config.validation_share)
    cuts = (len(text) - validation - test, len(text) - test)
    texts = {
        "train": text[: cuts[0]],
        "validation": text[cuts[0] : cuts[1]],
        "test": text[cuts[1] :],
    }
    return language_model(path.name, texts, config.window, stored)
