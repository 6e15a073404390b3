"""XML modelling: documents of random tags, one character at a time."""

import dataclasses

from keras_gru.datasets import source
from keras_gru.datasets.baselines import most_frequent_target, tag_of_each_token
from keras_gru.datasets.characters import language_model
from keras_gru.datasets.config import Xml as XmlConfig
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: XmlConfig) -> SequenceDataset:
    """Generates the documents on first use and reads them, one after the other, as windows.

    Two rules without a memory stand beside the networks. A tag's name has 6 letters on average, and
    every second tag has a slash: 8.5 characters, one of them `<` and one `>`. Always saying one of
    the two is right 1 / 8.5 = 0.118 of the time. Chance is the best rule that sees the last
    character alone: `<` follows `>`, `/` half of all `<`, and `>` every sixth letter, and a letter
    after `/` is one of 26, that is (1 + 1/2 + 1 + 1/52) / 8.5 = 0.296 with the default settings.

    Args:
        config: the settings.

    Returns:
        A language model dataset of characters.
    """
    from keras_gru.datasets.xml.builder import Xml, XmlBuilderConfig

    columns = source.read(
        Xml,
        tuple(config.sizes),
        config=XmlBuilderConfig(
            steps=config.steps, longest=config.longest, sizes=config.sizes, seed=config.seed
        ),
    )
    texts = {name: b"".join(of["text"]).decode() for name, of in columns.items()}
    dataset = language_model("XML of random tags", texts, config.window)
    return dataclasses.replace(
        dataset,
        baselines=(
            most_frequent_target(dataset.splits, dataset.vocabulary),
            tag_of_each_token(dataset.splits, "Commonest next character of each (chance)"),
        ),
    )
