"""Your own text for a language model: one file, split by position."""

import dataclasses

from keras_gru.datasets.characters import language_model
from keras_gru.datasets.config.own import TextFile
from keras_gru.datasets.file_bytes import decode, read_bytes
from keras_gru.datasets.files import existing
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(
    config: TextFile, stored: Preprocessing | None = None, all_as_test: bool = False
) -> SequenceDataset:
    """Read the text: train is its beginning, then comes validation, then test.

    Args:
        config: the settings.
        stored: its vocabulary is used; None takes the characters or words of train.
        all_as_test: put the whole text into test.

    Returns:
        A language model dataset of characters or words.

    Raises:
        UserError: if the file is no text, or a split is shorter than a window.
    """
    path = existing(config.path, config.expects)
    data, compression = read_bytes(path)
    data, encoding = decode(path, data, config.encoding)
    text = data.decode()
    splits = {"test": text}
    if not all_as_test:
        test = round(len(text) * config.test_share)
        validation = round(len(text) * config.validation_share)
        cuts = (len(text) - validation - test, len(text) - test)
        splits = {
            "train": text[: cuts[0]],
            "validation": text[cuts[0] : cuts[1]],
            "test": text[cuts[1] :],
        }
    level = stored.tokenizer.level if stored else config.level
    dataset = language_model(path.name, splits, config.window, stored, level, config.vocabulary)
    form = ", ".join(filter(None, ["text", compression, encoding]))
    return dataclasses.replace(
        dataset,
        resolved=config.model_copy(update={"encoding": encoding}),
        facts=(("File", form), ("Length", f"{len(text):,} characters"), *dataset.facts),
    )
